import { breaks, compareMeasured, type Measured } from '../goal/score.ts';
import { batchSizeOf, isSamePoint, type LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import { type Known, loadSteps } from './load-steps.ts';
import {
  type Account,
  type Answer,
  type Ask,
  isAsk,
  type Outcome,
  type Search,
  type Standing,
} from './search.ts';

/**
 * What follows Model Analyzer's brute search where loads were not listed: for the best configurations and the default,
 * loads upwards while the objectives gain by them, and where one keeps the limits and the next does not, a bisection
 * between the two. What is known is not asked for again.
 */
export function withRefinement(search: Search, space: Space): Search {
  const { refine } = space.plan;
  return refine ? new RefiningSearch(search, space, refine.configurations) : search;
}

/** The loads that follow for one configuration. */
interface Sweep {
  readonly candidate: Candidate;
  readonly steps: Generator<LoadPoint, void, Known>;
  /** The next that is not known; undefined: none is left. */
  next: LoadPoint | undefined;
  /** What is not told yet. */
  inFlight: Ask | undefined;
}

class RefiningSearch implements Search {
  readonly name: string;
  readonly #search: Search;
  readonly #space: Space;
  readonly #configurations: number;
  readonly #known = new Map<Candidate, Known[]>();
  readonly #dropped = new Set<Candidate>();
  /** Asks of the search before, not told yet. */
  readonly #before = new Set<Ask>();
  /** Configurations whose sweep has begun: a slot stays with the one that its server runs. */
  readonly #begun = new Set<Candidate>();
  /** Once the search before has come to its end. */
  #sweeps: Sweep[] | undefined;

  constructor(search: Search, space: Space, configurations: number) {
    this.name = search.name;
    this.#search = search;
    this.#space = space;
    this.#configurations = configurations;
  }

  ask(at: Standing): Answer {
    if (!this.#sweeps) {
      const answer = this.#search.ask(at);
      if (isAsk(answer)) this.#before.add(answer);
      if (answer !== 'done') return answer;
      // What is still being measured may be among the best.
      if (this.#before.size > 0) return 'wait';
      this.#sweeps = this.#chosen().map((candidate) => this.#sweepOf(candidate));
    }
    return this.#refine(at, this.#sweeps);
  }

  #refine({ on, busy }: Standing, sweeps: readonly Sweep[]): Answer {
    const open = sweeps.filter(({ candidate, next, inFlight }) =>
      inFlight ? true : next !== undefined && !this.#dropped.has(candidate),
    );
    const free = open.filter(({ candidate, inFlight }) => !inFlight && !busy.has(candidate));
    const begun = free.find(({ candidate }) => candidate === on && this.#begun.has(candidate));
    const sweep = begun ?? free[0];
    if (!sweep) return open.length > 0 ? 'wait' : 'done';
    this.#begun.add(sweep.candidate);
    sweep.inFlight = { candidate: sweep.candidate, point: sweep.next! };
    return sweep.inFlight;
  }

  tell(ask: Ask, outcome: Outcome): void {
    const sweep = this.#sweeps?.find(({ inFlight }) => inFlight === ask);
    if (sweep) sweep.inFlight = undefined;
    else {
      this.#before.delete(ask);
      this.#search.tell(ask, outcome);
    }
    if (outcome.state === 'withdrawn') return;
    const measured = outcome.state === 'measured' ? { values: outcome.values } : undefined;
    const known = { point: ask.point, measured };
    this.#known.set(ask.candidate, [...(this.#known.get(ask.candidate) ?? []), known]);
    if (sweep) this.#advance(sweep, known);
  }

  drop(candidate: Candidate): readonly LoadPoint[] {
    this.#dropped.add(candidate);
    return this.#search.drop(candidate);
  }

  remaining(): number {
    const open = this.#sweeps?.filter((sweep) => sweep.next && !this.#dropped.has(sweep.candidate)) ?? [];
    return this.#search.remaining() + open.length;
  }

  wrapUp(): void {
    this.#search.wrapUp?.();
  }

  account(): Account {
    return this.#search.account();
  }

  /** The best configurations, those that keep the limits before the others, and the default. */
  #chosen(): Candidate[] {
    const { plan, candidates } = this.#space;
    const bests = [...this.#known.keys()].flatMap((candidate) => {
      const best = this.#bestOf(candidate);
      return best && !this.#dropped.has(candidate) ? [{ candidate, measured: best.measured }] : [];
    });
    const keeping = bests.filter(({ measured }) => !breaks(measured, plan.constraints));
    const top = (keeping.length > 0 ? keeping : bests)
      .sort((a, b) => compareMeasured(a.measured, b.measured, plan))
      .slice(0, this.#configurations)
      .map(({ candidate }) => candidate);
    const first = candidates[0]!;
    return top.includes(first) || this.#dropped.has(first) || !this.#bestOf(first) ? top : [...top, first];
  }

  #bestOf(candidate: Candidate): { readonly point: LoadPoint; readonly measured: Measured } | undefined {
    return (this.#known.get(candidate) ?? [])
      .flatMap(({ point, measured }) => (measured ? [{ point, measured }] : []))
      .sort((a, b) => compareMeasured(a.measured, b.measured, this.#space.plan))[0];
  }

  #sweepOf(candidate: Candidate): Sweep {
    const steps = loadSteps(this.#space.plan, batchSizeOf(this.#bestOf(candidate)!.point));
    const sweep: Sweep = { candidate, steps, next: undefined, inFlight: undefined };
    this.#advance(sweep);
    return sweep;
  }

  /** On to the next point that is not known; what is known is told to the steps at once. */
  #advance(sweep: Sweep, told?: Known): void {
    const known = this.#known.get(sweep.candidate) ?? [];
    let result = told ? sweep.steps.next(told) : sweep.steps.next();
    while (!result.done) {
      const point = result.value;
      const found = known.find((entry) => isSamePoint(entry.point, point));
      if (!found) break;
      result = sweep.steps.next(found);
    }
    sweep.next = result.done ? undefined : result.value;
  }
}
