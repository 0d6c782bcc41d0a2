import { mean, probit, sampleVariance } from 'simple-statistics';
import { score } from '../goal/score.ts';
import { followsSpeed, metric } from '../ground/metric.ts';
import type { Objective } from '../record/goal.ts';
import { isRate } from '../record/load-point.ts';
import { type Figures, type Measurement, startsOf } from '../record/measurement.ts';
import { type PointRecord, serversOf, type Trial } from '../record/run.ts';
import { type Interval, relativeHalfWidth } from '../statistics/intervals.ts';
import { twoSidedQuantile } from '../statistics/student.ts';

/** Two-sided 95 % quantile of the normal distribution. */
const NORMAL = 1.96;
/**
 * Half the width of a value's interval where the measurement has none, as a share of the value: the steadiness that
 * perf_analyzer asks for.
 */
const ASSUMED = 0.1;
/**
 * What two starts of the same server are taken to differ by, as a share (standard deviation), before any repeat was seen;
 * it counts as much as so many repeats.
 */
const STARTS = 0.02;
const STARTS_WEIGHT = 4;

/**
 * What two nights of a machine differ by, as a share (standard deviation), where inference is on CPUs: what runs of the OCR
 * example on two cores of a virtual machine, one after the other, differed by from one to the next beyond the scatter of
 * servers and moments (bench:trust, 41 runs).
 */
export const NIGHTS_ON_CPU = 0.04;

/** How sure the figures of a model are. */
export interface Noise {
  /** What starts of one server differ by, as a share (standard deviation), by metric; 2 % where it was not seen. */
  readonly starts: Readonly<Record<string, number>>;
  /** How many independent differences between starts tell that, by metric; absent: what is taken before any was seen. */
  readonly told?: Readonly<Record<string, number>>;
  /** What the search believes of the leader: an interval of 95 % that covers starts, and knows everything it measured. */
  readonly believed?: {
    readonly measurement: Measurement;
    readonly tag: string;
    readonly interval: readonly [number, number];
  };
}

/** Half the width of a value's 95 % interval as a share of the value. */
export type HalfWidth = (measurement: Measurement, tag: string) => number;

/** That of one start of the server. */
export const withinStart: HalfWidth = (measurement, tag) =>
  relativeHalfWidth(measurement.whole.intervals[tag] ?? [null, null]) ?? ASSUMED;

/** That over all starts that there may be. */
export const overStarts =
  ({ starts, believed }: Noise): HalfWidth =>
  (measurement, tag) => {
    const value = measurement.whole.values[tag];
    if (believed?.measurement === measurement && believed.tag === tag && value) {
      // What was measured may lie to one side of what is believed, or beyond it.
      return Math.max(...believed.interval.map((end) => Math.abs(end - value))) / Math.abs(value);
    }
    const servers = startsOf(measurement);
    return Math.hypot(withinStart(measurement, tag), (NORMAL * (starts[tag] ?? STARTS)) / Math.sqrt(servers));
  };

/**
 * The 95 % intervals of a measurement's values, as they are told. Where it was measured on several starts of the server
 * they say where one more start would lie another day: by how sure the mean is, by what starts differ by, and on CPUs by how
 * much a machine differs from day to day. On one start they say where the value of that start lies.
 */
export function intervalsOf(measurement: Measurement, noise: Noise): Figures['intervals'] {
  const starts = startsOf(measurement);
  return Object.fromEntries(
    Object.entries(measurement.whole.intervals).map(([tag, interval]) => {
      const value = measurement.whole.values[tag];
      if (starts < 2 || value === undefined) return [tag, interval];
      const deviation = Math.abs(value) * (noise.starts[tag] ?? STARTS);
      const quantile = twoSidedQuantile(noise.told?.[tag] ?? STARTS_WEIGHT);
      const apart = Math.hypot(
        quantile * deviation * Math.sqrt(1 + 1 / starts),
        NORMAL * Math.abs(value) * daysApart(measurement, tag),
      );
      const [low, high] = interval;
      const wide: Interval = [
        low === null ? null : Math.max(0, value - Math.hypot(value - low, apart)),
        high === null ? null : value + Math.hypot(high - value, apart),
      ];
      return [tag, withBelieved(wide, measurement, tag, noise)];
    }),
  );
}

