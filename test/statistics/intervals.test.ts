import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/statistics/histogram.ts';
import { percentileInterval, rateInterval, relativeHalfWidth } from '../../src/statistics/intervals.ts';
import { percentile } from '../../src/statistics/percentile.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import { Timeline } from '../../src/statistics/timeline.ts';
import { warmUpOf } from '../../src/statistics/warm-up.ts';

const histogram = (values: readonly number[]): Histogram => {
  const times = new Histogram();
  for (const value of values) times.record(value);
  return times;
};

const timeline = (ends: readonly number[]): Timeline => {
  const line = new Timeline(0);
  for (const end of ends) line.add(end, 1);
  return line;
};

describe('a histogram of times', () => {
  test('knows any value to 0.2 %, from microseconds to minutes; mean, least and most exactly', () => {
    const random = randomSource(3);
    const values = Array.from({ length: 2000 }, () => 10 ** (random() * 7 - 2));
    const times = histogram(values);
    const sorted = values.toSorted((a, b) => a - b);
    for (const rank of [0, 1, 500, 1000, 1990, 1999]) {
      expect(Math.abs(times.atRank(rank) / sorted[rank]! - 1)).toBeLessThan(0.0021);
    }
    expect(times.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 2000, 6);
    expect([times.min, times.max]).toEqual([sorted[0], sorted.at(-1)]);
    expect(times.atRank(2000)).toBeNaN();
  });

  test('two of them are one of all', () => {
    const [a, b] = [histogram([1, 2, 3]), histogram([4, 500])];
    a.add(b);
    expect([a.count, a.sum, a.min, a.max]).toEqual([5, 510, 1, 500]);
    expect(Math.abs(a.atRank(3) / 4 - 1)).toBeLessThan(0.003);
  });

  test('times below zero and beyond all measure are counted', () => {
    const times = histogram([-1, 0, 1e9]);
    expect(times.count).toBe(3);
    expect(times.max).toBe(1e9);
  });
});

test("perf_analyzer's nearest rank: index floor(p/100 (n-1) + 0.5)", () => {
  const ten = histogram([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const found = [50, 90, 95, 99].map((percent) => Math.round(percentile(ten, percent)));
  expect(found).toEqual([6, 9, 10, 10]);
  expect(percentile(histogram([7]), 99)).toBe(7);
  expect(percentile(new Histogram(), 50)).toBeNaN();
});

test('a timeline keeps its counts while its bins grow', () => {
  const line = timeline([0.5, 1.5, 2.5]);
  line.add(100_000, 7);
  expect(line.slices(0, 120_000, 2)).toEqual([3, 7]);
  expect(line.slices(0, 2 * line.width, 1)).toEqual([3]);
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
    const [low, high] = rateInterval(timeline(ends.slice(1)), 0, 2000, ends.length - 1);
    return low! <= 200 && high! >= 200;
  });
  expect(share).toBeGreaterThan(0.9);
});

test('rates that depend on each other get a wider interval', () => {
  const random = randomSource(5);
  const ends = (drift: number): number[] => {
    const found: number[] = [];
    for (let now = 0; now < 4000; now += 5 * (1 + drift * Math.sin(now / 300))) found.push(now + random());
    return found;
  };
  const width = (drift: number): number => {
    const all = ends(drift);
    const [low, high] = rateInterval(timeline(all), 0, 4000, all.length);
    return high! - low!;
  };
  expect(width(0.5)).toBeGreaterThan(5 * width(0));
});

test('a percentile lies in its 95 % interval in at least 90 % of the runs', () => {
  const share = coverage(400, (random) => {
    const [low, high] = percentileInterval(histogram(Array.from({ length: 500 }, random)), 90);
    return low! <= 0.9 && high! >= 0.9;
  });
  expect(share).toBeGreaterThan(0.9);
});

test('an end beyond the sample is not known', () => {
  const [low, high] = percentileInterval(histogram(Array.from({ length: 100 }, (_, index) => index)), 99);
  expect(low).not.toBeNull();
  expect(high).toBeNull();
  expect(rateInterval(timeline([1, 2, 3]), 0, 10, 3)).toEqual([null, null]);
  expect(relativeHalfWidth([null, 3])).toBeUndefined();
  expect(relativeHalfWidth([90, 110])).toBeCloseTo(0.1);
});

describe('the warm-up (MSER-5)', () => {
  const noisy = (length: number, level: (index: number) => number): number[] => {
    const random = randomSource(9);
    return Array.from({ length }, (_, index) => level(index) * (0.95 + 0.1 * random()));
  };

  test('is cut off where the level is reached', () => {
    const { cut, late } = warmUpOf(noisy(100, (index) => (index < 20 ? 5 * index : 100)));
    expect(cut).toBeGreaterThanOrEqual(15);
    expect(cut).toBeLessThanOrEqual(30);
    expect(late).toBe(false);
  });

  test('is little or nothing of a level run', () => {
    expect(warmUpOf(noisy(100, () => 100)).cut).toBeLessThanOrEqual(25);
    expect(warmUpOf(Array.from({ length: 100 }, () => 7))).toEqual({ cut: 0, late: false });
  });

  test('a run that never gets level says so', () => {
    expect(warmUpOf(noisy(100, (index) => index)).late).toBe(true);
  });

  test('too few values are left alone', () => {
    expect(warmUpOf([1, 2, 3])).toEqual({ cut: 0, late: false });
  });
});
