import { median, quantile } from 'simple-statistics';
import { relativeHalfWidth } from '../../statistics/intervals.ts';
import { twoSidedChance, twoSidedQuantile } from '../../statistics/student.ts';
import { type SeenStarts, usualOf } from '../noise.ts';
import { bothKeepUp, followsRate } from './at-rate.ts';
import type { Look, MatchedPoint, MatchedTrial } from './matched.ts';
import type { Nights, NightsPair } from './nights.ts';

/**
 * How far a metric of two runs is apart, and how sure that is.
 *
 * A figure is the truth times what the start of the server did to it times what the moment did, and two nights of one
 * machine differ by a little more, which no number of servers averages out (nights.ts has that). So the change of a
 * configuration is the mean over its loads of the logarithm of new over old, and that of the model the mean over
 * configurations, where those that are far off count as less far: all loads of one configuration may have been measured on one
 * start. What starts and moments do is learned from the two runs themselves: starts by how far the changes of configurations are
 * from each other, and by points that were measured on several servers; moments by how far the changes of loads are from each
 * other. As there may be few of them, both begin with what is usual, which counts as much as two of them (a moderated t: Smyth
 * 2004, "Linear models and empirical Bayes methods", Statistical Applications in Genetics and Molecular Biology 3).
 */
export interface Shift {
  /** Logarithm of new over old. */
  readonly log: number;
  /** Its standard deviation where nothing has changed. */
  readonly deviation: number;
  /** Degrees of freedom of that. */
  readonly degrees: number;
}

/** The same in percent, with a 95 % interval. */
export interface PercentShift {
  readonly percent: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What is usual counts as much as so many differences that were seen: so few that one configuration at one load, which says
 * nothing of how its machine scatters, is not called different on a machine that scatters twice as much (bench:compare
 * --noise rough).
 */
const USUAL_WEIGHT = 2;
/** Half of a 95 % interval, in standard deviations. */
const NORMAL = 1.96;

/** Variances of the logarithm of one figure. */
interface Scatter {
  readonly start: number;
  readonly look: number;
  readonly degrees: number;
}

/** What is learned from, summed up, so that one configuration can be left out of it. */
interface Sums {
  readonly count: number;
  readonly changes: number;
  readonly squares: number;
  /** Over configurations: what the variances of a start and of a look are multiplied by in the variance of its change. */
  readonly starts: number;
  readonly looks: number;
  /** Squared distances of loads from the mean of their configuration, what they are expected to be multiples of, and how many. */
  readonly within: number;
  readonly withinLooks: number;
  readonly withinDegrees: number;
}

/** What one configuration adds to the sums. */
interface Part extends Sums {
  readonly change: number;
  readonly logs: readonly { readonly log: number; readonly point: MatchedPoint }[];
}

const figureOf = ({ measurement }: Look, tag: string): number | undefined => measurement.whole.values[tag];

/** A load of each night. */
type Pair = NightsPair & { readonly base: Look; readonly new: Look };

/**
 * Logarithm of new over old; undefined where one is not there, is no positive number, or where both are the request rate
 * itself.
 */
function logOf(pair: Pair, tag: string, nights: Nights): number | undefined {
  const { base, new: next } = pair;
  if (followsRate(tag) && bothKeepUp(base.measurement, next.measurement)) return undefined;
  const [before, after] = [figureOf(base, tag), figureOf(next, tag)];
  return before !== undefined && after !== undefined && before > 0 && after > 0
    ? Math.log(after / before) - nights.seen(pair, tag)
    : undefined;
}

/** One metric of everything that two runs of a model both measured. */
export class MetricShifts {
  readonly tag: string;
  readonly #parts: ReadonlyMap<MatchedTrial, Part>;
  /** The same with what is far off brought near: one configuration alone says little of the model, or of how others scatter. */
  readonly #near: ReadonlyMap<MatchedTrial, Part>;
  readonly #allNear: Sums;
  readonly #seen: SeenStarts;
  readonly #nights: Nights;
  readonly #unquiet: number;

  /**
   * @param seen what both runs say of how far servers differ.
   * @param nights what the two nights did.
   */
  constructor(tag: string, trials: readonly MatchedTrial[], seen: SeenStarts, nights: Nights) {
    this.tag = tag;
    this.#nights = nights;
    this.#seen = seen;
    this.#parts = new Map(
      trials.flatMap((trial) => {
        const part = partOf(trial, tag, nights);
        return part ? [[trial, part] as const] : [];
      }),
    );
    this.#unquiet = unquietOf(this.#parts, seen, tag);
    this.#near = broughtNear(this.#parts);
    this.#allNear = [...this.#near.values()].reduce<Sums>((sums, part) => added(sums, part, 1), NOTHING);
  }