/** By what share a day differs from the middle of many (standard deviation). */
const daysApart = ({ gpusInUse, point }: Measurement, tag: string): number =>
  gpusInUse === 0 && followsSpeed(tag, isRate(point)) !== 0 ? NIGHTS_ON_CPU / Math.SQRT2 : 0;

/** What the search believes of starts belongs to it, too. */
function withBelieved(
  [low, high]: Interval,
  measurement: Measurement,
  tag: string,
  { believed }: Noise,
): Interval {
  if (believed?.measurement !== measurement || believed.tag !== tag) return [low, high];
  const [least, most] = believed.interval;
  return [low === null ? least : Math.min(low, least), high === null ? most : Math.max(high, most)];
}

/** A difference between two measurements over the objectives, and half the width of its 95 % interval. */
export interface Difference {
  /** Model Analyzer's score, positive when the first is better. */
  readonly score: number;
  readonly noise: number;
}

/** Whether a measurement says itself how sure a value is, or the search does. */
const hasInterval = (measurement: Measurement, tag: string, { believed }: Noise): boolean =>
  (believed?.measurement === measurement && believed.tag === tag) ||
  relativeHalfWidth(measurement.whole.intervals[tag] ?? [null, null]) !== undefined;

/**
 * The noise of a model's measurements. What one start of a server differs from another by is learned from the points
 * that were measured on several, beginning with 2 %.
 */
export function noiseOf(trials: readonly Trial[]): Noise {
  const repeated = repeatedIn(trials);
  const tags = [
    ...new Set(repeated.flat().flatMap(({ measurement }) => Object.keys(measurement.whole.values))),
  ];
  const found = tags.map((tag) => [tag, startDeviation(repeated, tag)] as const);
  return {
    starts: Object.fromEntries(found.map(([tag, { deviation }]) => [tag, deviation])),
    told: Object.fromEntries(found.map(([tag, { weight }]) => [tag, weight])),
  };
}

/** The records of each point that was measured several times. */
const repeatedIn = (trials: readonly Trial[]): MeasuredRecord[][] =>
  trials.flatMap(({ points }) => {
    // What drifted differs for another reason than chance.
    const measured = points
      .filter((record) => record.state === 'measured')
      .filter(({ measurement }) => !measurement.drifted);
    if (measured.length < 2) return [];
    return [...Map.groupBy(measured, ({ key }) => key).values()].filter(({ length }) => length > 1);
  });

/** Pooled relative standard deviation between the servers that points were measured on, and how much tells it. */
function startDeviation(repeated: readonly (readonly MeasuredRecord[])[], tag: string) {
  const { variance, degrees } = betweenServers(repeated, tag);
  const weight = STARTS_WEIGHT + degrees;
  return { deviation: Math.sqrt((STARTS_WEIGHT * STARTS ** 2 + degrees * variance) / weight), weight };
}

/** What was seen of how far servers differ. */
export interface SeenStarts {
  /** Pooled relative variance between the servers that a point was measured on; 0 where none was measured on several. */
  readonly variance: number;
  /** Its degrees of freedom: how many servers more than one a point. */
  readonly degrees: number;
}

/** What the points that were measured on several servers say of a metric, and nothing besides. */
export function startsSeen(trials: readonly Trial[]): (tag: string) => SeenStarts {
  const repeated = repeatedIn(trials);
  return (tag) => betweenServers(repeated, tag);
}

