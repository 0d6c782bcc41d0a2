import { breaks, compareMeasured, type Measured } from '../../goal/score.ts';
import { counted } from '../../ground/wording.ts';
import { maxBatchSize } from '../../model-config/config.ts';
import type { Constraint } from '../../record/goal.ts';
import { type LoadPoint, levelText } from '../../record/load-point.ts';
import type { Candidate, Space } from '../../space/space.ts';
import type { Account, Answer, Ask, Belief, Earlier, Figures, Outcome, Search, Standing } from '../search.ts';
import { firstSpots, furtherSpot } from './beginning.ts';
import { type Budget, ownBudget, USUAL, usedUp } from './budget.ts';
import { beliefOf, isByThroughput } from './confidence.ts';
import { Economy, exchangeFor } from './economy.ts';
import { instancesOf } from './encoding.ts';
import { importance } from './importance.ts';
import { Knowledge, type Spot } from './knowledge.ts';
import { type Part, Usage } from './usage.ts';
import { bestStep, HOPELESS, type Step, WORTHWHILE } from './value.ts';

/** A search that comes to a verdict of its own. */
export interface JudgingSearch extends Search {
  /** The best point that probably keeps every limit; undefined: none does, as far as is known. */
  best(): Pick<Ask, 'candidate' | 'point'> | undefined;
}

type SearchedSpace = Pick<Space, 'plan' | 'candidates' | 'pointsOf'>;

/** At most so much of the budget's measurements is begun before anything is known. Not tuned. */
const BLIND = 1 / 3;
/** While more first looks than this are in flight, what they show is worth the wait. Tuned with `npm run bench:search -- --slots 8`. */
const MOST_UNSEEN = 3;
/** Where earlier runs are less probable than this to say something of now, the account says that they were dropped. Not tuned. */
const BELIEVED = 0.05;
/** On so many servers the verdict's point was measured, unless the budget is used. A promise of the README. */
const SERVERS = 2;

/**
 * tma's own search. It learns throughput and latency over configurations and loads together, with how far servers and looks
 * scatter, and does what the verdict gains most by for the time that it takes: measures another point, or one again. It ends
 * when what is still to be gained is not worth the time, and the verdict was measured on a server of its own.
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

/** On how many servers a point was measured. */
const serversOf = ({ results }: Spot): number => new Set(results.map(({ server }) => server)).size;

/** Instances of a configuration, before the largest batch. */
const needs = ({
  candidate: {
    models: [{ config }],
  },
}: Spot): number => instancesOf(config) * 1e6 + maxBatchSize(config);

class BayesSearch implements JudgingSearch {
  readonly name = 'bayes';
  readonly #plan: Space['plan'];
  readonly #knowledge: Knowledge;
  readonly #budget: Budget;
  readonly #usage = new Usage();
  readonly #economy = new Economy();
  readonly #byThroughput: boolean;
  /** What is looked at before anything is concluded. */
  readonly #first: Spot[];
  /** How many looks at further configurations were begun, as there were slots for them. */
  #further = 0;
  readonly #dropped = new Set<Candidate>();
  #hurried = false;
  /** The best measurement, and how many came after it. */
  #top: Measured | undefined;
  #vain = 0;
  /** It has ended for that. */
  #isInVain = false;
  #why = '';
  #isOver = false;
  /** The budget that ended it. */
  #ended: Account['ended'];
  /** What was measured again on a fresh server. */
  readonly #confirmed = new Set<Spot>();

  constructor(space: SearchedSpace, budget: Budget = ownBudget(), earlier: readonly Earlier[] = []) {
    const { objectives } = space.plan;
    this.#plan = space.plan;
    this.#knowledge = new Knowledge(space, earlier);
    this.#budget = budget;
    this.#byThroughput = isByThroughput(objectives);
    this.#first = firstSpots(this.#knowledge, space.candidates, this.#budget.variants);
  }

  ask(at: Standing): Answer {
    if (this.#usage.measurements >= this.#budget.measurements) {
      // A budget that was just enough did not end it.
      const step = this.#hurried ? undefined : this.#nextStep(at);
      if (step && this.#isWorth(step, at)) this.#useUp();
      this.#isOver = true;
      return 'done';
    }
    const ask = this.#begin(at) ?? this.#explore(at) ?? this.#confirm(at);
    if (ask) return ask;
    // One slot waits beside one that works; the others are not needed for what little is left.
    const { told, mostInFlight } = this.#usage;
    const others = this.#usage.inFlight().length;
    this.#isOver = others === 0;
    return others === 1 || (others > 0 && told < mostInFlight) ? 'wait' : 'done';
  }

  /** It would go on with a larger budget of measurements. */
  #useUp(): void {
    this.#why = usedUp(this.#budget);
    this.#ended = 'measurements';
  }

