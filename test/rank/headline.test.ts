import { describe, expect, test } from 'vitest';
import { headline } from '../../src/rank/headline.ts';
import { rank } from '../../src/rank/rank.ts';
import { besidesHeadline, verdict } from '../../src/rank/verdict.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import type { Trial } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const told = (goal: Partial<Goal>, ...trials: readonly Trial[]): string | undefined =>
  headline(
    rank(run(...trials), {
      models: ['m'],
      objectives: [{ tag: 'perf_throughput', weight: 1 }],
      constraints: [],
      ...goal,
    }),
  );
const at = (throughput: number, p99 = 10, changes: Partial<Measurement> = {}): Measurement =>
  measurement({ perf_throughput: throughput, perf_latency_p99: p99 }, 4, changes);
const config = (count: number, more: object = {}) => ({
  config: { name: 'm', max_batch_size: 8, instance_group: [{ kind: 'KIND_CPU', count }], ...more } as never,
});

test('what was decided in settings, the gain over the default and its own figure, the limit', () => {
  const limit = [{ tag: 'perf_latency_p99', bound: 'max', value: 150 }] as const;
  const best = trial('m_config_0', [at(267, 61)], config(2, { dynamic_batching: {} }));
  expect(told({ constraints: limit }, trial('m_config_default', [at(153, 70)], config(1)), best)).toMatch(
    /^Deploy 2 instances on CPU, max batch size 8, dynamic batching.* \(m_config_0\): 267 infer\/s ± 5\.00 % \(\+74\.5 % ± [\d.]+; default 153\) at p99 61\.0 ms \(limit 150\) with 4 requests in flight$/,
  );
});

test('another objective has the gain behind its own figure; the default that stays has none', () => {
  const objectives = [{ tag: 'perf_latency_p99', weight: 1 }];
  const trials = [
    trial('m_config_default', [at(100, 90)], config(1)),
    trial('m_config_0', [at(100, 10)], config(2)),
  ];
  expect(told({ objectives }, ...trials)).toMatch(
    /: 100 infer\/s at p99 10\.0 ms \(.*default 90\.0\) with 4 requests in flight$/,
  );
  expect(told({}, ...trials)).toMatch(
    /^Keep the default of m: 1 instance on CPU, max batch size 8: 100 infer\/s ± 5\.00 % at p99 90\.0 ms with 4 requests in flight$/,
  );
});

test('where nothing is named there is no headline; where no default was measured, no gain', () => {
  const impossible = [{ tag: 'perf_latency_p99', bound: 'max', value: 1 }] as const;
  expect(told({ constraints: impossible }, trial('m_config_default', [at(100)], config(1)))).toBeUndefined();
  expect(told({})).toBeUndefined();
});

describe('what else there is to say', () => {
  const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
  const besides = (changes: Partial<Goal>, ...trials: readonly Trial[]): string =>
    besidesHeadline(rank(run(...trials), { ...goal, ...changes }));
  const base = trial('m_config_default', [at(100)], config(1));
  const best = trial('m_config_0', [at(200)], config(2));

  test('is nothing where the headline has it all', () => {
    expect(besides({}, base, best)).toBe('');
  });

  test('is why, where that is not a gain over the default', () => {
    const constraints = [{ tag: 'perf_latency_p99', bound: 'max', value: 20 }] as const;
    const slow = trial('m_config_default', [at(100, 90)], config(1));
    const missed = 'The default breaks the constraints (p99 latency at most 20.0 ms, measured 90.0 ms).';
    expect(besides({ constraints }, slow, best)).toContain(missed);
    expect(besides({}, trial('m_config_default', []), best)).toMatch(/^The default configuration failed/);
    expect(besides({}, base)).toBe('It is the only one measured.');
    expect(besides({}, base, trial('m_config_0', [at(50)], config(2)))).toBe('None of 1 other is better.');
    expect(besides({}, base, trial('m_config_0', [at(103)], config(2)))).toMatch(
      /^The best of the others, m_config_0: 103 infer\/s .*, which is within the noise\.$/,
    );
  });

  test('is what is tied, and everything where nothing is named', () => {
    expect(besides({}, base, best, trial('m_config_1', [at(201)], config(3)))).toContain(
      'Tied with m_config_',
    );
    const ranking = rank(run(trial('m_config_default', [])), goal);
    expect(besidesHeadline(ranking)).toBe(verdict(ranking));
  });
});
