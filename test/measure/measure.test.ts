import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { aggregateGpus, parseGpuMetrics } from '../../src/measure/gpu.ts';
import { type RawPoint, toMeasurement } from '../../src/measure/measure.ts';
import { composingTimes, fellBack, type StatisticsAt, serverTimes } from '../../src/measure/server-times.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { statisticsOf } from '../../src/server/answers.ts';
import type { ModelStatistics } from '../../src/server/triton.ts';
import { cpuTimeOf } from '../support/cpu-time.ts';
import { load } from '../support/experiment.ts';

const fixture = (name: string): string => readFileSync(`test/fixtures/triton/${name}`, 'utf8');
const [recorded] = statisticsOf(JSON.parse(fixture('stats_add_sub.json')), 'add_sub');

/** Looks at the statistics, a second between them. */
const looks = (...list: (readonly ModelStatistics[] | undefined)[]): StatisticsAt[] =>
  list.map((statistics, index) => ({ atMs: index * 1000, statistics }));

/** The recorded statistics with so much more in them. */
const later = (inferences: bigint, executions: bigint, queueNs: bigint): ModelStatistics => {
  const { queue } = recorded!.inference_stats;
  return {
    ...recorded!,
    inference_count: recorded!.inference_count + inferences,
    execution_count: recorded!.execution_count + executions,
    inference_stats: {
      ...recorded!.inference_stats,
      queue: { count: queue!.count + executions, ns: queue!.ns + queueNs },
    },
  };
};

describe('models that take part in answering', () => {
  /** So many requests of a model, each of which took so many milliseconds. */
  const did = (name: string, requests: bigint, ms: bigint): ModelStatistics => {
    const counter = { count: requests, ns: requests * ms * 1_000_000n };
    return {
      ...{ name, version: '1', inference_count: requests, execution_count: requests },
      inference_stats: { success: counter, queue: counter },
    };
  };
  const at = (atMs: number, own: bigint, others?: readonly ModelStatistics[]): StatisticsAt => ({
    atMs,
    statistics: [did('ens', own, 9n)],
    others,
  });

  test('each by its own requests, and how many of them there are for each of the whole; the order is kept', () => {
    const found = composingTimes(
      [
        at(0, 10n, [did('z', 100n, 3n), did('a', 100n, 2n), did('idle', 5n, 1n)]),
        at(1000, 20n, [did('z', 110n, 3n), did('a', 120n, 2n), did('idle', 5n, 1n)]),
      ],
      'steps',
    );
    expect(found).toMatchObject({
      by: 'steps',
      models: [
        { model: 'z', requests: 1, values: { perf_server_queue: 3, perf_inference_count: 10 } },
        { model: 'a', requests: 2, values: { perf_server_queue: 2, perf_executed_batch: 1 } },
      ],
    });
    expect(found!.models).toHaveLength(2);
  });

  test('nothing where a look is missing, a counter fell, or nothing was answered', () => {
    const [before, after] = [at(0, 10n, [did('a', 0n, 1n)]), at(1000, 20n, [did('a', 10n, 1n)])];
    expect(composingTimes([before, after], 'steps')).toBeDefined();
    expect(composingTimes([before, { ...after, others: undefined }], 'steps')).toBeUndefined();
    expect(composingTimes([before, { ...after, statistics: undefined }], 'steps')).toBeUndefined();
    expect(composingTimes([after, before], 'steps')).toBeUndefined();
    expect(
      composingTimes([at(0, 10n, [did('a', 10n, 1n)]), at(1000, 20n, [did('a', 0n, 1n)])], 'steps'),
    ).toBeUndefined();
    expect(composingTimes([before, at(1000, 10n, [did('a', 10n, 1n)])], 'steps')).toBeUndefined();
  });
});

