import { describe, expect, test } from 'vitest';
import { Histogram } from '../../src/statistics/histogram.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import { chanceToTell, judgeShare, shareBeyond, shareInterval } from '../../src/statistics/share-beyond.ts';

const LIMIT_MS = 10;
const WINDOW_MS = 200;

/** Makes the windows of one measurement. */
type Make = (random: () => number, windows: number) => Histogram[];

/** A time that a share of all is longer than the limit: the tail of a Pareto distribution. */
const timeOf = (random: () => number, share: number): number =>
  LIMIT_MS * (share / Math.max(random(), 1e-9)) ** 0.2;

/** Requests that know nothing of each other. */
const independent =
  (perWindow: number, share: number): Make =>
  (random, windows) =>
    Array.from({ length: windows }, () => {
      const times = new Histogram();
      for (let item = perWindow * (0.9 + 0.2 * random()); item > 0; item--)
        times.record(timeOf(random, share));
      return times;
    });

/** Batches that are answered together: what makes one of its requests late makes all. */
const batches =
  (perWindow: number, size: number, share: number): Make =>
  (random, windows) =>
    Array.from({ length: windows }, () => {
      const times = new Histogram();
      for (let batch = perWindow * (0.8 + 0.4 * random()); batch > 0; batch--) {
        const ms = timeOf(random, share);
        for (let item = 0; item < size; item++) times.record(ms * (1 + 0.001 * random()));
      }
      return times;
    });

/** Stalls at any time, so many a second; every request meanwhile is late. */
const stalls =
  (perWindow: number, perSecond: number, stallMs: number): Make =>
  (random, windows) => {
    const all = Array.from({ length: windows }, () => new Histogram());
    const gapMs = (): number => (-Math.log(1 - random()) * 1000) / perSecond;
    const begins: number[] = [];
    for (let at = gapMs(); at < windows * WINDOW_MS; at += gapMs()) begins.push(at);
    for (let item = 0; item < perWindow * windows; item++) {
      const at = random() * windows * WINDOW_MS;
      const late = begins.some((begin) => at >= begin && at < begin + stallMs);
      all[Math.floor(at / WINDOW_MS)]!.record(late ? LIMIT_MS + random() : LIMIT_MS / 2);
    }
    return all;
  };

const total = (windows: readonly Histogram[], read: (window: Histogram) => number): number =>
  windows.reduce((sum, window) => sum + read(window), 0);

/** How many of the intervals hold the share that is true in the long run, percent. */
function coverage(make: Make, windows: number, runs = 400): number {
  const random = randomSource(5);
  const long = Array.from({ length: runs }, () => make(random, windows)).flat();
  const truth = total(long, (window) => window.countAbove(LIMIT_MS)) / total(long, ({ count }) => count);
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const [low, high] = shareInterval(shareBeyond(make(random, windows), LIMIT_MS, 0.01)!);
    if (low <= truth && truth <= high) held++;
  }
  return (100 * held) / runs;
}

describe('the interval of a share holds the truth about as often as it says', () => {
  test.each([
    ['independent requests, few', independent(40, 0.01), 10],
    ['independent requests', independent(200, 0.01), 20],
    ['independent requests, many beyond', independent(200, 0.03), 40],
    ['batches of 32', batches(6, 32, 0.01), 20],
    ['batches of 32, many beyond', batches(6, 32, 0.03), 40],
    ['few batches of 32', batches(2, 32, 0.02), 10],
    ['stalls of 5 ms, two a second', stalls(200, 2, 5), 20],
    ['stalls of 20 ms, two a second', stalls(200, 2, 20), 40],
  ] as const)('%s', (_, make, windows) => {
    const percent = coverage(make, windows);
    expect(percent).toBeGreaterThanOrEqual(90);
    expect(percent).toBeLessThanOrEqual(99);
  });
});

describe('how many independent requests tell it', () => {
  const of = (make: Make, windows: number): number =>
    shareBeyond(make(randomSource(9), windows), LIMIT_MS, 0.01)!.of;

  test('nearly all of those that are independent, one of 32 that are answered together, fewer still of a stall', () => {
    expect(of(independent(200, 0.03), 40) / 8000).toBeGreaterThan(0.5);
    expect(of(batches(6, 32, 0.03), 40) / (40 * 192)).toBeLessThan(1 / 25);
    expect(of(stalls(1000, 2, 20), 40) / 40_000).toBeLessThan(1 / 30);
  });

  test('batches are seen to be batches also where none of them was beyond the limit', () => {
    const windows = batches(6, 32, 1e-9)(randomSource(3), 10);
    const found = shareBeyond(windows, LIMIT_MS, 0.01)!;
    expect(found.share).toBe(0);
    expect(found.of).toBeLessThan(150);
    expect(judgeShare(found, 0.01)).toBe('open');
  });

  test('never more than there were, and of one window or none next to nothing', () => {
    const even = Array.from({ length: 10 }, () => {
      const times = new Histogram();
      for (let item = 0; item < 100; item++) times.record(item);
      return times;
    });
    expect(shareBeyond(even, 89.5, 0.01)!.of).toBeLessThanOrEqual(1000);
    expect(shareBeyond(even.slice(0, 1), 89.5, 0.01)!.of).toBe(1);
    expect(shareBeyond([], 10, 0.01)).toBeUndefined();
    expect(shareBeyond([new Histogram()], 10, 0.01)).toBeUndefined();
  });
});

test('kept, broken, or open', () => {
  expect(judgeShare({ share: 0, of: 400 }, 0.01)).toBe('kept');
  expect(judgeShare({ share: 0, of: 300 }, 0.01)).toBe('open');
  expect(judgeShare({ share: 0.011, of: 10_000 }, 0.01)).toBe('open');
  expect(judgeShare({ share: 0.013, of: 10_000 }, 0.01)).toBe('broken');
  expect(judgeShare({ share: 0.04, of: 10_000 }, 0.05)).toBe('kept');
});

describe('the chance that counting on tells', () => {
  test('is small at the limit itself, and near the end of the time', () => {
    expect(chanceToTell({ share: 0.01, of: 1000 }, 0.01, 0.5)).toBeLessThan(0.1);
    expect(chanceToTell({ share: 0.013, of: 1000 }, 0.01, 0.95)).toBeLessThan(0.1);
  });

  test('is large where it is nearly told, or little was counted yet', () => {
    expect(chanceToTell({ share: 0.015, of: 1000 }, 0.01, 0.5)).toBeGreaterThan(0.5);
    expect(chanceToTell({ share: 0.006, of: 500 }, 0.01, 0.1)).toBeGreaterThan(0.5);
  });

  test('there is none where even nothing beyond would not be enough', () => {
    // It takes 381 to be sure of 1 %.
    expect(chanceToTell({ share: 0, of: 180 }, 0.01, 0.5)).toBeLessThan(0.05);
    expect(chanceToTell({ share: 0, of: 250 }, 0.01, 0.5)).toBeGreaterThan(0.2);
  });
});
