import { derived, derivedTrial } from '../goal/costs.ts';
import { byVerdict, checkConstraints, missedBy, score, verdictOf } from '../goal/score.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { driftOf } from '../record/drifted.ts';
import { commandToGoOn } from '../record/go-on.ts';
import { type Goal, nameOfModels } from '../record/goal.ts';
import { batchSizeOf, isRate, isSamePoint, type LoadPoint, levelOf } from '../record/load-point.ts';
import { isClientBound } from '../record/measurement.ts';
import { type BeliefRecord, loadedName, measurementsOf, type Run, type Trial } from '../record/run.ts';
import { followed, withBelief } from './belief.ts';
import { type Decision, decide } from './decision.ts';
import { missingMetrics } from './missing-metric.ts';
import {
  differenceOf,
  type Gain,
  gainOf,
  isDifferent,
  type Noise,
  noiseOf,
  overStarts,
  withinStart,
} from './noise.ts';
import type { RankedEntry, RankedPoint, Standings } from './standings.ts';

/** What was measured only once may lead by this share through luck alone. */
const LUCK = 0.1;
/** Finalists whose scores differ by more than this are taken to differ, however wide their intervals are. */
const ALIKE = 0.02;
/** The same for two loads of one configuration. */
const ALIKE_LOADS = 0.05;

/** The verdict on one model. */
export interface Ranking extends Standings {
  readonly decision: Decision;
  /** What was decided for; undefined when nothing was. */
  readonly winner: RankedEntry | undefined;
}

/**
 * Ranks the configurations of one model by its objectives and constraints, and decides.
 * @param belief of a search that is not over yet; absent: as the record of the search has it.
 */
export function rank(run: Run, goal: Goal, belief?: BeliefRecord): Ranking {
  const standings = standingsOf(run, goal, belief);
  const decision = decide(standings);
  return { ...standings, decision, winner: decision.entry };
}

function standingsOf(run: Run, goal: Goal, belief: BeliefRecord | undefined): Standings {
  const model = nameOfModels(goal.models);
  const trials = run.trials
    .filter((trial) => loadedName(trial) === model)
    .map((trial) => derivedTrial(trial, goal.prices));
  const measured = noiseOf(trials);
  const sorted = trials
    .flatMap((trial) => rankTrial(trial, goal))
    .sort((a, b) => comparePoints(a.best, b.best, goal));
  const search = run.searches.find(({ models }) => nameOfModels(models) === model);
  const first = confirmedFirst(sorted, ({ best }) => best, goal);
  const led = followed(belief ?? search?.belief, first, goal, measured);
  const { entries, preferredTo } = led
    ? { ...led, preferredTo: undefined }
    : smallerFirst(first, goal, measured);
  const [leader] = entries;
  const noise = led && leader ? withBelief(measured, led.belief, leader, goal) : measured;
  const base = entries.find((entry) => entry.trial.isDefault);
  const isOther = leader !== undefined && base !== undefined && leader !== base;
  const at = leader?.best.measurement.point;
  return {
    model,
    goal,
    entries,
    unmeasured: trials.filter((trial) => trial.state !== 'measured'),
    leader,
    default: base,
    gain: isOther ? gainOver(leader, base, goal, noise) : undefined,
    sameLoad: at !== undefined && base !== undefined && wasLookedAt(base.trial, at),
    search,
    interrupted: search ? search.interrupted === true : wasBegun(run, model),
    goesOn: run.isPast ? undefined : commandToGoOn(run.sessions.at(-1)),
    preferredTo,
    missing: missingMetrics(
      run,
      goal,
      entries.map(({ best }) => best.measurement),
    ),
    ties: leader ? entries.filter((entry) => entry !== leader && isTie(leader, entry, goal, noise)) : [],
    noise,
    belief: led?.belief,
    drift: driftOf(run, (models) => nameOfModels(models) === model),
  };
}

