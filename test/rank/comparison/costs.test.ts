import { expect, test } from 'vitest';
import { compareRuns } from '../../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../../src/rank/comparison/gates.ts';
import type { Goal, Prices } from '../../../src/record/goal.ts';
import { GOAL, night, runOf, side } from '../../support/two-runs.ts';

const COST = 'cost_per_million_inferences';
const at = (prices: Prices): Goal => ({ ...GOAL, objectives: [{ tag: COST, weight: 1 }], prices });
const onGpu = { changes: { gpusInUse: 1 } };

test('two nights are compared by the same prices: other ones alone make nothing worse', () => {
  const [base, next] = [night({ seed: 1, ...onGpu }), night({ seed: 2, ...onGpu })];
  const { verdict, models } = compareRuns(
    side(runOf(base), [at({ perGpuHour: 1 })]),
    side(runOf(next), [at({ perGpuHour: 3 })]),
  );
  expect(models[0]!.changes.map(({ tag }) => tag)).toContain(COST);
  expect(['same', 'unknown']).toContain(verdict);
});

test('a slower server is a dearer one, and a gate on costs finds it', () => {
  const conditions = [readCondition(`${COST} > 5%`)];
  const [base, next] = [night({ seed: 1, ...onGpu }), night({ seed: 2, slower: 1.3, ...onGpu })];
  const goals = [at({ perGpuHour: 1 })];
  const { verdict, models, gates } = compareRuns(side(runOf(base), goals), side(runOf(next), goals), {
    conditions,
  });
  expect(verdict).toBe('worse');
  expect(models[0]!.changes.find(({ tag }) => tag === COST)?.verdict).toBe('worse');
  expect(gates.some(({ state }) => state === 'failed')).toBe(true);
});