  tell(ask: Ask, outcome: Outcome): void {
    const { part, spot } = this.#usage.land(ask, outcome);
    this.#economy.tell(ask.candidate, outcome);
    switch (outcome.state) {
      case 'withdrawn':
        if (part === 'beginning') this.#first.unshift(spot);
        return;
      case 'failed':
        this.#dropped.add(ask.candidate);
        this.#knowledge.failed.push(ask.candidate);
        return;
      case 'measured':
        this.#knowledge.add(ask, spot, outcome, outcome.started);
        if (ask.again === 'afresh') this.#confirmed.add(spot);
        this.#vain++;
        this.#compare(outcome);
    }
  }

  /** What it did not ask for itself is never in vain, but may be the best. */
  #compare(measured: Measured): void {
    if (this.#top && compareMeasured(measured, this.#top, this.#plan) >= 0) return;
    this.#top = measured;
    this.#vain = 0;
  }

  /** What was in vain before the machine changed is no reason to end after it. */
  revise(changed: ReadonlyMap<Ask, Figures | undefined>): void {
    this.#knowledge.revise(changed);
    const known = this.#knowledge.seen.flatMap(({ results }) => results);
    this.#top = known.toSorted((a, b) => compareMeasured(a, b, this.#plan))[0];
    this.#vain = 0;
    this.#isInVain = false;
    this.#isOver = false;
  }

