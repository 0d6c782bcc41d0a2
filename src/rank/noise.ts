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

/**
 * What a figure is taken to differ by on another start of the server, as a share (standard deviation), where nothing else is known,
 * by what the recorded grids show (test/fixtures/landscapes: throughput and mean latency 4 to 8 %, p99 4 to 16 %); half of its
 * variance is the start's. A machine whose figures differ by more is unquiet.
 */
export const usualOf = (tag: string): number =>
  /_p9\d$/.test(tag) ? USUAL.tail : /memory|_ram$/.test(tag) ? USUAL.memory : USUAL.figure;

const USUAL = { figure: 0.06, tail: 0.15, memory: 0.02 } as const;

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

/** A value may be so many times too high, or too low, at most: no figure is known worse. */
const FARTHEST = 100;

/**
 * How far the 95 % interval of a value over all starts that there may be reaches on either side, as logarithms. What the search
 * believes may lie beyond what was measured; then the interval begins there.
 */
function farOverStarts(measurement: Measurement, tag: string, noise: Noise) {
  const { believed } = noise;
  const value = measurement.whole.values[tag];
  const half = overStarts(noise)(measurement, tag);
  const [low, high] =
    believed?.measurement === measurement && believed.tag === tag && value
      ? believed.interval.map((end) => end / value)
      : [1 - half, 1 + half];
  const far = (times: number): number => Math.log(Math.max(1, Math.min(FARTHEST, times)));
  return { below: far(1 / Math.max(low!, 1 / FARTHEST)), above: far(high!) };
}

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
        NORMAL * Math.abs(value) * daysApart(measurement, tag, noise),
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

/**
 * By what share a day differs from the middle of many (standard deviation). What starts differ by beyond what is usual counts as the
 * day's as well: other work on the host that makes them differ comes and goes over days, too.
 */
function daysApart({ gpusInUse, point }: Measurement, tag: string, { starts }: Noise): number {
  if (gpusInUse !== 0 || followsSpeed(tag, isRate(point)) === 0) return 0;
  const unquiet = Math.max(0, (starts[tag] ?? STARTS) ** 2 - usualOf(tag) ** 2);
  return Math.sqrt((NIGHTS_ON_CPU ** 2 + unquiet) / 2);
}

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
  /** How far each server is from the middle of its point, as shares of that: by their median few stalls change nothing. */
  readonly distances: readonly number[];
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
  const distances: number[] = [];
  for (const records of repeated) {
    const means = meansByServer(records, tag);
    const { length } = means;
    const middle = length > 1 ? mean(means) : 0;
    if (middle === 0) continue;
    sum += (length - 1) * (sampleVariance(means) / middle ** 2);
    degrees += length - 1;
    // From their own middle they are nearer than from the true one.
    const nearer = Math.sqrt(length / (length - 1));
    distances.push(...means.map((value) => nearer * Math.abs(value / middle - 1)));
  }
  return { variance: degrees > 0 ? sum / degrees : 0, distances, degrees };
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
  /**
   * The ends of its 95 % interval, percent. Noise is a share of a figure, so that the interval is one of how many times as good:
   * a large gain that is not known well has a wider side above it, and half as good is as far as twice as good.
   */
  readonly low: number;
  readonly high: number;
  /** Half the width of that interval, percent points. */
  readonly plusMinus: number;
  /** The metrics of which a measurement does not say how sure it is, so that 10 % are assumed. */
  readonly assumed: readonly string[];
}

/** Whether a gain, or a loss, is more than its noise; else the two are tied. */
export const isDifferent = ({ low, high }: Gain): boolean => low > 0 || high < 0;

/** The same gain with so many times as wide an interval. */
export function widened({ percent, low, high, assumed }: Gain, factor: number): Gain {
  const times = Math.log1p(percent / 100);
  const [down, up] = [low, high].map((end) => factor * Math.abs(Math.log1p(end / 100) - times));
  return withInterval({ percent, assumed }, down!, up!);
}

/** @param down how far the interval reaches on either side, as a logarithm of how many times as good. */
function withInterval(gain: Pick<Gain, 'percent' | 'assumed'>, down: number, up: number): Gain {
  const times = 1 + gain.percent / 100;
  const [low, high] = [100 * (times * Math.exp(-down) - 1), 100 * (times * Math.exp(up) - 1)];
  return { ...gain, low, high, plusMinus: (high - low) / 2 };
}

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
  /** How far the gain may be less, or more, for one metric: how far the one may be worse, and the other better. */
  const reach = (tag: string, towards: 'less' | 'more'): number => {
    const [worse, better] =
      metric(tag).better === 'higher' ? (['below', 'above'] as const) : (['above', 'below'] as const);
    const [ofA, ofB] = towards === 'less' ? [worse, better] : [better, worse];
    return Math.hypot(farOverStarts(a, tag, noise)[ofA], farOverStarts(b, tag, noise)[ofB]);
  };
  const reachOf = (towards: 'less' | 'more'): number =>
    Math.hypot(...parts.map(({ tag, weight }) => (weight / total) * reach(tag, towards)));
  const assumed = parts
    .map(({ tag }) => tag)
    .filter((tag) => !hasInterval(a, tag, noise) || !hasInterval(b, tag, noise));
  return withInterval({ percent: 100 * (times - 1), assumed }, reachOf('less'), reachOf('more'));
}

/**
 * By which factor an interval of 95 % must be wider when the best of so many is compared: of many that are alike the
 * best looks better by chance (Bonferroni's bound).
 */
export const widerForBestOf = (many: number): number =>
  // 1.96 is a little more than the quantile.
  Math.max(1, probit(1 - 0.025 / Math.max(1, many)) / NORMAL);
