import { expect, test } from 'vitest';
import { algorithm } from '../../bench/search/algorithms.ts';
import { landscapeOf } from '../../bench/search/landscape.ts';
import { byLook } from '../../bench/search/noise.ts';
import { randomLandscape } from '../../bench/search/random-landscape.ts';
import { replay } from '../../bench/search/replay.ts';
import { levelOf } from '../../src/record/load-point.ts';

const objectives = [{ tag: 'perf_throughput', weight: 1 }];
const rows = randomLandscape(1);
const given = { seed: 2, budget: undefined };

test('what is told is held against the default at the same load, which the search alone does not do', () => {
  const landscape = landscapeOf(rows, { objectives, constraints: [] });
  const looksAtDefault = (name: 'bayes' | 'told'): boolean => {
    const { trace, winner } = replay(landscape, algorithm(name, landscape, given), byLook(0.02, 0.08), 1);
    expect(winner).toBeDefined();
    return trace.some(({ candidate, point }) => candidate.isDefault && levelOf(point) === winner!.level);
  };
  expect(looksAtDefault('bayes')).toBe(false);
  expect(looksAtDefault('told')).toBe(true);
});

test('where nothing keeps the limits nothing is told', () => {
  const constraints = [{ tag: 'perf_latency_p99', bound: 'max', value: 1e-3 }] as const;
  const landscape = landscapeOf(rows, { objectives, constraints: [...constraints] });
  const { winner, missed } = replay(landscape, algorithm('told', landscape, given), byLook(0.02, 0.08), 1);
  expect(winner).toBeUndefined();
  expect(missed).toBe(0);
});

test('the default is told where nothing is better', () => {
  const [first] = rows;
  const base = rows.filter(({ variant }) => variant === first!.variant);
  const worse = base.map((row) => ({
    ...row,
    variant: `${row.model}_config_0`,
    settings: { ...row.settings, max_batch_size: '64' },
    values: { ...row.values, perf_throughput: 0.5 * row.values['perf_throughput']! },
  }));
  const landscape = landscapeOf([...base, ...worse], { objectives, constraints: [] });
  const { winner } = replay(landscape, algorithm('told', landscape, given), byLook(0.02, 0.08), 1);
  expect(winner?.variant).toBe(first!.variant);
});
