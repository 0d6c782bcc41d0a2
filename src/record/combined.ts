import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from '../statistics/intervals.ts';
import { type Beyond, type Figures, isClientBound, type Measurement } from './measurement.ts';
import { mergeFailures } from './request-failures.ts';

/** Two-sided 95 % quantiles of the normal distribution, and of Student's t by the number of values. */
const NORMAL = 1.96;
const STUDENT: Readonly<Record<number, number>> = {
  3: 4.303,
  4: 3.182,
  5: 2.776,
  6: 2.571,
  7: 2.447,
  8: 2.365,
};
/** What is asked of the throughput usually. */
const PRECISE = 0.03;

/**
 * Several measurements of one load as one: the mean of each value over the measurements that have it. Its interval is
 * that of a mean of several, by the scatter within the measurements or, from three on, between them, whichever is wider.
 * @param measurements at least one.
 */
export function combined(measurements: readonly Measurement[]): Measurement {
  const last = measurements.at(-1)!;
  if (measurements.length === 1) return last;
  const whole = meanFigures(measurements.map((item) => item.whole));
  const models = Object.keys(last.models).map((model) => {
    const own = measurements.flatMap((item) => item.models[model] ?? []);
    return [model, last.models[model] === last.whole ? whole : meanFigures(own)] as const;
  });
  const [low = null, high = null] = whole.intervals['perf_throughput'] ?? [];
  const width = low === null || high === null ? undefined : (high - low) / (high + low);
  const bound = measurements.filter(isClientBound).length * 2 > measurements.length;
  const { bottleneck: _, beyond: __, ...rest } = last;
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
    models: Object.fromEntries(models),
    gpus: Object.fromEntries(
      uuids.map((uuid) => [
        uuid,
        meanValues(measurements.flatMap(({ gpus }) => (gpus[uuid] ? [gpus[uuid]] : []))),
      ]),
    ),
    looks: measurements.length,
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
    ((STUDENT[length] ?? NORMAL) / NORMAL) * sampleStandardDeviation(shares.map((item) => item.share));
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
function meanFigures(list: readonly Figures[]): Figures {
  const values = meanValues(list.map((figures) => figures.values));
  const tags = [...new Set(list.flatMap(({ intervals }) => Object.keys(intervals)))];
  const intervals = Object.fromEntries(
    tags.filter((tag) => tag in values).map((tag) => [tag, intervalOf(list, tag, values[tag]!)]),
  );
  return { values, intervals };
}

function intervalOf(list: readonly Figures[], tag: string, middle: number): Interval {
  const halves = list.flatMap(({ intervals }): number[] => {
    const [low = null, high = null] = intervals[tag] ?? [];
    return low === null || high === null ? [] : [(high - low) / 2];
  });
  const found = list.flatMap(({ values }) => (values[tag] === undefined ? [] : [values[tag]]));
  const root = Math.sqrt(found.length);
  const within = halves.length === found.length ? Math.hypot(...halves) / found.length : undefined;
  const between =
    found.length >= 3
      ? ((STUDENT[found.length] ?? NORMAL) * sampleStandardDeviation(found)) / root
      : undefined;
  if (within === undefined && between === undefined) return [null, null];
  const half = Math.max(within ?? 0, between ?? 0);
  return [Math.max(0, middle - half), middle + half];
}
