import { expect, test } from 'vitest';
import type { LoadGenerator, LoadJob, LoadResult } from '../../src/load/load-generator.ts';
import { measurePoint } from '../../src/measure/measure.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { Resources, Server } from '../../src/server/launcher.ts';
import { HttpTriton } from '../../src/server/triton-http.ts';
import { load } from '../support/experiment.ts';
import { type FakeTriton, fakeTriton } from '../support/fake-triton.ts';

/** Makes payloads, warms up, measures three windows, calibrates: what counts are the windows alone. */
const staged = (stage: (name: 'idle' | 'busy') => Promise<void>): LoadGenerator => ({
  name: 'staged',
  async run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>> {
    await stage('idle');
    const edges: Scrape[] = [];
    for (let window = 0; window < 4; window++) {
      if (window > 0) await stage('busy');
      edges.push(await job.scrape());
    }
    await stage('idle');
    return {
      values: { perf_throughput: 100, perf_latency_avg: 10 },
      intervals: { perf_throughput: [99, 101] },
      requests: 300,
      failures: {},
      durationS: 3,
      warmupS: 0,
      windows: 3,
      counted: 3,
      stable: true,
      edges,
      client: { engine: 'staged' },
      warnings: [],
    };
  },
});

const measure = async (fake: FakeTriton, changes: Partial<Server>, generator: LoadGenerator) => {
  const triton = new HttpTriton(fake.endpoint);
  const server = {
    triton,
    http: fake.endpoint,
    grpc: undefined,
    metrics: fake.endpoint,
    shared: false,
    logFile: '/log',
    resources: async () => undefined,
    processes: async () => undefined,
    ...changes,
  } as unknown as Server;
  return await measurePoint({
    server,
    models: [{ metadata: await triton.metadata('m'), config: {} }],
    point: inFlight('m', 1),
    settings: load(),
    generator,
    monitoringIntervalS: 0.05,
    signal: new AbortController().signal,
  });
};

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

test('CPU and memory are of the windows that count, whatever the server did before and after', async () => {
  await using fake = await fakeTriton();
  let cpuS = 0;
  let usedMB = 900;
  const {
    whole: { values, intervals },
  } = await measure(
    fake,
    { resources: async (): Promise<Resources> => ({ cpuS, usedMB, availableMB: 1000 - usedMB }) },
    staged(async (name) => {
      const started = performance.now();
      await sleep(name === 'busy' ? 300 : 600);
      usedMB = name === 'busy' ? 400 : 900;
      if (name === 'busy') cpuS += (performance.now() - started) / 1000;
    }),
  );
  // Over everything it would be 43; between the windows the server is asked for its statistics, and does nothing.
  expect(values['cpu_utilization']).toBeGreaterThan(60);
  expect(values['cpu_utilization']).toBeLessThan(125);
  expect(intervals['cpu_utilization']).toBeDefined();
  expect(values['cpu_used_ram']! + values['cpu_available_ram']!).toBe(1000);
});

test('what the server and its GPUs tell has intervals', async () => {
  await using fake = await fakeTriton();
  const {
    whole: { values, intervals },
    warnings,
  } = await measure(
    fake,
    {},
    staged(() => sleep(550)),
  );
  const own = Object.keys(values).filter((tag) => !tag.startsWith('perf_latency'));
  expect(Object.keys(intervals).sort()).toEqual(own.sort());
  expect(values).toMatchObject({ perf_server_queue: 1, gpu_utilization: 50, gpu_used_memory: 1000 });
  expect(intervals['gpu_utilization']).toEqual([50, 50]);
  expect(warnings.join()).not.toContain('statistics');
});

test('the energy is by the counter of the page where it was seen for long enough, else by the power', async () => {
  await using fake = await fakeTriton();
  // A page of a server that tma starts is refreshed twice a second.
  const ours = { logFile: 'server.log' };
  const long = await measure(
    fake,
    ours,
    staged(() => sleep(900)),
  );
  expect(long).toMatchObject({ gpusInUse: 1, energyBy: 'counter' });
  // 200 W over 100 infer/s.
  expect(long.whole.values['energy_per_thousand_inferences']).toBeGreaterThan(1900);
  expect(long.whole.values['energy_per_thousand_inferences']).toBeLessThan(2100);
  const short = await measure(
    fake,
    ours,
    staged(() => sleep(300)),
  );
  expect(short.energyBy).toBe('power');
  expect(short.whole.values['energy_per_thousand_inferences']).toBeCloseTo(2500, 6);
});

test('a server whose statistics fail in mid-measurement: the figures stay, its own times are said to be missing', async () => {
  await using fake = await fakeTriton();
  fake.break('stats', 'fails with an object', 2);
  const {
    whole: { values },
    warnings,
  } = await measure(
    fake,
    {},
    staged(() => sleep(5)),
  );
  expect(values['perf_throughput']).toBe(100);
  expect(values).not.toHaveProperty('perf_server_queue');
  expect(warnings.join()).toContain(
    "the server's statistics could not be read, so that its own times are not there",
  );
  // Not asked again once it has failed.
  expect(fake.asked.stats).toBe(3);
});

test('statistics that begin anew are told of', async () => {
  await using fake = await fakeTriton();
  let looks = 0;
  const triton = new HttpTriton(fake.endpoint);
  const fallen = {
    statistics: async () => [
      {
        name: 'm',
        version: '1',
        inference_count: looks++ === 2 ? 1000n : 10n,
        execution_count: 10n,
        inference_stats: {},
      },
    ],
    metadata: triton.metadata,
  };
  const {
    whole: { values },
    warnings,
  } = await measure(
    fake,
    { triton: fallen as unknown as Server['triton'] },
    staged(() => sleep(5)),
  );
  expect(values).not.toHaveProperty('perf_inference_count');
  expect(warnings.join()).toContain("the server's statistics began anew meanwhile");
});
