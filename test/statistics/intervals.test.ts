import { expect, test } from 'vitest';
import { randomSource } from '../../src/load/tensor-data.ts';
import { percentileInterval, rateInterval, relativeHalfWidth } from '../../src/statistics/intervals.ts';
import { percentile } from '../../src/statistics/percentile.ts';

test("perf_analyzer's nearest rank: index floor(p/100 (n-1) + 0.5)", () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([50, 90, 95, 99].map((percent) => percentile(ten, percent))).toEqual([6, 9, 10, 10]);
  expect(percentile([7], 99)).toBe(7);
});

/** How often an interval holds the truth in `runs` runs of a seeded random process. */
const coverage = (runs: number, holds: (random: () => number) => boolean): number => {
  const random = randomSource(7);
  return Array.from({ length: runs }, () => holds(random)).filter(Boolean).length / runs;
};

test('the rate of a Poisson stream lies in its 95 % interval in at least 90 % of the runs', () => {
  const share = coverage(400, (random) => {
    const ends: number[] = [];
    for (let now = 0; now < 2000; now += -Math.log(1 - random()) * 5) ends.push(now);
    const [low, high] = rateInterval(ends.slice(1), 0, 2000);
    return low! <= 200 && high! >= 200;
  });
  expect(share).toBeGreaterThan(0.9);
});

test('a percentile lies in its 95 % interval in at least 90 % of the runs', () => {
  const share = coverage(400, (random) => {
    const sorted = Float64Array.from({ length: 500 }, random).sort();
    const [low, high] = percentileInterval(sorted, 90);
    return low! <= 0.9 && high! >= 0.9;
  });
  expect(share).toBeGreaterThan(0.9);
});

test('an end beyond the sample is not known', () => {
  const [low, high] = percentileInterval(
    Float64Array.from({ length: 100 }, (_, index) => index),
    99,
  );
  expect(low).not.toBeNull();
  expect(high).toBeNull();
  expect(rateInterval([1, 2, 3], 0, 10)).toEqual([null, null]);
  expect(relativeHalfWidth([null, 3])).toBeUndefined();
  expect(relativeHalfWidth([90, 110])).toBeCloseTo(0.1);
});
