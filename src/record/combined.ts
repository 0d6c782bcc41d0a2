import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from '../statistics/intervals.ts';
import { twoSidedQuantile } from '../statistics/student.ts';
import type { GpuState } from './gpu-state.ts';
import {
  type Beyond,
  type Figures,
  type HostStalls,
  isClientBound,
  type Measurement,
} from './measurement.ts';
import { mergeFailures } from './request-failures.ts';

/** Two-sided 95 % quantile of the normal distribution. */
const NORMAL = 1.96;
/** What is asked of the throughput usually. */
const PRECISE = 0.03;

/**
 * Several measurements of one load as one: the mean of each value over the measurements that have it. Its interval is
 * that of a mean of several, by the scatter within the measurements, or between them, whichever is wider: from three starts
 * of the server on by that between the means of starts, as looks at one start are alike; of two starts it holds the means
 * of both; else, from three measurements on, by that between these.
 * @param measurements at least one.
 * @param servers on which start of the server each was measured; absent: all on one.
 */
export function combined(
  measurements: readonly Measurement[],
  servers: readonly number[] = measurements.map(() => 0),
): Measurement {
  const last = measurements.at(-1)!;
  if (measurements.length === 1) return last;
  const whole = meanFigures(
    measurements.map((item) => item.whole),
    servers,
  );
  const models = Object.keys(last.models).map((model) => {
    const having = measurements.flatMap((item, index) =>
      item.models[model] ? [{ own: item.models[model], server: servers[index]! }] : [],
    );
    const mean = (): Figures =>
      meanFigures(
        having.map(({ own }) => own),
        having.map(({ server }) => server),
      );
    return [model, last.models[model] === last.whole ? whole : mean()] as const;
  });
  const [low = null, high = null] = whole.intervals['perf_throughput'] ?? [];
  const width = low === null || high === null ? undefined : (high - low) / (high + low);
  const bound = measurements.filter(isClientBound).length * 2 > measurements.length;
  const { bottleneck: _, beyond: __, ...rest } = last;
  const starts = new Set(servers).size;
  const beyond = pooledBeyond(measurements);
  const bottleneck = measurements.findLast((item) => isClientBound(item) === bound)?.bottleneck;
  const sum = (read: (item: Measurement) => number): number =>
    measurements.reduce((total, item) => total + read(item), 0);
  const uuids = [...new Set(measurements.flatMap(({ gpus }) => Object.keys(gpus)))];
  return {
    ...rest,
    ...(bottleneck && { bottleneck }),
    whole,
    ...(beyond && { beyond }),
    ...composingOf(measurements, servers),
    models: Object.fromEntries(models),
    gpus: Object.fromEntries(
      uuids.map((uuid) => [
        uuid,
        meanValues(measurements.flatMap(({ gpus }) => (gpus[uuid] ? [gpus[uuid]] : []))),
      ]),
    ),
    ...circumstances(measurements),
    looks: measurements.length,
    ...(starts > 1 && { starts }),
    requests: sum(({ requests }) => requests),
    failures: measurements.map(({ failures }) => failures).reduce(mergeFailures),
    durationS: sum(({ durationS }) => durationS),
    warmupS: sum(({ warmupS }) => warmupS),
    windows: sum(({ windows }) => windows),
    counted: sum(({ counted }) => counted),
    stable: measurements.every(({ stable }) => stable) || (width !== undefined && width <= PRECISE),
    warnings: [...new Set(measurements.flatMap(({ warnings }) => warnings))],
    startedAt: measurements[0]!.startedAt,
  };
}

