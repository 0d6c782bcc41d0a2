import { describe, expect, test } from 'vitest';
import {
  GaussianProcess,
  matern52,
  normalDensity,
  normalProbability,
} from '../../src/statistics/gaussian-process.ts';

/** A process over numbers. */
function processOf(points: readonly (readonly [x: number, y: number])[], noise: number, mean = 0) {
  const covariance = (a: number, b: number): number => 4 * matern52(Math.abs(a - b));
  const process = new GaussianProcess(
    points.map(([, y]) => y),
    points.map(() => noise),
    (i, j) => covariance(points[i]![0], points[j]![0]),
    mean,
  );
  const at = (x: number) =>
    process.predict(
      points.map(([other]) => covariance(x, other)),
      covariance(x, x),
    );
  const all = (places: readonly number[]) =>
    process.predictAll(
      points.map(([other]) => Float64Array.from(places, (place) => covariance(place, other))),
    );
  return { at, all, logLikelihood: process.logLikelihood };
}

describe('a Gaussian process', () => {
  test('of many places at once says what it says of each', () => {
    const { at, all } = processOf(
      [
        [0, 1],
        [2, -1],
        [5, 3],
      ],
      0.1,
      0.5,
    );
    const places = [-1, 0, 1.5, 4, 9];
    const { means, explained, parts } = all(places);
    for (const [index, place] of places.entries()) {
      const { mean, variance } = at(place);
      expect(means[index]).toBeCloseTo(mean, 10);
      expect(4 - explained[index]!).toBeCloseTo(variance, 10);
      expect(parts.reduce((sum, part) => sum + part[index]! ** 2, 0)).toBeCloseTo(explained[index]!, 10);
    }
  });

  test('goes through values without noise, and is sure of them', () => {
    const { at } = processOf(
      [
        [0, 1],
        [2, -1],
        [5, 3],
      ],
      0,
    );
    for (const [x, y] of [
      [0, 1],
      [2, -1],
      [5, 3],
    ] as const) {
      expect(at(x).mean).toBeCloseTo(y, 6);
      expect(at(x).variance).toBeCloseTo(0, 6);
    }
  });

  test('one value with noise: the mean of both, weighted by their variances', () => {
    const { at, logLikelihood } = processOf([[0, 3]], 1, 1);
    expect(at(0)).toEqual({
      mean: expect.closeTo(1 + (2 * 4) / 5, 6),
      variance: expect.closeTo(4 - 16 / 5, 6),
    });
    // A normal density of variance 5 at a distance of 2.
    expect(logLikelihood).toBeCloseTo(Math.log(normalDensity(2 / Math.sqrt(5)) / Math.sqrt(5)), 6);
  });

  test('far from everything only the mean is known', () => {
    const { at } = processOf([[0, 3]], 0.1, 1);
    expect(at(1000)).toEqual({ mean: expect.closeTo(1, 6), variance: expect.closeTo(4, 6) });
  });

  test('the same place twice is no trouble', () => {
    const { at } = processOf(
      [
        [1, 2],
        [1, 4],
      ],
      0.5,
      3,
    );
    expect(at(1).mean).toBeCloseTo(3, 6);
  });
});

test.each([
  [0, 0.5],
  [1, 0.841344746],
  [-1, 0.158655254],
  [1.959964, 0.975],
  [-3, 0.001349898],
  [6, 1],
])('the normal distribution up to %d', (z, probability) => {
  expect(normalProbability(z)).toBeCloseTo(probability, 6);
});

test("Matérn's covariance falls from 1", () => {
  expect(matern52(0)).toBe(1);
  expect(matern52(1)).toBeCloseTo(0.523994, 5);
  expect(matern52(10)).toBeLessThan(1e-6);
});

test('the square of the noise of observations that have nothing in common', () => {
  const noise = [0.1, 0.4];
  // What is known of the function beforehand: nothing at all at the first place, all at the second.
  const process = new GaussianProcess([3, 2], noise, (i, j) => (i === j && i === 0 ? 1e6 : 0), 0);
  const [first, second] = process.squaredNoise(noise);
  expect(first).toBeCloseTo(0.1, 4);
  expect(second).toBeCloseTo(4, 4);
});

test('by how much observations lie apart from what the others make expect', () => {
  // All are of one number that is known to 1, but for their noise.
  const process = new GaussianProcess([3, 3, 0, 0], [0.5, 0.5, 0.5, 0.5], () => 1, 0);
  // What two others, both 0, make expect of it: 0, with the variance 1 - 2 / 2.5; and half of 0.5 for the noise of the two.
  const { mean, variance } = process.apart([0, 1]);
  expect(mean).toBeCloseTo(3, 6);
  expect(variance).toBeCloseTo(0.2 + 0.25, 6);
});
