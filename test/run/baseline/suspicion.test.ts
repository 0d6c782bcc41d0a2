import { expect, test } from 'vitest';
import { compareRuns } from '../../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../../src/rank/comparison/gates.ts';
import { suspicionsOf } from '../../../src/run/baseline/suspicion.ts';
import { night, runOf, side } from '../../support/two-runs.ts';

const suspicion = (slower: number, conditions: readonly string[] = []): string => {
  const [read, scatter] = [conditions.map(readCondition), 0.005];
  const comparison = compareRuns(
    side(runOf(night({ seed: 1, scatter }))),
    side(runOf(night({ seed: 2, slower, scatter }))),
    {
      conditions: read,
    },
  );
  return suspicionsOf(comparison, read)('m_config_default');
};

test('what is surely worse is sure, what is better or as before is not suspected', () => {
  expect(suspicion(1.5)).toBe('sure');
  expect(suspicion(1)).toBe('none');
  expect(suspicion(0.6)).toBe('none');
});

test('what is beyond the margin and not sure is in doubt', () => {
  const few = { configurations: 1, loads: 1, scatter: 0 };
  const at = (slower: number): string =>
    suspicionsOf(
      compareRuns(side(runOf(night({ seed: 1, ...few }))), side(runOf(night({ seed: 2, slower, ...few })))),
      [],
    )('m_config_default');
  expect(at(1.08)).toBe('doubt');
  expect(at(1.03)).toBe('none');
  expect(at(0.9)).toBe('none');
});

test('a condition counts that fails, and the metric that it is of', () => {
  expect(suspicion(1.5, ['perf_latency_p99 > 5%'])).toBe('sure');
  expect(suspicion(0.6, ['perf_throughput > 5%'])).toBe('sure');
});

test('of a model that one of them did not measure nothing is suspected', () => {
  const comparison = compareRuns(side(runOf(night({ seed: 1 }))), side(runOf([])));
  expect(suspicionsOf(comparison, [])('m_config_default')).toBe('none');
});
