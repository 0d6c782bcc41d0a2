import { type Aggregation, aggregate, METRICS } from '../ground/metric.ts';
import { timerMs } from '../ground/timers.ts';
import type { Figures } from '../record/measurement.ts';
import type { Endpoint } from '../server/triton.ts';
import { fetchMetrics } from '../server/triton-http.ts';
import { meanInterval, rangeOf } from '../statistics/batch-means.ts';
import type { Interval } from '../statistics/intervals.ts';
import { defined } from './server-times.ts';

/** One look at the GPU gauges: UUID -> metric tag -> value. */
export type GpuSample = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A look at the GPU gauges at a moment of `performance.now()`. */
export interface GpuLook {
  readonly atMs: number;
  readonly gauges: GpuSample;
  /** UUID -> what the GPU has drawn since some time, J; those that have no such counter are absent. */
  readonly energyJ?: Readonly<Record<string, number>>;
}

/** No machine has more; a page that shows more is not Triton's. */
const MOST_GPUS = 1024;
const LONGEST_LINE = 2000;
const OF_A_GPU = /^(nv_\w+)\{[^}]*\bgpu_uuid="([^"]+)"[^}]*\} (\S+)$/;

/** What lines of a Triton metrics page say of each GPU: UUID -> name -> value. What is no number from 0 on is left out. */
function ofEachGpu(page: string, prefix: string): Map<string, Map<string, number>> {
  const raw = new Map<string, Map<string, number>>();
  for (const line of page.split('\n')) {
    if (!line.startsWith(prefix) || line.length > LONGEST_LINE) continue;
    const [, name, uuid, text] = OF_A_GPU.exec(line) ?? [];
    const value = Number(text);
    if (name === undefined || uuid === undefined || !(value >= 0) || value === Infinity) continue;
    const gauges = raw.get(uuid) ?? new Map<string, number>();
    if (raw.size < MOST_GPUS || raw.has(uuid)) raw.set(uuid, gauges.set(name, value));
  }
  return raw;
}

const COUNTER = 'nv_energy_consumption';

/** What each GPU has drawn since the server started, J, by a Triton metrics page; {} when it does not tell. */
export const parseGpuEnergy = (page: string): Record<string, number> =>
  Object.fromEntries(
    [...ofEachGpu(page, COUNTER)].flatMap(([uuid, counters]) => {
      const joules = counters.get(COUNTER);
      return joules === undefined ? [] : [[uuid, joules]];
    }),
  );

/** The GPU gauges of a Triton metrics page; {} when it shows none. What is no such gauge is left out. */
export function parseGpuMetrics(page: string): GpuSample {
  return Object.fromEntries(
    [...ofEachGpu(page, 'nv_gpu_')].map(([uuid, gauges]) => {
      const used = gauges.get('nv_gpu_memory_used_bytes');
      const total = gauges.get('nv_gpu_memory_total_bytes');
      const utilization = gauges.get('nv_gpu_utilization');
      return [
        uuid,
        defined({
          gpu_used_memory: used === undefined ? undefined : used / 1e6,
          gpu_free_memory:
            used === undefined || total === undefined || used > total ? undefined : (total - used) / 1e6,
          gpu_utilization: utilization === undefined || utilization > 1 ? undefined : utilization * 100,
          gpu_power_usage: gauges.get('nv_gpu_power_usage'),
        }),
      ];
    }),
  );
}

/** A running look-out for GPU gauges. */
export interface GpuWatch {
  /** Resolves with true when there turns out to be no GPU to watch. */
  readonly ended: Promise<true>;
  /** Looks now, unless it did a moment ago; does not wait for what it sees. */
  look(): void;
  stop(): Promise<readonly GpuLook[]>;
}

/** How often our own servers refresh their gauges, ms: looking more often shows the same again. */
export const REFRESH_MS = 500;

/** Looks at the GPU gauges every `intervalS`, and when it is told to, until it is stopped; ends by itself where there is no GPU. */
export function watchGpus(metrics: Endpoint | undefined, intervalS: number): GpuWatch {
  const looks: GpuLook[] = [];
  const stopped = new AbortController();
  let nextMs = 0;
  let looking: Promise<void> | undefined;
  let end = (_over: true): void => {};
  const ended = new Promise<true>((resolve) => {
    end = resolve;
  });
  let over = metrics === undefined;
  const finish = (): void => {
    over = true;
    clearInterval(timer);
    end(true);
  };
  const look = (): void => {
    const now = performance.now();
    if (over || looking || now < nextMs) return;
    nextMs = now + REFRESH_MS;
    looking = fetchMetrics(metrics!, { signal: stopped.signal })
      .then((page) => {
        const gauges = parseGpuMetrics(page);
        if (Object.keys(gauges).length > 0)
          looks.push({ atMs: performance.now(), gauges, energyJ: parseGpuEnergy(page) });
        else if (looks.length === 0) finish();
      })
      // A server without a metrics page has no GPU metrics; that is no fault of a measurement.
      .catch(() => looks.length === 0 && finish())
      .then(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(look, timerMs(intervalS * 1000));
  if (over) finish();
  else look();
  return {
    ended,
    look,
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await looking;
      return looks;
    },
  };
}

/** A value over time, and between what it lies with 95 % certainty, or, for a peak, what was seen. */
function overTimeOf(values: readonly number[], how: Aggregation): { value: number; interval: Interval } {
  const interval = how === 'mean' || how === 'sum' ? meanInterval(values) : rangeOf(values);
  return { value: aggregate(values, how)!, interval };
}

/** Samples of one server as figures: over time for each GPU, then over its GPUs. */
export function aggregateGpus(samples: readonly GpuSample[]): Figures & {
  readonly gpus: Record<string, Record<string, number>>;
} {
  const uuids = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  const values: Record<string, number> = {};
  const intervals: Record<string, Interval> = {};
  const gpus: Record<string, Record<string, number>> = Object.fromEntries(uuids.map((uuid) => [uuid, {}]));
  for (const { tag, source, overTime, overGpus } of METRICS) {
    if (source !== 'gpu') continue;
    const known = uuids.flatMap((uuid) => {
      const seen = samples.map((sample) => sample[uuid]?.[tag]).filter((value) => value !== undefined);
      return seen.length > 0 ? [{ uuid, ...overTimeOf(seen, overTime) }] : [];
    });
    for (const { uuid, value } of known) gpus[uuid]![tag] = value;
    const total = aggregate(
      known.map(({ value }) => value),
      overGpus,
    );
    if (total === undefined) continue;
    values[tag] = total;
    // GPUs under one load go up and down together: their uncertainties do not cancel out.
    const end = (which: 0 | 1): number | null => {
      const ends = known.map(({ interval }) => interval[which]).filter((value) => value !== null);
      return ends.length < known.length ? null : aggregate(ends, overGpus)!;
    };
    const high = end(1);
    intervals[tag] = [end(0), high !== null && tag === 'gpu_utilization' ? Math.min(100, high) : high];
  }
  return { values, intervals, gpus };
}
