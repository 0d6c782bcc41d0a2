import { describe, expect, test } from 'vitest';
import { levelOf } from '../../../src/record/load-point.ts';
import type { Run, Trial } from '../../../src/record/run.ts';
import { type Looking, withLooks, withRoom } from '../../../src/run/baseline/looks.ts';
import type { Suspicion } from '../../../src/run/baseline/suspicion.ts';
import type { Target } from '../../../src/run/baseline/targets.ts';
import { bruteSearch } from '../../../src/search/brute.ts';
import { withFailureMemory } from '../../../src/search/failure-memory.ts';
import { type Ask, altered, type Outcome, type Search } from '../../../src/search/search.ts';
import { type SearchedSpace, searchedSpace, searchFor } from '../../../src/search/search-for.ts';
import { withSentinel } from '../../../src/search/sentinel/sentinel.ts';
import { buildSpace, type Space } from '../../../src/space/space.ts';
import { plan } from '../../support/experiment.ts';
import { measurement, run, trial } from '../../support/run.ts';
import { failed, measured, play } from '../../support/slots.ts';

/** What was told, as a run has it. */
class Told {
  readonly asks: Ask[] = [];
  #measured: { readonly ask: Ask; readonly throughput: number }[] = [];

  take(ask: Ask, outcome: Outcome): void {
    this.asks.push(ask);
    if (outcome.state === 'measured')
      this.#measured.push({ ask, throughput: outcome.values['perf_throughput']! });
  }

  run(): Run {
    const all = this.#measured.map(({ ask, throughput }, index) => ({
      name: ask.candidate.name,
      item: measurement({ perf_throughput: throughput }, levelOf(ask.point), {
        point: ask.point,
        startedAt: new Date(index * 60_000).toISOString(),
      }),
    }));
    const trials = [...Map.groupBy(all, ({ name }) => name)].map(
      ([name, items]): Trial =>
        trial(
          name,
          items.map(({ item }) => item),
        ),
    );
    return run(...trials);
  }
}

interface Made {
  readonly search: Search;
  readonly told: Told;
}

/** A search over a space with looks at the default and at another configuration, each at the largest load. */
function withTargets(
  space: Space,
  make: (space: SearchedSpace) => Search,
  suspicions: Looking['suspicions'] = () => () => 'none',
): Made {
  const own = searchedSpace(space);
  const [first, , other] = space.candidates;
  const targets: Target[] = [first!, other!].flatMap((candidate) => {
    const point = space.pointsOf(candidate).at(-1);
    return point ? [{ candidate, point }] : [];
  });
  const told = new Told();
  const room = withRoom({ ...own, ...space }, targets);
  const watched = withSentinel(withFailureMemory(make(room), room), room, { minutes: 0 });
  const result = (): Run => told.run();
  const search = withLooks(watched, { targets, space: { ...own, ...space }, result, suspicions });
  const taking = altered(search, {
    tell(ask, outcome) {
      told.take(ask, outcome);
      search.tell(ask, outcome);
    },
  });
  return { search: taking, told };
}

const parameter = { path: 'max_batch_size', segments: ['max_batch_size'], values: [1, 2, 8, 16] };
const space = (changes: Parameters<typeof plan>[0] = {}): Space =>
  buildSpace(plan({ concurrency: [1, 4], parameters: [parameter], ...changes }), {
    name: 'm',
    max_batch_size: 4,
  });
const words = ({ candidate, point, anew }: Ask): string =>
  `${candidate.name.slice(9)} ${levelOf(point)}${anew ? ' anew' : ''}`;

describe.each([1, 4])('on %i slots', (slots) => {
  test("Model Analyzer's visits stay, and each target is looked at early and late", () => {
    const plainAsks = play(bruteSearch(space()), () => measured(100)).told.map(({ ask }) => words(ask));
    const { search } = withTargets(space(), bruteSearch);
    const asks = play(search, () => measured(100), { slots }).told.map(({ ask }) => words(ask));
    const visits = asks.filter((ask) => !ask.endsWith('anew'));
    if (slots === 1) expect(visits).toEqual(plainAsks);
    expect(visits.toSorted()).toEqual(plainAsks.toSorted());
    const at = (name: string): number[] =>
      asks.flatMap((ask, index) => (ask === `${name} anew` ? [index] : []));
    expect(at('1 4')).toHaveLength(2);
    expect(at('1 4')[0]).toBeLessThan(asks.length / 2);
    for (const name of ['1 4', 'default 4']) expect(at(name).at(-1)).toBeGreaterThanOrEqual(asks.length - 2);
  });

  test.each<[Suspicion, number]>([
    ['none', 3],
    ['sure', 3],
    ['doubt', 6],
  ])('what is suspected (%s) is measured %i times in all', (suspicion, count) => {
    const suspicions = () => (name: string) => (name === 'm_config_1' ? suspicion : 'none');
    const { search, told } = withTargets(space(), bruteSearch, suspicions);
    play(search, () => measured(100), { slots });
    // The search itself visits it once.
    expect(told.asks.map(words).filter((ask) => ask.startsWith('1 4'))).toHaveLength(count);
  });

  test('a target that fails is tried twice', () => {
    const { search, told } = withTargets(space(), bruteSearch, () => () => 'doubt');
    play(search, ({ candidate }) => (candidate.name === 'm_config_1' ? failed() : measured(100)), { slots });
    expect(told.asks.map(words).filter((ask) => ask === '1 4 anew')).toHaveLength(2);
  });

  test('the budgets of the user hold', () => {
    for (const mode of ['bayes', 'brute'] as const) {
      for (const maxMeasurements of [1, 2, 3, 6, 9]) {
        const own = space({ search: { mode, seed: 0, maxMeasurements, patience: 'thorough' } });
        const { search, told } = withTargets(own, searchFor, () => () => 'doubt');
        play(search, () => measured(100), { slots });
        expect(told.asks, `${mode} with ${maxMeasurements}`).toHaveLength(maxMeasurements);
        expect(search.account()).toMatchObject({ ended: 'measurements' });
      }
    }
    const alone = space({ search: { mode: 'auto', seed: 0, maxVariants: 1 } });
    const { search, told } = withTargets(alone, bruteSearch);
    play(search, () => measured(100), { slots });
    expect(told.asks.filter(({ anew }) => anew).every(({ candidate }) => candidate.isDefault)).toBe(true);
  });

  test('when little time is left, what is due late comes next', () => {
    const { search, told } = withTargets(space(), bruteSearch);
    play(search, () => measured(100), {
      slots,
      before: (count) => {
        if (count === 5) search.wrapUp?.();
      },
    });
    const late = told.asks.map(words).slice(5, 5 + 2 + slots);
    expect(late).toContain('1 4 anew');
    if (slots === 1) expect(late.slice(0, 2)).toEqual(['1 4 anew', 'default 4 anew']);
  });
});
