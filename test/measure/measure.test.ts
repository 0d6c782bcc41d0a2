import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
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
  const raw = (changes: Partial<RawPoint> = {}): RawPoint => ({
    point: { batchSize: 2, concurrency: 2 },
    settings: load(),
    result: {
      values: { perf_throughput: 200, perf_latency_avg: 20, perf_latency_p99: 22 },
      intervals: { perf_throughput: [190, 210] },
      requests: 300,
      failures: {},
      durationS: 3,
      warmupS: 0.4,
      windows: 4,
      counted: 3,
      stable: true,
      before: { statistics: [] },
      after: { statistics: [] },
      client: { engine: 'fake' },
      warnings: [],
    },
    gpuSamples: [],
    driverSamples: [],
    foreign: [],
    resources: { usedMB: 100, availableMB: 900, cpuS: 3, cpuPercent: 150 },
    shared: false,
    startedAt: 'now',
    ...changes,
  });

  test('puts the figures of client, server and system together', () => {
    const { values, requests, intervals } = toMeasurement(raw());
    expect(values).toMatchObject({ perf_throughput: 200, perf_latency_p99: 22, cpu_used_ram: 100 });
    expect(requests).toBe(300);
    expect(intervals['perf_throughput']).toEqual([190, 210]);
  });

  test("Little's law finds a client that left slots idle", () => {
    expect(toMeasurement(raw()).bottleneck).toEqual({ who: 'server', reasons: [] });
    const starved = toMeasurement(raw({ point: { batchSize: 2, concurrency: 8 } }));
    expect(starved.bottleneck?.who).toBe('client');
    expect(starved.warnings.join()).toContain('2.0 requests were in flight on average instead of 8');
  });

  test('too few requests for a p99, what is not precise, failures and sends that were not made are said', () => {
    const { result } = raw();
    const failing = {
      ...result,
      stable: false,
      values: { ...result.values, perf_send_rate: 80 },
      intervals: { perf_throughput: [150, 250] as const },
      failures: { 'HTTP 500': { count: 3, message: 'out of memory' } },
      client: { engine: 'fake', dropped: 7, asked: 100, full: true },
    };
    const { warnings, failures } = toMeasurement(raw({ result: failing }));
    const text = warnings.join('\n');
    expect(text).toContain('known to ± 25 %, not to the 3 % asked for');
    expect(text).toContain('p99 rests on 300 requests');
    expect(text).toContain('3 requests failed: out of memory');
    expect(text).toContain('7 requests were never sent');
    expect(text).toContain('80 requests a second were sent instead of 100: as many were in flight as may be');
    expect(failures).toEqual({ 'HTTP 500': { count: 3, message: 'out of memory' } });
  });
});
