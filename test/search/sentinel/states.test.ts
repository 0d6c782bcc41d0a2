import { describe, expect, test } from 'vitest';
import { type Look, type States, statesOf } from '../../../src/search/sentinel/states.ts';
import { randomSource, standardNormal } from '../../../src/statistics/random-source.ts';

const MINUTE = 60_000;

/** Looks whose logarithms scatter by `sd` around what is true; after a doubtful one up to two more, as the search makes them. */
function looked(count: number, truth: (at: number) => number, sd: number, seed: number, repeats = 0): States {
  const random = randomSource(seed);
  const noise = (): number => sd * standardNormal(random);
  const others = Array.from({ length: repeats }, () => noise() - noise());
  const looks: Look[] = [];
  const look = (at: number): void => {
    const startMs = 5 * MINUTE * at + looks.length;
    looks.push({ level: 7 + truth(at) + noise(), startMs, endMs: startMs + 1 });
  };
  for (let at = 0; at < count; at++) {
    look(at);
    for (let more = 0; more < 2 && statesOf(looks, others).doubtful; more++) look(at);
  }
  return statesOf(looks, others);
}

/** In how many of 500 runs a shift is found. */
const found = (count: number, truth: (at: number) => number, sd: number, repeats = 0): number =>
  Array.from({ length: 500 }, (_, seed) => looked(count, truth, sd, seed + 1, repeats)).filter(
    ({ levels }) => levels.length > 1,
  ).length / 500;

const slower = (share: number) => Math.log(1 - share);

describe('where the machine is the same', () => {
  test.each([
    [0.02, 12],
    [0.035, 12],
    [0.05, 3],
    [0.05, 6],
    [0.05, 12],
    [0.05, 24],
  ])('looks that scatter by %d are a shift in less than one of 50 runs of %d looks', (sd, count) => {
    expect(found(count, () => 0, sd)).toBeLessThan(0.02);
  });

  test('what repeats show of the noise is believed: a machine that scatters by 8 %', () => {
    expect(found(12, () => 0, 0.08)).toBeLessThan(0.1);
    expect(found(12, () => 0, 0.08, 20)).toBeLessThan(0.03);
  });

  test('nothing, one look and two that are alike are one state', () => {
    expect(statesOf([])).toMatchObject({ of: [], levels: [], doubtful: false });
    expect(looked(1, () => 0, 0, 1).of).toEqual([0]);
    expect(looked(2, () => 0, 0, 1).of).toEqual([0, 0]);
  });
});

test('looks that say themselves that they are known to no more than 10 % are believed', () => {
  const looks = (deviation?: number): Look[] =>
    [0, slower(0.25), slower(0.25)].map((level, at) => ({
      ...{ level, startMs: at * MINUTE, endMs: at * MINUTE + 1 },
      ...(deviation !== undefined && { deviation }),
    }));
  expect(statesOf(looks()).levels).toHaveLength(2);
  expect(statesOf(looks(0.01)).levels).toHaveLength(2);
  expect(statesOf(looks(0.1)).levels).toHaveLength(1);
});

describe('where it is not', () => {
  test('a step of 30 % is found by the first look after it and one more', () => {
    const step = (at: number): number => (at >= 2 ? slower(0.3) : 0);
    expect(found(3, step, 0.02)).toBe(1);
    expect(found(3, step, 0.05)).toBeGreaterThan(0.97);
    expect(looked(3, step, 0.02, 1).of).toEqual([0, 0, 1, 1]);
  });

  test('a step of 10 % is found on a quiet machine in an hour, on a usual one in four of ten', () => {
    const step = (at: number): number => (at >= 6 ? slower(0.1) : 0);
    expect(found(12, step, 0.02)).toBeGreaterThan(0.93);
    expect(found(12, step, 0.05)).toBeGreaterThan(0.4);
  });

  test('a ramp down by 30 % over an hour is found', () => {
    const ramp = (at: number): number => slower((0.3 * at) / 11);
    expect(found(12, ramp, 0.02)).toBe(1);
    expect(found(12, ramp, 0.05)).toBeGreaterThan(0.97);
  });

  test('what goes away is the same state again', () => {
    const away = (at: number): number => (at === 3 || at === 4 ? slower(0.3) : 0);
    const { of, levels } = looked(8, away, 0.02, 3);
    expect(of.slice(0, 3)).toEqual([0, 0, 0]);
    expect(of.slice(-3)).toEqual([0, 0, 0]);
    expect(levels).toHaveLength(2);
    expect(Math.exp(levels[1]! - levels[0]!)).toBeCloseTo(0.7, 1);
  });

  test('one look that was off, between others that were not', () => {
    const looks = [0, 0.01, slower(0.5), 0, 0.01].map((level, at) => ({
      level,
      startMs: at * MINUTE,
      endMs: at * MINUTE + 1,
    }));
    expect(statesOf(looks).of).toEqual([0, 0, 1, 0, 0]);
    // As long as it is the last, it is a doubt.
    expect(statesOf(looks.slice(0, 3))).toMatchObject({ of: [0, 0, 0], doubtful: true });
  });
});
