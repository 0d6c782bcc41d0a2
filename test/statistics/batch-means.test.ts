import { expect, test } from 'vitest';
import { type Batch, meanInterval, rangeOf, ratioInterval } from '../../src/statistics/batch-means.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

const random = randomSource(7);
const exponential = (): number => -Math.log(1 - random());
/** How often of 500 an interval of what `make` gives holds the truth. */
const coverage = (truth: number, make: () => readonly Batch[]): number =>
  Array.from({ length: 500 }).filter(() => {
    const [low, high] = ratioInterval(make());
    return low !== null && high !== null && low <= truth && truth <= high;
  }).length / 500;

test('a mean time out of windows of unequal counts is held in 95 of 100 cases', () => {
  const windows = (count: number) => (): Batch[] =>
    Array.from({ length: count }, () => {
      const over = 20 + Math.floor(random() * 60);
      return { sum: Array.from({ length: over }, exponential).reduce((a, b) => a + b), over };
    });
  for (const count of [3, 5, 12, 20, 64]) {
    expect(coverage(1, windows(count)), `${count} windows`).toBeGreaterThan(0.91);
    expect(coverage(1, windows(count)), `${count} windows`).toBeLessThan(0.99);
  }
});

test('windows that depend on each other make it wider, not wrong', () => {
  const dependent = (): Batch[] => {
    let level = 0;
    return Array.from({ length: 60 }, () => {
      level = 0.7 * level + (random() - 0.5);
      return { sum: 5 + level, over: 1 };
    });
  };
  expect(coverage(5, dependent)).toBeGreaterThan(0.8);
});

test('equal parts are known exactly, a single one not at all', () => {
  expect(meanInterval([7, 7, 7])).toEqual([7, 7]);
  expect(meanInterval([7])).toEqual([null, null]);
  expect(meanInterval([])).toEqual([null, null]);
  expect(ratioInterval([{ sum: 0, over: 0 }])).toEqual([null, null]);
  // No value of ours is below zero.
  expect(meanInterval([0, 100])[0]).toBe(0);
});

test('a peak lies between what was seen', () => {
  expect(rangeOf([3, 1, 2])).toEqual([1, 3]);
  expect(rangeOf([])).toEqual([null, null]);
});