/** Whether a load was tried on a configuration, whatever came of it, or is known not to be possible there. */
export const wasLookedAt = ({ points }: Trial, point: LoadPoint): boolean =>
  points.some((record) => {
    if (record.state === 'skipped') return record.points.some((other) => isSamePoint(other, point));
    return isSamePoint(record.state === 'measured' ? record.measurement.point : record.point, point);
  });

/** A run that ends writes down what its search came to; one that was begun and has not was killed. */
const wasBegun = (run: Run, model: string): boolean =>
  run.sessions.some(({ goals }) => goals.some(({ models }) => nameOfModels(models) === model));

/** How much better a configuration's best point is than the default's. */
export const gainOver = (
  entry: RankedEntry,
  base: RankedEntry,
  { objectives }: Pick<Goal, 'objectives'>,
  noise: Noise,
): Gain | undefined => gainOf(entry.best.measurement, base.best.measurement, objectives, noise);

function rankTrial(trial: Trial, goal: Goal): RankedEntry[] {
  const sorted = measurementsOf(trial)
    .map((looks): RankedPoint => {
      // The mean of several numbers of replicas is none.
      const measurement = derived(looks, trial, goal.prices);
      const checks = checkConstraints(measurement.whole, goal.constraints);
      return { measurement, checks, verdict: verdictOf(checks), missedBy: missedBy(checks) };
    })
    .sort((a, b) => comparePoints(a, b, goal));
  const [top, ...others] = confirmedFirst(sorted, (point) => point, goal);
  if (!top) return [];
  const alike = [top, ...others].filter((point) => point === top || isAlike(top, point, goal));
  const best = alike.toSorted((a, b) => loadOf(a) - loadOf(b))[0]!;
  return [
    {
      trial,
      points: [best, ...[top, ...others].filter((point) => point !== best)],
      best,
      alike: alike.filter((point) => point !== best && loadOf(point) > loadOf(best)),
    },
  ];
}

/** How large a load is: inferences in flight, or inferences asked for a second. */
const loadOf = ({ measurement: { point } }: RankedPoint): number => levelOf(point) * batchSizeOf(point);

/** Whether another load of the same configuration is as good as the best one, and as well known. */
function isAlike(top: RankedPoint, other: RankedPoint, { objectives }: Goal): boolean {
  const [a, b] = [top.measurement, other.measurement];
  if (top.verdict !== other.verdict || isClientBound(a) !== isClientBound(b)) return false;
  if (isConfirmed(top) !== isConfirmed(other) || isRate(a.point) !== isRate(b.point)) return false;
  // Where every point breaks the limits the nearest miss stands for the configuration, not the least load.
  if (top.verdict === 'missed') return false;
  const difference = differenceOf(a, b, objectives, withinStart);
  return difference.score <= Math.min(difference.noise, ALIKE_LOADS);
}

/**
 * Moves the best that was measured again to the front, unless one that was measured only once leads it by more than luck
 * explains: the highest of many single measurements is too high.
 */
function confirmedFirst<T>(sorted: readonly T[], pointOf: (item: T) => RankedPoint, goal: Goal): T[] {
  // What is known to keep the limits stays before what is not.
  const at = sorted.findIndex(
    (item) => isConfirmed(pointOf(item)) && pointOf(item).verdict === pointOf(sorted[0]!).verdict,
  );
  if (at <= 0) return [...sorted];
  const [top, found] = [pointOf(sorted[0]!), pointOf(sorted[at]!)];
  if (score(top.measurement.whole, found.measurement.whole, goal.objectives) > LUCK) return [...sorted];
  return [sorted[at]!, ...sorted.slice(0, at), ...sorted.slice(at + 1)];
}

const isConfirmed = ({ verdict, measurement }: RankedPoint): boolean =>
  verdict !== 'missed' &&
  measurement.confirmed === true &&
  !measurement.drifted &&
  !isClientBound(measurement);

/**
 * Puts first, of finalists that can't be told apart, the one that needs least. The same among configurations that keep up
 * with the same request rate: their throughput is the rate that was sent, and does not say which is better.
 */
