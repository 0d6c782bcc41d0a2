import { describe, expect, test } from 'vitest';
import { levelOf } from '../../src/record/load-point.ts';
import { randomSearch } from '../../src/search/random.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { asksOf, measured, play } from '../support/slots.ts';

describe('as every search', () =>
  searchContract('random', (space) => randomSearch(space, { measurements: 100, seed: 3 })));

test('the default first, then so many by chance, the same for the same seed', () => {
  const visit = (seed: number): string[] => {
    const space = buildSpace(plan({ concurrency: [1, 2, 4, 8, 16, 32] }), { name: 'm' });
    const search = randomSearch(space, { measurements: 4, seed });
    return asksOf(search, () => measured(1)).map(({ point }) => String(levelOf(point)));
  };
  expect(visit(1)).toHaveLength(4);
  expect(visit(1)[0]).toBe('1');
  expect(visit(1)).toEqual(visit(1));
  expect(visit(1)).not.toEqual(visit(2));
});

test('says that its budget ended it, and not where it did not', () => {
  const space = buildSpace(plan({ concurrency: [1, 2, 4] }), { name: 'm' });
  const why = (measurements: number): string => {
    const search = randomSearch(space, { measurements, seed: 1 });
    play(search, () => measured(1));
    return search.account().why;
  };
  expect(why(2)).toBe('its budget of 2 measurements is used');
  expect(why(9)).toBe('');
});

test('what ends it where the user set no budget is not called his', () => {
  const space = buildSpace(plan({ concurrency: [1, 2, 4] }), { name: 'm' });
  const search = randomSearch(space, {
    measurements: 2,
    because: '2 points by chance are measured',
    seed: 1,
  });
  play(search, () => measured(1));
  expect(search.account().why).toBe('2 points by chance are measured');
});
