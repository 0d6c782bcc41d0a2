import type { ModelPlan } from '../../src/config/experiment.ts';
import { compareMeasured } from '../../src/goal/score.ts';
import { bayesSearch, type JudgingSearch } from '../../src/search/bayes/bayes.ts';
import type { Budget } from '../../src/search/bayes/budget.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { withFailureMemory } from '../../src/search/failure-memory.ts';
import { quickSearch } from '../../src/search/quick.ts';
import { randomSearch } from '../../src/search/random.ts';
import { withRefinement } from '../../src/search/refine.ts';
import { type Ask, altered, isAsk, type Search } from '../../src/search/search.ts';
import { budgetOf, looksAtAll, searchedSpace } from '../../src/search/search-for.ts';
import type { Space } from '../../src/space/space.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import type { Landscape } from './landscape.ts';
import { toldOf } from './told.ts';

/** Brute force that looks again: so many of the best, so often. */
const TOP = 5;
const TIMES = 3;

/** And, where its time is given, at most this share of it. */
const CONFIRMING = 1 / 3;

/** `bayes` judges what the search itself names; `told` what its user is told when it has come to its end. */
export const ALGORITHMS = [
  'default',
  'bayes',
  'told',
  'quick',
  'random',
  'brute',
  'brute-confirmed',
  'brute-timed',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

interface Given {
  readonly seed: number;
  readonly budget: Budget | undefined;
  /** Of brute-timed: what it may take, on all slots together. */
  readonly seconds?: number | undefined;
}

/** A search by name, with its verdict. */
export function algorithm(name: Algorithm, landscape: Landscape, given: Given): JudgingSearch {
  const { seed, budget, seconds = 0 } = given;
  const { space, byDimensions } = landscape;
  const { plan, candidates } = space;
  switch (name) {
    case 'default':
      return looksAtAll(searchedSpace(space))
        ? algorithm('brute', landscape, given)
        : algorithm('bayes', landscape, given);
    case 'bayes':
      return remembering(ownSearch(landscape, budget), landscape);
    case 'told':
      return toldOf(withFailureMemory(ownSearch(landscape, budget), space), landscape);
    case 'quick': {
      // Model Analyzer's sweep over loads for the best three and the default.
      const sweeping = { ...plan, refine: { steps: 5, configurations: 3 } };
      const climb = quickSearch({ plan: sweeping, candidates, automatic: byDimensions });
      return judged(withRefinement(climb, { ...space, plan: sweeping }), sweeping);
    }
    case 'random':
      return judged(randomSearch(space, { measurements: budget?.measurements ?? 44, seed }), plan);
    case 'brute':
      return judged(bruteSearch(space), plan);
    case 'brute-confirmed':
      return judged(confirmed(bruteSearch(space), plan), plan);
    case 'brute-timed':
      return judged(timed(space, { seed, seconds }), plan);
  }
}

const ownSearch = ({ space }: Landscape, budget: Budget | undefined): JudgingSearch =>
  bayesSearch(searchedSpace(space), budget ?? budgetOf(searchedSpace(space)));

/** As `tma profile` runs it: what ran out of memory rules out what is larger. */
const remembering = (search: JudgingSearch, { space }: Landscape): JudgingSearch => ({
  ...altered(withFailureMemory(search, space), {}),
  best: () => search.best(),
  belief: () => search.belief?.(),
});

type Values = Readonly<Record<string, number>>;

/** What was measured of each point: the mean over its measurements, and by how much that misses the limits. */
class Ranked {
  readonly #plan: ModelPlan;
  readonly #all = new Map<string, { ask: Ask; values: Values[] }>();

  constructor(plan: ModelPlan) {
    this.#plan = plan;
  }

  add(ask: Ask, values: Values): void {
    const key = `${ask.candidate.key} ${JSON.stringify(ask.point)}`;
    const known = this.#all.get(key) ?? { ask, values: [] };
    known.values.push(values);
    this.#all.set(key, known);
  }

  /** The best first; those measured most often before the others. */
  list(): Ask[] {
    return [...this.#all.values()]
      .map(({ ask, values }) => {
        const mean = Object.fromEntries(
          Object.keys(values[0]!).map((tag) => [
            tag,
            values.reduce((sum, item) => sum + item[tag]!, 0) / values.length,
          ]),
        );
        return { ask, times: values.length, mean: { values: mean } };
      })
      .sort((a, b) => b.times - a.times || compareMeasured(a.mean, b.mean, this.#plan))
      .map(({ ask }) => ask);
  }
}

/** A search that leaves the verdict to others: the best measurement that keeps the limits. */
function judged(search: Search, plan: ModelPlan): JudgingSearch {
  const ranked = new Ranked(plan);
  const judging = altered(search, {
    tell(ask, outcome) {
      search.tell(ask, outcome);
      if (outcome.state === 'measured') ranked.add(ask, outcome.values);
    },
  });
  return { ...judging, best: () => ranked.list()[0] };
}

/** A search whose best few are measured again, in turn. */
function confirmed(search: Search, plan: ModelPlan, hasTime = () => true): Search {
  const ranked = new Ranked(plan);
  const before = new Set<Ask>();
  let queue: Ask[] | undefined;
  return altered(search, {
    ask(at) {
      if (!queue) {
        const answer = search.ask(at);
        if (isAsk(answer)) before.add(answer);
        if (answer !== 'done') return answer;
        if (before.size > 0) return 'wait';
        queue = Array.from({ length: TIMES }, () => ranked.list().slice(0, TOP))
          .flat()
          .map((ask) => ({ ...ask, again: 'afresh' }));
      }
      if (!hasTime()) return 'done';
      const index = queue.findIndex(({ candidate }) => !at.busy.has(candidate));
      if (index < 0) return queue.length > 0 ? 'wait' : 'done';
      return queue.splice(index, 1)[0]!;
    },
    tell(ask, outcome) {
      if (!before.delete(ask)) return;
      search.tell(ask, outcome);
      if (outcome.state === 'measured') ranked.add(ask, outcome.values);
    },
  });
}

/**
 * Brute force for so many seconds: configurations by chance, each with all its loads, until what is left is needed to measure
 * the best few again; then these.
 */
function timed(space: Space, { seed, seconds }: { readonly seed: number; readonly seconds: number }): Search {
  const [first, ...others] = space.candidates;
  const candidates = [first!, ...shuffled(others, seed)];
  const spent: Spent = { seconds: 0, starts: [], looks: [] };
  const again = (): number => meanOr0(spent.starts) + meanOr0(spent.looks);
  const brute = bruteSearch({ ...space, candidates, groups: [candidates.slice(1)] });
  const exploring = altered(brute, {
    ask(at) {
      const confirming = Math.min(TOP * TIMES * again(), CONFIRMING * seconds);
      return spent.seconds + meanOr0(spent.looks) > seconds - confirming ? 'done' : brute.ask(at);
    },
  });
  const search = confirmed(exploring, space.plan, () => spent.seconds + again() <= seconds);
  return altered(search, {
    tell(ask, outcome) {
      const { start = 0, look = 0 } = outcome.seconds ?? {};
      spent.seconds += start + look;
      if (outcome.started) spent.starts.push(start);
      if (outcome.state === 'measured') spent.looks.push(look);
      search.tell(ask, outcome);
    },
  });
}

interface Spent {
  seconds: number;
  readonly starts: number[];
  readonly looks: number[];
}

const meanOr0 = (values: readonly number[]): number =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomSource(seed);
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
