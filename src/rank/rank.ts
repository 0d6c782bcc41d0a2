import type { Goal } from '../config/experiment.ts';
import { isClientBound, type Measurement } from '../measure/measurement.ts';
import { metric } from '../metric.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { type Check, checkConstraints, gainPercent, missedBy, score } from '../search/score.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import { measurementsOf, type Run, type SearchRecord, type Trial } from '../store/run.ts';

/** So much better may a single look be by luck alone. */
const LUCK = 0.1;
/** Finalists further apart than this are told apart, whatever their noise. */
const ALIKE = 0.02;

/** A measurement with what the constraints say about it. */
export interface RankedPoint {
  readonly measurement: Measurement;
  readonly checks: readonly Check[];
  readonly passes: boolean;
  readonly missedBy: number;
}

/** A configuration in the ranking. */
export interface RankedEntry {
  readonly trial: Trial;
  /** Passing ones first, best first; then the others, nearest to the limits first. */
  readonly points: readonly RankedPoint[];
  /** The point that stands for the configuration. */
  readonly best: RankedPoint;
}

/** How much better the winner is than the default, over the objectives. */
export interface Gain {
  readonly percent: number;
  /** Half the width of its 95 % interval, percent points, from the noise within the measurements; undefined when not known. */
  readonly plusMinus: number | undefined;
}

/** The verdict on one model. */
export interface Ranking {
  readonly model: string;
  readonly goal: Goal;
  /** Configurations with at least one measurement, best first. */
  readonly entries: readonly RankedEntry[];
  /** Configurations that were not measured at all. */
  readonly unmeasured: readonly Trial[];
  readonly winner: RankedEntry | undefined;
  readonly default: RankedEntry | undefined;
  readonly gain: Gain | undefined;
  /** Configurations whose best point differs from the winner's by less than the noise of both. */
  readonly ties: readonly RankedEntry[];
  /** How its configurations were found; undefined: not known. */
  readonly search: SearchRecord | undefined;
  /** A finalist that measured a little better, within the noise; the winner needs less. */
  readonly preferredTo: RankedEntry | undefined;
}

/** Ranks the configurations of one model by its objectives and constraints. */
export function rank(run: Run, goal: Goal): Ranking {
  const trials = run.trials.filter((trial) => trial.model === goal.name);
  const sorted = trials
    .flatMap((trial) => rankTrial(trial, goal))
    .sort((a, b) => comparePoints(a.best, b.best, goal));
  const { entries, preferredTo } = smallerFirst(
    confirmedFirst(sorted, ({ best }) => best, goal),
    goal,
  );
  // A figure that the client set says nothing about the server: it can't win.
  const winner = entries.find((entry) => !isClientBound(entry.best.measurement));
  const defaults = entries.find((entry) => entry.trial.isDefault);
  return {
    model: goal.name,
    goal,
    entries,
    unmeasured: trials.filter((trial) => trial.state !== 'measured'),
    winner,
    default: defaults,
    gain: winner && defaults && gainOver(winner, defaults, goal),
    search: run.searches.find(({ model }) => model === goal.name),
    preferredTo,
    ties: winner ? entries.filter((entry) => entry !== winner && isTie(winner, entry, goal)) : [],
  };
}

function rankTrial(trial: Trial, goal: Goal): RankedEntry[] {
  const points = measurementsOf(trial)
    .map((measurement): RankedPoint => {
      const checks = checkConstraints(measurement, goal.constraints);
      return { measurement, checks, passes: checks.every((check) => check.met), missedBy: missedBy(checks) };
    })
    .sort((a, b) => comparePoints(a, b, goal));
  const ranked = confirmedFirst(points, (point) => point, goal);
  return ranked[0] ? [{ trial, points: ranked, best: ranked[0] }] : [];
}

/**
 * Puts the best that was measured again first, where what was looked at once does not lead it by more than luck: of many
 * single measurements the highest is too high.
 */
function confirmedFirst<T>(sorted: readonly T[], pointOf: (item: T) => RankedPoint, goal: Goal): T[] {
  const at = sorted.findIndex((item) => isConfirmed(pointOf(item)));
  if (at <= 0) return [...sorted];
  const [top, found] = [pointOf(sorted[0]!), pointOf(sorted[at]!)];
  if (score(top.measurement, found.measurement, goal.objectives) > LUCK) return [...sorted];
  return [sorted[at]!, ...sorted.slice(0, at), ...sorted.slice(at + 1)];
}

