import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { searchHistory } from '../../src/rank/search-history.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { PointRecord } from '../../src/record/run.ts';
import { bestSoFarData } from '../../src/report/figures/best-so-far.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = {
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 50 }],
};
/** A measurement that began so many seconds after the first and took 8 s, with its warm-up. */
const at = (second: number, throughput: number, p99 = 10, changes: object = {}) =>
  measurement({ perf_throughput: throughput, perf_latency_p99: p99 }, 1, {
    startedAt: new Date(Date.UTC(2026, 0, 1) + 1000 * second).toISOString(),
    ...{ warmupS: 2, durationS: 6 },
    ...changes,
  });
const looks = (
  ...measurements: ReturnType<typeof measurement>[]
): { points: PointRecord[]; state: 'measured' } => ({
  state: 'measured',
  points: measurements.map((item) => ({ state: 'measured', key: 'k', measurement: item })),
});

test('measurements in their order, and what was the best after each', () => {
  const history = searchHistory(
    rank(
      run(
        trial('m_config_0', [at(20, 300, 90), at(40, 200)]),
        trial('m_config_default', [at(0, 100)]),
        trial('m_config_1', [at(60, 150)]),
      ),
      goal,
    ),
  )!;
  expect(history.looks.map(({ variant, atS, verdict }) => [variant, atS, verdict])).toEqual([
    ['m_config_default', 8, 'met'],
    ['m_config_0', 28, 'missed'],
    ['m_config_0', 48, 'met'],
    ['m_config_1', 68, 'met'],
  ]);
  expect(history.leads.map(({ variant, value }) => [variant, value])).toEqual([
    ['m_config_default', 100],
    ['m_config_0', 200],
  ]);
  const { dots, steps } = bestSoFarData(history, goal);
  expect(dots.map(({ isMissed }) => isMissed)).toEqual([false, true, false, false]);
  // The line goes on to the end.
  expect(steps.map(({ minutes, value }) => [60 * minutes, value])).toEqual([
    [8, 100],
    [48, 200],
    [68, 200],
  ]);
});

test('what was measured again and was less makes the lead fall, and may give it to another', () => {
  const lucky = trial('m_config_0', [], looks(at(20, 300), at(40, 100)));
  const other = trial('m_config_1', [at(30, 250)]);
  const { leads, looks: told } = searchHistory(rank(run(lucky, other), goal))!;
  expect(leads.map(({ variant, value }) => [variant, value])).toEqual([
    ['m_config_0', 300],
    ['m_config_1', 250],
  ]);
  expect(told.map(({ again }) => again)).toEqual([false, false, true]);
});

test('what was taken over is known from the beginning', () => {
  const taken = trial('m_config_default', [at(-9000, 100, 10, { takenOver: true })]);
  const history = searchHistory(rank(run(taken, trial('m_config_0', [at(0, 90), at(20, 200)])), goal))!;
  expect(history.taken).toBe(1);
  expect(history.leads.map(({ variant, atS }) => [variant, atS])).toEqual([['m_config_0', 28]]);
});

test('without times there is no history', () => {
  const same = { startedAt: '2026-01-01T00:00:00Z', warmupS: 0, durationS: 0 };
  expect(
    searchHistory(rank(run(trial('m_config_default', [measurement({}, 1, same)])), goal)),
  ).toBeUndefined();
  expect(searchHistory(rank(run(), goal))).toBeUndefined();
});
