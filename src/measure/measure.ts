import type { LoadSettings, StopRule } from '../config/experiment.ts';
import type { LoadedModel, LoadGenerator, LoadResult, WindowSummary } from '../load/load-generator.ts';
import type { Constraint } from '../record/goal.ts';
import type { GpuState } from '../record/gpu-state.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { latenessInP99, P99_REQUESTS } from '../record/marks.ts';
import type { Composing, Figures, GpuSharer, Measurement } from '../record/measurement.ts';
import { ofEach } from '../record/one-model.ts';
import { countFailures, mainFailure } from '../record/request-failures.ts';
import type { Server } from '../server/launcher.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import { findBottleneck } from './bottleneck.ts';
import { aggregateGpus, type GpuLook, type GpuSample, REFRESH_MS, watchGpus } from './gpu.ts';
import { type Drawn, energyFigures } from './gpu-energy.ts';
import {
  type DriverSample,
  driverGauges,
  foreignProcesses,
  type GpuMonitor,
  gpuStates,
} from './gpu-monitor.ts';
import { type Placement, placementOf } from './placement.ts';
import { type CpuShares, cpuShares, resourceFigures, watchResources } from './resource-watch.ts';
import { composingTimes, fellBack, type StatisticsAt, serverTimes } from './server-times.ts';
import { type Span, samplesWithin } from './span.ts';
import { type Scrape, statisticsReader } from './statistics-reader.ts';

/** A point to measure on a server that has the model loaded. */
export interface MeasureRequest {
  readonly server: Server;
  /** false: the server has none to tell. */
  readonly statistics?: boolean;
  /** The models that the streams of the point name. */
  readonly models: readonly [LoadedModel, ...LoadedModel[]];
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  /** What the point must keep to be of interest. */
  readonly matters?: readonly Constraint[] | undefined;
  /** Limits of which is counted how many requests are beyond them. */
  readonly limits?: readonly Constraint[] | undefined;
  readonly generator: LoadGenerator;
  readonly monitoringIntervalS: number;
  /** The driver's view of the server's GPUs; undefined where there is none. */
  readonly driver?: DriverView | undefined;
  /** How many GPUs the server may use, as far as this machine's driver tells; undefined: it is not one of this machine. */
  readonly visibleGpus?: number | undefined;
  readonly signal: AbortSignal;
  /** See `LoadJob`. */
  readonly deadlineMs?: number | undefined;
  onWindow?(window: WindowSummary): void;
}

/** The GPUs of this machine that a server may use, and who watches them. */
export interface DriverView {
  readonly monitor: GpuMonitor;
  readonly uuids: readonly string[];
}

/**
 * Measures one point. What server, GPUs and system tell is of the windows that count, as are the client's figures.
 * @throws LoadFailure when requests do not get through; whatever the server's API throws when it is gone.
 */
export async function measurePoint(request: MeasureRequest): Promise<Measurement> {
  const { server, models, point, settings, generator, signal, onWindow, driver } = request;
  const startedAt = new Date().toISOString();
  const gpus = watchGpus(server.metrics, request.monitoringIntervalS);
  const resources = watchResources(server, request.monitoringIntervalS);
  const statistics = statisticsReader({ ...request, model: models[0] });
  try {
    // A server that does not tell must not be found out while it is measured.
    await statistics.look();
    const result = await generator.run<Scrape>({
      http: server.http,
      grpc: server.grpc,
      metrics: server.metrics,
      inProcess: server.inProcess,
      triton: server.triton,
      models,
      point,
      settings,
      matters: request.matters,
      limits: request.limits,
      scrape: async () => {
        const fromMs = performance.now();
        gpus.look();
        resources.look();
        const found = await statistics.look();
        return { fromMs, atMs: performance.now(), ...found };
      },
      signal,
      deadlineMs: request.deadlineMs,
      ...(onWindow && { onWindow }),
    });
    const span = { startMs: result.edges[0]!.fromMs, endMs: result.edges.at(-1)!.atMs };
    const used = await resources.stop();
    const uuids = driver?.uuids ?? [];
    return toMeasurement({
      point,
      settings,
      result,
      ...gpusWithin(span, await gpus.stop(), request),
      foreign: uuids.length > 0 ? await foreignProcesses(uuids, await server.processes()) : [],
      resources: resourceFigures(used, span),
      // Elsewhere nothing is known of what else goes on, and a load generator of its own is another program, too.
      cpu: server.logFile !== undefined && generator.name === 'native' ? cpuShares(used, span) : undefined,
      unread: statistics.failure(),
      composingBy: statistics.by,
      shared: server.shared,
      startedAt,
    });
  } finally {
    await gpus.stop();
    await resources.stop();
  }
}

