import { breaks, compareMeasured, type Measured } from '../../goal/score.ts';
import { counted } from '../../ground/wording.ts';
import type { Constraint } from '../../record/goal.ts';
import { type LoadPoint, levelText } from '../../record/load-point.ts';
import type { Candidate, Space } from '../../space/space.ts';
import type { Account, Answer, Ask, Belief, Earlier, Outcome, Search, Standing } from '../search.ts';
import { type Budget, budgetFor } from './budget.ts';
import { Exploration } from './exploration.ts';
import { firstSpots, furtherSpot } from './explore.ts';
import { byStanding, FINALISTS, Finals, LOOKS } from './finals.ts';
import { importance } from './importance.ts';
import { Knowledge, type Spot } from './knowledge.ts';
import { type Part, Usage } from './usage.ts';

/** A search that comes to a verdict of its own. */
export interface JudgingSearch extends Search {
  /** The best point that probably keeps every limit; undefined: none does, as far as is known. */
  best(): Pick<Ask, 'candidate' | 'point'> | undefined;
  /** What it believes of that; undefined where it has no verdict. */
  belief?(): Belief | undefined;
}

type SearchedSpace = Pick<Space, 'plan' | 'candidates' | 'pointsOf'>;

/** At most so much of the budget's measurements is begun before anything is known. Not tuned. */
const BLIND = 1 / 3;
/** While more first looks than this are in flight, what they show is worth the wait. Tuned with `npm run bench:search -- --slots 8`. */
const MOST_UNSEEN = 3;

/** Where earlier runs are less probable than this to say something of now, the account says that they were dropped. Not tuned. */
const BELIEVED = 0.05;

/**
 * tma's own search. It learns throughput and latency over configurations and loads together, measures where a better
 * point that keeps the limits is most to be expected for the cost of getting there, and in the end measures the best
 * again, and a rival that may be better after all, each on a fresh server.
 *
 * What several slots measure at the same time counts, until it is told, as if what is expected of it had come true, so that
 * they look in different places. They share one budget.
 */
export function bayesSearch(
  space: SearchedSpace,
  budget?: Budget,
  earlier: readonly Earlier[] = [],
): JudgingSearch {
  return new BayesSearch(space, budget, earlier);
}

class BayesSearch implements JudgingSearch {
  readonly name = 'bayes';
  readonly #plan: Space['plan'];
  readonly #knowledge: Knowledge;
  readonly #budget: Budget;
  readonly #usage = new Usage();
  readonly #exploration: Exploration;
  readonly #byThroughput: boolean;
  /** What is looked at before anything is concluded. */
  readonly #first: Spot[];
  /** How many looks at further configurations were begun, as there were slots for them. */
  #further = 0;
  readonly #dropped = new Set<Candidate>();
  #finals: Finals | undefined;
  #hurried = false;
  /** The best measurement, and how many came after it. */
  #top: Measured | undefined;
  #vain = 0;
  #why = '';
  /** The budget ended the exploration. */
  #isUsed = false;
  /** What was measured again on a fresh server. */
  readonly #confirmed = new Set<Spot>();

  constructor(space: SearchedSpace, budget: Budget | undefined, earlier: readonly Earlier[]) {
    const { objectives } = space.plan;
    this.#plan = space.plan;
    this.#knowledge = new Knowledge(space, earlier);
    this.#budget = budget ?? budgetFor(this.#knowledge.spots.length);
    this.#byThroughput = objectives.length === 1 && objectives[0]!.tag === 'perf_throughput';
    this.#exploration = new Exploration(this.#knowledge, this.#budget, this.#usage, this.#byThroughput);
    this.#first = firstSpots(this.#knowledge, space.candidates, this.#budget.variants);
  }

