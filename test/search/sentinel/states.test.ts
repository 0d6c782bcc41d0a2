import { describe, expect, test } from 'vitest';
import { NoiseSource, noiseOf } from '../../../bench/search/noise.ts';
import type { Other } from '../../../src/search/sentinel/others.ts';
import { type Look, type States, statesOf } from '../../../src/search/sentinel/states.ts';
import { randomSource, standardNormal } from '../../../src/statistics/random-source.ts';

/** How looks scatter: a ground of the generator and a metric of it, or `heavy` and by how much, all of it with heavy tails. */
type Ground = readonly [name: string, of: string | number];

/** Draws looks, each at a server of its own, with how sure they say they are. */
function source(
  [name, of]: Ground,
  seed: number,
): () => { readonly off: number; readonly deviation: number } {
  if (name === 'heavy') {
    const random = randomSource(seed);
    const chi = (): number => [1, 2, 3, 4].reduce((sum) => sum + standardNormal(random) ** 2, 0) / 4;
    const sd = Number(of);
    return () => ({
      off: (sd * standardNormal(random)) / Math.sqrt(chi()) / Math.SQRT2,
      deviation: sd * Math.SQRT1_2,
    });
  }
  const tag = String(of);
  const noise = new NoiseSource(noiseOf(name)!, seed);
  return () => {
    const { values, deviations } = noise.start()({ [tag]: 1 });
    return { off: Math.log(values[tag]!), deviation: deviations![tag]! };
  };
}

/** Looks that scatter around what is true; after a doubtful one up to two more, as the search makes them. */
function looked(
  count: number,
  truth: (at: number) => number,
  ground: Ground,
  seed: number,
  repeats = 0,
): States {
  const draw = source(ground, seed);
  const others = Array.from({ length: repeats }, () => draw().off - draw().off);
  const looks: Look[] = [];
  const look = (at: number, isAtOnce: boolean): void => {
    const { off, deviation } = draw();
    looks.push({ level: 7 + truth(at) + off, deviation, isAtOnce });
  };
  for (let at = 0; at < count; at++) {
    look(at, false);
    for (let more = 0; more < 2 && statesOf(looks, others).doubtful; more++) look(at, true);
  }
  return statesOf(looks, others);
}

/** In which share of runs a shift is found. */
const found = (
  count: number,
  truth: (at: number) => number,
  ground: Ground,
  repeats = 0,
  runs = 300,
): number =>
  Array.from({ length: runs }, (_, seed) => looked(count, truth, ground, seed + 1, repeats)).filter(
    ({ levels }) => levels.length > 1,
  ).length / runs;

const QUIET = ['quiet', 'perf_throughput'] as const;
const USUAL = ['usual', 'perf_throughput'] as const;
const ROUGH = ['rough', 'perf_throughput'] as const;
const nothing = () => 0;

const slower = (share: number) => Math.log(1 - share);
/** What each rate differs by from the one before it. */
const steps = (rates: readonly number[]) => rates.slice(1).map((rate, at) => Math.log(rate / rates[at]!));

describe('where the machine is the same', () => {
  test.each<Ground>([
    ...['quiet', 'usual', 'rough'].flatMap((name) =>
      ['perf_throughput', 'perf_latency_avg', 'perf_latency_p99'].map((tag) => [name, tag] as const),
    ),
    ['heavy', 0.05],
    ['heavy', 0.12],
  ])(
    '%s, %s: a shift is cried in about one of 50 runs at most, however many looks there are',
    (...ground) => {
      for (const count of [3, 6, 12])
        expect(found(count, nothing, ground), String(count)).toBeLessThanOrEqual(0.02);
      expect(found(24, nothing, ground, 0, 200)).toBeLessThanOrEqual(0.025);
      expect(found(12, nothing, ground, 12)).toBeLessThan(0.03);
    },
  );

  test('nothing, one look and two that are alike are one state', () => {
    expect(statesOf([])).toMatchObject({ of: [], levels: [], doubtful: false });
    expect(looked(1, nothing, QUIET, 1).of).toEqual([0]);
    expect(looked(2, nothing, QUIET, 1).of).toEqual([0, 0]);
  });
});

test('looks that say themselves that they are known to no more than 10 % are believed', () => {
  const looks = (deviation?: number): Look[] =>
    [0, slower(0.4), slower(0.4)].map((level) => ({
      level,
      ...(deviation !== undefined && { deviation }),
    }));
  expect(statesOf(looks()).levels).toHaveLength(2);
  expect(statesOf(looks(0.01)).levels).toHaveLength(2);
  expect(statesOf(looks(0.1)).levels).toHaveLength(1);
});

