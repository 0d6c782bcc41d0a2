import { expect, test } from 'vitest';
import { doubtOf } from '../../src/rank/doubt.ts';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import type { BeliefRecord } from '../../src/record/run.ts';
import { verdictView } from '../../src/report/verdict-view.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const at = (half: number, changes: Partial<Measurement> = {}): Measurement =>
  measurement({ perf_throughput: 100, perf_latency_p99: 9 }, 8, {
    intervals: { perf_throughput: [100 * (1 - half), 100 * (1 + half)], perf_latency_p99: [7, 11] },
    ...changes,
  });
const kept = (point: Measurement, asked: Partial<Goal> = {}, chance?: number) => {
  const belief: BeliefRecord = {
    goal: { objectives: goal.objectives, constraints: asked.constraints ?? [] },
    variant: 'm_config_default',
    point: inFlight('m', 8),
    keeps: 0.99,
    better: { chance: chance ?? 0 },
  };
  const search = {
    ...{ models: ['m'] as const, search: 'bayes', why: '', measurements: 3, importance: [], skipped: [] },
    ...{ remarks: [], points: { all: 9, seen: 9 }, configurations: { all: 9, seen: 9 }, belief },
  };
  const measured = run(trial('m_config_default', [point]));
  return rank({ ...measured, searches: chance === undefined ? [] : [search] }, { ...goal, ...asked });
};

test('what is sure has a tick and no doubt', () => {
  const ranking = kept(at(0.02));
  expect(doubtOf(ranking)).toBeUndefined();
  expect(verdictView(ranking)).toMatchObject({ verdictSign: '✓', verdictClass: 'good', doubt: undefined });
  expect(doubtOf(kept(at(0.02), {}, 0.3))).toBeUndefined();
  // A figure that became as steady as was asked is one that may be relied on.
  expect(doubtOf(kept(at(0.3, { stable: true })))).toBeUndefined();
});

test('where something better is likely, or the figure is hardly known, there is no tick', () => {
  const likely = kept(at(0.02), {}, 0.93);
  expect(verdictView(likely)).toMatchObject({
    verdictSign: '?',
    verdictClass: 'open',
    doubt: 'something better is likely',
  });
  expect(doubtOf(kept(at(0.3, { stable: false })))).toBe('its throughput is hardly known');
  expect(doubtOf(kept(at(0.02, { stable: false })))).toBeUndefined();
});

test('a limit within the interval is a doubt, where the search itself does not say how sure it is', () => {
  const constraints = [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }] as const;
  expect(doubtOf(kept(at(0.02), { constraints }))).toBe('it may break a limit');
  expect(doubtOf(kept(at(0.02), { constraints }, 0.1))).toBeUndefined();
});

test('of what names nothing there is nothing to doubt', () => {
  expect(doubtOf(rank(run(), goal))).toBeUndefined();
});
