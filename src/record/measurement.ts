import type { Interval } from '../statistics/intervals.ts';
import type { Bottleneck, ClientReport } from './client.ts';
import type { GpuState } from './gpu-state.ts';
import { isRate, type LoadPoint } from './load-point.ts';
import type { Failures } from './request-failures.ts';

/** Whether the client was the limit at a point, so that it says nothing about the server. */
export const isClientBound = ({ bottleneck }: Pick<Measurement, 'bottleneck'>): boolean =>
  bottleneck?.who === 'client';

/** On how many starts of the server a point was measured; what was confirmed, on two at least. */
export const startsOf = ({ starts, confirmed }: Pick<Measurement, 'starts' | 'confirmed'>): number =>
  starts ?? (confirmed ? 2 : 1);

/** A server that answers less than this share of the requests that were asked for falls behind: its queue grows. */
const KEEPS_UP = 0.98;

/** Whether the load is a request rate of which the server answers everything, as far as the interval tells. */
export function keepsUpWithRate({ point, whole }: Pick<Measurement, 'point' | 'whole'>): boolean {
  const throughput = whole.values['perf_throughput'];
  if (throughput === undefined || !isRate(point)) return false;
  const asked = point.streams.reduce(
    (sum, { load, batchSize }) => sum + (load.kind === 'rate' ? load.perSecond * batchSize : 0),
    0,
  );
  return (whole.intervals['perf_throughput']?.[1] ?? throughput) >= asked * KEEPS_UP;
}

/** Figures of one measurement. */
export interface Figures {
  /** Metric tag -> value in the unit of the metric table; what was not there to measure is absent. */
  readonly values: Readonly<Record<string, number>>;
  /** Metric tag -> 95 % interval, for those that have one. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

/** What another model of the server did for the requests of the one that load was put on. */
export interface ComposingModel extends Figures {
  readonly model: string;
  /** Requests that it answered for each of the one that load was put on; the figures are of its own requests. */
  readonly requests: number;
}

/** The models that took part in answering. */
export interface Composing {
  /**
   * steps: those that the ensemble names, in its order; calls: everything else that ran meanwhile on a server of tma's own,
   * which only the model that load was put on, or what it called, can have asked for.
   */
  readonly by: 'steps' | 'calls';
  readonly models: readonly ComposingModel[];
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

/** That the host of server or client stood still while a point was measured, as its clock or the hypervisor told. */
export interface HostStalls {
  /** Windows in which it did. */
  readonly windows: number;
  /** How many of them are left out of the client's figures: all of them, or none. What the server tells holds them all. */
  readonly leftOut: number;
  /** The longest, milliseconds. */
  readonly longestMs: number;
}

/** A process that is not the server's, on a GPU of the server. */
export interface GpuSharer {
  readonly uuid: string;
  readonly pid: number;
  readonly name: string;
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
  /** Absent where no other model took part, and in journals of early versions. */
  readonly composing?: Composing;
  /** Metric tag -> value, by GPU UUID. */
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How the GPUs fared by UUID, as their driver told; absent where there was none to ask. */
  readonly gpuStates?: Readonly<Record<string, GpuState>>;
  /** GPUs that its instances are placed on, each whole; 0: they are on the CPU alone; absent: that can't be told. */
  readonly gpusInUse?: number;
  /** What tells its energy: the GPUs' own counter, or their mean power; absent: it was not measured. */
  readonly energyBy?: 'counter' | 'power';
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
  /** On so many starts of the server; absent = on one. */
  readonly starts?: number;
  /**
   * The machine was faster (above 0) or slower by this share than when what it is compared with was measured, or became so
   * meanwhile: what was measured again and again told so; 0: other programs had much more, or much less, of the CPU.
   */
  readonly drifted?: { readonly by: number };
  readonly stalls?: HostStalls;
  /** Whoever else used the server's GPUs meanwhile. */
  readonly gpuSharers?: readonly GpuSharer[];
  /** An earlier session measured it, at `startedAt`; this one took it over. */
  readonly takenOver?: true;
  /** Measured once more without neighbours: why. */
  readonly againAlone?: string;
  /** Share of this machine's CPU that other programs had meanwhile, 0 to 1; absent: not known. */
  readonly othersShare?: number;
  /** Share of it that nobody used; near 0 others may have wanted more than they had. Absent: not known. */
  readonly idleShare?: number;
  /** It seems to have suffered from what was measured beside it, and was not measured once more alone: why. */
  readonly besideOthers?: string;
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
