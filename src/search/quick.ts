import { breaks, checkConstraints, compareMeasured, type Measured, missedBy, score } from '../goal/score.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { whyIllegal } from '../space/legal.ts';
import type { AutomaticSpace, Candidate, Space } from '../space/space.ts';
import { type Coordinate, distance, steps } from './neighbourhood.ts';
import type { Ask, Outcome, Search } from './search.ts';

/** Model Analyzer's constant: how many of a neighbourhood must be known for a step. */
const ENOUGH = 3;
/** A step of 1, 2 or 3 in a dimension needs the score to gain so much by it. */
const STRIDES = [0.09, 0.3, 1.0];
const MOST_VISITS = 2;
const MOST_STEPS = 500;

/**
 * Model Analyzer's quick search, for comparison and for those who are used to it: a hill climb over batch sizes and
 * instance counts, with twice as many requests in flight as a configuration takes at once. It never looks at other
 * loads; a sweep over them follows for the best (`withRefinement`).
 */
export function quickSearch(
  space: Pick<Space, 'plan' | 'candidates'> & { readonly automatic: AutomaticSpace },
): Search {
  const { plan, automatic } = space;
  const { instanceCounts, batchSizes } = automatic;
  const sizes = batchSizes.length > 0 ? [batchSizes.length, instanceCounts.length] : [instanceCounts.length];
  /** What was measured at each coordinate; undefined where it failed. */
  const known = new Map<string, Measured | undefined>();
  const results = new Map<Candidate, Measured | undefined>();
  let best: { readonly at: Coordinate; readonly measured: Measured } | undefined;
  let someHomePassed = false;
  const visits = new Map<string, number>();
  const dropped = new Set<Candidate>();
  let pending: Ask | undefined;
  const walk = climb();
  let over = false;
  let told = 0;
  let answer: Measured | undefined;

  return {
    name: 'quick',
    ask(others = new Set()) {
      if (pending || over) return pending;
      const { value, done } = walk.next(answer);
      if (done) {
        over = true;
        return undefined;
      }
      pending = value;
      return others.has(value.candidate) ? undefined : pending;
    },
    tell(_ask: Ask, outcome: Outcome) {
      told++;
      answer = outcome.state === 'measured' ? { values: outcome.values } : undefined;
      pending = undefined;
    },
    drop(candidate) {
      dropped.add(candidate);
      if (pending?.candidate !== candidate) return [];
      const { point } = pending;
      pending = undefined;
      answer = undefined;
      return [point];
    },
    account: () => ({
      why: over && best ? 'no step from the best promised more' : '',
      importance: [],
      remarks: [],
    }),
    remaining: () => (over ? 0 : Math.max(1, sizes.reduce((all, size) => all * size, 2) - told)),
  };

  function* climb(): Generator<Ask, void, Measured | undefined> {
    const [first] = space.candidates;
    const start = sizes.map(() => 0);
    const { config } = first!;
    const instances = instanceGroups(config).reduce((sum, { count }) => sum + count, 0);
    const load = loadOf(Math.max(1, instances), Math.max(1, maxBatchSize(config)));
    // The default counts as what is at the start, until that is measured itself.
    const ask = { candidate: first!, point: load };
    learn(start, start, isLegal(ask) ? yield ask : undefined);
    let [home, next]: [Coordinate, Coordinate] = [start, start];
    let forced = false;
    // Beyond the limits everything is as at the limits, so that a walk there need not end by itself.
    for (let step = 0; step < MOST_STEPS; step++) {
      learn(next, home, yield* measure(next));
      if (!best || ![...known.values()].some((measured) => measured !== undefined)) {
        // No place works so far: the climb starts at the first that does.
        const other = untried();
        if (!other) return;
        [home, next] = [other, other];
        continue;
      }
      const here = valueAt(home);
      const isHome = String(next) === String(home);
      if (isHome && (!here || (!passes(here) && someHomePassed))) {
        const target = best.at;
        next = [home, ...neighbours(home)].reduce((a, b) =>
          distance(b, target) < distance(a, target) ? b : a,
        );
        if (String(next) === String(home)) return;
        forced = true;
      } else if (isSlow(home, forced)) {
        const open = adjacent(home).find((at) => !known.has(String(at)));
        if (open) {
          next = open;
          continue;
        }
        next = bestAround(home);
        if (isOver(home, next)) return;
        forced = false;
      } else {
        if (measuredNeighbours(home).length < ENOUGH) {
          const open = leastCovered(home);
          if (!open) return;
          next = open;
          continue;
        }
        next = strideFrom(home, here!);
        if (isOver(home, next)) return;
        forced = false;
      }
      home = next;
      visits.set(String(home), (visits.get(String(home)) ?? 0) + 1);
    }
  }

  /** Whether a step from one home to another is none, or goes where it has been often enough. */
  function isOver(home: Coordinate, next: Coordinate): boolean {
    return String(next) === String(home) || (visits.get(String(next)) ?? 0) >= MOST_VISITS;
  }

  /** Every step in one dimension is looked at: after a step back, or where limits are kept here and not there. */
  function isSlow(home: Coordinate, forced: boolean): boolean {
    const here = valueAt(home);
    const passesHere = here !== undefined && passes(here);
    return forced || measuredNeighbours(home).some((other) => passes(valueAt(other)!) !== passesHere);
  }

  function learn(at: Coordinate, home: Coordinate, measured: Measured | undefined): void {
    known.set(String(at), measured);
    if (!measured) return;
    if (!best || isBetter(measured, best.measured)) best = { at, measured };
    if (String(at) === String(home) && passes(measured)) someHomePassed = true;
  }

  function valueAt(at: Coordinate): Measured | undefined {
    return known.get(String(at));
  }

  function isLegal({ candidate: { config }, point }: Ask): boolean {
    return whyIllegal(config, point) === undefined;
  }

  /** What is at a coordinate; those beyond the limits are the last within. */
  function* measure(at: Coordinate): Generator<Ask, Measured | undefined, Measured | undefined> {
    const [batch, count] = settingsOf(at);
    const candidate = automatic.propose(count, batch);
    if (dropped.has(candidate)) return undefined;
    if (results.has(candidate)) return results.get(candidate);
    const ask = { candidate, point: loadOf(count, batch ?? 1) };
    const measured = isLegal(ask) ? yield ask : undefined;
    results.set(candidate, measured);
    return measured;
  }

  /** The nearest to the start that was not tried. */
  function untried(): Coordinate | undefined {
    const [counts, batches] = [instanceCounts, batchSizes].map((list) => list.at(-1) ?? 1);
    const range = (length: number): number[] => [...Array(length).keys()];
    const rows = range(counts!).map((count) => [count]);
    const exponents = range(Math.ceil(Math.log2(batches!)) + 1);
    const all = sizes.length === 1 ? rows : exponents.flatMap((batch) => rows.map((row) => [batch, ...row]));
    return all
      .filter((at) => !known.has(String(at)))
      .sort((a, b) => Math.hypot(...a) - Math.hypot(...b))
      .at(0);
  }

  function adjacent(home: Coordinate): Coordinate[] {
    return [...sizes.keys()].flatMap((dimension) =>
      [-1, 1]
        .map((step) => home.map((value, index) => (index === dimension ? value + step : value)))
        .filter(isInside),
    );
  }

  /** The best of the neighbourhood that passes, else this one. */
  function bestAround(home: Coordinate): Coordinate {
    const passing = [home, ...measuredNeighbours(home)].filter((at) => {
      const measured = valueAt(at);
      return measured !== undefined && passes(measured);
    });
    return passing.reduce((a, b) => (isBetter(valueAt(b)!, valueAt(a)!) ? b : a), passing[0] ?? home);
  }

  /** Along the mean of the directions to the neighbours, each as long as the score gains by it. */
  function strideFrom(home: Coordinate, here: Measured): Coordinate {
    const step = sizes.map(() => 0);
    const norm = sizes.map(() => 0);
    for (const other of measuredNeighbours(home)) {
      const measured = valueAt(other)!;
      const weight = passes(here) ? score(measured, here, plan.objectives) : missed(here) - missed(measured);
      for (const index of sizes.keys()) {
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

  /** The unmeasured neighbour that has most values, dimension by dimension, which no measured one has. */
  function leastCovered(home: Coordinate): Coordinate | undefined {
    const measured = measuredNeighbours(home);
    const covers = (other: Coordinate): number =>
      other.filter((value, index) => !measured.some((item) => item[index] === value)).length;
    return neighbours(home)
      .filter((other) => !known.has(String(other)))
      .reduce<Coordinate | undefined>(
        (a, b) => (a === undefined || covers(b) > covers(a) ? b : a),
        undefined,
      );
  }

  /** Steps within the radius: by their lengths in each dimension, the last one growing first. */
  function neighbours(home: Coordinate): Coordinate[] {
    return steps(sizes.length)
      .map((step) => home.map((value, index) => value + step[index]!))
      .filter((at) => isInside(at) && String(at) !== String(home));
  }

  function measuredNeighbours(home: Coordinate): Coordinate[] {
    return neighbours(home).filter((other) => valueAt(other) !== undefined);
  }

  function isInside(at: Coordinate): boolean {
    return at.every((value) => value >= 0);
  }

  function settingsOf(at: Coordinate): [batch: number | undefined, count: number] {
    const [first, second] = at as [number, number?];
    const atLeast = (list: readonly number[], value: number): number =>
      list.find((item) => item >= value) ?? list.at(-1)!;
    return second === undefined
      ? [undefined, atLeast(instanceCounts, first + 1)]
      : [atLeast(batchSizes, 2 ** first), atLeast(instanceCounts, second + 1)];
  }

  /** Client batch 1, and twice what the configuration takes at once. */
  function loadOf(count: number, batch: number): LoadPoint {
    return { batchSize: 1, concurrency: 2 * count * batch };
  }

  function passes(measured: Measured): boolean {
    return !breaks(measured, plan.constraints);
  }

  function missed(measured: Measured): number {
    return missedBy(checkConstraints(measured, plan.constraints));
  }

  function isBetter(a: Measured, b: Measured): boolean {
    return compareMeasured(a, b, plan) < 0;
  }
}
