import { describe, expect, test } from 'vitest';
import { effectsOf } from '../../../src/rank/effects/effects.ts';
import { rank } from '../../../src/rank/rank.ts';
import type { Goal } from '../../../src/record/goal.ts';
import { randomSource } from '../../../src/statistics/random-source.ts';
import { measurement, run, trial } from '../../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
type Assignment = Readonly<Record<string, unknown>>;

/** Configurations with these settings, each with what it does at these loads. */
const effects = (
  configurations: readonly Assignment[],
  throughput: (assignment: Assignment, load: number) => number | undefined,
  { loads = [8], judged = goal, isPrecise = true } = {},
) => {
  const trials = configurations.map((assignment, index) =>
    trial(
      `m_config_${index}`,
      loads.flatMap((load) => {
        const value = throughput(assignment, load);
        if (value === undefined) return [];
        const share = isPrecise ? 0.001 : 0.05;
        const interval = [value * (1 - share), value * (1 + share)] as const;
        return [measurement({ perf_throughput: value }, load, { intervals: { perf_throughput: interval } })];
      }),
      { assignment },
    ),
  );
  return effectsOf(rank(run(...trials), judged));
};

/** Every combination of these values. */
const grid = (values: Readonly<Record<string, readonly unknown[]>>): Assignment[] =>
  Object.entries(values).reduce<Assignment[]>(
    (all, [path, list]) =>
      all.flatMap((assignment) => list.map((value) => ({ ...assignment, [path]: value }))),
    [{}],
  );
const percent = (value: number): number => Math.round(100 * (Math.exp(value) - 1));
const factor = (assignment: Assignment, path: string, factors: Readonly<Record<string, number>>): number =>
  factors[String(assignment[path])]!;

const A = { 1: 1, 2: 1.5, 4: 2 };
const B = { 0: 1, 200: 1.1 };
const additive = (assignment: Assignment): number =>
  100 * factor(assignment, 'a', A) * factor(assignment, 'b', B);

describe('settings that add up', () => {
  const full = grid({ a: [1, 2, 4], b: [0, 200], c: ['x', 'y'] });

  test('each has the share of the differences that it makes, and its gain; what does nothing has none', () => {
    const found = effects(full, additive)!;
    const [a, b, c] = ['a', 'b', 'c'].map((path) => found.settings.find((setting) => setting.path === path)!);
    expect([a, b].map((setting) => percent(setting!.gain.value))).toEqual([100, 10]);
    expect(a).toMatchObject({ levels: ['1', '2', '4'], gain: { from: 0, to: 2 } });
    const variance = (values: number[]) => {
      const logs = values.map(Math.log);
      const middle = logs.reduce((sum, value) => sum + value, 0) / logs.length;
      return logs.reduce((sum, value) => sum + (value - middle) ** 2, 0) / logs.length;
    };
    const [ofA, ofB] = [variance(Object.values(A)), variance(Object.values(B))];
    expect(a!.share).toBeCloseTo(ofA / (ofA + ofB), 2);
    expect(b!.share).toBeCloseTo(ofB / (ofA + ofB), 2);
    expect(c!.share).toBe(0);
    expect(found.interactions).toEqual([]);
    expect(found.settings.reduce((sum, { share }) => sum + share, found.rest)).toBeCloseTo(1, 9);
  });

  test('where a search tried good values together, like is compared with like', () => {
    // The better values of b were tried with the worse of a: by plain means a = 4 would be the worst.
    const tried = full
      .filter(({ a, b }) => (a === 4) === (b === 0))
      .concat({ a: 4, b: 200, c: 'x' }, { a: 1, b: 0, c: 'x' });
    const strong = { 0: 1, 200: 5 };
    const found = effects(
      tried,
      (assignment) => 100 * factor(assignment, 'a', A) * factor(assignment, 'b', strong),
    )!;
    const a = found.settings.find(({ path }) => path === 'a')!;
    expect(percent(a.gain.value)).toBe(100);
    expect(a.gain).toMatchObject({ from: 0, to: 2 });
    expect(found.settings.reduce((sum, { share }) => sum + share, found.rest)).toBeCloseTo(1, 9);
  });

  test('a lower value is better where that is asked for', () => {
    const memory = { ...goal, objectives: [{ tag: 'perf_latency_p99', weight: 1 }] };
    const trials = full.map((assignment, index) =>
      trial(`m_config_${index}`, [measurement({ perf_latency_p99: additive(assignment) })], { assignment }),
    );
    const found = effectsOf(rank(run(...trials), memory))!;
    expect(found.settings[0]).toMatchObject({ path: 'a', gain: { from: 2, to: 0 } });
  });
});

