import { batchSizeOf, isRate, isSamePoint, levelOf } from '../../record/load-point.ts';
import { isClientBound, type Measurement } from '../../record/measurement.ts';
import type { Run } from '../../record/run.ts';
import { relativeHalfWidth } from '../../statistics/intervals.ts';
import { gainOf, type HalfWidth, overStarts, withinStart } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import type { RankedEntry, RankedPoint } from '../standings.ts';
import type { Evidence } from './finding.ts';

/** What rules look at. */
export interface Scene {
  readonly run: Run;
  readonly ranking: Ranking;
  /** The configuration that findings are about: what was decided for, else the first of the ranking. */
  readonly shown: RankedEntry;
}

/**
 * A gain that may be so much at most within the noise is none, percent, where it was measured to be less than what is worth
 * a change. Starts of a server alone hide some 6 %, as long as nothing better is known of them.
 */
export const MOST_HIDDEN = 8;

/** Whether a measurement may carry a finding with others: tma recorded it, and the machine had not changed meanwhile. */
const isRecorded = ({ requests, drifted }: Measurement): boolean => requests > 0 && !drifted;

/** Whether a measurement carries a finding by itself. */
export const isSound = (measurement: Measurement): boolean =>
  isRecorded(measurement) && (measurement.stable || (measurement.looks ?? 1) > 1);

/** Whether measurements that say the same carry it: one that is sound, or several; never one unstable look. */
export const carries = (measurements: readonly Measurement[]): boolean =>
  measurements.some(isSound) || measurements.filter(isRecorded).length > 1;

/** How many times as large one value is as another, and between what this lies with 95 %. */
export interface Times {
  readonly times: number;
  readonly low: number;
  readonly high: number;
}

/** undefined where a value, or how sure it is, is not known. */
function timesOf(a: Measurement, b: Measurement, tag: string, half: HalfWidth): Times | undefined {
  const [above, below] = [a.whole.values[tag], b.whole.values[tag]];
  if (!above || !below || !isTold(a, tag) || !isTold(b, tag) || !isRecorded(a) || !isRecorded(b))
    return undefined;
  const times = above / below;
  const noise = times * Math.hypot(half(a, tag), half(b, tag));
  return { times, low: times - noise, high: times + noise };
}

const isTold = ({ whole: { intervals } }: Measurement, tag: string): boolean =>
  relativeHalfWidth(intervals[tag] ?? [null, null]) !== undefined;

/** Of two loads of one configuration, on one start of the server. */
export const timesAtLoads = (a: Measurement, b: Measurement, tag: string): Times | undefined =>
  timesOf(a, b, tag, withinStart);

/** Of two configurations, each on its own start of the server. */
export const timesAcross = (a: Measurement, b: Measurement, tag: string, scene: Scene): Times | undefined =>
  timesOf(a, b, tag, overStarts(scene.ranking.noise));

/** What a rule looked at, as evidence; what was not measured is left out. */
export const evidenceOf = (
  { trial }: Pick<RankedEntry, 'trial'>,
  { point, whole: { values } }: Measurement,
  tags: readonly string[],
  besides: Readonly<Record<string, number>> = {},
): Evidence => ({
  variant: trial.name,
  point,
  values: {
    ...Object.fromEntries(tags.flatMap((tag) => (values[tag] === undefined ? [] : [[tag, values[tag]]]))),
    ...besides,
  },
});

/** The measurements of a configuration with the client batch of its best, by rising load; what the client limited left out. */
export const ladderOf = ({ points, best }: RankedEntry): RankedPoint[] =>
  points
    .filter(
      ({ measurement: { point }, measurement }) =>
        batchSizeOf(point) === batchSizeOf(best.measurement.point) &&
        isRate(point) === isRate(best.measurement.point) &&
        !isClientBound(measurement),
    )
    .toSorted((a, b) => levelOf(a.measurement.point) - levelOf(b.measurement.point));

/** What was measured of a configuration with the same load. */
export const sameLoad = ({ points }: RankedEntry, like: Measurement): Measurement | undefined =>
  points.find(({ measurement }) => isSamePoint(measurement.point, like.point))?.measurement;

/**
 * Whether two configurations can be told apart by what they were measured with: both bests are sound, or under two loads
 * and more the first is better by more than the noise.
 */
export function isDifferenceCarried(a: RankedEntry, b: RankedEntry, { ranking }: Scene): boolean {
  if (isSound(a.best.measurement) && isSound(b.best.measurement)) return true;
  const better = a.points.filter(({ measurement }) => {
    const other = sameLoad(b, measurement);
    if (!other || [measurement, other].some((item) => !isRecorded(item) || isClientBound(item))) return false;
    const gain = gainOf(measurement, other, ranking.goal.objectives, ranking.noise);
    return gain !== undefined && gain.assumed.length === 0 && gain.low > 0;
  });
  return better.length > 1;
}

/** Every measurement of a model, with its configuration. */
export const allPoints = ({ ranking: { entries } }: Scene) =>
  entries.flatMap((entry) => entry.points.map(({ measurement }) => ({ entry, measurement })));

/** Inferences that are asked for at the same time: as the load says, else by Little's law; undefined: not known. */
export function inFlightOf({ point, whole: { values } }: Measurement): number | undefined {
  if (!isRate(point)) return levelOf(point) * batchSizeOf(point);
  const { perf_throughput: rate, perf_latency_avg: ms } = values;
  return rate === undefined || ms === undefined ? undefined : (rate * ms) / 1000;
}
