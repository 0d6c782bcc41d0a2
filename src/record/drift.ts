import type { LoadPoint } from './load-point.ts';

/** Where the machine changed: between two looks at the sentinel. */
export interface ShiftRecord {
  /** The last look before ended then, and the first after it began then, ISO 8601. */
  readonly after: string;
  readonly before: string;
  /** By which share the sentinel did better (above 0) or worse than before. */
  readonly by: number;
}

/** A measurement that was made in another state of the machine than those that are compared, or while it changed. */
export interface DriftedPoint {
  /** Key of its variant, its own, and when it began: together they are of this one measurement. */
  readonly variant: string;
  readonly key: string;
  readonly startedAt: string;
  /**
   * By which share the sentinel did better (above 0) or worse then; 0: it was not looked at then, when other programs had
   * much more, or much less, of the CPU.
   */
  readonly by: number;
}

/** Whether the machine was the same while a session measured a model: what looks at one point, the sentinel, say. */
export interface DriftRecord {
  readonly models: readonly [string, ...string[]];
  /** Name of the configuration, and the load. */
  readonly sentinel: { readonly variant: string; readonly point: LoadPoint };
  /** How often it was looked at. */
  readonly looks: number;
  readonly shifts: readonly ShiftRecord[];
  readonly drifted: readonly DriftedPoint[];
  /** How often a point was measured again for it. */
  readonly again: number;
  /** Something that the verdict needs was not measured again: what is compared is of the state in which most was. */
  readonly unfinished?: true;
}
