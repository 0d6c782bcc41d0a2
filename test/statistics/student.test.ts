import { expect, test } from 'vitest';
import { twoSidedChance, twoSidedQuantile } from '../../src/statistics/student.ts';

test.each([
  // Published tables: two-sided 95 %.
  [1, 12.706],
  [2, 4.303],
  [5, 2.571],
  [10, 2.228],
  [30, 2.042],
  [120, 1.98],
  [100_000, 1.96],
])('the quantile of %d degrees of freedom is that of the tables', (degrees, quantile) => {
  expect(twoSidedQuantile(degrees)).toBeCloseTo(quantile, 3);
});

test('chances are those of the tables, at both ends, too', () => {
  expect(twoSidedChance(3.169, 10)).toBeCloseTo(0.01, 4);
  expect(twoSidedChance(-3.169, 10)).toBeCloseTo(0.01, 4);
  expect(twoSidedChance(0, 7)).toBe(1);
  expect(twoSidedChance(Number.POSITIVE_INFINITY, 7)).toBe(0);
  // Of a whole number and of one between the values of its neighbours.
  expect(twoSidedChance(2, 4.5)).toBeLessThan(twoSidedChance(2, 4));
  expect(twoSidedChance(2, 4.5)).toBeGreaterThan(twoSidedChance(2, 5));
  expect(twoSidedChance(40, 1000)).toBeLessThan(1e-200);
});