describe('loads', () => {
  const full = grid({ a: [1, 2, 4], b: [0, 200] });
  const saturating = (assignment: Assignment, load: number): number =>
    additive(assignment) * (load === 1 ? 0.2 : 1);

  test('where all were tried everywhere, each counts at its best', () => {
    const found = effects(full, saturating, { loads: [1, 8] })!;
    expect(found.by).toBe('best');
    expect(percent(found.settings[0]!.gain.value)).toBe(100);
  });

  test('where a search looked at most with little load only, the loads are taken out', () => {
    const found = effects(
      full,
      (assignment, load) =>
        load === 1 ||
        (load === 8 && assignment['a'] === 1 && assignment['b'] === 0) ||
        (load === 4 && assignment['a'] === 1)
          ? saturating(assignment, load)
          : undefined,
      { loads: [1, 4, 8] },
    )!;
    expect(found.by).toBe('adjusted');
    expect(percent(found.settings.find(({ path }) => path === 'a')!.gain.value)).toBe(100);
  });

  test('where most keep the limits, only what keeps them counts', () => {
    const limited: Goal = { ...goal, constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 20 }] };
    const trials = full.map((assignment, index) =>
      trial(
        `m_config_${index}`,
        [1, 8].map((load) =>
          measurement(
            { perf_throughput: saturating(assignment, load), perf_latency_p99: load === 8 ? 50 : 5 },
            load,
          ),
        ),
        { assignment },
      ),
    );
    const found = effectsOf(rank(run(...trials), limited))!;
    expect(found.isLimited).toBe(true);
    expect(Math.exp(Math.max(...found.worths.map(({ value }) => value)))).toBeCloseTo(0.2 * 220);
  });
});

describe('settings that do something only together', () => {
  const full = grid({ a: [1, 2, 4], b: [0, 200], c: ['x', 'y', 'z'] });

  test('are told, with what a step of the one does at two values of the other', () => {
    const found = effects(
      full,
      (assignment) => additive(assignment) * (assignment['a'] === 4 && assignment['b'] === 200 ? 1.8 : 1),
    )!;
    expect(found.interactions).toHaveLength(1);
    const { paths, steps, share } = found.interactions[0]!;
    expect(paths.toSorted()).toEqual(['a', 'b']);
    expect(share).toBeGreaterThan(0.05);
    expect(
      steps
        .map(({ value }) => percent(value))
        .sort((x, y) => x - y)
        .at(-1),
    ).toBeGreaterThan(90);
    expect(found.settings.reduce((sum, item) => sum + item.share, found.rest + share)).toBeCloseTo(1, 9);
  });

  test('chance alone tells none: in 5 % of the runs at most', () => {
    const random = randomSource(5);
    let told = 0;
    for (let turn = 0; turn < 100; turn++) {
      const found = effects(
        full,
        (assignment) => additive(assignment) * Math.exp(0.1 * (random() + random() + random() - 1.5)),
        {
          isPrecise: false,
        },
      )!;
      if (found.interactions.length > 0) told++;
    }
    expect(told).toBeLessThanOrEqual(8);
  });
});

