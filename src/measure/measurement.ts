import type { LoadPoint } from '../space/space.ts';
import type { Interval } from '../statistics/intervals.ts';
import type { GpuState } from './gpu-state.ts';

/** One measured point: what it was, what came out, and how sure that is. */
export interface Measurement {
  readonly point: LoadPoint;
  /** Metric tag -> value in the unit of the metric table; what was not there to measure is absent. */
  readonly values: Readonly<Record<string, number>>;
  /** Metric tag -> interval, for those that have one. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Metric tag -> value, by GPU UUID. */
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How the GPUs fared by UUID, as their driver told; absent where there was none to ask. */
  readonly gpuStates?: Readonly<Record<string, GpuState>>;
  /** Other variants ran on the same server before: its memory figures hold what they left. */
  readonly shared?: boolean;
  /** Whether the client put the load on that it was to (Little's law). */
  readonly keptUp?: boolean;
  /** Measured once more without neighbours: why. */
  readonly againAlone?: string;
  /** Requests the values are made of, and those that failed meanwhile. */
  readonly requests: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Seconds that the values span, and that the warm-up before took. */
  readonly durationS: number;
  readonly warmupS: number;
  /** Windows measured, and how many of the last ones the values are made of. */
  readonly windows: number;
  readonly counted: number;
  readonly stable: boolean;
  /** What a reader should know before trusting it. */
  readonly warnings: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
}
