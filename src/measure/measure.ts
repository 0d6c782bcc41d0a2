import { mean } from 'simple-statistics';
import type { LoadSettings } from '../config/experiment.ts';
import type { LoadGenerator, LoadResult, Window, WindowSummary } from '../load/load-generator.ts';
import type { Resources, Server } from '../server/launcher.ts';
import type { ModelMetadata, ModelStatistics } from '../server/triton.ts';
import type { LoadPoint } from '../space/space.ts';
import { percentileInterval, rateInterval } from '../statistics/intervals.ts';
import { percentile } from '../statistics/percentile.ts';
import { aggregateGpus, type GpuSample, watchGpus } from './gpu.ts';
import {
  type DriverSample,
  driverGauges,
  foreignProcesses,
  type GpuMonitor,
  type GpuProcess,
  type GpuState,
  gpuStates,
} from './gpu-state.ts';
import type { Measurement } from './measurement.ts';
import { defined, serverTimes } from './server-times.ts';

/** What is read from the server at the edge of a window. */
interface Scrape {
  readonly statistics: readonly ModelStatistics[];
}

/** A point to measure on a server that has the model loaded. */
export interface MeasureRequest {
  readonly server: Server;
  readonly model: ModelMetadata;
  readonly batching: boolean;
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  readonly generator: LoadGenerator;
  readonly monitoringIntervalS: number;
  /** The driver's view of the server's GPUs; undefined where there is none. */
  readonly driver?: DriverView | undefined;
  readonly signal: AbortSignal;
  onWindow?(window: WindowSummary): void;
}

/** The GPUs of this machine that a server may use, and who watches them. */
export interface DriverView {
  readonly monitor: GpuMonitor;
  readonly uuids: readonly string[];
}

/**
 * Measures one point.
 * @throws LoadFailure when requests do not get through; whatever the server's API throws when it is gone.
 */
export async function measurePoint(request: MeasureRequest): Promise<Measurement> {
  const { server, model, batching, point, settings, generator, signal, onWindow } = request;
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const gpus = watchGpus(server.metrics, request.monitoringIntervalS);
  const before = await server.resources();
  try {
    const result = await generator.run<Scrape>({
      http: server.http,
      grpc: server.grpc,
      model,
      batching,
      point,
      settings,
      scrape: async () => ({ statistics: await server.triton.statistics(model.name) }),
      signal,
      ...(onWindow && { onWindow }),
    });
    const [gauges, after] = [await gpus.stop(), await server.resources()];
    const seen = request.driver?.monitor.since(startMs, request.driver.uuids) ?? [];
    const uuids = request.driver?.uuids ?? [];
    return toMeasurement({
      point,
      settings,
      result,
      // The server's own gauges come from DCGM; where that is missing, the driver's say the same.
      gpuSamples: gauges.length > 0 ? onlyOf(gauges, uuids) : driverGauges(seen),
      driverSamples: seen,
      foreign: uuids.length > 0 ? await foreignProcesses(uuids, await server.processes()) : [],
      resources: after && { ...after, cpuPercent: cpuPercent(before, after, performance.now() - startMs) },
      shared: server.shared,
      startedAt,
    });
  } finally {
    await gpus.stop();
  }
}

/** What a measurement is made of. */
export interface RawPoint {
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  readonly result: LoadResult<Scrape>;
  readonly gpuSamples: readonly GpuSample[];
  readonly driverSamples: readonly DriverSample[];
  readonly foreign: readonly GpuProcess[];
  readonly resources: (Resources & { readonly cpuPercent: number | undefined }) | undefined;
  /** Other variants ran on the same server. */
  readonly shared: boolean;
  readonly startedAt: string;
}

