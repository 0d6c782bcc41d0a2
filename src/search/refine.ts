import { breaks, compareMeasured, type Measured, score } from '../goal/score.ts';
import { isSamePoint, type LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import type { Ask, Search } from './search.ts';

/** So many loads are looked at to see whether more load is worth while, and what it must bring. */
const TRIES = 4;
const LEAST_GAIN = 0.05;

/** A measured point, or one that failed. */
interface Known {
  readonly point: LoadPoint;
  readonly measured: Measured | undefined;
}

/**
 * What follows Model Analyzer's brute search where loads were not listed: for the best configurations and the default,
 * loads upwards while the objectives gain by them, and where one keeps the limits and the next does not, a bisection
 * between the two. What is known is not asked for again.
 */
export function withRefinement(search: Search, space: Space): Search {
  const { plan } = space;
  if (!plan.refine) return search;
  const known = new Map<Candidate, Known[]>();
  const dropped = new Set<Candidate>();
  const passes = (measured: Measured): boolean => !breaks(measured, plan.constraints);
  let plans: { candidate: Candidate; steps: Generator<LoadPoint, void, Known> }[] | undefined;
  let pending: Ask | undefined;

  return {
    name: search.name,
    ask(others = new Set()) {
      const ask = search.ask(others);
      if (ask) return ask;
      // What another lane still measures may be among the best.
      if (others.size > 0) return undefined;
      plans ??= chosen().map((candidate) => ({ candidate, steps: refine(candidate) }));
      pending ??= next();
      return pending;
    },
    tell(ask, outcome) {
      const measured = outcome.state === 'measured' ? { values: outcome.values } : undefined;
      const list = known.get(ask.candidate) ?? [];
      known.set(ask.candidate, [...list, { point: ask.point, measured }]);
      if (ask === pending) pending = undefined;
      else search.tell(ask, outcome);
    },
    drop(candidate) {
      dropped.add(candidate);
      if (pending?.candidate === candidate) pending = undefined;
      return search.drop(candidate);
    },
    remaining: () => search.remaining() + (pending ? 1 : 0),
    ...(search.account && { account: search.account }),
  };

  /** The best configurations, passing ones before the others, and the default. */
  function chosen(): Candidate[] {
    const bests = [...known].flatMap(([candidate]) => {
      const best = bestOf(candidate);
      return best && !dropped.has(candidate) ? [{ candidate, best }] : [];
    });
    const passing = bests.filter(({ best }) => passes(best.measured));
    const top = (passing.length > 0 ? passing : bests)
      .sort((a, b) => compareMeasured(a.best.measured, b.best.measured, plan))
      .slice(0, plan.refine!.configurations)
      .map(({ candidate }) => candidate);
    const first = space.candidates[0]!;
    return top.includes(first) || dropped.has(first) || !bestOf(first) ? top : [...top, first];
  }

  function bestOf(candidate: Candidate): { point: LoadPoint; measured: Measured } | undefined {
    return (known.get(candidate) ?? [])
      .flatMap(({ point, measured }) => (measured ? [{ point, measured }] : []))
      .sort((a, b) => compareMeasured(a.measured, b.measured, plan))[0];
  }

  /** The next point that is not known; what is known is told to the steps at once. */
  function next(): Ask | undefined {
    for (let item = plans![0]; item; item = plans![0]) {
      const { candidate, steps } = item;
      let result = steps.next(lastOf(candidate));
      while (!result.done) {
        const point = result.value;
        const found = (known.get(candidate) ?? []).find((entry) => isSamePoint(entry.point, point));
        if (!found) return { candidate, point };
        result = steps.next(found);
      }
      plans!.shift();
    }
    return undefined;
  }

  function lastOf(candidate: Candidate): Known {
    return known.get(candidate)!.at(-1)!;
  }

  function* refine(candidate: Candidate): Generator<LoadPoint, void, Known> {
    const { batchSize } = bestOf(candidate)!.point;
    const isRate = plan.requestRates.length > 0;
    const at = (level: number): LoadPoint =>
      isRate ? { batchSize, requestRate: level } : { batchSize, concurrency: level };
    const levels: number[] = [];
    const results: Measured[] = [];
    for (const level of isRate ? plan.requestRates : plan.concurrency) {
      if (isSaturated(results)) break;
      const { measured } = yield at(level);
      // More load on what fails under this one is no use.
      if (!measured || dropped.has(candidate)) break;
      levels.push(level);
      results.push(measured);
    }
    const failing = results.findLastIndex(
      (result, index) => !passes(result) && (index === 0 || passes(results[index - 1]!)),
    );
    if (failing < 0) return;
    let [most, least] = [levels[failing]!, levels[failing - 1] ?? 0];
    for (let step = 0; step < plan.refine!.steps; step++) {
      const middle = Math.floor((most + least) / 2);
      if (middle <= least) return;
      const { measured } = yield at(middle);
      if (!measured || dropped.has(candidate)) return;
      if (passes(measured)) least = middle;
      else most = middle;
    }
  }

  /** Whether the last loads brought nothing over the first of them. */
  function isSaturated(results: readonly Measured[]): boolean {
    const last = results.slice(-TRIES);
    const [first] = last;
    if (last.length < TRIES || !first) return false;
    return Math.max(...last.map((item) => score(item, first, plan.objectives))) < LEAST_GAIN;
  }
}
