import { mean, sampleStandardDeviation } from 'simple-statistics';
import { expect, test } from 'vitest';
import { byLook, NoiseSource, noiseOf } from '../../bench/search/noise.ts';

const truth = { perf_throughput: 100, perf_latency_p99: 10, perf_latency_avg: 5, gpu_used_memory: 7 };
const logs = (values: readonly number[]): number[] => values.map(Math.log);

test('looks at one server scatter less than looks at servers of their own, by what the ground says', () => {
  const source = new NoiseSource(noiseOf('rough')!, 1);
  const alone = Array.from({ length: 4000 }, () => source.start()(truth).perf_throughput!);
  expect(sampleStandardDeviation(logs(alone))).toBeCloseTo(0.12, 2);
  expect(mean(logs(alone))).toBeCloseTo(Math.log(100), 1);
  const server = source.start();
  const together = Array.from({ length: 4000 }, () => server(truth).perf_throughput!);
  expect(sampleStandardDeviation(logs(together))).toBeCloseTo(0.12 / Math.SQRT2, 2);
});

test('p99 has heavy tails, other latencies have none; what is no throughput and no latency is as it is', () => {
  const source = new NoiseSource(noiseOf('usual')!, 1);
  const looks = Array.from({ length: 4000 }, () => source.start()(truth));
  const beyond = (tag: 'perf_latency_p99' | 'perf_latency_avg'): number => {
    const all = logs(looks.map((look) => look[tag]!));
    const [middle, deviation] = [mean(all), sampleStandardDeviation(all)];
    return all.filter((value) => Math.abs(value - middle) > 3.5 * deviation).length;
  };
  expect(beyond('perf_latency_p99')).toBeGreaterThan(3 * Math.max(1, beyond('perf_latency_avg')));
  expect(new Set(looks.map((look) => look['gpu_used_memory']))).toEqual(new Set([7]));
});

test('the same seed draws the same; two shares are of looks alone', () => {
  const draw = (seed: number) => new NoiseSource(noiseOf('quiet')!, seed).start()(truth);
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
  expect(noiseOf('0.02,0.08')).toEqual(byLook(0.02, 0.08));
  for (const nothing of ['loud', 'constructor', ',', '0.1,', '0.02,0.08,9', ''])
    expect(noiseOf(nothing)).toBeUndefined();
});
