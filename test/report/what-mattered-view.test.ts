import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import type { Goal } from '../../src/record/goal.ts';
import { whatMatteredView } from '../../src/report/what-mattered-view.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal: Goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };
const viewOf = (settings: readonly (readonly [number, number])[]) =>
  whatMatteredView(
    rank(
      run(
        ...settings.map(([count, size], index) =>
          trial(`m_config_${index}`, [measurement({ perf_throughput: 100 * count })], {
            assignment: { instance_group: [{ kind: 'KIND_GPU', count }], max_batch_size: size },
          }),
        ),
      ),
      goal,
    ),
  )!.effects!;

test('settings that can not be told apart have one row, no gain and no figure', () => {
  const { rows, told, slices, untold } = viewOf([
    [1, 8],
    [2, 8],
    [4, 8],
    [4, 16],
    [1, 64],
  ]);
  expect(rows.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^(instance_group and max_batch_size|max_batch_size and instance_group)$/),
    'the rest',
  ]);
  expect(rows[0]!.text).toMatch(/^not told apart/);
  expect(rows.reduce((sum, { percent }) => sum + percent, 0)).toBe(100);
  expect([told, slices, untold]).toEqual(['Why not told', [], []]);
});

test('settings that were tried in all combinations have a gain each, all else alike', () => {
  const { rows, told, slices } = viewOf([
    [1, 8],
    [2, 8],
    [4, 8],
    [1, 16],
    [2, 16],
    [4, 16],
  ]);
  expect(rows[0]).toMatchObject({ name: 'instance_group' });
  expect(rows[0]!.text).toMatch(/^4:GPU over 1:GPU: 4.00 times/);
  expect(told).toBe('All else alike');
  expect(slices).toHaveLength(2);
});
