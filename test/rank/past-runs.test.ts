import { expect, test } from 'vitest';
import { pastRuns } from '../../src/rank/past-runs.ts';
import type { Run } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal = { models: ['m'] as const, objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };

const night = (day: number, throughput: number, changes: object = {}): Run => {
  const recorded = run(
    trial('m_config_default', [measurement({ perf_throughput: throughput }, 1, changes)], {
      config: { name: 'm', max_batch_size: 4 },
    }),
  );
  return {
    ...recorded,
    sessions: recorded.sessions.map((session) => ({ ...session, startedAt: `2026-01-0${day}T02:00:00Z` })),
  };
};

test('what each run came to, the oldest first, judged by the same goal', () => {
  expect(pastRuns([night(2, 110), night(1, 100)], [goal])).toEqual([
    {
      ...{ model: 'm', startedAt: '2026-01-01T02:00:00Z', decision: 'keep', variant: 'm_config_default' },
      ...{ settings: 'max batch size 4', tag: 'perf_throughput', value: 100, interval: [95, 105] },
    },
    expect.objectContaining({ startedAt: '2026-01-02T02:00:00Z', value: 110 }),
  ]);
});

test('a run that took its figure over tells nothing new; nor does one of other models, or without a beginning', () => {
  expect(pastRuns([night(2, 110, { takenOver: true }), { ...night(1, 100), sessions: [] }], [goal])).toEqual(
    [],
  );
  expect(pastRuns([night(1, 100)], [{ ...goal, models: ['another'] }])).toEqual([]);
});