/** What any of the measurements was marked by marks the whole. */
function circumstances(measurements: readonly Measurement[]): Partial<Measurement> {
  const any = (is: (item: Measurement) => boolean | undefined): boolean =>
    measurements.some((item) => is(item) === true);
  const stalls = measurements.flatMap((item) => item.stalls ?? []);
  const sharers = measurements.flatMap(({ gpuSharers = [] }) => gpuSharers);
  const besideOthers = measurements.find((item) => item.besideOthers !== undefined)?.besideOthers;
  const [drifted] = measurements
    .flatMap((item) => item.drifted ?? [])
    .toSorted((a, b) => Math.abs(b.by) - Math.abs(a.by));
  const states = mergedStates(measurements);
  const shares = measurements.flatMap(({ othersShare }) => othersShare ?? []);
  const idle = measurements.flatMap(({ idleShare }) => idleShare ?? []);
  return {
    ...(states && { gpuStates: states }),
    // Where the means of both went in, the less direct one is told.
    ...(any(({ energyBy }) => energyBy === 'power') && { energyBy: 'power' as const }),
    ...(any(({ shared }) => shared) && { shared: true }),
    ...(any(({ takenOver }) => takenOver) && { takenOver: true as const }),
    ...(drifted && { drifted }),
    ...(shares.length > 0 && { othersShare: Math.max(...shares) }),
    ...(idle.length > 0 && { idleShare: Math.min(...idle) }),
    ...(besideOthers !== undefined && { besideOthers }),
    ...(stalls.length > 0 && { stalls: stalls.reduce(mergedStalls) }),
    ...(sharers.length > 0 && {
      gpuSharers: [...new Map(sharers.map((item) => [`${item.uuid} ${item.pid}`, item])).values()],
    }),
  };
}

/** The mean of each model that took part, over the measurements that have it. */
function composingOf(
  measurements: readonly Measurement[],
  servers: readonly number[],
): Pick<Measurement, 'composing'> {
  const told = measurements.flatMap(({ composing }, index) =>
    (composing?.models ?? []).map((item) => ({ item, server: servers[index]! })),
  );
  const by = measurements.findLast(({ composing }) => composing !== undefined)?.composing?.by;
  if (by === undefined) return {};
  const models = [...Map.groupBy(told, ({ item }) => item.model)].map(([model, same]) => ({
    model,
    requests: mean(same.map(({ item }) => item.requests)),
    ...meanFigures(
      same.map(({ item }) => item),
      same.map(({ server }) => server),
    ),
  }));
  return { composing: { by, models } };
}

const mergedStalls = (a: HostStalls, b: HostStalls): HostStalls => ({
  windows: a.windows + b.windows,
  leftOut: a.leftOut + b.leftOut,
  longestMs: Math.max(a.longestMs, b.longestMs),
});

/** How the GPUs fared over all of the measurements. */
function mergedStates(measurements: readonly Measurement[]): Measurement['gpuStates'] {
  const all = measurements.flatMap(({ gpuStates }) => (gpuStates ? [gpuStates] : []));
  if (all.length === 0) return undefined;
  const uuids = [...new Set(all.flatMap((states) => Object.keys(states)))];
  return Object.fromEntries(
    uuids.map((uuid) => {
      const states = all.flatMap((item) => item[uuid] ?? []);
      const range = (read: (state: GpuState) => readonly [number, number] | undefined) => {
        const ends = states.flatMap((state) => read(state) ?? []);
        return ends.length > 0 ? ([Math.min(...ends), Math.max(...ends)] as const) : undefined;
      };
      const [sm, memory] = [range((state) => state.smClockMHz), range((state) => state.memoryClockMHz)];
      const temperatures = states.flatMap(({ temperatureC }) => temperatureC ?? []);
      const powers = states.flatMap(({ powerW }) => powerW ?? []);
      const state: GpuState = {
        ...(sm && { smClockMHz: sm }),
        ...(memory && { memoryClockMHz: memory }),
        ...(temperatures.length > 0 && { temperatureC: Math.max(...temperatures) }),
        ...(powers.length > 0 && { powerW: mean(powers) }),
        throttled: [...new Set(states.flatMap(({ throttled }) => throttled))],
      };
      return [uuid, state];
    }),
  );
}