/** Triton's own `--metrics-interval-ms`. */
const USUAL_REFRESH_MS = 2000;

/** What was seen of the server's GPUs within a span. */
function gpusWithin(
  span: Span,
  looks: readonly GpuLook[],
  { server, driver, models, visibleGpus }: MeasureRequest,
): Pick<RawPoint, 'gpuSamples' | 'driverSamples' | 'placement' | 'counters'> {
  const uuids = driver?.uuids ?? [];
  const driverSamples = driver?.monitor.within(span, uuids) ?? [];
  // Our own servers refresh their gauges more often than those that somebody else has started.
  const ageMs = server.logFile === undefined ? USUAL_REFRESH_MS : REFRESH_MS;
  const gauges = samplesWithin(looks, span, ageMs).map((look) => look.gauges);
  // The server's own gauges come from DCGM; where that is missing, the driver's say the same.
  const gpuSamples = gauges.length > 0 ? onlyOf(gauges, uuids) : driverGauges(driverSamples);
  const seen = [...new Set(gpuSamples.flatMap((sample) => Object.keys(sample)))];
  return {
    gpuSamples,
    driverSamples,
    placement: placementOf(models[0].config, { visible: visibleGpus, uuids, seen }),
    // A counter that is a little older than the span tells of the warm-up, under the same load.
    counters: { ageMs, looks: looks.filter(({ atMs }) => atMs >= span.startMs && atMs <= span.endMs) },
  };
}

/** What a measurement is made of. */
export interface RawPoint {
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  readonly result: LoadResult<StatisticsAt>;
  readonly gpuSamples: readonly GpuSample[];
  readonly driverSamples: readonly DriverSample[];
  readonly foreign: readonly GpuSharer[];
  /** The GPUs that its instances are on; absent: nothing is known of that. */
  readonly placement?: Placement;
  readonly counters?: Pick<Drawn, 'looks' | 'ageMs'>;
  readonly resources: Figures;
  readonly cpu?: CpuShares | undefined;
  /** Why the server's statistics are not known, where that is a fault. */
  readonly unread?: string | undefined;
  /** Why other models were looked at; undefined: none was. */
  readonly composingBy?: Composing['by'] | undefined;
  /** Other variants ran on the same server. */
  readonly shared: boolean;
  readonly startedAt: string;
}

/** Puts what the generator brought together with what the server, its GPUs and the system told. */
export function toMeasurement(raw: RawPoint): Measurement {
  const { point, settings, result, driverSamples, foreign, resources, shared, startedAt } = raw;
  const gpu = aggregateGpus(raw.gpuSamples);
  const states = gpuStates(driverSamples);
  const server = serverTimes(result.edges);
  const composing = raw.composingBy && composingTimes(result.edges, raw.composingBy);
  const { figures: energy, energyBy } = energyFigures(
    { looks: [], ageMs: 0, ...raw.counters, uuids: raw.placement?.uuids, ...gpu },
    result,
  );
  // A generator that reads the server's statistics itself knows its own windows best.
  const values = {
    ...server.values,
    ...result.values,
    ...gpu.values,
    ...resources.values,
    ...energy.values,
  };
  const own = Object.entries(server.intervals).filter(([tag]) => !(tag in result.values));
  const intervals = {
    ...Object.fromEntries(own),
    ...result.intervals,
    ...gpu.intervals,
    ...resources.intervals,
    ...energy.intervals,
  };
  const whole = { values, intervals };
  const bottleneck = findBottleneck({ point, values, requests: result.requests, client: result.client });
  return {
    point,
    whole,
    ...(result.beyond && { beyond: result.beyond }),
    models: ofEach({ point, whole }),
    ...(composing && { composing }),
    gpus: gpu.gpus,
    ...(driverSamples.length > 0 && { gpuStates: states }),
    ...(raw.placement?.inUse !== undefined && { gpusInUse: raw.placement.inUse }),
    ...(energyBy && { energyBy }),
    ...(shared && { shared }),
    ...(raw.cpu && { othersShare: raw.cpu.others, idleShare: raw.cpu.idle }),
    ...(result.stalls && { stalls: result.stalls }),
    ...(foreign.length > 0 && { gpuSharers: foreign }),
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
      ...gpuWarnings(states, foreign, energyBy !== undefined),
      ...statisticsWarnings(raw),
    ],
    startedAt,
  };
}