/** Merges the windows that count into one measurement and adds intervals. */
export function toMeasurement({
  point,
  settings,
  result,
  gpuSamples,
  driverSamples,
  foreign,
  resources,
  shared,
  startedAt,
}: RawPoint): Measurement {
  const windows = result.windows.slice(-result.counted);
  const [first, last] = [windows[0]!, windows.at(-1)!];
  const durationMs = last.endMs - first.startMs;
  const ends = concat(windows, (window) => window.samples.endMs);
  const sorted = concat(windows, (window) => window.samples.latencyMs).sort();
  const sendRecv = concat(windows, (window) => window.samples.sendRecvMs);
  const requests = sorted.length;
  const average = mean(Array.from(sorted));
  const sendRecvMs = mean(Array.from(sendRecv));
  const gpu = aggregateGpus(gpuSamples);
  const rate = rateInterval(ends, first.startMs, last.endMs);
  const percentiles = [50, 90, 95, 99].map((percent) => [`perf_latency_p${percent}`, percent] as const);
  const failures = mergeFailures(windows);
  const states = gpuStates(driverSamples);
  return {
    point,
    values: {
      perf_throughput: (requests * point.batchSize * 1000) / durationMs,
      perf_latency_avg: average,
      ...Object.fromEntries(percentiles.map(([tag, percent]) => [tag, percentile(sorted, percent)])),
      // Not every client can tell the two apart.
      ...(Number.isNaN(sendRecvMs)
        ? {}
        : { perf_client_send_recv: sendRecvMs, perf_client_response_wait: average - sendRecvMs }),
      ...serverTimes(first.before.statistics, last.after.statistics),
      ...gpu.values,
      ...defined({
        cpu_used_ram: resources?.usedMB,
        cpu_available_ram: resources?.availableMB,
        cpu_utilization: resources?.cpuPercent,
      }),
    },
    intervals: {
      perf_throughput: [scaled(rate[0], point.batchSize), scaled(rate[1], point.batchSize)],
      ...Object.fromEntries(percentiles.map(([tag, percent]) => [tag, percentileInterval(sorted, percent)])),
    },
    gpus: gpu.gpus,
    ...(driverSamples.length > 0 && { gpuStates: states }),
    ...(shared && { shared }),
    keptUp: keptUp({ requests, average, durationMs, point }),
    requests,
    failures,
    durationS: durationMs / 1000,
    warmupS: result.warmupS,
    windows: result.windows.length,
    counted: result.counted,
    stable: result.stable,
    warnings: [
      ...warningsOf({ result, requests, average, durationMs, point, settings, failures }),
      ...gpuWarnings(states, foreign),
    ],
    startedAt,
  };
}

const scaled = (value: number | null, factor: number): number | null =>
  value === null ? null : value * factor;

function concat(
  windows: readonly Window<Scrape>[],
  read: (window: Window<Scrape>) => Float64Array,
): Float64Array {
  const parts = windows.map(read);
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function mergeFailures(windows: readonly Window<Scrape>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { failures } of windows) {
    for (const [message, count] of Object.entries(failures)) all[message] = (all[message] ?? 0) + count;
  }
  return all;
}

/** Fewest requests for which the largest is an upper bound of the p99 with 99 % confidence. */
const P99_REQUESTS = 459;
const LITTLE_TOLERANCE = 0.1;

function warningsOf(facts: {
  result: LoadResult<Scrape>;
  requests: number;
  average: number;
  durationMs: number;
  point: LoadPoint;
  settings: LoadSettings;
  failures: Readonly<Record<string, number>>;
}): string[] {
  const { result, requests, average, durationMs, point, settings } = facts;
  const warnings: string[] = [];
  if (!result.stable) {
    warnings.push(
      `not steady: the last windows differ by more than ${settings.window.stability * 100} %; a longer measurement-interval may help`,
    );
  }
  if (requests < P99_REQUESTS) {
    warnings.push(
      `p99 rests on ${requests} requests, ${P99_REQUESTS} are needed to be 99 % sure of its bound`,
    );
  }
  const failed = Object.entries(facts.failures);
  if (failed.length > 0) {
    const count = failed.reduce((sum, [, number]) => sum + number, 0);
    warnings.push(`${count} requests failed: ${failed[0]![0]}`);
  }
  if (!keptUp(facts)) {
    const inFlight = (requests / durationMs) * average;
    warnings.push(
      `${inFlight.toFixed(1)} requests were in flight on average instead of ${point.concurrency}: the client did not keep up`,
    );
  }
  return warnings;
}

/** Little's law: what is in flight is the rate times the time each request takes; too few requests say nothing. */
function keptUp(facts: { requests: number; average: number; durationMs: number; point: LoadPoint }): boolean {
  const { requests, average, durationMs, point } = facts;
  const inFlight = (requests / durationMs) * average;
  return requests <= 10 * point.concurrency || Math.abs(inFlight / point.concurrency - 1) <= LITTLE_TOLERANCE;
}

/** What a GPU's own state says against a figure. */
function gpuWarnings(states: Readonly<Record<string, GpuState>>, foreign: readonly GpuProcess[]): string[] {
  const held = Object.entries(states).flatMap(([uuid, { throttled }]) =>
    throttled.length > 0 ? [`${uuid} was held back: ${throttled.join(', ')}`] : [],
  );
  const others = foreign.map(({ uuid, pid, name }) => `another process uses ${uuid}: ${name} (pid ${pid})`);
  return [...held, ...others];
}

/** CPU time between two looks as percent of one core. */
function cpuPercent(before: Resources | undefined, after: Resources, elapsedMs: number): number | undefined {
  if (!before || after.cpuS < before.cpuS) return undefined;
  return ((after.cpuS - before.cpuS) / (elapsedMs / 1000)) * 100;
}

/** Gauges of the server's own GPUs; a page may show all of the machine. */
const onlyOf = (samples: readonly GpuSample[], uuids: readonly string[]): GpuSample[] =>
  uuids.length === 0
    ? [...samples]
    : samples.map((sample) => {
        const own = Object.entries(sample).filter(([uuid]) => uuids.includes(uuid));
        return own.length > 0 ? Object.fromEntries(own) : sample;
      });