  ask(at: Standing): Answer {
    if (this.#usage.measurements >= this.#budget.measurements) return 'done';
    const ask = this.#begin(at) ?? this.#explore(at) ?? this.#confirm(at);
    if (ask) return ask;
    // Once the budget is used the slots at work are enough for the finals.
    if (this.#isUsed && this.#usage.inFlight().length >= FINALISTS) return 'done';
    // What a finalist comes to is seen through by the slot that measures it.
    const isOver =
      this.#isExplored() && (this.#usage.measurements > this.#usage.told || !this.#hasFinalsLeft());
    return isOver ? 'done' : 'wait';
  }

  tell(ask: Ask, outcome: Outcome): void {
    const { part, spot } = this.#usage.land(ask, outcome);
    switch (outcome.state) {
      case 'withdrawn':
        if (part === 'beginning') this.#first.unshift(spot);
        if (part === 'finals') this.#finals?.putBack(spot);
        return;
      case 'failed':
        this.#dropped.add(ask.candidate);
        this.#knowledge.failed.push(ask.candidate);
        return;
      case 'measured':
        this.#knowledge.add(spot, outcome);
        if (ask.again === 'afresh') this.#confirmed.add(spot);
        this.#vain++;
        if (this.#top && compareMeasured(outcome, this.#top, this.#plan) >= 0) return;
        this.#top = outcome;
        this.#vain = 0;
    }
  }

  drop(candidate: Candidate): readonly LoadPoint[] {
    if (this.#dropped.has(candidate)) return [];
    this.#dropped.add(candidate);
    const inFlight = this.#usage.inFlight();
    return this.#knowledge
      .spotsOf(candidate)
      .filter((spot) => spot.results.length === 0 && !inFlight.includes(spot))
      .map(({ point }) => point);
  }

  remaining(): number {
    const most = Math.min(this.#budget.measurements, this.#knowledge.spots.length + FINALISTS * LOOKS);
    return Math.max(0, most - this.#usage.told);
  }

  wrapUp(): void {
    if (!this.#finals) this.#why = 'little time was left';
    this.#hurried = true;
  }

  account(): Account {
    const { measurements } = this.#budget;
    const isUsed = this.#usage.told >= measurements;
    return {
      why: this.#why || (isUsed ? `its budget of ${counted(measurements, 'measurement')} is used` : ''),
      importance: this.#knowledge.seen.length > 0 ? importance(this.#knowledge) : [],
      remarks: [...this.#finalsText(), ...this.#priorText()],
    };
  }

  best(): Pick<Ask, 'candidate' | 'point'> | undefined {
    const [finalist, first] = [this.#finals?.entered ?? [], this.#knowledge.seen].map(
      (spots) => byStanding(this.#knowledge, spots)[0],
    );
    const spot = finalist && this.#knowledge.holds(finalist) ? finalist : first;
    return spot && this.#knowledge.holds(spot) ? spot : undefined;
  }

  #begin(at: Standing): Ask | undefined {
    const index = this.#hurried ? -1 : this.#first.findIndex((spot) => this.#isFree(spot, at));
    const spot = index < 0 ? this.#furtherSpot(at) : this.#first.splice(index, 1)[0]!;
    return spot && this.#take('beginning', at, spot);
  }

  /** As long as others measure and nothing is known yet: a configuration that nobody has looked at. */
  #furtherSpot(at: Standing): Spot | undefined {
    if (this.#hurried || this.#knowledge.seen.length > 0 || this.#usage.inFlight().length === 0)
      return undefined;
    const { measurements, variants = Number.POSITIVE_INFINITY } = this.#budget;
    if (this.#usage.measurements >= BLIND * measurements || this.#usage.configurations >= variants)
      return undefined;
    const isNew = (spot: Spot): boolean => this.#isFree(spot, at) && !this.#usage.hasBegun(spot.candidate);
    const spot = furtherSpot(this.#knowledge, this.#further, isNew);
    if (spot) this.#further++;
    return spot;
  }

  #explore(at: Standing): Ask | undefined {
    if (this.#finals || this.#hurried) return undefined;
    // While nothing is known yet a further point would be a guess: the slot waits for the first outcome.
    if (this.#usage.told === 0 && this.#usage.measurements > 0) return undefined;
    if (this.#usage.inFlight('beginning').length > MOST_UNSEEN) return undefined;
    const isFree = (spot: Spot): boolean => this.#isFree(spot, at);
    const step = this.#exploration.step({ on: at.on, isFree, open: this.#open(), vain: this.#vain });
    if ('why' in step) {
      this.#why = step.why;
      this.#isUsed = step.isUsed;
      return undefined;
    }
    const { spot } = step;
    const again = spot.results.length > 0 ? ('here' as const) : undefined;
    // Nothing is known yet that a point could be held against.
    const matters = this.#knowledge.seen.length > 0 ? this.#limits() : undefined;
    return this.#take('exploration', at, spot, { ...(again && { again }), ...(matters && { matters }) });
  }

  #confirm(at: Standing): Ask | undefined {
    // What is still being explored may be among the best.
    const isSettled =
      this.#usage.inFlight('beginning').length + this.#usage.inFlight('exploration').length === 0;
    if (!isSettled) return undefined;
    this.#finals ??= this.#newFinals();
    for (;;) {
      const next = this.#finals.next(at, (spot) => this.#isFree(spot, at));
      if (next) return this.#take('finals', at, next.spot, { again: next.again });
      if (this.#usage.inFlight().length > 0 || this.#hasFinalsLeft()) return undefined;
      // Where another look showed that none of them holds, others get their turn.
      const { entered } = this.#finals;
      if (entered.some((spot) => this.#knowledge.holds(spot))) return undefined;
      const others = this.#newFinals();
      if (others.entered.every((spot) => entered.includes(spot))) return undefined;
      this.#finals = others;
    }
  }

  #isExplored(): boolean {
    return this.#usage.inFlight().length === this.#usage.inFlight('finals').length;
  }

  #hasFinalsLeft(): boolean {
    return this.#finals?.isOpen(this.#dropped) === true;
  }

  #newFinals(): Finals {
    return new Finals(this.#knowledge, this.#open());
  }

  #take(part: Part, { on }: Standing, spot: Spot, more: Pick<Ask, 'again' | 'matters'> = {}): Ask {
    const { candidate, point } = spot;
    const ask = { candidate, point, ...more };
    this.#usage.take(ask, { part, spot, starts: candidate !== on || more.again === 'afresh' });
    return ask;
  }

  #isFree({ candidate }: Spot, { busy }: Standing): boolean {
    return !this.#dropped.has(candidate) && !busy.has(candidate) && !this.#usage.isInFlight(candidate);
  }

  /** What a point must keep to be of interest: the limits, and to be no worse than the best. */
  #limits(): Constraint[] {
    const { constraints } = this.#plan;
    const isGood = this.#top && !breaks(this.#top, constraints);
    const best = isGood && this.#byThroughput ? this.#top?.values['perf_throughput'] : undefined;
    return best === undefined
      ? [...constraints]
      : [...constraints, { tag: 'perf_throughput', bound: 'min', value: best }];
  }

  #priorText(): string[] {
    const { trust } = this.#knowledge;
    if (trust === undefined) return [];
    return [
      trust >= BELIEVED
        ? 'what earlier runs measured helped'
        : 'what earlier runs measured did not fit and was dropped',
    ];
  }

  #finalsText(): string[] {
    const names = [...this.#confirmed].map(
      ({ candidate, point }) => `${candidate.name} with ${levelText(point)}`,
    );
    return names.length > 0 ? [`the best were measured again on fresh servers: ${names.join(', ')}`] : [];
  }

  /** What was measured and can be again. */
  #open(): Spot[] {
    return this.#knowledge.seen.filter(({ candidate }) => !this.#dropped.has(candidate));
  }
}