describe("Triton's statistics between looks", () => {
  test('from nothing: totals over counts, in milliseconds', () => {
    const { values } = serverTimes(looks([], [recorded!]));
    expect(values['perf_server_queue']).toBeCloseTo(54891318878 / 152100 / 1e6, 9);
    expect(values['perf_executed_batch']).toBeCloseTo(165767 / 152100, 9);
  });

  test('only what came in between counts, over all versions', () => {
    const { values } = serverTimes(looks([recorded!], [later(30n, 10n, 50_000_000n)]));
    expect(values).toMatchObject({ perf_server_queue: 5, perf_executed_batch: 3, perf_inference_count: 30 });
    expect(values).not.toHaveProperty('perf_server_compute_infer');
  });

  test('a counter that holds a year of nanoseconds loses none of them', () => {
    const year = { ...recorded!, inference_stats: { queue: { count: 5n, ns: 9_300_000_000_000_000_001n } } };
    const next = { ...recorded!, inference_stats: { queue: { count: 6n, ns: 9_300_000_000_000_000_004n } } };
    expect(serverTimes(looks([year], [next])).values['perf_server_queue']).toBe(3 / 1e6);
  });

  test('what the server does alike is known well, what it does by chance is not; each value has an interval', () => {
    const steady = looks(...[0n, 1n, 2n, 3n, 4n].map((n) => [later(30n * n, 10n * n, 50_000_000n * n)]));
    const { values, intervals } = serverTimes(steady);
    expect(values['perf_server_queue']).toBe(5);
    expect(intervals['perf_server_queue']![0]).toBeCloseTo(5, 9);
    expect(intervals['perf_server_queue']![1]).toBeCloseTo(5, 9);
    expect(intervals['perf_inference_count']).toEqual([120, 120]);
    expect(Object.keys(intervals).sort()).toEqual(Object.keys(values).sort());
    const queues = [0n, 90_000_000n, 100_000_000n, 180_000_000n, 200_000_000n];
    const wild = serverTimes(looks(...queues.map((ns, n) => [later(30n * BigInt(n), 10n * BigInt(n), ns)])));
    const [low, high] = wild.intervals['perf_server_queue']!;
    // Four windows of 9, 1, 8 and 2 ms: the mean of 5 may be 0 or 11 as well.
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(10);
    const [once] = [serverTimes(looks([recorded!], [later(30n, 10n, 50_000_000n)]))];
    expect(once.intervals['perf_server_queue']).toEqual([null, null]);
  });

  test('nothing executed, or counters that an old server lacks: no values', () => {
    expect(serverTimes(looks([recorded!], [recorded!])).values).toEqual({});
    const old = { name: 'm', version: '1', inference_count: 1n, execution_count: 1n, inference_stats: {} };
    expect(serverTimes(looks([], [old])).values).toEqual({
      perf_inference_count: 1,
      perf_execution_count: 1,
      perf_executed_batch: 1,
    });
  });

  test('counters that fall, and looks that are missing, tell nothing', () => {
    const fallen = looks([later(30n, 10n, 50_000_000n)], [recorded!]);
    expect(serverTimes(fallen).values).toEqual({});
    expect(fellBack(fallen)).toBe(true);
    const missing = looks([recorded!], undefined, [later(30n, 10n, 50_000_000n)]);
    expect(serverTimes(missing)).toEqual({ values: {}, intervals: {} });
    expect(fellBack(missing)).toBe(false);
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
    const { values, intervals, gpus } = aggregateGpus(samples);
    expect(gpus['a']?.['gpu_used_memory']).toBe(3000);
    expect(values['gpu_used_memory']).toBe(5000);
    expect(values['gpu_utilization']).toBeCloseTo(40);
    expect(Object.keys(intervals).sort()).toEqual(Object.keys(values).sort());
    expect(intervals['gpu_used_memory']).toEqual([2000, 5000]);
    expect(intervals['gpu_utilization']![0]).toBe(0);
    expect(intervals['gpu_utilization']![1]).toBe(100);
  });

  test('what was free is the least there was, so that used and free are all there is', () => {
    const samples = [parseGpuMetrics(page('a', 1e9, 0.2)), parseGpuMetrics(page('a', 3e9, 0.4))];
    const { values } = aggregateGpus(samples);
    expect(values).toMatchObject({ gpu_used_memory: 3000, gpu_free_memory: 77_000 });
  });

  test('no page of lies is believed, or takes long', () => {
    expect(
      parseGpuMetrics(
        [
          'nv_gpu_utilization{gpu_uuid="a"} NaN',
          'nv_gpu_utilization{gpu_uuid="a"} -1',
          'nv_gpu_utilization{gpu_uuid="__proto__"} 0.5',
          'nv_gpu_power_usage{gpu_uuid="a"} +Inf',
          'nv_gpu_memory_used_bytes{gpu_uuid="a"} 2000000',
          'nv_gpu_memory_total_bytes{gpu_uuid="a"} 1000000',
          'nv_gpu_utilization{gpu_uuid="b"} 7',
          'nv_gpu_utilization{gpu_uuid="c" 0.5',
        ].join('\n'),
      ),
    ).toEqual(JSON.parse('{"__proto__": {"gpu_utilization": 50}, "a": {"gpu_used_memory": 2}, "b": {}}'));
    const open = `nv_gpu_x{${'gpu_uuid="a" '.repeat(50)}\n`.repeat(5000);
    expect(cpuTimeOf(() => expect(parseGpuMetrics(open)).toEqual({}))).toBeLessThan(2000);
  });
});

