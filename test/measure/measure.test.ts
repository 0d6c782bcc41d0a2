import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Window } from '../../src/load/load-generator.ts';
import { aggregateGpus, parseGpuMetrics } from '../../src/measure/gpu.ts';
import { type RawPoint, toMeasurement } from '../../src/measure/measure.ts';
import { serverTimes } from '../../src/measure/server-times.ts';
import type { ModelStatistics } from '../../src/server/triton.ts';
import { load } from '../support/experiment.ts';

const fixture = (name: string): string => readFileSync(`test/fixtures/triton/${name}`, 'utf8');
const [recorded] = (JSON.parse(fixture('stats_add_sub.json')) as { model_stats: ModelStatistics[] })
  .model_stats;

describe("Triton's statistics between two looks", () => {
  test('from nothing: totals over counts, in milliseconds', () => {
    const values = serverTimes([], [recorded!]);
    expect(values['perf_server_queue']).toBeCloseTo(54891318878 / 152100 / 1e6, 9);
    expect(values['perf_executed_batch']).toBeCloseTo(165767 / 152100, 9);
  });

  test('only what came in between counts, over all versions', () => {
    const later = structuredClone(recorded!) as {
      inference_count: number;
      execution_count: number;
      inference_stats: { queue: { count: number; ns: number } };
    };
    later.inference_count += 30;
    later.execution_count += 10;
    later.inference_stats.queue.count += 10;
    later.inference_stats.queue.ns += 50_000_000;
    const values = serverTimes([recorded!], [later as ModelStatistics]);
    expect(values).toMatchObject({ perf_server_queue: 5, perf_executed_batch: 3, perf_inference_count: 30 });
    expect(values).not.toHaveProperty('perf_server_compute_infer');
  });

  test('nothing executed, or counters that an old server lacks: no values', () => {
    expect(serverTimes([recorded!], [recorded!])).toEqual({});
    expect(
      serverTimes(
        [],
        [{ name: 'm', version: '1', inference_count: 1, execution_count: 1, inference_stats: {} }],
      ),
    ).toEqual({
      perf_inference_count: 1,
      perf_execution_count: 1,
      perf_executed_batch: 1,
    });
  });
});

describe('GPU gauges', () => {
  const page = (uuid: string, used: number, utilization: number): string =>
    [
      '# HELP nv_gpu_utilization GPU utilization rate [0.0 - 1.0)',
      `nv_gpu_utilization{gpu_uuid="${uuid}"} ${utilization}`,
      `nv_gpu_memory_total_bytes{gpu_uuid="${uuid}"} 80000000000.000000`,
      `nv_gpu_memory_used_bytes{gpu_uuid="${uuid}"} ${used}`,
      `nv_gpu_power_usage{gpu_uuid="${uuid}"} 120.5`,
    ].join('\n');

  test('a page of a CPU host has none', () => {
    expect(parseGpuMetrics(fixture('metrics_cpu_only.txt'))).toEqual({});
  });

  test('memory in MB of 10^6 bytes, utilization in percent, each GPU with its own numbers', () => {
    const sample = parseGpuMetrics(`${page('GPU-a', 2e9, 0.5)}\n${page('GPU-b', 4e9, 0.25)}`);
    expect(sample['GPU-a']).toEqual({
      gpu_used_memory: 2000,
      gpu_free_memory: 78000,
      gpu_utilization: 50,
      gpu_power_usage: 120.5,
    });
    expect(sample['GPU-b']?.['gpu_free_memory']).toBe(76000);
  });

  test('over time memory by its peak and utilization by its mean; over GPUs memory by its sum', () => {
    const samples = [
      parseGpuMetrics(`${page('a', 1e9, 0.2)}\n${page('b', 1e9, 0.4)}`),
      parseGpuMetrics(`${page('a', 3e9, 0.4)}\n${page('b', 2e9, 0.6)}`),
    ];
    const { values, gpus } = aggregateGpus(samples);
    expect(gpus['a']?.['gpu_used_memory']).toBe(3000);
    expect(values['gpu_used_memory']).toBe(5000);
    expect(values['gpu_utilization']).toBeCloseTo(40);
  });
});

describe('a measurement', () => {
  /** A window of a hundred requests of `latency` ms each. */
  const window = (index: number, latency: number): Window<{ statistics: ModelStatistics[] }> => {
    const endMs = Float64Array.from({ length: 100 }, (_, item) => index * 1000 + (item + 1) * 10);
    return {
      startMs: index * 1000,
      endMs: (index + 1) * 1000,
      samples: {
        endMs,
        latencyMs: new Float64Array(100).fill(latency),
        sendRecvMs: new Float64Array(100).fill(0.5),
      },
      failures: {},
      before: { statistics: [] },
      after: { statistics: [] },
    };
  };
  const raw = (changes: Partial<RawPoint> = {}): RawPoint => ({
    point: { batchSize: 2, concurrency: 2 },
    settings: load(),
    result: {
      windows: [window(0, 99), window(1, 20), window(2, 20), window(3, 20)],
      stable: true,
      counted: 3,
      warmupS: 0.4,
    },
    gpuSamples: [],
    driverSamples: [],
    foreign: [],
    resources: { usedMB: 100, availableMB: 900, cpuS: 3, cpuPercent: 150 },
    shared: false,
    startedAt: 'now',
    ...changes,
  });

  test('is made of the windows that count, inferences and not requests a second', () => {
    const { values, requests, durationS, windows, counted } = toMeasurement(raw());
    expect(values).toMatchObject({
      perf_throughput: 200,
      perf_latency_p99: 20,
      perf_client_send_recv: 0.5,
      perf_client_response_wait: 19.5,
      cpu_used_ram: 100,
    });
    expect({ requests, durationS, windows, counted }).toEqual({
      requests: 300,
      durationS: 3,
      windows: 4,
      counted: 3,
    });
  });

  test('its rate has an interval, scaled by the batch', () => {
    const [low, high] = toMeasurement(raw()).intervals['perf_throughput']!;
    expect(low).toBeLessThanOrEqual(200);
    expect(high).toBeGreaterThanOrEqual(200);
    expect(high! - low!).toBeLessThan(10);
  });

  test("Little's law finds a client that left slots idle", () => {
    expect(toMeasurement(raw()).warnings.join()).not.toContain('did not keep up');
    const starved = toMeasurement(raw({ point: { batchSize: 2, concurrency: 8 } }));
    expect(starved.warnings.join()).toContain('2.0 requests were in flight on average instead of 8');
  });

  test('too few requests for a p99, unsteady windows and failures are said', () => {
    const result = { ...raw().result, stable: false };
    const failing = {
      ...result,
      windows: result.windows.map((item) => ({ ...item, failures: { 'out of memory': 1 } })),
    };
    const { warnings, failures } = toMeasurement(raw({ result: failing }));
    expect(warnings.join('\n')).toContain('not steady');
    expect(warnings.join('\n')).toContain('p99 rests on 300 requests');
    expect(warnings.join('\n')).toContain('3 requests failed: out of memory');
    expect(failures).toEqual({ 'out of memory': 3 });
  });
});
