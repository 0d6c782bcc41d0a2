import { expect, test } from 'vitest';
import { choicesOf } from '../../src/rank/choices.ts';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = {
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 50 }],
};
const at = (throughput: number, p99: number, load: number) =>
  measurement({ perf_throughput: throughput, perf_latency_p99: p99 }, load);
const base = trial('m_config_default', [at(100, 10, 1), at(99, 40, 4), at(98, 45, 8)]);
const told = (...trials: Parameters<typeof run>) => {
  const { choices, pays } = choicesOf(rank(run(...trials), goal));
  return {
    pays,
    choices: choices.map(({ point, reasons }) => [
      point.measurement.whole.values['perf_throughput'],
      reasons,
    ]),
  };
};

test('most throughput, what was decided for, and the lowest latency that beats the default, each once', () => {
  const other = trial('m_config_0', [at(160, 12, 1), at(296, 20, 4), at(300, 40, 8), at(400, 60, 16)]);
  expect(told(base, other)).toEqual({
    pays: 'more than the default',
    choices: [
      [300, ['throughput']],
      [296, ['decided']],
      [160, ['latency']],
    ],
  });
});

test('a point that is all of them stands once', () => {
  const other = trial('m_config_0', [at(300, 8, 1)]);
  expect(told(base, other).choices).toEqual([[300, ['throughput', 'decided', 'latency']]]);
});

test('where the default stays half of the most throughput pays; what breaks a limit is no choice', () => {
  const slow = trial('m_config_0', [at(40, 5, 1), at(60, 8, 2), at(500, 90, 16)]);
  expect(told(base, slow)).toEqual({
    pays: 'half of the most',
    choices: [
      [100, ['throughput', 'decided']],
      [60, ['latency']],
    ],
  });
});

test('where no point is known to keep the limits there is nothing to choose from', () => {
  expect(told(trial('m_config_default', [at(100, 90, 1)])).choices).toEqual([]);
});
