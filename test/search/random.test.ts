import { describe, expect, test } from 'vitest';
import { randomSearch } from '../../src/search/random.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';

describe('as every search', () =>
  searchContract('random', (space) => randomSearch(space, { measurements: 100, seed: 3 })));

test('the default first, then so many by chance, the same for the same seed', () => {
  const visit = (seed: number): string[] => {
    const space = buildSpace(plan({ concurrency: [1, 2, 4, 8, 16, 32] }), { name: 'm' });
    const search = randomSearch(space, { measurements: 4, seed });
    const seen: string[] = [];
    for (let ask = search.ask(); ask; ask = search.ask()) {
      seen.push(String(ask.point.concurrency));
      search.tell(ask, { state: 'measured', values: { perf_throughput: 1 } });
    }
    return seen;
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
    for (let ask = search.ask(); ask; ask = search.ask()) search.tell(ask, { state: 'measured', values: {} });
    return search.account!().why;
  };
  expect(why(2)).toBe('its budget of 2 measurements is used');
  expect(why(9)).toBe('');
});