const isConfirmed = ({ passes, measurement }: RankedPoint): boolean =>
  passes && measurement.confirmed === true && !isClientBound(measurement);

/** Of finalists that can't be told apart the one that needs least goes first. */
function smallerFirst(
  entries: readonly RankedEntry[],
  goal: Goal,
): { entries: readonly RankedEntry[]; preferredTo: RankedEntry | undefined } {
  const [top] = entries;
  if (!top || !isConfirmed(top.best)) return { entries, preferredTo: undefined };
  const alike = entries.filter(
    (entry) =>
      isConfirmed(entry.best) &&
      isTie(top, entry, goal) &&
      score(top.best.measurement, entry.best.measurement, goal.objectives) <= ALIKE,
  );
  const [least] = [top, ...alike].toSorted((a, b) => compareNeeds(a, b));
  if (!least || compareNeeds(least, top) === 0) return { entries, preferredTo: undefined };
  return { entries: [least, ...entries.filter((entry) => entry !== least)], preferredTo: top };
}

/** Fewer instances before more, then smaller batches, then less memory. */
function compareNeeds(a: RankedEntry, b: RankedEntry): number {
  const needs = ({ trial, best }: RankedEntry): number[] => [
    // No group at all is one instance.
    instanceGroups(trial.config).reduce((sum, { count }) => sum + count, 0) || 1,
    maxBatchSize(trial.config),
    best.measurement.values['gpu_used_memory'] ?? best.measurement.values['cpu_used_ram'] ?? 0,
  ];
  const [left, right] = [needs(a), needs(b)];
  return left.map((need, index) => need - right[index]!).find((difference) => difference !== 0) ?? 0;
}

/** What the server did before what the client did; passing before failing; among passing the better score, among failing the nearer miss. */
export function comparePoints(a: RankedPoint, b: RankedPoint, goal: Pick<Goal, 'objectives'>): number {
  const [boundA, boundB] = [isClientBound(a.measurement), isClientBound(b.measurement)];
  if (boundA !== boundB) return boundA ? 1 : -1;
  if (a.passes !== b.passes) return a.passes ? -1 : 1;
  if (!a.passes && a.missedBy !== b.missedBy) return a.missedBy - b.missedBy;
  return -score(a.measurement, b.measurement, goal.objectives);
}

function gainOver(winner: RankedEntry, base: RankedEntry, goal: Goal): Gain | undefined {
  const [a, b] = [winner.best.measurement, base.best.measurement];
  const parts = goal.objectives.flatMap(({ tag, weight }) => {
    const [value, old] = [a.values[tag], b.values[tag]];
    return value === undefined || old === undefined || old === 0 ? [] : [{ tag, weight, value, old }];
  });
  const total = parts.reduce((sum, part) => sum + part.weight, 0);
  if (total === 0) return undefined;
  const percent = parts.reduce(
    (sum, { tag, weight, value, old }) => sum + (weight / total) * gainPercent(tag, value, old),
    0,
  );
  const noise = parts.map(({ tag, value, old }) => {
    const noiseOfBoth = combinedNoise(a, b, tag);
    const ratio = metric(tag).better === 'higher' ? value / old : old / value;
    return noiseOfBoth === undefined ? undefined : noiseOfBoth * ratio * 100;
  });
  const known = noise.every((item) => item !== undefined);
  const plusMinus = known
    ? Math.hypot(...parts.map(({ weight }, index) => (weight / total) * noise[index]!))
    : undefined;
  return { percent, plusMinus };
}

/** Relative half width of the interval of the ratio of two values. */
function combinedNoise(a: Measurement, b: Measurement, tag: string): number | undefined {
  const [left, right] = [a, b].map((item) => relativeHalfWidth(item.intervals[tag] ?? [null, null]));
  return left === undefined || right === undefined ? undefined : Math.hypot(left, right);
}

/** Whether the noise of two configurations' best points is larger than what parts them. */
function isTie(a: RankedEntry, b: RankedEntry, goal: Goal): boolean {
  if (a.best.passes !== b.best.passes) return false;
  const difference = score(a.best.measurement, b.best.measurement, goal.objectives);
  const total = goal.objectives.reduce((sum, { weight }) => sum + weight, 0);
  const noise = goal.objectives.map(({ tag, weight }) => {
    const both = combinedNoise(a.best.measurement, b.best.measurement, tag);
    return both === undefined ? undefined : (both * weight) / total;
  });
  return (
    noise.every((item) => item !== undefined) && Math.abs(difference) <= Math.hypot(...(noise as number[]))
  );
}