function betweenServers(repeated: readonly (readonly MeasuredRecord[])[], tag: string): SeenStarts {
  let [sum, degrees] = [0, 0];
  for (const records of repeated) {
    const means = meansByServer(records, tag);
    const middle = means.length > 1 ? mean(means) : 0;
    if (middle === 0) continue;
    sum += (means.length - 1) * (sampleVariance(means) / middle ** 2);
    degrees += means.length - 1;
  }
  return { variance: degrees > 0 ? sum / degrees : 0, degrees };
}

type MeasuredRecord = Extract<PointRecord, { state: 'measured' }>;

/** The mean on each server that a point was measured on. */
function meansByServer(records: readonly MeasuredRecord[], tag: string): number[] {
  const servers = serversOf(records);
  const looks = records.flatMap(({ measurement }, index) => {
    const value = measurement.whole.values[tag];
    return value === undefined ? [] : [{ value, server: servers[index]! }];
  });
  return [...Map.groupBy(looks, ({ server }) => server).values()].map((own) =>
    mean(own.map(({ value }) => value)),
  );
}

/** @param half which noise counts: that of the same server, or that of servers started one after the other. */
export function differenceOf(
  a: Measurement,
  b: Measurement,
  objectives: readonly Objective[],
  half: HalfWidth,
): Difference {
  const total = objectives.reduce((sum, { weight }) => sum + weight, 0);
  // Called for every configuration of a ranking.
  let squares = 0;
  for (const { tag, weight } of objectives) {
    // A metric that only one of them has counts fully for that one, without noise.
    if (a.whole.values[tag] === undefined || b.whole.values[tag] === undefined) continue;
    squares += ((weight / total) * Math.hypot(half(a, tag), half(b, tag))) ** 2;
  }
  return { score: score(a.whole, b.whole, objectives), noise: Math.sqrt(squares) };
}

/** How much better one measurement is than another, over the objectives. */
export interface Gain {
  readonly percent: number;
  /** Half the width of its 95 % interval, percent points. */
  readonly plusMinus: number;
  /** The metrics of which a measurement does not say how sure it is, so that 10 % are assumed. */
  readonly assumed: readonly string[];
}

/** Whether a gain, or a loss, is more than its noise; else the two are tied. */
export const isDifferent = ({ percent, plusMinus }: Gain): boolean => Math.abs(percent) > plusMinus;

/**
 * How much better `a` is than `b`, in percent: how many times as good, as the weighted geometric mean over the objectives
 * that both have. By that mean a win in one objective and an equal loss in another cancel out, whichever of the two is `a`.
 * undefined where no objective can be compared.
 */
export function gainOf(
  a: Measurement,
  b: Measurement,
  objectives: readonly Objective[],
  noise: Noise,
): Gain | undefined {
  const parts = objectives.flatMap(({ tag, weight }) => {
    const [value, old] = [a.whole.values[tag], b.whole.values[tag]];
    // How many times as good; of a metric that is 0 on one side nothing can be said in percent.
    const times = value && old ? (metric(tag).better === 'higher' ? value / old : old / value) : undefined;
    return times === undefined ? [] : [{ tag, weight, times }];
  });
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  const times = Math.exp(parts.reduce((sum, part) => sum + (part.weight / total) * Math.log(part.times), 0));
  const half = overStarts(noise);
  const noises = parts.map(({ tag, weight }) => (weight / total) * Math.hypot(half(a, tag), half(b, tag)));
  return {
    percent: 100 * (times - 1),
    plusMinus: 100 * times * Math.hypot(...noises),
    assumed: parts
      .map(({ tag }) => tag)
      .filter((tag) => !hasInterval(a, tag, noise) || !hasInterval(b, tag, noise)),
  };
}

/**
 * By which factor an interval of 95 % must be wider when the best of so many is compared: of many that are alike the
 * best looks better by chance (Bonferroni's bound).
 */
export const widerForBestOf = (many: number): number =>
  // 1.96 is a little more than the quantile.
  Math.max(1, probit(1 - 0.025 / Math.max(1, many)) / NORMAL);
