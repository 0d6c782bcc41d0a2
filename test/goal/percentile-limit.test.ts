import { expect, test } from 'vitest';
import { percentileLimit, percentileLimits } from '../../src/goal/percentile-limit.ts';
import { METRICS } from '../../src/ground/metric.ts';

test('every percentile of the table of metrics, as an upper limit', () => {
  const limits = METRICS.map(({ tag }) => ({ tag, bound: 'max', value: 20 }) as const);
  const found = percentileLimits(limits);
  expect(found.map(({ tag }) => tag)).toEqual(
    limits.map(({ tag }) => tag).filter((tag) => /_p\d\d$/.test(tag)),
  );
  expect(found.length).toBeGreaterThanOrEqual(16);
  expect(percentileLimit({ tag: 'perf_service_latency_p95', bound: 'max', value: 20 })).toEqual({
    tag: 'perf_service_latency_p95',
    times: 'perf_service_latency',
    allowed: 0.05,
    limitMs: 20,
  });
});

test('a lower limit is none', () => {
  expect(percentileLimit({ tag: 'perf_latency_p99', bound: 'min', value: 20 })).toBeUndefined();
});
