import { describe, expect, test } from 'vitest';
import { frontTags, paretoFront } from '../../src/rank/pareto.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import { compactValue, formatNumber, shortNames } from '../../src/rank/words.ts';
import type { Goal } from '../../src/record/goal.ts';
import { measurement, run, trial } from '../support/run.ts';

const throughput = [{ tag: 'perf_throughput', weight: 10 }];
const goal = (changes: Partial<Goal> = {}): Goal => ({
  models: ['m'],
  objectives: throughput,
  constraints: [],
  ...changes,
});

describe('ranking', () => {
  const fast = trial('m_config_0', [
    measurement({ perf_throughput: 200, perf_latency_p99: 30 }, 8),
    measurement({ perf_throughput: 150, perf_latency_p99: 9 }, 4),
  ]);
  const calm = trial('m_config_1', [measurement({ perf_throughput: 120, perf_latency_p99: 5 }, 1)]);
  const base = trial('m_config_default', [measurement({ perf_throughput: 100, perf_latency_p99: 12 })]);

  test('a configuration stands by its best passing point; those that miss come last, nearest first', () => {
    const limit = [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }] as const;
    const ranking = rank(run(base, calm, fast), goal({ constraints: limit }));
    expect(
      ranking.entries.map(({ trial: { name }, best }) => [
        name,
        best.measurement.whole.values['perf_throughput'],
        best.verdict,
      ]),
    ).toEqual([
      ['m_config_0', 150, 'met'],
      ['m_config_1', 120, 'met'],
      ['m_config_default', 100, 'missed'],
    ]);
    expect(verdict(ranking)).toBe(
      'Deploy m_config_0: 150 infer/s at p99 9.00 ms with 4 requests in flight; the default breaks the constraints (p99 latency at most 10.0 ms, measured 12.0 ms).',
    );
  });

  const everywhere = trial(
    'm_config_default',
    [1, 4, 8].map((load) => measurement({ perf_throughput: 100 }, load)),
  );

  test('without limits the fastest wins', () => {
    expect(
      rank(run(everywhere, calm, fast), goal()).winner?.best.measurement.whole.values['perf_throughput'],
    ).toBe(200);
  });

  test("the study's objectives, p99 and a GPU gauge, rank by both", () => {
    const objectives = [
      { tag: 'perf_latency_p99', weight: 10 },
      { tag: 'gpu_utilization', weight: 10 },
    ];
    const one = trial('m_config_0', [measurement({ perf_latency_p99: 10, gpu_utilization: 20 })]);
    const two = trial('m_config_1', [measurement({ perf_latency_p99: 11, gpu_utilization: 90 })]);
    expect(rank(run(one, two), goal({ objectives })).leader?.trial.name).toBe('m_config_1');
  });

  test('nothing passes: the nearest, and by how much it misses', () => {
    const ranking = rank(
      run(base, calm),
      goal({ constraints: [{ tag: 'perf_throughput', bound: 'min', value: 3000 }] }),
    );
    expect(verdict(ranking)).toBe(
      'No configuration meets the constraints. Nearest is m_config_1: 120 infer/s at p99 5.00 ms with 1 request in flight (throughput at least 3,000 infer/s, measured 120 infer/s).',
    );
  });

  test('of what breaks the limits the nearer miss is no tie of one that misses by more; within the noise it is said', () => {
    const limit = [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }] as const;
    const near = trial('m_config_0', [measurement({ perf_throughput: 100, perf_latency_p99: 10.4 }, 1)]);
    const ranking = rank(run(base, near), goal({ constraints: limit }));
    expect(ranking.leader?.trial.name).toBe('m_config_0');
    expect(ranking.ties).toEqual([]);
    expect(verdict(ranking)).toContain(
      'It may keep them within the noise: measure it longer (--time-limit).',
    );
    const far = trial('m_config_0', [measurement({ perf_throughput: 100, perf_latency_p99: 60 }, 1)]);
    expect(verdict(rank(run(far), goal({ constraints: limit })))).not.toContain('within the noise');
  });

  test('a difference within the noise of both is a tie', () => {
    const near = trial('m_config_2', [measurement({ perf_throughput: 195 })]);
    const ranking = rank(run(everywhere, fast, near), goal());
    expect(ranking.ties.map((entry) => entry.trial.name)).toEqual(['m_config_2']);
    expect(verdict(ranking)).toContain("Tied with m_config_2: what was measured can't tell them apart.");
  });

  test('of what is tied the one that answers sooner for sure is named', () => {
    const tied = (name: string, p99: number) =>
      trial(name, [
        measurement({ perf_throughput: 200, perf_latency_p99: p99 }, 1, {
          intervals: { perf_throughput: [190, 210], perf_latency_p99: [0.97 * p99, 1.03 * p99] },
        }),
      ]);
    const told = (p99: number, changes: Partial<Goal> = {}) =>
      verdict(rank(run(base, tied('m_config_0', 72), tied('m_config_1', p99)), goal(changes)));
    expect(told(60)).toContain(
      "Tied with m_config_1: what was measured can't tell them apart. Of these m_config_1 answers sooner: p99 60.0 ms instead of 72.0.",
    );
    expect(told(70)).not.toContain('sooner');
    expect(told(60, { objectives: [{ tag: 'perf_latency_p99', weight: 1 }] })).not.toContain('sooner');
  });

  test('a lead over the default that is within the noise is no reason to change it', () => {
    const near = trial('m_config_2', [measurement({ perf_throughput: 103 })]);
    expect(verdict(rank(run(base, near), goal()))).toBe(
      'Keep the default configuration of m: 100 infer/s at p99 12.0 ms with 1 request in flight. The best of the others, m_config_2: 103 infer/s at p99 10.0 ms with 1 request in flight, is 3.00 % (± 9.28) better than the default in throughput, which is within the noise.',
    );
  });

  test('the default wins: keep it', () => {
    const slow = trial('m_config_0', [measurement({ perf_throughput: 50 })]);
    expect(verdict(rank(run(base, slow), goal()))).toContain(
      'Keep the default configuration of m: 100 infer/s',
    );
  });

  test('nothing measured', () => {
    const ranking = rank(run(trial('m_config_default', [])), goal());
    expect(ranking).toMatchObject({ winner: undefined, entries: [] });
    expect(verdict(ranking)).toContain('Nothing could be measured');
  });

  test('a run that was stopped before anything was tried did not fail', () => {
    const ranking = rank(run(), goal());
    expect(verdict(ranking)).toBe('Nothing was measured for m: no configuration was tried.');
  });
});

