import { mean } from 'simple-statistics';
import type { LoadSettings } from '../config/experiment.ts';
import type { LoadGenerator, LoadResult, Window, WindowSummary } from '../load/load-generator.ts';
import type { Server } from '../server/launcher.ts';
import type { ModelMetadata, ModelStatistics } from '../server/triton.ts';
import type { LoadPoint } from '../space/space.ts';
import { percentileInterval, rateInterval } from '../statistics/intervals.ts';
import { percentile } from '../statistics/percentile.ts';
import { aggregateGpus, type GpuSample, watchGpus } from './gpu.ts';
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
  readonly signal: AbortSignal;
  onWindow?(window: WindowSummary): void;
}

/**
 * Measures one point.
 * @throws LoadFailure when requests do not get through; whatever the server's API throws when it is gone.
 */
export async function measurePoint(request: MeasureRequest): Promise<Measurement> {
  const { server, model, batching, point, settings, generator, signal, onWindow } = request;
  const startedAt = new Date().toISOString();
  const gpus = watchGpus(server.metrics, request.monitoringIntervalS);
  try {
    const result = await generator.run<Scrape>({
      http: server.http,
      model,
      batching,
      point,
      settings,
      scrape: async () => ({ statistics: await server.triton.statistics(model.name) }),
      signal,
      ...(onWindow && { onWindow }),
    });
    return toMeasurement({
      point,
      settings,
      result,
      gpuSamples: await gpus.stop(),
      memory: server.memory(),
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
  readonly memory: ReturnType<Server['memory']>;
  readonly startedAt: string;
}

/** Merges the windows that count into one measurement and adds intervals. */
export function toMeasurement({
  point,
  settings,
  result,
  gpuSamples,
  memory,
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
  return {
    point,
    values: {
      perf_throughput: (requests * point.batchSize * 1000) / durationMs,
      perf_latency_avg: average,
      ...Object.fromEntries(percentiles.map(([tag, percent]) => [tag, percentile(sorted, percent)])),
      perf_client_send_recv: sendRecvMs,
      perf_client_response_wait: average - sendRecvMs,
      ...serverTimes(first.before.statistics, last.after.statistics),
      ...gpu.values,
      ...defined({ cpu_used_ram: memory?.usedMB, cpu_available_ram: memory?.availableMB }),
    },
    intervals: {
      perf_throughput: [scaled(rate[0], point.batchSize), scaled(rate[1], point.batchSize)],
      ...Object.fromEntries(percentiles.map(([tag, percent]) => [tag, percentileInterval(sorted, percent)])),
    },
    gpus: gpu.gpus,
    requests,
    failures,
    durationS: durationMs / 1000,
    warmupS: result.warmupS,
    windows: result.windows.length,
    counted: result.counted,
    stable: result.stable,
    warnings: warningsOf({ result, requests, average, durationMs, point, settings, failures }),
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
  // Little's law: what is in flight is the rate times the time each request takes.
  const inFlight = (requests / durationMs) * average;
  if (Math.abs(inFlight / point.concurrency - 1) > LITTLE_TOLERANCE && requests > 10 * point.concurrency) {
    warnings.push(
      `${inFlight.toFixed(1)} requests were in flight on average instead of ${point.concurrency}: the client did not keep up`,
    );
  }
  return warnings;
}
