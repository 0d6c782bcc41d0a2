import { mean, sampleCorrelation, sampleStandardDeviation } from 'simple-statistics';
import { expect, test } from 'vitest';
import { byLook, NoiseSource, noiseOf } from '../../bench/search/noise.ts';

const truth = { perf_throughput: 100, perf_latency_p99: 10, perf_latency_avg: 5, gpu_used_memory: 7 };
const logs = (values: readonly number[]): number[] => values.map(Math.log);

test('looks at one server scatter less than looks at servers of their own, by what the ground says', () => {
  const source = new NoiseSource(noiseOf('rough')!, 1);
  const alone = Array.from({ length: 4000 }, () => source.start()(truth).values['perf_throughput']!);
  expect(sampleStandardDeviation(logs(alone))).toBeCloseTo(0.12, 2);
  expect(mean(logs(alone))).toBeCloseTo(Math.log(100), 1);
  const server = source.start();
  const together = Array.from({ length: 4000 }, () => server(truth).values['perf_throughput']!);
  expect(sampleStandardDeviation(logs(together))).toBeCloseTo(0.12 / Math.SQRT2, 2);
});

test('p99 has heavy tails, other latencies have none; what is no throughput and no latency is as it is', () => {
  const source = new NoiseSource(noiseOf('usual')!, 1);
  const looks = Array.from({ length: 4000 }, () => source.start()(truth).values);
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

const rms = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => value ** 2)));

test('a look tells about how far looks at its server scatter, never how far starts do', () => {
  for (const [name, noise] of [
    ['usual', noiseOf('usual')!],
    ['0.05,0.15', byLook(0.05 * Math.SQRT1_2, 0.15 * Math.SQRT1_2)],
  ] as const) {
    const source = new NoiseSource(noise, 1);
    const told = Array.from({ length: 2000 }, () => source.start()(truth).deviations!);
    for (const [tag, look] of [
      ['perf_throughput', 0.05 * Math.SQRT1_2],
      ['perf_latency_p99', 0.15 * Math.SQRT1_2],
    ] as const) {
      const all = told.map((deviations) => deviations[tag]!);
      expect(rms(all) / look, name).toBeCloseTo(1, 1);
      expect(sampleStandardDeviation(all) / look, name).toBeGreaterThan(0.2);
    }
    expect(told[0]).not.toHaveProperty('gpu_used_memory');
  }
});

const statistics = {
  perf_throughput: 100,
  perf_server_compute_infer: 4,
  perf_server_queue: 3,
  perf_inference_count: 400,
  perf_execution_count: 100,
  perf_executed_batch: 4,
};

test('statistics of the server: executions last longer where throughput is low, counts hardly scatter and agree', () => {
  const source = new NoiseSource(noiseOf('rough')!, 1);
  const looks = Array.from({ length: 2000 }, () => source.start()(statistics).values);
  const of = (tag: keyof typeof statistics): number[] => logs(looks.map((look) => look[tag]!));
  expect(sampleStandardDeviation(of('perf_server_compute_infer'))).toBeCloseTo(0.12, 1);
  expect(sampleCorrelation(of('perf_throughput'), of('perf_server_compute_infer'))).toBeLessThan(-0.8);
  expect(sampleStandardDeviation(of('perf_server_queue'))).toBeCloseTo(0.31, 1);
  expect(sampleStandardDeviation(of('perf_executed_batch'))).toBeLessThan(0.02);
  for (const look of looks) {
    const {
      perf_inference_count: count,
      perf_execution_count: executions,
      perf_executed_batch: batch,
    } = look;
    expect(count! / executions!).toBeCloseTo(batch!);
  }
  const alone = { ...statistics, perf_execution_count: 400, perf_executed_batch: 1 };
  expect(source.start()(alone).values['perf_executed_batch']).toBe(1);
});
