import { goalOfPlan } from '../config/goals.ts';
import { rank } from '../rank/rank.ts';
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

/**
 * A search that, when it has come to its end, asks for what the verdict lacks.
 * @param result what was measured so far.
 */
export function withClosing(search: FailureMemory, space: SearchedSpace, result: () => Run): FailureMemory {
  const added: Ask[] = [];
  let measurements = 0;
  const close = ({ busy }: Standing): Answer => {
    // What is still being measured may lead.
    if (busy.size > 0) return 'wait';
    if (measurements >= mostMeasurements(space)) return 'done';
    const belief = beliefRecord(search.belief?.(), space.plan);
    const ask = closingAsk(result(), space, added, belief);
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
    },
    account() {
      const account = search.account();
      return { ...account, remarks: [...account.remarks, ...addedText(added)] };
    },
  });
  return { ...changed, givenUp: () => search.givenUp() };
}

function addedText(added: readonly Ask[]): string[] {
  const list = added.map(({ candidate, point }) => `${candidate.name} with ${levelText(point)}`);
  return list.length > 0 ? [`measured for the verdict in the end: ${list.join(', ')}`] : [];
}

/**
 * What the verdict lacks when a search has come to its end, one measurement at a time; undefined: nothing. A gain is told
 * only over a default that was measured at the same load, and of what a search found nothing is named that was looked at
 * once while others were confirmed.
 * @param asked what was added before: nothing is asked for twice, and only so much at all.
 * @param belief the search's, where it has one.
 */
export function closingAsk(
  run: Run,
  space: SearchedSpace,
  asked: readonly Ask[],
  belief?: BeliefRecord,
): Ask | undefined {
  const ranking = rank(run, goalOfPlan(space.plan), belief);
  const { leader, default: base, sameLoad, entries } = ranking;
  if (!leader || leader.best.verdict === 'missed' || asked.length >= MOST) return undefined;
  const { point } = leader.best.measurement;
  const isNew = (ask: Ask): boolean =>
    !asked.some(
      ({ candidate, point: other }) => candidate === ask.candidate && isSamePoint(other, ask.point),
    );
  const [first] = space.candidates;
  const atDefault = { candidate: first!, point };
  if (base && leader !== base && !sameLoad && mayTake(space, first!, point) && isNew(atDefault))
    return atDefault;
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

const isUnconfirmedAmongConfirmed = (leader: RankedEntry, entries: readonly RankedEntry[]): boolean =>
  !leader.best.measurement.confirmed &&
  !isClientBound(leader.best.measurement) &&
  entries.some(({ points }) => points.some(({ measurement }) => measurement.confirmed));
