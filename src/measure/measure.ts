import type { Constraint, LoadSettings, StopRule } from '../config/experiment.ts';
import { countFailures, mainFailure } from '../load/failures.ts';
import type { LoadGenerator, LoadResult, WindowSummary } from '../load/load-generator.ts';
import type { ModelConfig } from '../model-config/config.ts';
import type { Resources, Server } from '../server/launcher.ts';
import type { ModelMetadata, ModelStatistics } from '../server/triton.ts';
import type { LoadPoint } from '../space/load-point.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import { findBottleneck } from './bottleneck.ts';
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
  /** false: the server has none to tell. */
  readonly statistics?: boolean;
  readonly model: ModelMetadata;
  /** In effect on the server. */
  readonly config: ModelConfig;
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  /** What the point must keep to be of interest. */
  readonly matters?: readonly Constraint[] | undefined;
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
  const { server, model, config, point, settings, generator, signal, onWindow } = request;
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const gpus = watchGpus(server.metrics, request.monitoringIntervalS);
  const before = await server.resources();
  try {
    const result = await generator.run<Scrape>({
      http: server.http,
      grpc: server.grpc,
      metrics: server.metrics,
      inProcess: server.inProcess,
      triton: server.triton,
      model,
      config,
      point,
      settings,
      matters: request.matters,
      scrape: async () => ({
        statistics: request.statistics === false ? [] : await server.triton.statistics(model.name),
      }),
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

/** Puts what the generator brought together with what the server, its GPUs and the system told. */
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
  const gpu = aggregateGpus(gpuSamples);
  const states = gpuStates(driverSamples);
  const values = {
    ...serverTimes(result.before.statistics, result.after.statistics),
    // A generator that reads the server's statistics itself knows its own windows best.
    ...result.values,
    ...gpu.values,
    ...defined({
      cpu_used_ram: resources?.usedMB,
      cpu_available_ram: resources?.availableMB,
      cpu_utilization: resources?.cpuPercent,
    }),
  };
  const bottleneck = findBottleneck({ point, values, requests: result.requests, client: result.client });
  return {
    point,
    values,
    intervals: result.intervals,
    gpus: gpu.gpus,
    ...(driverSamples.length > 0 && { gpuStates: states }),
    ...(shared && { shared }),
    client: result.client,
    bottleneck,
    requests: result.requests,
    failures: result.failures,
    durationS: result.durationS,
    warmupS: result.warmupS,
    windows: result.windows,
    counted: result.counted,
    stable: result.stable,
    warnings: [
      ...warningsOf(result, settings),
      ...bottleneck.reasons.map((reason) => `client-bound: ${reason}`),
      ...gpuWarnings(states, foreign),
    ],
    startedAt,
  };
}

/** Lateness of the client's that is worth a word beside the p99, as a share of it. */
const LATE_PART = 0.25;

/** Fewest requests for which the largest is an upper bound of the p99 with 99 % confidence. */
const P99_REQUESTS = 459;

function warningsOf(result: LoadResult<Scrape>, { stopRule, percentile }: LoadSettings): string[] {
  const warnings = [...result.warnings];
  if (!result.stable) warnings.push(whyUncertain(result, stopRule, percentile));
  if (result.requests < P99_REQUESTS && result.values['perf_latency_p99'] !== undefined) {
    warnings.push(
      `p99 rests on ${result.requests} requests, ${P99_REQUESTS} are needed to be 99 % sure of its bound`,
    );
  }
  const failed = countFailures(result.failures);
  if (failed > 0) warnings.push(`${failed} requests failed: ${mainFailure(result.failures)!.message}`);
  const { dropped, asked, full } = result.client;
  if (dropped) warnings.push(`${dropped} requests were never sent: the most were in flight already`);
  const { lateness } = result.client;
  const p99 = result.values['perf_latency_p99'];
  if (lateness && !full && p99 !== undefined && lateness.p99 > Math.max(1, LATE_PART * p99))
    warnings.push(
      `the slowest percent of the sends was late by ${lateness.p99.toFixed(1)} ms or more, which the p99 holds`,
    );
  const sent = result.values['perf_send_rate'];
  if (asked !== undefined && sent !== undefined && sent < 0.99 * asked) {
    const why = full ? 'as many were in flight as may be: the server did not keep up' : 'the client was late';
    warnings.push(`${sent.toFixed(0)} requests a second were sent instead of ${asked.toFixed(0)}: ${why}`);
  }
  return warnings;
}

function whyUncertain(result: LoadResult<Scrape>, rule: StopRule, percent: number | undefined): string {
  if (rule.kind === 'windows') {
    const allowed = rule.stability * 100;
    return `not steady: the last windows differ by more than ${allowed} %; a longer measurement-interval may help`;
  }
  const width = (tag: string): number | undefined => relativeHalfWidth(result.intervals[tag] ?? [null, null]);
  const throughput = width('perf_throughput');
  const latency = percent === undefined ? undefined : width(`perf_latency_p${percent}`);
  const worst = Math.max(throughput ?? 1, percent === undefined ? 0 : (latency ?? 1));
  const asked = `${Number((rule.precision * 100).toPrecision(2))} %`;
  return worst >= 1
    ? `too few requests came back within ${rule.limitMs / 1000} s to know it to ${asked}; a longer time-limit may help`
    : `known to ± ${(worst * 100).toPrecision(2)} %, not to the ${asked} asked for; a longer time-limit may help`;
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
