import { breaks, checkConstraints, compareMeasured, type Measured, missedBy, score } from '../goal/score.ts';
import type { Goal } from '../record/goal.ts';
import { type Coordinate, distance } from './neighbourhood.ts';
import type { QuickGrid } from './quick-grid.ts';

/** Model Analyzer's constant: how many of a neighbourhood must be known for a step. */
const ENOUGH = 3;
/** A step of 1, 2 or 3 in a dimension needs the score to gain so much by it (Model Analyzer's numbers). */
const STRIDES = [0.09, 0.3, 1.0];
const MOST_VISITS = 2;
/** Beyond the limits everything is as at the limits, so that a walk there need not end by itself. */
const MOST_STEPS = 500;

/** What was measured at a place; undefined: it failed, or may not be measured. */
type Value = Measured | undefined;

/**
 * Model Analyzer's hill climb, place by place. Around each home a few places are looked at; what they gain over the home
 * says where the next home is.
 */
export class QuickClimb {
  readonly #grid: QuickGrid;
  readonly #goal: Pick<Goal, 'objectives' | 'constraints'>;
  /** What is at each place that was looked at. */
  readonly #values = new Map<string, Value>();
  readonly #visits = new Map<string, number>();
  #home: Coordinate;
  /** The home was gone to because the one before was no use. */
  #forced = false;
  #best: { readonly at: Coordinate; readonly measured: Measured } | undefined;
  #someHomeKeeps = false;

  constructor(grid: QuickGrid, goal: Pick<Goal, 'objectives' | 'constraints'>) {
    this.#grid = grid;
    this.#goal = goal;
    this.#home = grid.start;
  }

  /** Whether anything was measured. */
  get foundSomething(): boolean {
    return this.#best !== undefined;
  }

  /**
   * The places to look at, each following from what is at those before.
   * @param first what the default came to: it counts as what is at the start until that is measured itself.
   */
  *places(first: Value): Generator<Coordinate, void, Value> {
    this.#learn(this.#home, first);
    let at = this.#home;
    for (let step = 0; step < MOST_STEPS; step++) {
      this.#learn(at, yield at);
      const next = this.#next(String(at) === String(this.#home));
      if (!next) return;
      at = next;
    }
  }

