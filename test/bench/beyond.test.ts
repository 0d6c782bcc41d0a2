import { expect, test } from 'vitest';
import { countedBeyond } from '../../bench/search/beyond.ts';

const truth = { perf_latency_p50: 5, perf_latency_p90: 10, perf_latency_p95: 14, perf_latency_p99: 20 };
const limit = (value: number, tag = 'perf_latency_p99') => [{ tag, bound: 'max' as const, value }];
const look = (factor: number, scatter = 0.1) => ({
  values: { ...truth, perf_latency_p99: 20 * factor, perf_inference_count: 5000 },
  deviations: { perf_latency_p99: scatter, perf_latency_p90: scatter },
});
const shareAt = (value: number, factor = 1): number =>
  countedBeyond(limit(value), truth, look(factor))!['perf_latency_p99']!.share;

test('the share beyond a limit is that of its percentile where the look saw the percentile', () => {
  expect(shareAt(20)).toBeCloseTo(0.01);
  expect(shareAt(14)).toBeCloseTo(0.05);
  expect(shareAt(24, 1.2)).toBeCloseTo(0.01);
  expect(countedBeyond(limit(10, 'perf_latency_p90'), truth, look(1))).toMatchObject({
    perf_latency_p90: { share: expect.closeTo(0.1) },
  });
});

test('the slower a look, the more of its requests are beyond a limit', () => {
  const shares = [0.5, 0.8, 1, 1.2, 2, 5].map((factor) => shareAt(20, factor));
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares[0]).toBeGreaterThan(0);
  expect(shares.at(-1)).toBeLessThan(1);
});

test('the less a look knows the percentile, the fewer requests tell the share; never more than there were', () => {
  const counts = [1e-6, 0.02, 0.1, 0.5].map(
    (scatter) => countedBeyond(limit(22), truth, look(1, scatter))!['perf_latency_p99']!.of,
  );
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  expect(counts[0]).toBe(5000);
  expect(counts.at(-1)).toBeGreaterThanOrEqual(1);
  // By as much as the share is off, one and the same scatter of the latency.
  const { share, of } = countedBeyond(limit(20), truth, look(1))!['perf_latency_p99']!;
  const slope = Math.log(5) / Math.log(20 / 14);
  expect(Math.sqrt((share * (1 - share)) / of) / share).toBeCloseTo(slope * 0.1);
});

test('other limits, and looks that tell no scatter, have nothing counted', () => {
  expect(countedBeyond(limit(10, 'perf_latency_avg'), truth, look(1))).toBeUndefined();
  expect(countedBeyond([{ tag: 'perf_throughput', bound: 'min', value: 1 }], truth, look(1))).toBeUndefined();
  expect(countedBeyond(limit(10), truth, { values: truth })).toBeUndefined();
});