  learn(ask: Ask, measured: Extract<Outcome, { state: 'measured' }>): void {
    const spot = this.#knowledge.spotAt(ask.candidate, ask.point);
    if (!spot) return;
    this.#knowledge.add(ask, spot, measured, measured.started);
    this.#compare(measured);
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
    if (this.#isOver) return 0;
    const most = Math.min(this.#budget.measurements, this.#knowledge.spots.length, USUAL.measurements);
    return Math.max(1, most - this.#usage.told);
  }

  wrapUp(): void {
    if (this.#hurried || this.#isOver) return;
    this.#ended = 'minutes';
    this.#why = 'little of its time was left';
    this.#hurried = true;
  }

  account(): Account {
    return {
      why: this.#why,
      importance: this.#knowledge.seen.length > 0 ? importance(this.#knowledge) : [],
      remarks: [...this.#confirmedText(), ...this.#priorText()],
      ...(this.#ended && { ended: this.#ended }),
    };
  }

  best(): Pick<Ask, 'candidate' | 'point'> | undefined {
    const spot = this.#named();
    return spot && this.#knowledge.holds(spot) ? spot : undefined;
  }

  belief(): Belief | undefined {
    const spot = this.#named();
    if (!spot || !this.#knowledge.holds(spot)) return undefined;
    const isOpen = ({ candidate }: Spot): boolean => !this.#dropped.has(candidate);
    const place = { on: undefined, pending: [], isAllowed: isOpen, byThroughput: this.#byThroughput };
    const step = bestStep(this.#knowledge, this.#economy, place);
    return beliefOf(this.#knowledge, spot, {
      objectives: this.#plan.objectives,
      isOpen,
      rate: step ? step.gain / step.seconds : 0,
      by: this.#budget.patience === 'thorough' ? undefined : '--patience thorough',
    });
  }

  /** Of points that are as good as the best, and as well known, the one whose configuration needs least. */
  #named(): Spot | undefined {
    const [first, ...others] = this.#standings();
    if (!first || serversOf(first.spot) < SERVERS) return first?.spot;
    const alike = others.filter(
      ({ spot, standing }) => standing > first.standing - WORTHWHILE && serversOf(spot) >= SERVERS,
    );
    return [first, ...alike].sort((a, b) => needs(a.spot) - needs(b.spot))[0]!.spot;
  }

  /** What was measured, the best first; what probably breaks a limit comes after what keeps them, whatever it is worth. */
  #standings(): { spot: Spot; standing: number }[] {
    const all = this.#knowledge.seen
      .map((spot) => ({ spot, standing: this.#knowledge.standing(spot) }))
      .sort((a, b) => b.standing - a.standing);
    const { true: holding = [], false: others = [] } = Object.groupBy(all, ({ spot }) =>
      String(this.#knowledge.holds(spot)),
    );
    return [...holding, ...others];
  }

  /** What stands best of what was measured. */
  #leader(): Spot | undefined {
    return this.#standings()[0]?.spot;
  }

  #begin(at: Standing): Ask | undefined {
    const isBlind = this.#knowledge.seen.length === 0;
    if (isBlind && this.#usage.measurements >= BLIND * this.#budget.measurements) return undefined;
    if (this.#wasInVain()) return undefined;
    const index = this.#hurried ? -1 : this.#first.findIndex((spot) => this.#isFree(spot, at));
    const spot = index < 0 ? this.#furtherSpot(at) : this.#first.splice(index, 1)[0]!;
    return spot && this.#take('beginning', at, spot);
  }

  /** As long as others measure and nothing is known yet: a configuration that nobody has looked at. */
  #furtherSpot(at: Standing): Spot | undefined {
    if (this.#hurried || this.#knowledge.seen.length > 0 || this.#usage.inFlight().length === 0)
      return undefined;
    const { variants = Number.POSITIVE_INFINITY } = this.#budget;
    if (this.#usage.configurations >= variants) return undefined;
    const isNew = (spot: Spot): boolean => this.#isFree(spot, at) && !this.#usage.hasBegun(spot.candidate);
    const spot = furtherSpot(this.#knowledge, this.#further, isNew);
    if (spot) this.#further++;
    return spot;
  }

  #explore(at: Standing): Ask | undefined {
    if (this.#hurried) return undefined;
    // While nothing is known yet a further point would be a guess: the slot waits for the first outcome.
    if (this.#usage.told === 0 && this.#usage.measurements > 0) return undefined;
    if (this.#usage.inFlight('beginning').length > MOST_UNSEEN) return undefined;
    const step = this.#nextStep(at);
    if (!step || !this.#isWorth(step, at)) return undefined;
    // The last measurement is kept for the verdict's point on a server of its own.
    if (this.#usage.measurements === this.#budget.measurements - 1 && this.#wantsConfirmation()) {
      this.#useUp();
      return undefined;
    }
    // Nothing is known yet that a point could be held against.
    const matters = this.#knowledge.seen.length > 0 ? this.#limits() : undefined;
    const { spot, again } = step;
    return this.#take('exploration', at, spot, { ...(again && { again }), ...(matters && { matters }) });
  }

  #nextStep(at: Standing): Step | undefined {
    return this.#step(at, (spot) => this.#isFree(spot, at) && this.#mayBegin(spot));
  }

  #step({ on }: Standing, isAllowed: (spot: Spot) => boolean): Step | undefined {
    if (this.#knowledge.seen.length === 0) return this.#likeliest(isAllowed);
    const pending = this.#usage.inFlight();
    const place = { on, pending, isAllowed, byThroughput: this.#byThroughput };
    return bestStep(this.#knowledge, this.#economy, place);
  }

  /** While nothing works: the point of the configuration that is least like those that failed. */
  #likeliest(isAllowed: (spot: Spot) => boolean): Step | undefined {
    const chance = this.#knowledge.chances();
    const spot = this.#knowledge.spots
      .filter(isAllowed)
      .reduce<Spot | undefined>(
        (best, item) => (best && chance(best.candidate) >= chance(item.candidate) ? best : item),
        undefined,
      );
    return spot && { spot, gain: 1, seconds: 1 };
  }

  #isWorth(step: Step, at: Standing): boolean {
    const { least = 0, patience = 'normal' } = this.#budget;
    if (this.#usage.measurements < least) return true;
    if (this.#wasInVain()) return false;
    const exchange = exchangeFor(patience, this.#knowledge.surrogate.scatter);
    if (step.gain >= exchange * step.seconds) return true;
    const dearer =
      this.#budget.variants === undefined ? undefined : this.#step(at, (spot) => this.#isFree(spot, at));
    const isShort = dearer !== undefined && dearer.gain >= exchange * dearer.seconds;
    this.#ended = isShort ? 'configurations' : undefined;
    this.#why = isShort
      ? `its budget of ${counted(this.#budget.variants!, 'configuration')} is used`
      : 'what is still to be gained is not worth its time';
    return false;
  }

  /** So many measurements in a row were not better that the user has it end. */
  #wasInVain(): boolean {
    const { least = 0, vain = Number.POSITIVE_INFINITY } = this.#budget;
    if (this.#isInVain || this.#vain < vain || this.#usage.measurements < least) return this.#isInVain;
    this.#why = `${counted(this.#vain, 'measurement')} in a row were not better than the best before`;
    this.#isInVain = true;
    return true;
  }

  #mayBegin({ candidate }: Spot): boolean {
    const { variants } = this.#budget;
    return variants === undefined || this.#usage.configurations < variants || this.#usage.hasBegun(candidate);
  }

  /** The verdict's point was measured on too few servers, and may keep the limits. */
  #wantsConfirmation(): boolean {
    const leader = this.#leader();
    return (
      leader !== undefined && serversOf(leader) < SERVERS && this.#knowledge.look(leader).nearly >= HOPELESS
    );
  }

  /** The verdict's point, on a server of its own. */
  #confirm(at: Standing): Ask | undefined {
    // What is still being measured may lead.
    if (this.#usage.inFlight().length > 0) return undefined;
    const leader = this.#leader();
    if (!leader || !this.#isFree(leader, at) || !this.#wantsConfirmation()) return undefined;
    return this.#take('confirmation', at, leader, { again: 'afresh', matters: this.#limits() });
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

  #confirmedText(): string[] {
    const names = [...this.#confirmed].map(
      ({ candidate, point }) => `${candidate.name} with ${levelText(point)}`,
    );
    return names.length > 0 ? [`measured again on fresh servers: ${names.join(', ')}`] : [];
  }
}
