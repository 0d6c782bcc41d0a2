import { describe, expect, test } from 'vitest';
import { batchSizeOf, levelOf } from '../../src/record/load-point.ts';
import { bruteSearch, stillGrowing } from '../../src/search/brute.ts';
import type { Ask } from '../../src/search/search.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { asksOf, failed, measured, play, type Result } from '../support/slots.ts';

describe('as every search', () => searchContract('brute', bruteSearch));

const visit = (throughput: (concurrency: number) => number, stopAtPlateau: boolean) => {
  const space = buildSpace(plan({ batchSizes: [1, 2], concurrency: [1, 2, 4, 8, 16, 32], stopAtPlateau }), {
    name: 'm',
    max_batch_size: 4,
  });
  const search = bruteSearch(space);
  const asks = asksOf(search, ({ point }) => measured(throughput(levelOf(point))));
  return asks.map(({ point }) => `${batchSizeOf(point)}x${levelOf(point)}`).join(' ');
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
  const sizeOf = ({ candidate }: Ask): number => Number(candidate.models[0].config['max_batch_size']);
  const asks = asksOf(search, (ask) => (sizeOf(ask) === 8 ? failed() : measured(10 - sizeOf(ask))));
  expect(asks.map(sizeOf)).toEqual([1, 8, 4, 2]);
});

test('says why it left something out: because throughput did not grow, and not where all failed', () => {
  const automatic = { instanceCounts: [1, 2], batchSizes: [1, 2, 4] };
  const why = (result: (size: number) => Result): string => {
    const space = buildSpace(plan({ automatic }), { name: 'm', max_batch_size: 1 });
    const search = bruteSearch(space);
    play(search, ({ candidate }) => result(Number(candidate.models[0].config['max_batch_size'])));
    return search.account().why;
  };
  expect(why(() => measured(1))).toBe('throughput no longer grew');
  expect(why((size) => measured(size))).toBe('');
  expect(why(() => failed(true))).toBe('');
});
