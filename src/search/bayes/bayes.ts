import { breaks, compareMeasured, type Measured } from '../../goal/score.ts';
import { counted } from '../../ground/wording.ts';
import type { Constraint } from '../../record/goal.ts';
import { isSamePoint, type LoadPoint, levelText } from '../../record/load-point.ts';
import type { Candidate, Space } from '../../space/space.ts';
import type { Ask, Earlier, Outcome, Search } from '../search.ts';
import { type Budget, budgetFor } from './budget.ts';
import { firstSpots, nextSpot, WORTHWHILE } from './explore.ts';
import { byStanding, enter, FINALISTS, type Finals, finalsOf, LOOKS, looksAt } from './finals.ts';
import { importance } from './importance.ts';
import { Knowledge, type Spot } from './knowledge.ts';

/** A search that comes to a verdict of its own. */
export interface JudgingSearch extends Search {
  /** The best point that probably keeps every limit; undefined: none does, as far as is known. */
  best(): Ask | undefined;
}

/**
 * The search ends when no point is expected to gain so much beyond what is worth going on for, as a share of the best;
 * where nothing keeps the limits, when none has so much of a chance to.
 */
const LEAST_GAIN = 0.0015;
/** Less believed than this, what was known before has been dropped. */
const BELIEVED = 0.05;

/**
 * tma's own search. It learns throughput and latency over configurations and loads together, measures where a better
 * point that keeps the limits is most to be expected for the cost of getting there, and in the end measures the best
 * again, and a rival that may be better after all, each on a fresh server.
 */
