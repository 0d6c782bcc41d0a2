import { describe, expect, test } from 'vitest';
import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Goal } from '../../src/record/goal.ts';
import { levelOf } from '../../src/record/load-point.ts';
import type { Environment, Run } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const limit = (tag: string, value: number) => ({ tag, bound: 'max', value }) as const;
const memory = limit('gpu_used_memory', 8000);
const p99 = limit('perf_latency_p99', 10);
const goal = (...constraints: Goal['constraints']): Goal => ({
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints,
});
const at = (name: string, throughput: number, values: Record<string, number> = {}) =>
  trial(`m_config_${name}`, [measurement({ perf_throughput: throughput, ...values })]);
/** The same run by another machine or launcher. */
const by = (recorded: Run, changes: Partial<Environment>): Run => ({
  ...recorded,
  sessions: recorded.sessions.map((session) => ({
    ...session,
    environment: { ...session.environment, ...changes },
  })),
});
const names = (recorded: Run, of: Goal): string[] =>
  rank(recorded, of).entries.map((entry) => entry.trial.name);

describe('a limit on what was not measured', () => {
  const recorded = by(run(at('default', 100), at('0', 200), at('1', 150)), { gpus: [] });
  const ranking = rank(recorded, goal(memory));

  test('ranks by the objectives and promises nothing, with the reason and what to do', () => {
    expect(ranking.entries.map(({ trial: { name }, best }) => [name, best.verdict])).toEqual([
      ['m_config_0', 'unknown'],
      ['m_config_1', 'unknown'],
      ['m_config_default', 'unknown'],
    ]);
    expect(ranking.decision).toMatchObject({ kind: 'unfinished', reason: 'constraints unknown' });
    expect(ranking.winner).toBeUndefined();
    expect(verdict(ranking)).toBe(
      'Nothing can be promised for m: GPU memory at most 8,000 MB is not checked, as it was not measured (no GPU here); measure on a machine with a GPU, or leave the constraint out. By what was measured the best is m_config_0: 200 infer/s at p99 10.0 ms with 1 request in flight, 100 % (± 18.0) better than the default in throughput.',
    );
  });

  test('what is tied with the best that is shown is named', () => {
    const close = by(run(at('default', 100), at('0', 200), at('1', 195)), { gpus: [] });
    expect(verdict(rank(close, goal(memory)))).toMatch(
      /By what was measured the best is m_config_0: .* Tied with m_config_1: what was measured can't tell them apart\.$/,
    );
  });

  test('one that is missed decides whatever else is not known', () => {
    const found = rank(recorded, goal(memory, limit('perf_latency_p99', 5)));
    expect(found.entries[0]?.best.verdict).toBe('missed');
    expect(found.decision).toMatchObject({ kind: 'none', reason: 'constraints' });
  });

  test('the default as the only one is not kept either', () => {
    expect(rank(run(at('default', 100)), goal(memory)).decision.kind).toBe('unfinished');
  });

  test.each([
    [
      'gpu_used_memory',
      { gpus: ['NVIDIA H100'] },
      "neither the server's metrics page nor the driver told it",
    ],
    ['gpu_used_memory', { launcher: 'remote', gpus: [] }, "no GPU on the server's metrics page"],
    ['cpu_used_ram', { launcher: 'remote' }, 'a server that tma did not start'],
    ['perf_first_response_p99', {}, 'only models that stream have it'],
    ['perf_sequence_throughput', {}, 'only stateful models have it'],
    ['perf_service_latency_p99', {}, 'only request rates have it'],
    ['perf_server_queue', {}, "the server's statistics do not tell it"],
  ])('%s with %j: %s', (tag, changes, why) => {
    expect(verdict(rank(by(recorded, changes), goal(limit(tag, 1))))).toContain(why);
  });

  test('of models that Model Analyzer measured', () => {
    expect(verdict(rank({ ...recorded, sessions: [] }, goal(memory)))).toContain(
      'the checkpoint does not hold it',
    );
  });
});

describe('a limit on what was measured for some only', () => {
  const small = { gpu_used_memory: 4000 };

  test('what is known to keep it goes before what may, and that before what breaks it', () => {
    const recorded = run(
      at('default', 100, small),
      at('0', 300),
      at('1', 200, small),
      at('2', 400, { gpu_used_memory: 9000 }),
    );
    expect(names(recorded, goal(memory))).toEqual([
      'm_config_1',
      'm_config_default',
      'm_config_0',
      'm_config_2',
    ]);
    expect(rank(recorded, goal(memory)).decision).toMatchObject({ kind: 'deploy', reason: 'better' });
  });

  test('what may be better is said beside what is named', () => {
    const faster = at('0', 300);
    const kept = rank(run(at('default', 100, small), faster), goal(memory));
    expect(kept.decision).toMatchObject({ kind: 'keep', reason: 'best' });
    expect(verdict(kept)).toBe(
      'Keep the default configuration of m: 100 infer/s at p99 10.0 ms with 1 request in flight, the only one that is known to keep the constraints. Of m_config_0, with better figures, it is not known whether the constraints are kept: GPU memory was not measured.',
    );
    const deployed = verdict(rank(run(at('default', 100, small), faster, at('1', 200, small)), goal(memory)));
    expect(deployed).toMatch(/^Deploy m_config_1: .* Of m_config_0, with better figures, it is not known/);
    const slower = verdict(rank(run(at('default', 100, small), at('0', 50)), goal(memory)));
    expect(slower).toMatch(/none of 1 other is better\.$/);
  });

  test('the point that stands for a configuration is one that is known to keep it', () => {
    const two = trial('m_config_0', [
      measurement({ perf_throughput: 300 }, 4),
      measurement({ perf_throughput: 200, ...small }, 2),
    ]);
    expect(levelOf(rank(run(two), goal(memory)).entries[0]!.best.measurement.point)).toBe(2);
  });

  test('what was measured again does not get before what is known to keep it', () => {
    const again = trial('m_config_0', [measurement({ perf_throughput: 205 }, 1, { confirmed: true })]);
    expect(names(run(at('default', 200, small), again), goal(memory))[0]).toBe('m_config_default');
  });

  test('a default of which it is not known is neither kept nor said to break it', () => {
    const found = rank(run(at('default', 100), at('0', 101, small)), goal(memory));
    expect(found.decision).toMatchObject({ kind: 'unfinished', reason: 'default unknown' });
    expect(verdict(found)).toContain(
      'whether the default keeps the constraints is not known (GPU memory at most 8,000 MB is not checked, as it was not measured',
    );
    expect(rank(run(at('default', 100), at('0', 200, small)), goal(memory)).decision).toMatchObject({
      kind: 'deploy',
      reason: 'better',
    });
  });
});

test('of several models what may keep the limits is shown, what breaks them is not', () => {
  const recorded = run(at('default', 100, { perf_latency_p99: 20 }), at('0', 90));
  const { objectives, constraints } = goal(memory, p99);
  const across = rankAcross(recorded, [['m']], { objectives, constraints }, 3);
  expect(across.entries.map((entry) => entry.trial.name)).toEqual(['m_config_0']);
  expect(across.missing).toMatchObject([{ tag: 'gpu_used_memory', everywhere: true }]);
});
