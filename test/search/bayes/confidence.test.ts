import { expect, test } from 'vitest';
import { chanceBy, keepsBy } from '../../../src/search/bayes/confidence.ts';

test('what draws show is told less surely, in the same order', () => {
  const shares = [0, 0.0005, 0.02, 0.1, 0.3, 0.5, 0.7, 0.95, 1];
  const told = shares.map(chanceBy);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  // Neither is known for sure from draws.
  expect(told[0]).toBeGreaterThan(0);
  expect(told[0]).toBeLessThan(0.01);
  expect(told.at(-1)).toBeLessThan(1);
  // Held against runs: of 35 whose draws said 0.27 on average, something was better in 14 %; of 115 that said 0.02, in 5 %.
  expect(chanceBy(0.27)).toBeCloseTo(0.18, 2);
  expect(chanceBy(0.02)).toBeCloseTo(0.06, 2);
});

test('what the model says of the limits is told less surely, on both sides of even odds', () => {
  const told = [0, 0.2, 0.5, 0.86, 0.945, 0.98, 0.995, 1].map(keepsBy);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told[0]).toBe(0);
  expect(told[2]).toBe(0.5);
  expect(told.at(-1)).toBe(1);
  expect(keepsBy(0.2)).toBeCloseTo(1 - keepsBy(0.8), 9);
  // In the runs that it was fitted to the limits were kept in 0.71, 0.88, 0.93 and 0.97 of them.
  for (const [index, kept] of [0.71, 0.88, 0.93, 0.97].entries())
    expect(Math.abs(told[3 + index]! - kept)).toBeLessThan(0.06);
});
