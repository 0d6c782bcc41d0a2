import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { searchLines } from '../../src/rank/search-words.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { PointRecord, Trial } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const instances = (count: number) => ({
  config: { name: 'm', max_batch_size: 8, instance_group: [{ kind: 'KIND_CPU', count }] },
});
/** A trial of which one load was measured so often; all but the first look on fresh servers. */
const looked = (
  name: string,
  throughputs: readonly number[],
  changes: Parameters<typeof trial>[2] = {},
): Trial => ({
  ...trial(name, [], changes),
  state: 'measured',
  points: throughputs.map(
    (perf_throughput, index): PointRecord => ({
      state: 'measured',
      key: name,
      measurement: measurement({ perf_throughput }, 4),
      ...(index > 0 && { again: 'afresh' }),
    }),
  ),
});

const base = looked('m_config_default', [50]);

test('what was measured again goes before a single look that leads by luck', () => {
  const ranking = rank(run(looked('a', [105]), looked('b', [100, 101, 99, 100]), base), goal);
  expect(ranking.entries.map(({ trial: { name } }) => name)).toEqual(['b', 'a', 'm_config_default']);
  expect(ranking.leader?.best.measurement).toMatchObject({ confirmed: true, looks: 4 });
  expect(verdict(ranking)).toContain('measured 4 times, again on a fresh server');
});

test('a single look that is far better stays first', () => {
  const ranking = rank(run(looked('a', [150]), looked('b', [100, 101, 99, 100])), goal);
  expect(ranking.leader?.trial.name).toBe('a');
});

test('a tie of finalists goes to the one with fewer instances, and the verdict says so', () => {
  const large = looked('large', [101, 100, 102, 101], instances(4));
  const small = looked('small', [100, 99, 101, 100], instances(2));
  const ranking = rank(run(large, small, base), goal);
  expect(ranking.winner?.trial.name).toBe('small');
  expect(verdict(ranking)).toContain('It is preferred to large, which needs more');
});

test('finalists that differ by more than the noise are no tie', () => {
  const large = looked('large', [110, 110, 110, 110], instances(4));
  const small = looked('small', [100, 100, 100, 100], instances(2));
  expect(rank(run(large, small), goal).leader?.trial.name).toBe('large');
});

test('a search in words', () => {
  expect(
    searchLines({
      models: ['m'],
      search: 'bayes',
      why: 'its budget of 20 measurements is used',
      points: { all: 451, seen: 14 },
      configurations: { all: 41, seen: 6 },
      measurements: 20,
      importance: [{ parameter: 'load', share: 0.614 }],
      skipped: [],
      remarks: [],
    }),
  ).toEqual([
    'bayes looked at 14 of 451 points in 20 measurements, 6 of 41 configurations of m; it ended because its budget of 20 measurements is used',
  ]);
});

test('a default that was looked at under few loads only is named as such', () => {
  const found = rank(
    {
      ...run(base, looked('a', [100, 100, 100, 100])),
      searches: [
        {
          ...{
            models: ['m'],
            search: 'bayes',
            why: '',
            measurements: 5,
            importance: [],
            skipped: [],
            remarks: [],
          },
          points: { all: 451, seen: 2 },
          configurations: { all: 41, seen: 2 },
        },
      ],
    },
    goal,
  );
  expect(verdict(found)).toContain(
    '100 % (± 13.0) better than the default (looked at with 4 in flight only)',
  );
});
