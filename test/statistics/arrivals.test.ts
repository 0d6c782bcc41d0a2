import { expect, test } from 'vitest';
import { type Arrivals, meanRate, scheduleOf } from '../../src/statistics/arrivals.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

const first = (arrivals: Arrivals, count: number, index = 0, of = 1): (number | undefined)[] => {
  const next = scheduleOf(arrivals, index, of);
  return Array.from({ length: count }, next);
};

test('a constant rate neither drifts nor bunches', () => {
  const times = first({ kind: 'constant', rate: 300, seed: 1 }, 300_001) as number[];
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBe(1_000_000);
});

test('Poisson arrivals have the rate, gaps that scatter as they should, and come again with their seed', () => {
  const arrivals = { kind: 'poisson', rate: 1000, seed: 7 } as const;
  const times = first(arrivals, 20_000) as number[];
  expect(times.at(-1)! / 20_000).toBeCloseTo(1, 1);
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  const long = gaps.filter((gap) => gap > 1).length / gaps.length;
  expect(long).toBeCloseTo(Math.exp(-1), 1);
  expect(first(arrivals, 100)).toEqual(times.slice(0, 100));
  expect(first({ ...arrivals, seed: 8 }, 100)).not.toEqual(times.slice(0, 100));
});

test('gaps come again and again, a trace once', () => {
  expect(first({ kind: 'intervals', gapsMs: [1, 3] }, 4)).toEqual([1, 4, 5, 8]);
  expect(first({ kind: 'trace', timesMs: [0, 10, 15] }, 4)).toEqual([0, 10, 15, undefined]);
});

test('threads share the arrivals, none is lost or doubled', () => {
  const arrivals = { kind: 'poisson', rate: 100, seed: 3 } as const;
  const all = first(arrivals, 30);
  const shares = [0, 1, 2].flatMap((index) => first(arrivals, 10, index, 3)) as number[];
  expect(shares.sort((a, b) => a - b)).toEqual(all);
});

test.each<[Arrivals, number]>([
  [{ kind: 'constant', rate: 50, seed: 1 }, 50],
  [{ kind: 'intervals', gapsMs: [10, 30] }, 50],
  [{ kind: 'trace', timesMs: [0, 100, 200] }, 10],
  [{ kind: 'trace', timesMs: [0] }, 1],
])('the mean rate of %j', (arrivals, rate) => {
  expect(meanRate(arrivals)).toBeCloseTo(rate);
});

test('the source of random numbers is even', () => {
  const random = randomSource(3);
  const buckets = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) buckets[Math.floor(random() * 10)]!++;
  expect(Math.min(...buckets)).toBeGreaterThan(850);
  expect(Math.max(...buckets)).toBeLessThan(1150);
});
