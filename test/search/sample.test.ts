import { describe, expect, test } from 'vitest';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import { randomSearch } from '../../src/search/random.ts';
import { amongSome, sampleOf } from '../../src/search/sample.ts';
import { searchedSpace, searchFor } from '../../src/search/search-for.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { askAndTell, measured } from '../support/slots.ts';

describe('as every search', () =>
  searchContract('a search among a part', (space) =>
    amongSome(randomSearch(space, { measurements: 100, seed: 3 }), 10, 100),
  ));

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const spaceOf = (sizes: number, loads: number, seed = 0) =>
  buildSpace(
    plan({
      parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: numbers(sizes) }],
      concurrency: numbers(loads),
      search: { mode: 'bayes', seed },
    }),
    { name: 'm' },
  );

test('a space that fits is kept whole', () => {
  const space = spaceOf(10, 4);
  expect(sampleOf(space, [], 44)).toEqual({ space, points: 44 });
});

test('of a large one: the default, what is known, and others by chance, in their order, the same for a seed', () => {
  const space = spaceOf(100, 4);
  const known = space.candidates[77]!;
  const earlier = [{ candidateKey: known.key, point: inFlight('m', 1), values: {} }];
  const names = (seed: number): string[] =>
    sampleOf(spaceOf(100, 4, seed), earlier, 120).space.candidates.map(({ name }) => name);
  expect(names(1)).toEqual(names(1));
  expect(names(1)).not.toEqual(names(2));
  expect(names(1)).toHaveLength(30);
  expect(names(1)).toContain('m_config_default');
  expect(names(1)).toContain(known.name);
  const inOrder = space.candidates.map(({ name }) => name).filter((name) => names(1).includes(name));
  expect(names(1)).toEqual(inOrder);
});

test('of more loads than fit each so manieth', () => {
  const { space, points } = sampleOf(spaceOf(50, 100), [], 200);
  expect(space.candidates).toHaveLength(20);
  expect(points).toBe(20 * 10);
  expect(space.pointsOf(space.candidates[3]!).map(levelOf)).toEqual([1, 11, 21, 31, 41, 51, 61, 71, 81, 91]);
});

test('the search says that it looked among a part', () => {
  const search = searchFor(searchedSpace(spaceOf(500, 100)));
  for (let left = 3; left > 0; left--) askAndTell(search, measured(1));
  expect(search.account().remarks.join()).toMatch(
    /^of 50,[01]00 points it looked among (39,[89]00|40,000) points of configurations chosen by chance/,
  );
});
