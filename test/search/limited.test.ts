import { describe, expect, test } from 'vitest';
import type { SearchMode } from '../../src/config/search-settings.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { withLimits } from '../../src/search/limited.ts';
import type { Ask } from '../../src/search/search.ts';
import { searchedSpace, searchFor } from '../../src/search/search-for.ts';
import { buildSpace, type Candidate, type Space } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { askOf, failed, measured, play } from '../support/slots.ts';

describe('as every search', () =>
  searchContract('brute with limits that leave room', (space) =>
    withLimits(bruteSearch(space), { maxMeasurements: 1000, maxVariants: 100 }),
  ));

const spaceOf = (mode: SearchMode, limits: { maxMeasurements?: number; maxVariants?: number }): Space =>
  buildSpace(
    plan({
      search: { mode, seed: 0, ...limits },
      concurrency: [1, 2, 4, 8, 16, 32],
      automatic: { instanceCounts: [1, 2, 3, 4], batchSizes: [1, 2, 4, 8] },
    }),
    { name: 'm', max_batch_size: 8 },
  );

/** The more of everything, the better, so that no search ends by itself soon. */
const works = ({ candidate, point }: Ask) =>
  measured(10 * levelOf(point) + Number(candidate.models[0].config['max_batch_size']));

describe.each(['brute', 'quick', 'random', 'bayes'] as const)('%s', (mode) => {
  describe.each([1, 4, 8])('on %d slots', (slots) => {
    test.each([1, 2, 3, 7])('takes %d measurements at most, also while they are in flight', (most) => {
      const search = searchFor(searchedSpace(spaceOf(mode, { maxMeasurements: most })));
      let inFlight = 0;
      const onAsk = (): void => expect(++inFlight).toBeLessThanOrEqual(most);
      const { told } = play(search, works, { slots, onAsk });
      // The hill climb comes to its end by itself sooner.
      const isCut = mode !== 'quick' || told.length === most;
      if (isCut) expect(told).toHaveLength(most);
      const used = new RegExp(`^its budget of ${most} measurements? is used$`);
      if (isCut) expect(search.account().why).toMatch(used);
      else expect(search.account().why).not.toMatch(used);
    });

    test.each([1, 2, 3])('takes up %d configurations at most, whether they work or not', (most) => {
      for (const result of [works, () => failed()]) {
        const search = searchFor(searchedSpace(spaceOf(mode, { maxVariants: most })));
        const begun = new Set<Candidate>();
        play(search, result, { slots, onAsk: ({ candidate }) => void begun.add(candidate) });
        expect(begun.size).toBeGreaterThan(0);
        expect(begun.size).toBeLessThanOrEqual(most);
      }
    });
  });
});

test('what was withdrawn takes up nothing', () => {
  const space = spaceOf('brute', { maxMeasurements: 1, maxVariants: 1 });
  const search = searchFor(searchedSpace(space));
  const first = askOf(search);
  expect(search.ask({ busy: new Set([first.candidate]) })).toBe('done');
  search.tell(first, { state: 'withdrawn', started: true });
  const again = askOf(search);
  expect(again).toEqual(first);
  search.tell(again, { state: 'measured', started: true, values: { perf_throughput: 1 } });
  expect(search.ask({ busy: new Set() })).toBe('done');
});

test('a limit that nothing was left out for is not told as the reason', () => {
  const few = buildSpace(plan({ concurrency: [1, 2] }), { name: 'm' });
  const search = withLimits(bruteSearch(few), { maxMeasurements: 2, maxVariants: 1 });
  play(search, works);
  expect(search.account().why).toBe('');
});
