import { expect, test } from 'vitest';
import { Histogram } from '../../src/statistics/histogram.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

const of = (...values: number[]): Histogram => {
  const all = new Histogram();
  for (const value of values) all.record(value);
  return all;
};

test('how many are above a value is as counted one by one, but for those of its own bucket', () => {
  const random = randomSource(4);
  const values = Array.from({ length: 5000 }, () => 0.01 + 200 * random() ** 4);
  const all = of(...values);
  for (const limit of [0.005, 0.1, 1, 17.3, 99, 199, 1e6]) {
    const above = values.filter((value) => value > limit).length;
    const near = values.filter((value) => Math.abs(value / limit - 1) < 0.004).length;
    expect(Math.abs(all.countAbove(limit) - above)).toBeLessThanOrEqual(near);
  }
});

test('the values of a bucket are split by where the limit lies between the least and the most of them', () => {
  const all = of(100, 100.01, 100.02, 100.03);
  expect(all.countAbove(100.03)).toBe(0);
  expect(all.countAbove(100.5)).toBe(0);
  expect(all.countAbove(100.015)).toBeCloseTo(2, 6);
  expect(all.countAbove(99.99)).toBe(4);
  expect(of(7, 7, 7).countAbove(7)).toBe(0);
  expect(of(7, 7, 7).countAbove(6.999)).toBe(3);
  expect(new Histogram().countAbove(1)).toBe(0);
});

test('the edge that so many are above', () => {
  const all = of(1, 2, 3, 4, 5);
  for (const count of [1, 2, 5]) expect(all.countAbove(all.edgeBelow(count) - 1e-9)).toBe(count);
  expect(all.edgeBelow(6)).toBe(0);
});