function smallerFirst(
  entries: readonly RankedEntry[],
  goal: Goal,
  noise: Noise,
): { entries: readonly RankedEntry[]; preferredTo: RankedEntry | undefined } {
  const [top] = entries;
  if (!top || !(isConfirmed(top.best) || keepsUp(top.best))) return { entries, preferredTo: undefined };
  const isKnownAlike = ({ best }: RankedEntry): boolean =>
    isConfirmed(top.best)
      ? isConfirmed(best)
      : keepsUp(best) && isSamePoint(best.measurement.point, top.best.measurement.point);
  const alike = entries.filter(
    (entry) =>
      isKnownAlike(entry) &&
      isTie(top, entry, goal, noise) &&
      score(top.best.measurement.whole, entry.best.measurement.whole, goal.objectives) <= ALIKE,
  );
  const [least] = [top, ...alike].toSorted((a, b) => compareNeeds(a, b));
  if (!least || compareNeeds(least, top) === 0) return { entries, preferredTo: undefined };
  return { entries: [least, ...entries.filter((entry) => entry !== least)], preferredTo: top };
}

/** Whether a configuration takes a request rate, and breaks no limit. */
const keepsUp = ({ verdict, measurement }: RankedPoint): boolean =>
  verdict !== 'missed' && isRate(measurement.point) && !isClientBound(measurement);

/** Fewer instances before more, then smaller batches, then less memory. */
function compareNeeds(a: RankedEntry, b: RankedEntry): number {
  const needs = ({ trial, best }: RankedEntry): number[] => [
    // No group at all is one instance.
    instanceGroups(trial.models[0].config).reduce((sum, { count }) => sum + count, 0) || 1,
    maxBatchSize(trial.models[0].config),
    best.measurement.whole.values['gpu_used_memory'] ?? best.measurement.whole.values['cpu_used_ram'] ?? 0,
  ];
  const [left, right] = [needs(a), needs(b)];
  return left.map((need, index) => need - right[index]!).find((difference) => difference !== 0) ?? 0;
}

/**
 * The order of two points: by what the limits come to, then the better score, or the nearer miss among those that break a
 * limit; what was measured on the machine in another state comes last. Where the client was the limit, the figure is the least that the server can do, and is ranked as it is; of two
 * equal ones that which the server set goes first.
 */
export function comparePoints(a: RankedPoint, b: RankedPoint, goal: Pick<Goal, 'objectives'>): number {
  return (
    Number(isDrifted(a)) - Number(isDrifted(b)) ||
    byVerdict(a, b) ||
    a.missedBy - b.missedBy ||
    -score(a.measurement.whole, b.measurement.whole, goal.objectives) ||
    Number(isClientBound(a.measurement)) - Number(isClientBound(b.measurement))
  );
}

/** What was measured on the machine in another state says less than what is compared with each other. */
const isDrifted = ({ measurement }: RankedPoint): boolean => measurement.drifted !== undefined;

/**
 * Whether two configurations' best points differ by less than their noise: as the gain over the default is told where that
 * is one of them, so that no table calls the same two tied and apart.
 */
function isTie(a: RankedEntry, b: RankedEntry, goal: Goal, noise: Noise): boolean {
  if (a.best.verdict !== b.best.verdict || isDrifted(a.best) !== isDrifted(b.best)) return false;
  // Of what breaks a limit the nearer miss is better, whatever else it achieves.
  if (a.best.verdict === 'missed' && a.best.missedBy !== b.best.missedBy) return false;
  const [over, base] = a.trial.isDefault ? [b, a] : [a, b];
  const gain = isOfAll(over, base, goal) ? gainOver(over, base, goal, noise) : undefined;
  if (gain) return !isDifferent(gain);
  const difference = differenceOf(a.best.measurement, b.best.measurement, goal.objectives, overStarts(noise));
  return Math.abs(difference.score) <= difference.noise;
}

/** Whether both have all objectives, and none is 0, of which nothing can be said in percent. */
const isOfAll = (a: RankedEntry, b: RankedEntry, { objectives }: Goal): boolean =>
  objectives.every(({ tag }) => [a, b].every(({ best }) => (best.measurement.whole.values[tag] ?? 0) !== 0));
