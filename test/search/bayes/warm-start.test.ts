import { expect, test } from 'vitest';
import { readGrid } from '../../../bench/search/grid.ts';
import { landscapeOf } from '../../../bench/search/landscape.ts';
import { byLook } from '../../../bench/search/noise.ts';
import { replay } from '../../../bench/search/replay.ts';
import { inFlight } from '../../../src/record/load-point.ts';
import { bayesSearch } from '../../../src/search/bayes/bayes.ts';
import { budgetFor } from '../../../src/search/bayes/budget.ts';
import type { Earlier } from '../../../src/search/search.ts';

/** A grid that was recorded on a real server. */
const rows = readGrid('test/fixtures/landscapes/shared_device.csv');
const landscape = landscapeOf(rows, {
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [],
});
const small = budgetFor(12);
const play = (earlier: readonly Earlier[]) => {
  const search = bayesSearch(landscape.space, small, earlier);
  return { ...replay(landscape, search, byLook(0.02, 0.08), 3), search };
};
/** What another machine would have measured: everything by this much. */
const earlier = (factor: (throughput: number) => number): Earlier[] =>
  rows.flatMap(({ model, variant, level, batchSize, values }) => {
    const throughput = values['perf_throughput'];
    if (throughput === undefined) return [];
    const scale = factor(throughput) / throughput;
    return [
      {
        candidateKey: variant.endsWith('_default') ? undefined : variant,
        point: inFlight(model, level, batchSize),
        values: {
          perf_throughput: throughput * scale,
          perf_latency_p99: values['perf_latency_p99']! / scale,
        },
      },
    ];
  });

test('a slower machine’s figures lead to the best at once', () => {
  const { trace, ratio, search } = play(earlier((throughput) => 0.4 * throughput));
  const configurations = [...new Set(trace.map(({ candidate }) => candidate.name))];
  expect(configurations.slice(0, 3)).toContain(landscape.optimum!.variant);
  expect(ratio).toBeGreaterThan(0.95);
  expect(search.account().remarks.join()).toContain('what earlier runs measured helped');
});

test('figures that mislead are dropped', () => {
  const { search } = play(earlier((throughput) => 40_000 / throughput));
  expect(search.account().remarks.join()).toContain('did not fit and was dropped');
});

test('without any nothing is said of them', () => {
  expect(play([]).search.account().remarks.join()).not.toContain('earlier');
});