describe('a measurement', () => {
  const raw = (changes: Partial<RawPoint> = {}): RawPoint => ({
    point: inFlight('m', 2, 2),
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
      edges: looks([], []),
      client: { engine: 'fake' },
      warnings: [],
    },
    gpuSamples: [],
    driverSamples: [],
    foreign: [],
    resources: { values: { cpu_used_ram: 100 }, intervals: { cpu_used_ram: [90, 100] } },
    shared: false,
    startedAt: 'now',
    ...changes,
  });

  test('puts the figures of client, server and system together', () => {
    const {
      whole: { values, intervals },
      requests,
    } = toMeasurement(raw());
    expect(values).toMatchObject({ perf_throughput: 200, perf_latency_p99: 22, cpu_used_ram: 100 });
    expect(requests).toBe(300);
    expect(intervals['perf_throughput']).toEqual([190, 210]);
  });

  test('holds the energy, what it is by and how many GPUs are in use, and says who else made them draw', () => {
    const counters = {
      ageMs: 500,
      looks: [0, 1, 2, 3].map((n) => ({ atMs: 500 * n, gauges: {}, energyJ: { 'GPU-a': 100 * n } })),
    };
    const placement = { inUse: 1, uuids: ['GPU-a'] };
    const alone = toMeasurement(raw({ counters, placement }));
    // 200 W over 200 infer/s.
    expect(alone.whole.values['energy_per_thousand_inferences']).toBeCloseTo(1000, 9);
    expect(alone.whole.intervals['energy_per_thousand_inferences']).toHaveLength(2);
    expect(alone).toMatchObject({ energyBy: 'counter', gpusInUse: 1 });
    expect(alone.warnings.join()).not.toContain('energy');
    const foreign = [{ uuid: 'GPU-a', pid: 7, name: 'other' }];
    const shared = toMeasurement(raw({ counters, placement, foreign }));
    expect(shared.warnings).toContain('the energy holds what other processes made the GPUs draw');
  });

  test('on the CPU alone has no energy, and says that no GPU is in use', () => {
    const found = toMeasurement(raw({ placement: { inUse: 0, uuids: [] } }));
    expect(found.gpusInUse).toBe(0);
    expect(found).not.toHaveProperty('energyBy');
    expect(Object.keys(found.whole.values)).not.toContain('energy_per_thousand_inferences');
  });

  test("Little's law finds a client that left slots idle", () => {
    expect(toMeasurement(raw()).bottleneck).toEqual({ who: 'server', reasons: [] });
    const starved = toMeasurement(raw({ point: inFlight('m', 8, 2) }));
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

  test.each([
    [[196, 204], 'known to ± 2 % from too short a time to rely on'],
    [[193.96, 206.04], 'known to ± 3.02 %, not to the 3 % asked for'],
    [[0, 400], 'too few requests came back within 2.5 s to know it to 3 %'],
  ] as const)('why a point that is not precise is not: %j', (perf_throughput, why) => {
    const result = { ...raw().result, stable: false, intervals: { perf_throughput } };
    expect(toMeasurement(raw({ result })).warnings).toContainEqual(expect.stringContaining(why));
  });
});