export function bayesSearch(
  space: Pick<Space, 'plan' | 'candidates' | 'pointsOf'>,
  budget?: Budget,
  earlier: readonly Earlier[] = [],
): JudgingSearch {
  const { plan, candidates } = space;
  const knowledge = new Knowledge(space, earlier);
  const settings = budget ?? budgetFor(knowledge.spots.length);
  const { measurements, starts, least = 0 } = settings;
  const byThroughput = plan.objectives.length === 1 && plan.objectives[0]!.tag === 'perf_throughput';
  const queue = firstSpots(knowledge, candidates, settings.variants);
  const dropped = new Set<Candidate>();
  const pending: Ask[] = [];
  let measured = 0;
  let started = 0;
  let current: Candidate | undefined;
  let finals: Finals | undefined;
  let hurried = false;
  /** The best measurement, and how many came after it. */
  let top: Measured | undefined;
  let since = 0;
  const begun = new Set<Candidate>();
  let why = '';
  /** What was measured again on a fresh server. */
  const confirmed = new Set<Spot>();

  const spotAt = (candidate: Candidate, point: LoadPoint): Spot | undefined =>
    knowledge.spotsOf(candidate).find((spot) => isSamePoint(spot.point, point));

  return {
    name: 'bayes',
    ask(others = new Set()) {
      const waiting = pending.find(({ candidate }) => !others.has(candidate));
      if (waiting) return waiting;
      if (measured + pending.length >= measurements) return undefined;
      const ask = queued(others) ?? explored(others) ?? final();
      if (ask) pending.push(ask);
      return ask;
    },
    tell(ask: Ask, outcome: Outcome) {
      const { candidate, point } = ask;
      settle((other) => other.candidate === candidate && isSamePoint(other.point, point));
      measured++;
      if (candidate !== current || ask.again === 'afresh') started++;
      if (ask.again === 'afresh' && outcome.state === 'measured') confirmed.add(spotAt(candidate, point)!);
      begun.add(candidate);
      if (outcome.state === 'failed') {
        current = undefined;
        dropped.add(candidate);
        knowledge.failed.push(candidate);
        return;
      }
      current = candidate;
      knowledge.add(spotAt(candidate, point)!, outcome);
      since++;
      if (top && compareMeasured(outcome, top, plan) >= 0) return;
      top = outcome;
      since = 0;
    },
    drop(candidate) {
      if (dropped.has(candidate)) return [];
      dropped.add(candidate);
      settle((other) => other.candidate === candidate);
      return knowledge
        .spotsOf(candidate)
        .filter((spot) => spot.results.length === 0)
        .map(({ point }) => point);
    },
    remaining: () =>
      Math.max(0, Math.min(measurements, knowledge.spots.length + FINALISTS * LOOKS) - measured),
    wrapUp() {
      if (!finals) why = 'little time was left';
      hurried = true;
    },
    account: () => ({
      why: measured >= measurements ? why || budgetText() : why,
      importance: knowledge.seen.length > 0 ? importance(knowledge) : [],
      remarks: [...finalsText(), ...priorText()],
    }),
    best() {
      const [finalist, first] = [finals?.entered ?? [], knowledge.seen].map(
        (spots) => byStanding(knowledge, spots)[0],
      );
      const spot = finalist && holds(finalist) ? finalist : first;
      return spot && holds(spot) ? askFor(spot) : undefined;
    },
  };

  function settle(isIt: (ask: Ask) => boolean): void {
    const at = pending.findIndex(isIt);
    if (at >= 0) pending.splice(at, 1);
  }

  function askFor(spot: Spot, again?: Ask['again']): Ask {
    return { candidate: spot.candidate, point: spot.point, ...(again && { again }) };
  }

  function isFree({ candidate }: Spot, others: ReadonlySet<Candidate>): boolean {
    return !dropped.has(candidate) && !others.has(candidate);
  }

  function queued(others: ReadonlySet<Candidate>): Ask | undefined {
    const at = hurried ? -1 : queue.findIndex((spot) => isFree(spot, others));
    return at < 0 ? undefined : askFor(queue.splice(at, 1)[0]!);
  }

  /** What promises most, as long as that is worth it and enough is left for the finals. */
  function explored(others: ReadonlySet<Candidate>): Ask | undefined {
    const finalists = enter(knowledge, open());
    const looks = finalists.reduce((sum, spot) => sum + looksAt(knowledge, spot), 0);
    const kept = Math.min(looks, Math.floor(measurements / 3));
    if (finals || hurried) return undefined;
    if (measured + pending.length >= measurements - kept) {
      why = budgetText();
      return undefined;
    }
    const { patience } = settings;
    const mayEnd = measured >= least;
    if (mayEnd && patience !== undefined && since >= patience) {
      why = `${counted(since, 'measurement')} in a row were not better than the best before`;
      return undefined;
    }
    if (knowledge.seen.length === 0) {
      const unseen = likeliest(others);
      return unseen && askFor(unseen);
    }
    const mayStart = !mayEnd || started < Math.max(2, starts - finalists.length);
    const mayBegin = settings.variants === undefined || begun.size < settings.variants;
    const proposal = nextSpot(
      knowledge,
      current,
      (spot) =>
        isFree(spot, others) &&
        (spot.candidate === current || (mayStart && (mayBegin || begun.has(spot.candidate)))),
      byThroughput,
      starts,
    );
    if (!proposal || (mayEnd && proposal.gain < LEAST_GAIN)) {
      why = mayStart && mayBegin ? calmText(proposal !== undefined) : 'its budget of starts is used';
      return undefined;
    }
    const ask = askFor(proposal.spot, proposal.spot.results.length > 0 ? 'here' : undefined);
    return { ...ask, matters: limits() };
  }

  /** While nothing works: the point of the configuration that is least like those that failed. */
  function likeliest(others: ReadonlySet<Candidate>): Spot | undefined {
    const chance = knowledge.chances();
    return knowledge.spots
      .filter((spot) => isFree(spot, others))
      .reduce<Spot | undefined>(
        (best, spot) => (best && chance(best.candidate) >= chance(spot.candidate) ? best : spot),
        undefined,
      );
  }

  function budgetText(): string {
    return `its budget of ${counted(measurements, 'measurement')} is used`;
  }

  function calmText(isMore: boolean): string {
    if (!isMore) return 'everything is measured that can be better';
    return knowledge.seen.some(holds)
      ? `nothing else is likely to be better by more than ${WORTHWHILE * 100} %`
      : 'nothing else is likely to keep the limits';
  }

  function final(): Ask | undefined {
    // What is still being measured may be among the best.
    if (pending.length > 0) return undefined;
    finals ??= newFinals();
    for (;;) {
      const next = finals.turns.shift();
      if (next && dropped.has(next.spot.candidate)) continue;
      if (next) return askFor(next.spot, next.afresh ? 'afresh' : 'here');
      // Where another look showed that none of them holds, others get their turn.
      if (finals.entered.some(holds)) return undefined;
      const others = newFinals();
      if (others.entered.every((spot) => finals!.entered.includes(spot))) return undefined;
      finals = others;
    }
  }

  function newFinals(): Finals {
    return finalsOf(knowledge, open(), measurements - measured);
  }

  /** What a point must keep to be of interest: the limits, and to be no worse than the best. */
  function limits(): Constraint[] {
    const isGood = top && !breaks(top, plan.constraints);
    const best = isGood && byThroughput ? top?.values['perf_throughput'] : undefined;
    return best === undefined
      ? [...plan.constraints]
      : [...plan.constraints, { tag: 'perf_throughput', bound: 'min', value: best }];
  }

  function priorText(): string[] {
    const { trust } = knowledge;
    if (trust === undefined) return [];
    return [
      trust >= BELIEVED
        ? 'what earlier runs measured helped'
        : 'what earlier runs measured did not fit and was dropped',
    ];
  }

  function finalsText(): string[] {
    const names = [...confirmed].map(({ candidate, point }) => `${candidate.name} with ${levelText(point)}`);
    return names.length > 0 ? [`the best were measured again on fresh servers: ${names.join(', ')}`] : [];
  }

  /** What was measured and can be again. */
  function open(): Spot[] {
    return knowledge.seen.filter(({ candidate }) => !dropped.has(candidate));
  }

  function holds(spot: Spot): boolean {
    return knowledge.look(spot).holds >= 0.5;
  }
}