describe('what other points say of it', () => {
  /** Looks at a default in the course of one search on an H200: infer/s; some were made at once, for a doubt. */
  const looks: Look[] = [369, 180, 306, 411, 373, 403, 261, 411, 300, 283].map((rate, at) => ({
    level: Math.log(rate),
    deviation: 0.02,
    isAtOnce: [2, 4, 7, 9].includes(at),
  }));
  /** What one configuration did meanwhile, on servers of its own. */
  const early = [8019, 8151, 7331, 8482, 7086, 8476, 8106, 7659, 8220, 7864];
  const late = [8085, 7584, 8157, 7928, 8379, 7680, 7946, 7693, 7687, 8439];
  const other = (rate: number, at: number): Other => ({
    ...{ point: 0, level: Math.log(rate) },
    ...{ before: at, after: at + 1 },
  });
  const repeats = [...steps(early), ...steps(late)];

  test('a default that scatters by 30 % while another configuration does as it did is no other machine', () => {
    const others = [...early.map((rate) => other(rate, 1)), ...late.map((rate) => other(rate, 4))];
    // Before the sixth look nothing was measured on both sides of what seems to be a change.
    for (let count = 6; count <= looks.length; count++)
      expect(statesOf(looks.slice(0, count), repeats, others).levels, String(count)).toHaveLength(1);
    const six = looks.slice(0, 6);
    expect(statesOf(six, repeats).levels.length).toBeGreaterThan(1);
    // How far other points scatter is known from them.
    expect(statesOf(six, repeats, others).noise).toBeLessThan(0.08);
  });
  const SLOW = slower(0.4);
  const stepped: Look[] = [0, 0.01, -0.01, SLOW, SLOW + 0.01, SLOW].map((level) => ({
    level,
    deviation: 0.01,
  }));
  const at = (point: number, level: number, look: number): Other => ({
    ...{ point, level, before: look, after: look + 1 },
  });
  /** One point that did this in the second state, and as well as before in the first. */
  const beside = (by: number): Other[] => [
    ...[0, 0.02].map((level) => at(1, level, 1)),
    ...[by, by + 0.01].map((level) => at(1, level, 3)),
  ];
  const states = (others: readonly Other[]): number => statesOf(stepped, [], others).levels.length;

  test('what does as well in both states shows that the machine is one, what does half as much worse that it is not', () => {
    expect(states(beside(0))).toBe(1);
    expect(states(beside(-0.05))).toBe(1);
    expect(states(beside(SLOW / 2))).toBe(2);
    expect(states(beside(SLOW))).toBe(2);
  });

  test('one point that changed with the sentinel is enough, however many did not', () => {
    const still = [2, 3, 4, 5, 6, 7].flatMap((point) => [at(point, 3, 0), at(point, 3, 1), at(point, 3, 4)]);
    expect(states(still)).toBe(1);
    expect(states([...still, ...beside(SLOW)])).toBe(2);
    expect(states([...still, ...beside(SLOW / 3)])).toBe(2);
  });

  test('one measurement in a state, those of one state alone, while the machine changed, and at the ends say nothing', () => {
    const [first, second, third] = beside(0);
    expect(states([first!, second!, third!])).toBe(2);
    expect(states([first!, second!, at(3, 0, 3), at(4, 0, 3)])).toBe(2);
    expect(states([first!, second!, at(1, 0, 2), at(1, 0, 2)])).toBe(2);
    const late = { point: 1, level: 0, before: 5 };
    expect(states([first!, second!, late, late])).toBe(2);
  });

  test('nor does one that scatters as much as that itself', () => {
    const loose = [0.5, -0.4, 0.6, -0.5].map((level) => at(4, level, 1));
    const after = [0.4, -0.6].map((level) => at(4, level, 4));
    expect(states([...loose, ...after])).toBe(2);
  });
});

describe('where it is not', () => {
  test('a step of 30 % is found by the first look after it and one more; on rough ground it takes many', () => {
    const step = (at: number): number => (at >= 2 ? slower(0.3) : 0);
    expect(found(3, step, QUIET)).toBe(1);
    expect(found(3, step, USUAL)).toBeGreaterThan(0.97);
    expect(looked(3, step, QUIET, 1).of).toEqual([0, 0, 1, 1]);
    expect(found(12, (at) => (at >= 6 ? slower(0.3) : 0), ROUGH)).toBeGreaterThan(0.7);
  });

  test.each([
    ['15 %', 0.15, 1, 0.8],
    ['10 %', 0.1, 0.93, 0.26],
  ])(
    'a step of %s in the middle of 12 looks, on a quiet machine and on a usual one',
    (_, by, quiet, usual) => {
      const step = (at: number): number => (at >= 6 ? slower(by) : 0);
      expect(found(12, step, QUIET)).toBeGreaterThanOrEqual(quiet);
      expect(found(12, step, USUAL)).toBeGreaterThan(usual);
    },
  );

  test('a ramp down by 30 % over an hour is found', () => {
    const ramp = (at: number): number => slower((0.3 * at) / 11);
    expect(found(12, ramp, QUIET)).toBeGreaterThan(0.95);
    expect(found(12, ramp, USUAL)).toBeGreaterThan(0.9);
  });

  test('what goes away is the same state again', () => {
    const away = (at: number): number => (at === 3 || at === 4 ? slower(0.3) : 0);
    const { of, levels } = looked(8, away, QUIET, 3);
    expect(of.slice(0, 3)).toEqual([0, 0, 0]);
    expect(of.slice(-3)).toEqual([0, 0, 0]);
    expect(levels).toHaveLength(2);
    expect(Math.exp(levels[1]! - levels[0]!)).toBeCloseTo(0.7, 1);
  });

  test('one look that was off, between others that were not', () => {
    const looks = [0, 0.01, slower(0.5), 0, 0.01].map((level) => ({ level, deviation: 0.02 }));
    expect(statesOf(looks).of).toEqual([0, 0, 1, 0, 0]);
    // As long as it is the last, it is a doubt.
    expect(statesOf(looks.slice(0, 3))).toMatchObject({ of: [0, 0, 0], doubtful: true });
  });
});
