import type { Interval } from '../statistics/intervals.ts';
import type { Bottleneck, ClientReport } from './client.ts';
import type { GpuState } from './gpu-state.ts';
import type { LoadPoint } from './load-point.ts';
import type { Failures } from './request-failures.ts';

/** Whether the client was the limit at a point, so that it says nothing about the server. */
export const isClientBound = ({ bottleneck }: Pick<Measurement, 'bottleneck'>): boolean =>
  bottleneck?.who === 'client';

/** Figures of one measurement. */
export interface Figures {
  /** Metric tag -> value in the unit of the metric table; what was not there to measure is absent. */
  readonly values: Readonly<Record<string, number>>;
  /** Metric tag -> 95 % interval, for those that have one. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

/** How much of what was measured is beyond a limit on a percentile. */
export interface Beyond {
  /** The limit, in the unit of its metric. */
  readonly limit: number;
  /** Share of the requests that took longer, 0 to 1. */
  readonly share: number;
  /** How many independent requests tell that share as surely as those that were counted. */
  readonly of: number;
}

/** One measured point: what it was, what came out, and how sure that is. */
export interface Measurement {
  readonly point: LoadPoint;
  /** Everything that was measured, of all models together. */
  readonly whole: Figures;
  /**
   * By metric, for the limits on percentiles that it was measured under; absent where there was none, or the generator
   * does not count.
   */
  readonly beyond?: Readonly<Record<string, Beyond>>;
  /** By model: what was measured of each that load was put on; of one alone it is the whole. */
  readonly models: Readonly<Record<string, Figures>>;
  /** Metric tag -> value, by GPU UUID. */
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How the GPUs fared by UUID, as their driver told; absent where there was none to ask. */
  readonly gpuStates?: Readonly<Record<string, GpuState>>;
  /** Other variants ran on the same server before: its memory figures hold what they left. */
  readonly shared?: boolean;
  /** How the load generator fared. */
  readonly client?: ClientReport;
  /** Whether the server or the client set these figures. */
  readonly bottleneck?: Bottleneck;
  /** Made of so many measurements of the same load; absent = of one. */
  readonly looks?: number;
  /** One of the best, and measured again on a fresh server. */
  readonly confirmed?: boolean;
  /** An earlier session measured it, at `startedAt`; this one took it over. */
  readonly takenOver?: true;
  /** Measured once more without neighbours: why. */
  readonly againAlone?: string;
  /** Requests the values are made of, and those that failed meanwhile. */
  readonly requests: number;
  readonly failures: Failures;
  /** Seconds that the values span, and that the warm-up before took. */
  readonly durationS: number;
  readonly warmupS: number;
  /** Windows measured, and how many of them the values are made of. */
  readonly windows: number;
  readonly counted: number;
  readonly stable: boolean;
  /** What a reader should know before trusting it. */
  readonly warnings: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
}