  /**
   * Of the mean over configurations, where those that are far off are brought near; undefined where none counts. How far that
   * mean scatters is told by the distances of the configurations from each other, and by what is known of starts and looks
   * beside them.
   */
  get overall(): Shift | undefined {
    const { count, changes, squares } = this.#allNear;
    if (count === 0) return undefined;
    const scatter = this.#scatter(this.#allNear);
    const parts = [...this.#near.values()];
    const expected =
      parts.reduce((total, part) => total + varianceOf(part, scatter, this.tag), 0) / count ** 2;
    const distances = Math.max(0, squares - changes ** 2 / count) / count;
    // Each counts by its degrees of freedom.
    const beside = scatter.degrees - (count - 1);
    const learned = (beside * expected + distances) / scatter.degrees;
    const nights = this.#nightsOf(parts);
    return {
      log: changes / count,
      deviation: Math.sqrt(learned + nights),
      // Welch and Satterthwaite's, where what nights do is known.
      degrees: scatter.degrees * (1 + nights / learned) ** 2,
    };
  }

  /** How many configurations and loads count. */
  get size(): { readonly configurations: number; readonly points: number } {
    const parts = [...this.#parts.values()];
    return { configurations: parts.length, points: parts.reduce((sum, { logs }) => sum + logs.length, 0) };
  }

  /**
   * Of one configuration, or of two that are no pair; how far figures scatter is learned from the others, so that it does not
   * hide behind itself.
   */
  of(trial: MatchedTrial): Shift | undefined {
    const part = this.#parts.get(trial) ?? partOf(trial, this.tag, this.#nights);
    if (!part) return undefined;
    const near = this.#near.get(trial);
    const scatter = this.#scatter(near ? added(this.#allNear, near, -1) : this.#allNear);
    return {
      log: part.change,
      deviation: Math.sqrt(varianceOf(part, scatter, this.tag) + this.#nightsOf([part])),
      degrees: scatter.degrees,
    };
  }

  /**
   * Of two figures by themselves.
   * @param isSameConfiguration whether they are of one configuration; of two the load generator does not have the same to do.
   */
  between(base: Look, next: Look, isSameConfiguration: boolean): Shift | undefined {
    const pair = { base, new: next, isSameConfiguration };
    const log = logOf(pair, this.tag, this.#nights);
    if (log === undefined) return undefined;
    const scatter = this.#scatter(this.#allNear);
    const sides = lookVariance(base, scatter, this.tag) + lookVariance(next, scatter, this.tag);
    const starts = scatter.start * (1 / base.servers + 1 / next.servers);
    const nights = this.#nights.variance([pair], this.tag, this.#unquiet);
    const variance = starts + sides + nights;
    return { log, deviation: Math.sqrt(variance), degrees: scatter.degrees };
  }

  /** How far one figure is beyond a value, where a server and a moment may have done something to it. */
  beyond(look: Look, value: number): Shift | undefined {
    const figure = figureOf(look, this.tag);
    if (figure === undefined || !(figure > 0 && value > 0)) return undefined;
    const scatter = this.#scatter(this.#allNear);
    const variance = scatter.start / look.servers + lookVariance(look, scatter, this.tag);
    return { log: Math.log(figure / value), deviation: Math.sqrt(variance), degrees: scatter.degrees };
  }

  #nightsOf(parts: Iterable<Part>): number {
    const points = [...parts].flatMap(({ logs }) => logs.map(({ point }) => point));
    return this.#nights.variance(points, this.tag, this.#unquiet);
  }

  #scatter(sums: Sums): Scatter {
    const usual = usualOf(this.tag) ** 2 / 2;
    const { count, within, withinLooks, withinDegrees, starts, looks } = sums;
    const look =
      (USUAL_WEIGHT * usual + (withinLooks > 0 ? (withinDegrees * within) / withinLooks : 0)) /
      (USUAL_WEIGHT + withinDegrees);
    const degrees = Math.max(0, count - 1);
    const distances = degrees > 0 ? ((sums.squares - sums.changes ** 2 / count) * count) / degrees : 0;
    const seen = degrees > 0 ? Math.max(0, distances - look * looks) / starts : 0;
    // Between servers a look each is seen, too.
    const repeated = Math.max(0, this.#seen.variance - look);
    const all = USUAL_WEIGHT + this.#seen.degrees + degrees;
    return {
      look,
      start: (USUAL_WEIGHT * usual + this.#seen.degrees * repeated + degrees * seen) / all,
      degrees: all,
    };
  }
}

const NOTHING: Sums = {
  count: 0,
  changes: 0,
  squares: 0,
  starts: 0,
  looks: 0,
  within: 0,
  withinLooks: 0,
  withinDegrees: 0,
};

const added = (sums: Sums, part: Sums, times: 1 | -1): Sums => ({
  count: sums.count + times * part.count,
  changes: sums.changes + times * part.changes,
  squares: sums.squares + times * part.squares,
  starts: sums.starts + times * part.starts,
  looks: sums.looks + times * part.looks,
  within: sums.within + times * part.within,
  withinLooks: sums.withinLooks + times * part.withinLooks,
  withinDegrees: sums.withinDegrees + times * part.withinDegrees,
});

/** What a configuration says; undefined where none of its loads counts. */
function partOf({ points }: MatchedTrial, tag: string, nights: Nights): Part | undefined {
  const logs = points.flatMap((point) => {
    const log = point.leftOut ? undefined : logOf(point, tag, nights);
    return log === undefined ? [] : [{ log, point }];
  });
  const { length } = logs;
  if (length === 0) return undefined;
  const over = (read: (point: MatchedPoint) => number): number =>
    logs.reduce((sum, { point }) => sum + read(point), 0);
  const change = logs.reduce((sum, { log }) => sum + log, 0) / length;
  const looks = over(({ base, new: next }) => 1 / base.looks + 1 / next.looks);
  return {
    change,
    logs,
    count: 1,
    changes: change,
    squares: change ** 2,
    starts: startsOf(logs),
    looks: looks / length ** 2,
    within: logs.reduce((sum, { log }) => sum + (log - change) ** 2, 0),
    withinLooks: (looks * (length - 1)) / length,
    withinDegrees: length - 1,
  };
}

/** Of fewer configurations it can't be seen which are far off. */
const FEWEST = 6;
/** What is farther from the median than so many standard deviations, by the median distance from it, is far off. */
const FAR = 2.5;
/** A standard deviation in median distances from the median, of the normal distribution. */
const MEDIAN_DISTANCES = 1.4826;

/** More than this share of the configurations are never far off: where as many differ, they are part of the change. Not tuned. */
const FAR_OFF = 1 / 4;

/** Changes that are far from the median are taken for as far as is usual (winsorised). */
function broughtNear(parts: ReadonlyMap<MatchedTrial, Part>): ReadonlyMap<MatchedTrial, Part> {
  if (parts.size < FEWEST) return parts;
  const changes = [...parts.values()].map(({ change }) => change);
  const middle = median(changes);
  const distances = changes.map((change) => Math.abs(change - middle));
  const most = Math.max(FAR * MEDIAN_DISTANCES * median(distances), quantile(distances, 1 - FAR_OFF));
  return new Map(
    [...parts].map(([trial, part]) => {
      const changes = Math.min(middle + most, Math.max(middle - most, part.change));
      return [trial, { ...part, changes, squares: changes ** 2 }];
    }),
  );
}

/**
 * Variance of a figure on another start beyond what is usual, from how far loads changed differently and from points that
 * were measured on several servers. On the quiet virtual machine that nights were learned on throughput scattered by 2 to 5 % by
 * this, where seven runs shared a host by 5 to 15 % (bench:trust). It goes by medians, so that few that are far off, as they
 * stalled or did change, make no machine unquiet.
 */
function unquietOf(parts: ReadonlyMap<MatchedTrial, Part>, seen: SeenStarts, tag: string): number {
  const logs = parts.size < FEWEST ? [] : [...parts.values()].flatMap((part) => part.logs);
  const middle = logs.length > 0 ? median(logs.map(({ log }) => log)) : 0;
  const distances = [
    ...logs.map(
      ({ log, point: { base, new: next } }) =>
        Math.abs(log - middle) / Math.sqrt(1 / base.servers + 1 / next.servers),
    ),
    ...seen.distances,
  ];
  if (distances.length < FEWEST) return 0;
  return Math.max(0, (MEDIAN_DISTANCES * median(distances)) ** 2 - usualOf(tag) ** 2);
}

/** By how much the variance of a start is multiplied: all loads may have been measured on the same ones. */
const startsOf = (logs: Part['logs']): number =>
  logs.reduce((sum, { point: { base, new: next } }) => sum + 1 / base.servers + 1 / next.servers, 0) /
  logs.length;

/** Variance of the change of a configuration. */
const varianceOf = ({ starts, logs }: Part, scatter: Scatter, tag: string): number =>
  scatter.start * starts +
  logs.reduce(
    (sum, { point: { base, new: next } }) =>
      sum + lookVariance(base, scatter, tag) + lookVariance(next, scatter, tag),
    0,
  ) /
    logs.length ** 2;

/** What the moment did to a figure, or what it says itself where that is more. */
function lookVariance({ measurement, looks }: Look, { look }: Scatter, tag: string): number {
  const own = relativeHalfWidth(measurement.whole.intervals[tag] ?? [null, null]);
  return Math.max(look / looks, ((own ?? 0) / NORMAL) ** 2);
}

/** How likely a shift as far from nothing is where nothing has changed. */
export const chanceOfShift = ({ log, deviation, degrees }: Shift): number =>
  twoSidedChance(log / deviation, degrees);

/** Whether there surely is a shift, upwards or downwards, by a 95 % interval. */
export const isSureShift = (shift: Shift, direction: 'up' | 'down'): boolean =>
  shift.log > 0 === (direction === 'up') && chanceOfShift(shift) < 0.05;

/** A shift in percent with its 95 % interval. */
export function percentOf({ log, deviation, degrees }: Shift): PercentShift {
  const half = twoSidedQuantile(degrees) * deviation;
  const percent = (value: number): number => 100 * Math.expm1(value);
  return { percent: percent(log), low: percent(log - half), high: percent(log + half) };
}