test('intervals hold the truth in 95 % of the runs, and what is noise gains nothing for sure', () => {
  const full = grid({ a: [1, 2, 4], b: [0, 200], c: ['x', 'y'] });
  const random = randomSource(7);
  let [held, sureNoise] = [0, 0];
  const RUNS = 200;
  for (let turn = 0; turn < RUNS; turn++) {
    const found = effects(
      full,
      (assignment) => additive(assignment) * Math.exp(0.2 * (random() + random() + random() - 1.5)),
    )!;
    const { means } = found.settings.find(({ path }) => path === 'a')!;
    const truth = Math.log(100 * 4 * Math.sqrt(1.1)) - Math.log(2);
    if (Math.abs(means[2]!.value - truth) <= means[2]!.half) held++;
    const { gain } = found.settings.find(({ path }) => path === 'c')!;
    if (gain.value > gain.half) sureNoise++;
  }
  expect(held / RUNS).toBeGreaterThan(0.91);
  expect(sureNoise / RUNS).toBeLessThan(0.09);
});

describe('what can not be told', () => {
  test('settings that always changed together have one share, together', () => {
    const found = effects(
      grid({ a: [1, 2, 4], b: [0, 200] }).map((assignment) => ({ ...assignment, d: assignment['a'] })),
      additive,
    )!;
    expect(found.settings.map(({ path }) => path)).toEqual(['b']);
    expect(found.joint.map(({ paths }) => paths)).toEqual([['a', 'd']]);
    expect(found.joint[0]!.share + found.settings[0]!.share + found.rest).toBeCloseTo(1, 9);
    expect(found.joint[0]!.share).toBeGreaterThan(0.9);
    expect(found.untold).toEqual([]);
  });

  test('values that came only with one value of another setting say nothing by themselves', () => {
    const tried = [
      { a: 1, b: 8 },
      { a: 2, b: 8 },
      { a: 4, b: 8 },
      { a: 4, b: 16 },
      { a: 1, b: 64 },
    ];
    const found = effects(tried, ({ a }) => 100 * Number(a))!;
    expect(found.settings).toEqual([]);
    expect(found.joint[0]!.paths.toSorted()).toEqual(['a', 'b']);
    expect(found.untold).toEqual([]);
  });

  test('a setting that was tried evenly beside one that is not told stays by itself', () => {
    // Half of all combinations: c has nothing left to be judged by, and is balanced over a and b.
    const half = grid({ a: [1, 2], b: [0, 200] }).map((assignment) => ({
      ...assignment,
      c: (assignment['a'] === 1) === (assignment['b'] === 0) ? 'x' : 'y',
    }));
    const found = effects(half, additive)!;
    expect(found.settings.map(({ path }) => path).toSorted()).toEqual(['a', 'b']);
    expect(found.joint).toEqual([]);
    expect(found.untold).toEqual([{ path: 'c', why: 'too few configurations' }]);
  });

  test('too few configurations, or nothing that differs', () => {
    expect(effects(grid({ a: [1, 2, 4] }), additive)).toBeUndefined();
    expect(
      effects(
        Array.from({ length: 6 }, () => ({ a: 1, b: 0 })),
        additive,
      ),
    ).toBeUndefined();
    expect(effects([], additive)).toBeUndefined();
  });

  test('the default, where it has values of its own', () => {
    const trials = grid({ a: [1, 2, 4], b: [0, 200] }).map((assignment, index) =>
      trial(`m_config_${index}`, [measurement({ perf_throughput: additive(assignment) })], { assignment }),
    );
    const base = trial('m_config_default', [measurement({ perf_throughput: 1 })]);
    const found = effectsOf(rank(run(base, ...trials), goal))!;
    expect(found.leftOut).toBe(1);
    expect(percent(found.settings[0]!.gain.value)).toBe(100);
  });
});

test('eight settings of a thousand configurations take no second', () => {
  const random = randomSource(3);
  const paths = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  const many = Array.from({ length: 1000 }, () =>
    Object.fromEntries(paths.map((path) => [path, Math.floor(random() * 6)])),
  );
  const found = effects(many, (assignment) => 100 * (1 + Number(assignment['a'])))!;
  expect(found.settings[0]).toMatchObject({ path: 'a' });
  expect(found.settings[0]!.share).toBeGreaterThan(0.95);
  expect(found.untold).toHaveLength(1);
});
