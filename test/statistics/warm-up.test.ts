import { describe, expect, test } from 'vitest';
import { randomSource } from '../../src/statistics/random-source.ts';
import { warmUpOf } from '../../src/statistics/warm-up.ts';

/** A hundred slices around 50; `level` is what each is of that. */
const slices = (level: (index: number) => number, seed = 1): number[] => {
  const random = randomSource(seed);
  return Array.from({ length: 100 }, (_, index) => level(index) * (50 + 10 * (random() - 0.5)));
};
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const cuts = (level: (index: number) => number): number[] =>
  SEEDS.map((seed) => warmUpOf(slices(level, seed)).cut).toSorted((a, b) => a - b);

describe('what is cut off as warm-up', () => {
  test('a slow beginning, long or short, and little more', () => {
    for (const length of [5, 15, 30]) {
      const found = cuts((index) => (index < length ? 0.6 : 1));
      expect(found[0]).toBe(length);
      expect(found[20]).toBeLessThanOrEqual(length + 10);
    }
  });

  test('a beginning that gets faster and faster', () => {
    const found = cuts((index) => Math.min(1, 0.3 + index / 30));
    expect(found[0]).toBeGreaterThanOrEqual(10);
    expect(found[20]).toBeLessThanOrEqual(30);
  });

  test('a burst at first, which an empty queue makes', () => {
    expect(cuts((index) => (index < 10 ? 1.6 : 1))[0]).toBe(10);
  });

  test('not a stall in the middle, with everything before it', () => {
    for (const at of [20, 30, 40, 47]) {
      const found = cuts((index) => (index >= at && index < at + 4 ? 0.05 : 1));
      // Of two in three at least: by chance what was before it looks slow, too.
      expect(found[26], `stall at ${at}`).toBeLessThan(at);
    }
  });

  test('little or nothing of what is level', () => {
    expect(cuts(() => 1)[30]).toBeLessThanOrEqual(15);
  });
});

test('it may not be over where it is still getting faster in the middle', () => {
  const late = (level: (index: number) => number) =>
    SEEDS.filter((seed) => warmUpOf(slices(level, seed)).late).length;
  expect(late((index) => (index < 50 ? 0.5 : 1))).toBe(40);
  expect(late(() => 1)).toBeLessThan(4);
});
