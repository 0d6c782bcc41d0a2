import { describe, expect, test } from 'vitest';
import { bruteSearch, stillGrowing } from '../../src/search/brute.ts';
import type { Outcome } from '../../src/search/search.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';

describe('as every search', () => searchContract('brute', bruteSearch));

const visit = (throughput: (concurrency: number) => number, stopAtPlateau: boolean) => {
  const space = buildSpace(plan({ batchSizes: [1, 2], concurrency: [1, 2, 4, 8, 16, 32], stopAtPlateau }), {
    name: 'm',
    max_batch_size: 4,
  });
  const search = bruteSearch(space);
  const seen: string[] = [];
  for (let ask = search.ask(); ask; ask = search.ask()) {
    seen.push(`${ask.point.batchSize}x${ask.point.concurrency!}`);
    search.tell(ask, { state: 'measured', values: { perf_throughput: throughput(ask.point.concurrency!) } });
  }
  return seen.join(' ');
};

test('batch sizes outside, concurrencies inside', () => {
  expect(visit(() => 1, false)).toBe('1x1 1x2 1x4 1x8 1x16 1x32 2x1 2x2 2x4 2x8 2x16 2x32');
});

test('a plateau ends the climb of one batch size', () => {
  expect(visit((concurrency) => Math.min(concurrency, 2), true)).toBe(
    '1x1 1x2 1x4 1x8 1x16 2x1 2x2 2x4 2x8 2x16',
  );
});

test('the plateau rule looks at four throughputs and wants 5 %', () => {
  expect(stillGrowing([1, 1, 1])).toBe(true);
  expect(stillGrowing([100, 100, 104, 105])).toBe(false);
  expect(stillGrowing([100, 100, 104, 105.1])).toBe(true);
  expect(stillGrowing([1, 100, 100, 100, 100])).toBe(false);
});

test('with early exit, one that failed leaves those with a smaller batch their turn', () => {
  const parameters = [{ path: 'max_batch_size', segments: ['max_batch_size'], values: [8, 16, 4, 2] }];
  const space = buildSpace(plan({ earlyExit: true, parameters }), { name: 'm', max_batch_size: 1 });
  const search = bruteSearch(space);
  const asked: unknown[] = [];
  for (let ask = search.ask(); ask; ask = search.ask()) {
    const size = ask.candidate.config['max_batch_size'];
    asked.push(size);
    search.tell(
      ask,
      size === 8
        ? { state: 'failed', kind: 'other', cause: 'no', wantsRoom: false }
        : { state: 'measured', values: { perf_throughput: 10 - Number(size) } },
    );
  }
  expect(asked).toEqual([1, 8, 4, 2]);
});

test('says why it left something out: because throughput did not grow, and not where all failed', () => {
  const automatic = { instanceCounts: [1, 2], batchSizes: [1, 2, 4] };
  const why = (outcome: (size: number) => Outcome): string => {
    const space = buildSpace(plan({ automatic }), { name: 'm', max_batch_size: 1 });
    const search = bruteSearch(space);
    for (let ask = search.ask(); ask; ask = search.ask())
      search.tell(ask, outcome(Number(ask.candidate.config['max_batch_size'])));
    return search.account!().why;
  };
  const measured = (perf_throughput: number): Outcome => ({ state: 'measured', values: { perf_throughput } });
  expect(why(() => measured(1))).toBe('throughput no longer grew');
  expect(why(measured)).toBe('');
  expect(why(() => ({ state: 'failed', kind: 'out of memory', cause: 'full', wantsRoom: true }))).toBe('');
});