  /** Places around the home that will be looked at whatever becomes of `pending`, the one that is being measured. */
  ahead(pending: Coordinate): Coordinate[] {
    const isOpen = (at: Coordinate): boolean => !this.#isKnown(at) && String(at) !== String(pending);
    if (this.#isSlow()) return this.#grid.adjacent(this.#home).filter(isOpen);
    const covered = [...this.#measuredNeighbours(), ...(this.#isHome(pending) ? [] : [pending])];
    const found: Coordinate[] = [];
    while (covered.length < ENOUGH) {
      const next = this.#leastCovered(covered, [pending, ...found]);
      if (!next) break;
      found.push(next);
      covered.push(next);
    }
    return found;
  }

  #learn(at: Coordinate, measured: Value): void {
    this.#values.set(String(at), measured);
    if (!measured) return;
    if (!this.#best || this.#isBetter(measured, this.#best.measured)) this.#best = { at, measured };
    if (this.#isHome(at) && this.#keeps(measured)) this.#someHomeKeeps = true;
  }

  /** @param wasHome whether the home itself was looked at last. */
  #next(wasHome: boolean): Coordinate | undefined {
    if (!this.#best || ![...this.#values.values()].some((measured) => measured !== undefined)) {
      // No place works so far: the climb starts at the first that does.
      const other = this.#grid.places().find((at) => !this.#isKnown(at));
      this.#home = other ?? this.#home;
      return other;
    }
    const here = this.#valueAt(this.#home);
    if (wasHome && (!here || (!this.#keeps(here) && this.#someHomeKeeps)))
      return this.#moveTo(this.#backTo(this.#best.at), true);
    if (this.#isSlow()) {
      const open = this.#grid.adjacent(this.#home).find((at) => !this.#isKnown(at));
      return open ?? this.#moveUnlessOver(this.#bestAround());
    }
    if (this.#measuredNeighbours().length < ENOUGH) return this.#leastCovered(this.#measuredNeighbours());
    return this.#moveUnlessOver(this.#strideFrom(here!));
  }

  #moveTo(home: Coordinate, forced: boolean): Coordinate | undefined {
    if (this.#isHome(home)) return undefined;
    this.#home = home;
    this.#forced = forced;
    this.#visits.set(String(home), (this.#visits.get(String(home)) ?? 0) + 1);
    return home;
  }

  /** The climb ends where it has been often enough. */
  #moveUnlessOver(home: Coordinate): Coordinate | undefined {
    return (this.#visits.get(String(home)) ?? 0) >= MOST_VISITS ? undefined : this.#moveTo(home, false);
  }

  /** The place in the neighbourhood that is nearest to the best. */
  #backTo(target: Coordinate): Coordinate {
    const all = [this.#home, ...this.#grid.neighbours(this.#home)];
    return all.reduce((a, b) => (distance(b, target) < distance(a, target) ? b : a));
  }

  /** Every step in one dimension is looked at: after a step back, or where limits are kept here and not there. */
  #isSlow(): boolean {
    const here = this.#valueAt(this.#home);
    const keepsHere = here !== undefined && this.#keeps(here);
    return (
      this.#forced ||
      this.#measuredNeighbours().some((other) => this.#keeps(this.#valueAt(other)!) !== keepsHere)
    );
  }

  /** The best of the neighbourhood that keeps the limits, else this one. */
  #bestAround(): Coordinate {
    const keeping = [this.#home, ...this.#measuredNeighbours()].filter((at) => {
      const measured = this.#valueAt(at);
      return measured !== undefined && this.#keeps(measured);
    });
    const better = (a: Coordinate, b: Coordinate): Coordinate =>
      this.#isBetter(this.#valueAt(b)!, this.#valueAt(a)!) ? b : a;
    return keeping.reduce(better, keeping[0] ?? this.#home);
  }

  /** Along the mean of the directions to the neighbours, each as long as the score gains by it. */
  #strideFrom(here: Measured): Coordinate {
    const home = this.#home;
    const step = home.map(() => 0);
    const norm = home.map(() => 0);
    for (const other of this.#measuredNeighbours()) {
      const weight = this.#gain(this.#valueAt(other)!, here);
      for (const index of home.keys()) {
        const apart = other[index]! - home[index]!;
        if (apart === 0) continue;
        step[index]! += Math.sign(apart) * weight;
        norm[index]! += Math.abs(apart);
      }
    }
    return home.map((value, index) => {
      const along = norm[index]! > 0 ? step[index]! / norm[index]! : 0;
      const length = STRIDES.filter((least) => Math.abs(along) > least).length;
      return Math.max(0, value + Math.sign(along) * length);
    });
  }

  /** How much better the objectives are; where the home breaks the limits, by how much less they are missed. */
  #gain(measured: Measured, here: Measured): number {
    if (this.#keeps(here)) return score(measured, here, this.#goal.objectives);
    return this.#missed(here) - this.#missed(measured);
  }

  /** The unknown neighbour that has most values, dimension by dimension, which none of these has. */
  #leastCovered(by: readonly Coordinate[], except: readonly Coordinate[] = []): Coordinate | undefined {
    const covers = (other: Coordinate): number =>
      other.filter((value, index) => !by.some((item) => item[index] === value)).length;
    return this.#grid
      .neighbours(this.#home)
      .filter((other) => !this.#isKnown(other) && !except.some((at) => String(at) === String(other)))
      .reduce<Coordinate | undefined>(
        (a, b) => (a === undefined || covers(b) > covers(a) ? b : a),
        undefined,
      );
  }

  #measuredNeighbours(): Coordinate[] {
    return this.#grid.neighbours(this.#home).filter((other) => this.#valueAt(other) !== undefined);
  }

  #valueAt(at: Coordinate): Value {
    return this.#values.get(String(at));
  }

  #isKnown(at: Coordinate): boolean {
    return this.#values.has(String(at));
  }

  #isHome(at: Coordinate): boolean {
    return String(at) === String(this.#home);
  }

  /** Whether it breaks no limit. */
  #keeps(measured: Measured): boolean {
    return !breaks(measured, this.#goal.constraints);
  }

  #missed(measured: Measured): number {
    return missedBy(checkConstraints(measured, this.#goal.constraints));
  }

  #isBetter(a: Measured, b: Measured): boolean {
    return compareMeasured(a, b, this.#goal) < 0;
  }
}
