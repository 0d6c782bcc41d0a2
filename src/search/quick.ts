import type { Measured } from '../goal/score.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { whyIllegal } from '../space/legal.ts';
import type { AutomaticSpace, Candidate, Space } from '../space/space.ts';
import type { Coordinate } from './neighbourhood.ts';
import { QuickClimb } from './quick-climb.ts';
import { loadOf, QuickGrid } from './quick-grid.ts';
import type { Account, Answer, Ask, Outcome, Search, Standing } from './search.ts';

type ClimbedSpace = Pick<Space, 'plan' | 'candidates'> & { readonly automatic: AutomaticSpace };

/**
 * Model Analyzer's quick search, for comparison and for those who are used to it: a hill climb over batch sizes and
 * instance counts, with twice as many requests in flight as a configuration takes at once. It never looks at other
 * loads; a sweep over them follows for the best (`withRefinement`).
 *
 * The climb goes from one result to the next. Further slots measure what it will look at around its home in any case, and
 * wait where that is not known.
 */
export function quickSearch(space: ClimbedSpace): Search {
  return new QuickSearch(space);
}

/** A place that the climb wants to know of; the default configuration has none. */
interface Wanted {
  readonly at: Coordinate | undefined;
  readonly ask: Ask;
}

class QuickSearch implements Search {
  readonly name = 'quick';
  readonly #grid: QuickGrid;
  readonly #climb: QuickClimb;
  /** What was measured of each configuration; undefined where it failed. */
  readonly #results = new Map<Candidate, Measured | undefined>();
  readonly #dropped = new Set<Candidate>();
  readonly #inFlight = new Map<Candidate, Ask>();
  #walk: Generator<Coordinate, void, Measured | undefined> | undefined;
  /** What the climb goes on from; undefined: it is over. */
  #wanted: Wanted | undefined;
  #told = 0;

  constructor({ plan, candidates, automatic }: ClimbedSpace) {
    this.#grid = new QuickGrid(plan.name, automatic);
    this.#climb = new QuickClimb(this.#grid, plan);
    const candidate = candidates[0]!;
    this.#wanted = { at: undefined, ask: { candidate, point: loadOf(candidate) } };
    this.#goOn();
  }

  ask({ busy }: Standing): Answer {
    if (!this.#wanted) return 'done';
    const isFree = ({ candidate }: Ask): boolean => !busy.has(candidate) && !this.#inFlight.has(candidate);
    // A candidate has the number of its turn, so that none is made before it is needed.
    const ask = isFree(this.#wanted.ask) ? this.#wanted.ask : this.#ahead(this.#wanted).find(isFree);
    if (!ask) return 'wait';
    this.#inFlight.set(ask.candidate, ask);
    return ask;
  }

  tell({ candidate }: Ask, outcome: Outcome): void {
    this.#inFlight.delete(candidate);
    if (outcome.state !== 'withdrawn') {
      this.#told++;
      this.#results.set(candidate, outcome.state === 'measured' ? { values: outcome.values } : undefined);
    }
    this.#goOn();
  }

  drop(candidate: Candidate): readonly LoadPoint[] {
    this.#dropped.add(candidate);
    const wanted = this.#wanted?.ask;
    const isLeft = wanted?.candidate === candidate && !this.#inFlight.has(candidate);
    this.#goOn();
    return isLeft ? [wanted.point] : [];
  }

  remaining(): number {
    return this.#wanted ? Math.max(1, this.#grid.size - this.#told) : 0;
  }

  account(): Account {
    const isOver = !this.#wanted && this.#climb.foundSomething;
    return { why: isOver ? 'no step from the best promised more' : '', importance: [], remarks: [] };
  }

  /** On to the next place of which nothing is known. */
  #goOn(): void {
    while (this.#wanted && this.#isSettled(this.#wanted.ask)) {
      const { at, ask } = this.#wanted;
      const measured = this.#dropped.has(ask.candidate) ? undefined : this.#results.get(ask.candidate);
      if (at === undefined) this.#walk = this.#climb.places(measured);
      const { value, done } = at === undefined ? this.#walk!.next() : this.#walk!.next(measured);
      this.#wanted = done ? undefined : { at: value, ask: this.#askAt(value) };
    }
  }

  /** Whether it is known what became of it, or that nothing will. */
  #isSettled({ candidate, point }: Ask): boolean {
    if (this.#inFlight.has(candidate)) return false;
    return (
      this.#results.has(candidate) ||
      this.#dropped.has(candidate) ||
      whyIllegal(candidate.models[0].config, point) !== undefined
    );
  }

  #ahead({ at }: Wanted): Ask[] {
    // The start of the climb is looked at whatever the default comes to.
    const places = at ? this.#climb.ahead(at) : [this.#grid.start];
    return places.map((place) => this.#askAt(place)).filter((ask) => !this.#isSettled(ask));
  }

  #askAt(at: Coordinate): Ask {
    return { candidate: this.#grid.candidateAt(at), point: this.#grid.loadAt(at) };
  }
}
