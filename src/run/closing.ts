import { goalOfPlan } from '../config/goals.ts';
import { isSure } from '../rank/decision.ts';
import { overStarts } from '../rank/noise.ts';
import { type Ranking, rank } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { batchSizeOf, isSamePoint, type LoadPoint, levelText } from '../record/load-point.ts';
import { isClientBound } from '../record/measurement.ts';
import type { BeliefRecord, Run } from '../record/run.ts';
import type { FailureMemory } from '../search/failure-memory.ts';
import { type Answer, type Ask, altered, type Standing } from '../search/search.ts';
import { looksAtAll, type SearchedSpace } from '../search/search-for.ts';
import type { Candidate, Space } from '../space/space.ts';
import { beliefRecord } from './belief-record.ts';

/** So many measurements at most are added when a search has come to its end; not tuned. */
const MOST = 4;
/** So many times less noise these may leave of a gain, where one of the two is known much less than the other. Not tuned. */
const NARROWER = Math.SQRT2;

/**
 * A search that, when it has come to its end, asks for what the verdict lacks.
 * @param result what was measured so far.
 */
export function withClosing(search: FailureMemory, space: SearchedSpace, result: () => Run): FailureMemory {
  const added: Ask[] = [];
  const failed: Ask[] = [];
  let measurements = 0;
  const close = ({ busy }: Standing): Answer => {
    // What is still being measured may lead.
    if (busy.size > 0) return 'wait';
    if (measurements >= mostMeasurements(space)) return 'done';
    const belief = beliefRecord(search.belief?.(), space.plan);
    const ask = closingAsk(result(), space, added, belief, failed);
    if (!ask) return 'done';
    added.push(ask);
    return ask;
  };
  const changed = altered(search, {
    ask(at) {
      const answer = search.ask(at);
      return answer === 'done' ? close(at) : answer;
    },
    tell(ask, outcome) {
      measurements++;
      if (!added.includes(ask)) search.tell(ask, outcome);
      else if (outcome.state === 'measured') search.learn?.(ask, outcome);
      else if (outcome.state === 'failed') failed.push(ask);
    },
    account() {
      const account = search.account();
      return { ...account, remarks: [...account.remarks, ...addedText(added)] };
    },
  });
  return { ...changed, givenUp: () => search.givenUp() };
}

function addedText(added: readonly Ask[]): string[] {
  const names = added.map(({ candidate, point }) => `${candidate.name} with ${levelText(point)}`);
  const list = [...Map.groupBy(names, (name) => name)].map(([name, { length }]) =>
    length > 1 ? `${name} ${length} times` : name,
  );
  return list.length > 0 ? [`measured for the verdict in the end: ${list.join(', ')}`] : [];
}

/**
 * What the verdict lacks when a search has come to its end, one measurement at a time; undefined: nothing. A gain is told
 * only over a default that was measured at the same load; the default is not kept for want of another look at the one that is
 * known less; and of what a search found nothing is named that was looked at once while others were confirmed.
 * @param asked what was added before: only so much is asked for at all.
 * @param failed which of that came to nothing, and is not tried again.
 * @param belief the search's, where it has one.
 */
export function closingAsk(
  run: Run,
  space: SearchedSpace,
  asked: readonly Ask[],
  belief?: BeliefRecord,
  failed: readonly Ask[] = [],
): Ask | undefined {
  const ranking = rank(run, goalOfPlan(space.plan), belief);
  const { leader, default: base, sameLoad, entries } = ranking;
  if (!leader || leader.best.verdict === 'missed' || asked.length >= MOST) return undefined;
  const { point } = leader.best.measurement;
  const isNew = (ask: Ask): boolean => !asked.some((other) => isSameAsk(other, ask));
  const [first] = space.candidates;
  const atDefault = { candidate: first!, point };
  if (base && leader !== base && !sameLoad && mayTake(space, first!, point) && isNew(atDefault))
    return atDefault;
  const unsure = !looksAtAll(space) && base ? lessKnown(ranking, leader, base) : undefined;
  const unsureCandidate = space.candidates.find(({ name }) => name === unsure?.trial.name);
  if (unsure && unsureCandidate) {
    const ask: Ask = { candidate: unsureCandidate, point: unsure.best.measurement.point, again: 'afresh' };
    return failed.some((other) => isSameAsk(other, ask)) ? undefined : ask;
  }
  const candidate = space.candidates.find(({ name }) => name === leader.trial.name);
  // What it names by its own belief the search has looked at as often as it thinks worth while.
  if (looksAtAll(space) || ranking.belief || !candidate || !isUnconfirmedAmongConfirmed(leader, entries))
    return undefined;
  const again: Ask = { candidate, point, again: 'afresh' };
  return isNew(again) ? again : undefined;
}

/** So many measurements the user allows in all. */
const mostMeasurements = ({ plan: { search } }: Space): number =>
  search.maxMeasurements ?? search.optuna?.maxTrials ?? Number.POSITIVE_INFINITY;

/** Loads between those that are listed may be put on whatever takes the client batch of one that is. */
const mayTake = (space: Space, candidate: Candidate, wanted: LoadPoint): boolean =>
  space.pointsOf(candidate).some((point) => batchSizeOf(point) === batchSizeOf(wanted));

const isSameAsk = (a: Ask, b: Ask): boolean => a.candidate === b.candidate && isSamePoint(a.point, b.point);

/**
 * Where the default would be kept only because of the noise, the one that a look at another server tells most of: of what leads by
 * one look whether it does; else the leader or the default, whichever is known less. undefined: it would not be sure then either.
 */
function lessKnown(ranking: Ranking, leader: RankedEntry, base: RankedEntry): RankedEntry | undefined {
  const { decision, belief, noise, goal } = ranking;
  if (decision.reason !== 'noise' || !isSure(ranking, NARROWER)) return undefined;
  if ([leader, base].some(({ best }) => isClientBound(best.measurement))) return undefined;
  // Beside a default that was measured again it would lead no more.
  if (!belief && !leader.best.measurement.confirmed) return leader;
  const half = overStarts(noise);
  const noiseOf = ({ best: { measurement } }: RankedEntry): number =>
    Math.hypot(...goal.objectives.map(({ tag, weight }) => weight * half(measurement, tag)));
  return noiseOf(base) >= noiseOf(leader) ? base : leader;
}

const isUnconfirmedAmongConfirmed = (leader: RankedEntry, entries: readonly RankedEntry[]): boolean =>
  !leader.best.measurement.confirmed &&
  !isClientBound(leader.best.measurement) &&
  entries.some(({ points }) => points.some(({ measurement }) => measurement.confirmed));
