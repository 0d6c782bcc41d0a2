import { expect, test } from 'vitest';
import { intervalsOf, noiseOf } from '../../src/rank/noise.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import { measurementsOf, type Trial } from '../../src/record/run.ts';
import { randomSource, standardNormal } from '../../src/statistics/random-source.ts';
import { measurement, trial } from '../support/run.ts';

/** A point that was measured on so many starts, with these means; each look is known to 1 %. */
const started = (name: string, values: readonly number[], changes: Partial<Measurement> = {}): Trial => ({
  ...trial(name, []),
  state: 'measured',
  points: values.map((value, index) => ({
    state: 'measured',
    key: name,
    measurement: measurement({}, 1, {
      values: { perf_throughput: value },
      intervals: { perf_throughput: [value * 0.99, value * 1.01] },
      ...changes,
    }),
    ...(index > 0 && { again: 'afresh' }),
  })),
});
const widthOf = (trials: readonly Trial[]): number => {
  const [low, high] = intervalsOf(measurementsOf(trials[0]!)[0]!, noiseOf(trials))['perf_throughput']!;
  return (high! - low!) / 2;
};

test('on one start an interval is that of this start', () => {
  expect(widthOf([started('a', [100]), started('b', [80, 120])])).toBeCloseTo(1);
});

test('on several it holds one more start: the farther starts differ anywhere, the wider', () => {
  const calm = widthOf([started('a', [100, 100]), started('b', [100, 100.5]), started('c', [100, 99.5])]);
  const rough = widthOf([started('a', [100, 100]), started('b', [80, 120]), started('c', [85, 115])]);
  // Two starts by 2 % each, as long as nothing else is known.
  expect(calm).toBeGreaterThan(3);
  expect(calm).toBeLessThan(7);
  expect(rough).toBeGreaterThan(20);
});

test('on CPUs whose starts differ by more than usual a day does, too', () => {
  const changes = (gpusInUse: number) => ({ gpusInUse });
  const on = (gpus: number, apart: number): number =>
    widthOf(
      Array.from({ length: 12 }, (_, index) =>
        started(`c${index}`, [100 - apart, 100 + apart], changes(gpus)),
      ),
    );
  // By 2 % and by 14 %: standard deviations of a start.
  const [quiet, rough] = [1.4, 10].map((apart) => on(0, apart) / on(1, apart));
  expect(on(0, 1.4)).toBeGreaterThan(on(1, 1.4));
  expect(on(0, 10) ** 2 - on(1, 10) ** 2).toBeGreaterThan(5 * (on(0, 1.4) ** 2 - on(1, 1.4) ** 2));
  expect(rough!).toBeLessThan(quiet!);
});

test('an end that is not known stays so', () => {
  const bare = measurement({}, 1, { starts: 2, intervals: { perf_latency_p99: [9, null] } });
  expect(intervalsOf(bare, { starts: {} })['perf_latency_p99']).toEqual([expect.any(Number), null]);
});

test('what the search believes of starts belongs to it', () => {
  const item = measurement({ perf_throughput: 100 }, 1, { starts: 2 });
  const noise = {
    starts: {},
    believed: { measurement: item, tag: 'perf_throughput', interval: [60, 105] as const },
  };
  const [low, high] = intervalsOf(item, noise)['perf_throughput']!;
  expect(low).toBe(60);
  expect(high).toBeGreaterThan(105);
});

test('of 400 finalists on 2 or 3 starts, at least 90 % hold what a fresh start measures, where starts differ by up to 3 %', () => {
  const random = randomSource(7);
  for (const scatter of [0.005, 0.02, 0.03]) {
    let held = 0;
    for (let round = 0; round < 400; round++) {
      const draw = (): number => 100 * (1 + scatter * standardNormal(random));
      const finalists = [2, 3, 2, 2].map((starts, index) =>
        started(`m${index}`, Array.from({ length: starts }, draw)),
      );
      const [finalist] = finalists;
      const [low, high] = intervalsOf(measurementsOf(finalist!)[0]!, noiseOf(finalists))['perf_throughput']!;
      const fresh = draw();
      if (fresh >= low! && fresh <= high!) held++;
    }
    expect(held / 400, `starts differ by ${scatter}`).toBeGreaterThanOrEqual(0.9);
  }
});

test('on CPUs a finalist holds a fresh start of another day, on which the machine as a whole is faster or slower', () => {
  const random = randomSource(11);
  const day = (): number => 1 + (0.04 / Math.SQRT2) * standardNormal(random);
  const heldOf = (gpusInUse: number): number => {
    let held = 0;
    for (let round = 0; round < 400; round++) {
      const today = day();
      const draw = (of: number): number => 100 * of * (1 + 0.02 * standardNormal(random));
      const own = () => Array.from({ length: 3 }, () => draw(today));
      const finalists = ['a', 'b', 'c'].map((name) => started(name, own(), { gpusInUse }));
      const [low, high] = intervalsOf(measurementsOf(finalists[0]!)[0]!, noiseOf(finalists))[
        'perf_throughput'
      ]!;
      const later = draw(day());
      if (later >= low! && later <= high!) held++;
    }
    return held / 400;
  };
  expect(heldOf(0)).toBeGreaterThanOrEqual(0.9);
  expect(heldOf(0)).toBeLessThan(0.99);
  expect(heldOf(1)).toBeLessThan(0.85);
});
