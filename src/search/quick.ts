import type { LoadPoint } from '../space/load-point.ts';
import type { AutomaticSpace, Candidate, Space } from '../space/space.ts';
import { checkConstraints, compareMeasured, type Measured, missedBy, score } from './score.ts';
import type { Ask, Outcome, Search } from './search.ts';

/** Model Analyzer's constants: how far a neighbourhood reaches, and how many of it must be known for a step. */
const RADIUS = 3;
const ENOUGH = 3;
/** A step of 1, 2 or 3 in a dimension needs the score to gain so much by it. */
const STRIDES = [0.09, 0.3, 1.0];
const MOST_VISITS = 2;

/** An index into the instance counts and one into the batch sizes (or that of the counts alone). */
type Coordinate = readonly number[];

/** What is known of a coordinate: undefined values where it failed or can't be. */
interface Known {
  readonly candidate: Candidate | undefined;
  readonly measured: Measured | undefined;
}

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
  const known = new Map<string, Known>();
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
    remaining: () => (over ? 0 : Math.max(1, sizes.reduce((all, size) => all * size, 2) - told)),
  };

  function* climb(): Generator<Ask, void, Measured | undefined> {
    const start = sizes.map(() => 0);
    const [first] = space.candidates;
    known.set(String(start), {
      candidate: first,
      measured: yield { candidate: first!, point: loadOf(1, 1) },
    });
    let best: { at: Coordinate; measured: Measured } | undefined;
    let home: Coordinate = start;
    let forced = false;
    let someHomePassed = false;
    // The default is known under the first coordinate, which is measured all the same.
    known.delete(String(start));
    while (true) {
      yield* measure(home);
      const count = (visits.get(String(home)) ?? 0) + 1;
      visits.set(String(home), count);
      if (count >= MOST_VISITS) return;
      const here = known.get(String(home))?.measured;
      for (const [text, { measured }] of known) {
        if (measured && (!best || isBetter(measured, best.measured)))
          best = { at: text.split(',').map(Number), measured };
      }
      const passesHere = here !== undefined && passes(here);
      if (!here || (!passesHere && someHomePassed)) {
        const target = best?.at ?? start;
        const back =
          neighbours(home).toSorted((a, b) => distance(a, target) - distance(b, target))[0] ?? home;
        if (String(back) === String(home)) return;
        home = back;
        forced = true;
        continue;
      }
      someHomePassed ||= passesHere;
      const mixed = (): boolean =>
        neighbours(home).some((other) => {
          const { measured } = known.get(String(other)) ?? {};
          return measured !== undefined && passes(measured) !== passesHere;
        });
      while (!forced && !mixed() && measuredNeighbours(home).length < ENOUGH) {
        const next = leastCovered(home);
        if (!next) break;
        yield* measure(next);
      }
      const slow = forced || mixed();
      forced = false;
      const next = slow ? yield* bestAround(home) : strideFrom(home, here);
      if (String(next) === String(home)) return;
      home = next;
    }
  }

  function* measure(at: Coordinate): Generator<Ask, void, Measured | undefined> {
    if (known.has(String(at))) return;
    const [batch, count] = settingsOf(at);
    const candidate = automatic.propose(count, batch);
    if (dropped.has(candidate)) {
      known.set(String(at), { candidate, measured: undefined });
      return;
    }
    known.set(String(at), { candidate, measured: yield { candidate, point: loadOf(count, batch ?? 1) } });
  }

  /** All neighbours one step away in one dimension are measured; answers the best that passes, else this one. */
  function* bestAround(home: Coordinate): Generator<Ask, Coordinate, Measured | undefined> {
    for (const dimension of sizes.keys()) {
      for (const step of [-1, 1]) {
        const other = home.map((value, index) => (index === dimension ? value + step : value));
        if (isInside(other)) yield* measure(other);
      }
    }
    let best: { at: Coordinate; measured: Measured } | undefined;
    for (const at of [home, ...neighbours(home)]) {
      const { measured } = known.get(String(at)) ?? {};
      if (measured && passes(measured) && (!best || isBetter(measured, best.measured)))
        best = { at, measured };
    }
    return best?.at ?? home;
  }

  /** Along the mean of the directions to the neighbours, each as long as the score gains by it. */
  function strideFrom(home: Coordinate, here: Measured): Coordinate {
    const step = sizes.map(() => 0);
    const norm = sizes.map(() => 0);
    for (const other of measuredNeighbours(home)) {
      const { measured } = known.get(String(other))!;
      const weight = passes(here)
        ? score(measured!, here, plan.objectives)
        : missed(here) - missed(measured!);
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
      return Math.min(sizes[index]! - 1, Math.max(0, value + Math.sign(along) * length));
    });
  }

  /** The unmeasured neighbour that has most values, dimension by dimension, which no measured one has. */
  function leastCovered(home: Coordinate): Coordinate | undefined {
    const measured = [home, ...measuredNeighbours(home)];
    const covers = (other: Coordinate): number =>
      other.filter((value, index) => !measured.some((item) => item[index] === value)).length;
    return neighbours(home)
      .filter((other) => !known.has(String(other)))
      .reduce<Coordinate | undefined>(
        (a, b) => (a === undefined || covers(b) > covers(a) ? b : a),
        undefined,
      );
  }

  function neighbours(home: Coordinate): Coordinate[] {
    const reach = sizes.map((_, dimension) =>
      Array.from({ length: 2 * RADIUS + 1 }, (_item, index) => home[dimension]! + index - RADIUS),
    );
    const all = reach.reduce<Coordinate[]>(
      (list, values) => list.flatMap((head) => values.map((value) => [...head, value])),
      [[]],
    );
    return all
      .filter((other) => isInside(other) && distance(other, home) > 0 && distance(other, home) <= RADIUS)
      .sort((a, b) => distance(a, home) - distance(b, home));
  }

  function measuredNeighbours(home: Coordinate): Coordinate[] {
    return neighbours(home).filter((other) => known.get(String(other))?.measured !== undefined);
  }

  function isInside(at: Coordinate): boolean {
    return at.every((value, index) => value >= 0 && value < sizes[index]!);
  }

  function settingsOf(at: Coordinate): [batch: number | undefined, count: number] {
    return at.length === 2
      ? [batchSizes[at[0]!]!, instanceCounts[at[1]!]!]
      : [undefined, instanceCounts[at[0]!]!];
  }

  /** Client batch 1, and twice what the configuration takes at once. */
  function loadOf(count: number, batch: number): LoadPoint {
    return { batchSize: 1, concurrency: 2 * count * batch };
  }

  function passes(measured: Measured): boolean {
    return checkConstraints(measured, plan.constraints).every(({ met }) => met);
  }

  function missed(measured: Measured): number {
    return missedBy(checkConstraints(measured, plan.constraints));
  }

  function isBetter(a: Measured, b: Measured): boolean {
    return compareMeasured(a, b, plan) < 0;
  }
}

const distance = (a: Coordinate, b: Coordinate): number =>
  Math.hypot(...a.map((value, index) => value - b[index]!));