/** The shares beyond limits that all were measured under. */
function pooledBeyond(measurements: readonly Measurement[]): Measurement['beyond'] {
  const pooled = Object.entries(measurements.at(-1)!.beyond ?? {}).flatMap(([tag, { limit }]) => {
    const shares = measurements.flatMap(({ beyond }) =>
      beyond?.[tag]?.limit === limit ? [beyond[tag]] : [],
    );
    return shares.length === measurements.length ? [[tag, pooledShare(limit, shares)] as const] : [];
  });
  return pooled.length > 0 ? Object.fromEntries(pooled) : undefined;
}

/** Of requests of several measurements; from three on they tell no more than their scatter leaves them. */
function pooledShare(limit: number, shares: readonly Beyond[]): Beyond {
  const { length } = shares;
  const of = shares.reduce((sum, item) => sum + item.of, 0);
  const share = shares.reduce((sum, item) => sum + item.share * item.of, 0) / of;
  if (length < 3) return { limit, share, of };
  const half =
    (twoSidedQuantile(length - 1) / NORMAL) * sampleStandardDeviation(shares.map((item) => item.share));
  const between = half > 0 ? (share * (1 - share) * length) / half ** 2 : of;
  return { limit, share, of: Math.max(1, Math.min(of, between)) };
}

function meanValues(list: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const tags = [...new Set(list.flatMap((values) => Object.keys(values)))];
  return Object.fromEntries(
    tags.map((tag) => [
      tag,
      mean(list.flatMap((values) => (values[tag] === undefined ? [] : [values[tag]]))),
    ]),
  );
}

/** The mean of each value over those that have it, and how sure that is. */
function meanFigures(list: readonly Figures[], servers: readonly number[]): Figures {
  const values = meanValues(list.map((figures) => figures.values));
  const tags = [...new Set(list.flatMap(({ intervals }) => Object.keys(intervals)))];
  const intervals = Object.fromEntries(
    tags
      .filter((tag) => tag in values)
      .map((tag) => [tag, intervalOf(looksAt(list, tag, servers), values[tag]!)]),
  );
  return { values, intervals };
}

/** What one measurement says of one metric. */
interface Look {
  readonly value: number;
  /** Half the width of its interval; undefined where an end is not known. */
  readonly half: number | undefined;
  readonly server: number;
}

const looksAt = (list: readonly Figures[], tag: string, servers: readonly number[]): Look[] =>
  list.flatMap(({ values, intervals }, index) => {
    const value = values[tag];
    const [low = null, high = null] = intervals[tag] ?? [];
    const half = low === null || high === null ? undefined : (high - low) / 2;
    return value === undefined ? [] : [{ value, half, server: servers[index]! }];
  });

function intervalOf(looks: readonly Look[], middle: number): Interval {
  const halves = looks.flatMap(({ half }) => half ?? []);
  const within = halves.length === looks.length ? Math.hypot(...halves) / looks.length : undefined;
  const starts = startsIn(looks);
  const found = looks.map(({ value }) => value);
  const between = starts.length >= 3 ? halfOfMean(starts) : found.length >= 3 ? halfOfMean(found) : undefined;
  if (within === undefined && between === undefined) return [null, null];
  const apart = starts.length === 2 ? Math.abs(starts[0]! - starts[1]!) / 2 : 0;
  const half = Math.max(within ?? 0, between ?? 0, apart);
  return [Math.max(0, middle - half), middle + half];
}

/** The mean on each start of the server. */
const startsIn = (looks: readonly Look[]): number[] =>
  [...Map.groupBy(looks, ({ server }) => server).values()].map((own) => mean(own.map(({ value }) => value)));

const halfOfMean = (values: readonly number[]): number =>
  (twoSidedQuantile(values.length - 1) * sampleStandardDeviation([...values])) / Math.sqrt(values.length);