test('gain is positive for the better, in percent of the default for rates and of the new one for times', () => {
  const two = run(
    trial('m_config_default', [measurement({ perf_throughput: 100, perf_latency_p99: 10 })]),
    trial('m_config_0', [measurement({ perf_throughput: 150, perf_latency_p99: 5 })]),
  );
  const over = (tag: string) => rank(two, goal({ objectives: [{ tag, weight: 1 }] })).gain?.percent;
  expect(over('perf_throughput')).toBeCloseTo(50);
  expect(over('perf_latency_p99')).toBeCloseTo(100);
});

test('the front holds what none beats in both', () => {
  const points = [
    [100, 10],
    [90, 10],
    [120, 20],
    [110, 30],
  ].map(([perf_throughput, perf_latency_p99]) =>
    measurement({ perf_throughput: perf_throughput!, perf_latency_p99: perf_latency_p99! }),
  );
  expect(paretoFront(points).map((item) => item.whole.values['perf_throughput'])).toEqual([100, 120]);
});

test('with several objectives the front is over them', () => {
  const objectives = ['perf_throughput', 'gpu_used_memory'].map((tag) => ({ tag, weight: 1 }));
  expect(frontTags(objectives)).toEqual(['perf_throughput', 'gpu_used_memory']);
  expect(frontTags(objectives.slice(1))).toEqual(['perf_throughput', 'perf_latency_p99']);
  const points = [
    [100, 500],
    [120, 900],
    [110, 900],
    [130, undefined],
  ].map(([perf_throughput, memory]) =>
    measurement({ perf_throughput: perf_throughput!, ...(memory && { gpu_used_memory: memory }) }),
  );
  // Less memory first; what has none to tell is beaten by nothing in throughput.
  expect(
    paretoFront(points, frontTags(objectives)).map((item) => item.whole.values['perf_throughput']),
  ).toEqual([100, 120, 130]);
});

test('numbers and parameter values in few words', () => {
  expect([1234.5, 123.4, 12.34, 1.234, Number.NaN].map(formatNumber)).toEqual([
    '1,235',
    '123',
    '12.3',
    '1.23',
    '-',
  ]);
  expect(compactValue('instance_group', [{ kind: 'KIND_CPU', count: 2 }, { kind: 'KIND_GPU' }])).toBe(
    '2:CPU + 1:GPU',
  );
  expect(
    compactValue('optimization', {
      execution_accelerators: { cpu_execution_accelerator: [{ name: 'openvino' }] },
    }),
  ).toBe('openvino');
  expect(compactValue('optimization', {})).toBe('-');
});

test('parameters under the shortest of their ends that tell them apart', () => {
  expect(
    shortNames([
      'dynamic_batching.max_queue_delay_microseconds',
      'instance_group[0].count',
      'instance_group[1].count',
      'a.parameters.mode.value',
      'b.parameters.mode.value',
      'max_batch_size',
    ]),
  ).toEqual([
    'max_queue_delay_microseconds',
    'instance_group[0].count',
    'instance_group[1].count',
    'a.parameters.mode.value',
    'b.parameters.mode.value',
    'max_batch_size',
  ]);
});