/** Why the server's own times are not there, or not those of this load alone. */
function statisticsWarnings({ unread, result }: RawPoint): string[] {
  if (unread !== undefined)
    return [`the server's statistics could not be read, so that its own times are not there: ${unread}`];
  return fellBack(result.edges)
    ? [
        "the server's statistics began anew meanwhile, so that its own times are not there: is somebody else loading the model?",
      ]
    : [];
}

function warningsOf(result: LoadResult<unknown>, { stopRule, percentile }: LoadSettings): string[] {
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
  const lateMs = latenessInP99({ client: result.client, whole: result });
  if (lateMs !== undefined)
    warnings.push(
      `the slowest percent of the sends was late by ${lateMs.toFixed(1)} ms or more, which the p99 holds`,
    );
  const sent = result.values['perf_send_rate'];
  if (asked !== undefined && sent !== undefined && sent < 0.99 * asked) {
    const why = full ? 'as many were in flight as may be: the server did not keep up' : 'the client was late';
    warnings.push(`${sent.toFixed(0)} requests a second were sent instead of ${asked.toFixed(0)}: ${why}`);
  }
  return warnings;
}

function whyUncertain(result: LoadResult<unknown>, rule: StopRule, percent: number | undefined): string {
  if (rule.kind === 'windows') {
    const allowed = rule.stability * 100;
    return `not steady: the last windows differ by more than ${allowed} %; a longer measurement-interval may help`;
  }
  const width = (tag: string): number | undefined => relativeHalfWidth(result.intervals[tag] ?? [null, null]);
  const throughput = width('perf_throughput');
  const latency = percent === undefined ? undefined : width(`perf_latency_p${percent}`);
  const worst = Math.max(throughput ?? 1, percent === undefined ? 0 : (latency ?? 1));
  const asked = percentText(rule.precision);
  if (worst >= 1)
    return `too few requests came back within ${rule.limitMs / 1000} s to know it to ${asked}; a longer time-limit may help`;
  // Tight by chance: what lies behind the warm-up is short, or it may not be over.
  if (worst <= rule.precision)
    return `known to ± ${percentText(worst)} from too short a time to rely on; a longer time-limit may help`;
  const known = percentText(worst) === asked ? percentText(worst, 3) : percentText(worst);
  return `known to ± ${known}, not to the ${asked} asked for; a longer time-limit may help`;
}

const percentText = (share: number, digits = 2): string => `${Number((share * 100).toPrecision(digits))} %`;

/** What a GPU's own state says against a figure. */
function gpuWarnings(
  states: Readonly<Record<string, GpuState>>,
  foreign: readonly GpuSharer[],
  hasEnergy: boolean,
): string[] {
  const held = Object.entries(states).flatMap(([uuid, { throttled }]) =>
    throttled.length > 0 ? [`${uuid} was held back: ${throttled.join(', ')}`] : [],
  );
  const others = foreign.map(({ uuid, pid, name }) => `another process uses ${uuid}: ${name} (pid ${pid})`);
  const drawn =
    hasEnergy && others.length > 0 ? ['the energy holds what other processes made the GPUs draw'] : [];
  return [...held, ...others, ...drawn];
}

/** Gauges of the server's own GPUs; a page may show all of the machine. */
const onlyOf = (samples: readonly GpuSample[], uuids: readonly string[]): GpuSample[] =>
  uuids.length === 0
    ? [...samples]
    : samples.map((sample) => {
        const own = Object.entries(sample).filter(([uuid]) => uuids.includes(uuid));
        return own.length > 0 ? Object.fromEntries(own) : sample;
      });
