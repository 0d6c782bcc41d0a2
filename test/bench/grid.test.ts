import { expect, test } from 'vitest';
import { medianOf, type Row } from '../../bench/search/grid.ts';

const row = (level: number, values: Row['values']): Row => ({
  model: 'm',
  variant: 'm_config_0',
  settings: {},
  batchSize: 1,
  level,
  isRate: false,
  values,
});

test('of several recordings each point is the median, metric by metric; one that failed does not count', () => {
  const rows = [
    row(1, { perf_throughput: 90, perf_latency_p99: 7 }),
    row(2, {}),
    row(1, { perf_throughput: 110, perf_latency_p99: 5 }),
    row(1, { perf_throughput: 100, perf_latency_p99: 6 }),
    row(1, {}),
    row(2, {}),
  ];
  expect(medianOf(rows)).toEqual([row(1, { perf_throughput: 100, perf_latency_p99: 6 }), row(2, {})]);
});
