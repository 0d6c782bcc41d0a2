import { expect, test } from 'vitest';
import { driftText } from '../../src/rank/drift-words.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { DriftRecord } from '../../src/record/drift.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { measurement, run, trial } from '../support/run.ts';

const shift = (from: string, until: string, by: number) => ({
  after: `2026-06-10T${from}:00.000Z`,
  before: `2026-06-10T${until}:00.000Z`,
  by,
});
const SLOWER = shift('02:09', '02:14', -0.32);
const record = (changes: Partial<DriftRecord> = {}): DriftRecord => ({
  models: ['m'],
  sentinel: { variant: 'm_config_default', point: inFlight('m', 1) },
  looks: 4,
  shifts: [SLOWER],
  drifted: [],
  again: 0,
  ...changes,
});
const goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] } as const;
const drifted = (throughput: number, by: number) =>
  measurement({ perf_throughput: throughput }, 1, { drifted: { by } });
const steady = (throughput: number) => measurement({ perf_throughput: throughput });
const ranked = (drift: DriftRecord, ...trials: ReturnType<typeof trial>[]) =>
  rank({ ...run(...trials), drifts: [drift] }, goal);

test('what changed, what was measured again and what is marked', () => {
  const base = trial('m_config_default', [steady(100)]);
  const text = (changes: Partial<DriftRecord>, ...others: ReturnType<typeof trial>[]) =>
    driftText(ranked(record(changes), base, ...others));
  expect(text({})).toBe('The machine became 32 % slower between 02:09 and 02:14 UTC.');
  expect(text({ again: 1 }, trial('m_config_0', [drifted(90, 0.47)]))).toBe(
    'The machine became 32 % slower between 02:09 and 02:14 UTC; 1 measurement was made again, and 1 point is marked as drifted.',
  );
  expect(text({ shifts: [SLOWER, shift('02:20', '02:25', 0.47)], again: 12 })).toBe(
    'The machine became 32 % slower between 02:09 and 02:14 UTC, then 47 % faster between 02:20 and 02:25 UTC; 12 measurements were made again.',
  );
  expect(text({ shifts: [SLOWER, SLOWER, SLOWER, shift('03:00', '03:05', 0.1)] })).toBe(
    'The machine changed 4 times between 02:09 and 03:05 UTC, by up to 32 %.',
  );
  expect(text({ unfinished: true })).toContain('Not all that the verdict needs could be measured again');
  expect(text({ shifts: [] })).toBeUndefined();
  expect(text({ shifts: [], again: 2 }, trial('m_config_0', [drifted(90, 0)]))).toBe(
    "Other programs had much of this machine's CPU for a while; 2 measurements were made again, and 1 point is marked as drifted.",
  );
  expect(driftText(rank(run(base), goal))).toBeUndefined();
});

test('what was measured on a faster machine leads nothing, and is tied with nothing', () => {
  const ranking = ranked(
    record(),
    trial('m_config_default', [steady(50)]),
    trial('m_config_0', [drifted(140, 0.47)]),
    trial('m_config_1', [steady(100)]),
    trial('m_config_2', [drifted(101, 0.47)]),
  );
  expect(ranking.entries.map(({ trial: { name } }) => name)).toEqual([
    'm_config_1',
    'm_config_default',
    'm_config_0',
    'm_config_2',
  ]);
  expect(ranking.ties).toEqual([]);
  expect(verdict(ranking)).toMatch(/^Deploy m_config_1: .*2 points are marked as drifted\.$/);
});

test('a leader and a default that were measured in different states are not compared without a word', () => {
  const ranking = ranked(
    record({ unfinished: true }),
    trial('m_config_default', [drifted(50, -0.32)]),
    trial('m_config_1', [steady(100)]),
  );
  expect(verdict(ranking)).toContain(
    'm_config_1 and the default were measured in different states of the machine: what is told of their difference holds that of the machine, too.',
  );
});
