import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from 'simple-statistics';
import { argumentsWithoutSecrets } from '../../config/secrets.ts';
import { batchSizeOf, isRate, levelOf } from '../../record/load-point.ts';
import { meanInterval } from '../../statistics/batch-means.ts';
import type { Interval } from '../../statistics/intervals.ts';
import {
  LoadFailure,
  type LoadGenerator,
  type LoadJob,
  type LoadResult,
  TIME_IS_UP,
} from '../load-generator.ts';
import { type Ended, makeRunFolder, runProcess } from './child.ts';
import { argumentsFor, REPORT, type WindowSize, windowOf } from './command.ts';
import { outcomeOf } from './ending.ts';
import { type Level, type Pass, parseOutput } from './output.ts';
import type { KillRules } from './run-progress.ts';
import { parseTable, type Row } from './text-table.ts';

export interface PerfAnalyzerSettings extends KillRules {
  readonly path: string;
  /** As it tells it; what one version measures, another need not. */
  readonly version: string;
  /** How often windows may be made longer when they do not agree. */
  readonly maxAdjusts: number;
  /** Told the command line, without what is secret in it, and everything that it printed, for each run. */
  onOutput?(text: string): void;
}

const STEADY_PASSES = 3;
/** A window of time takes a fifth longer than it says, and is told of at its end. */
const PATIENCE_WINDOWS = 3;
const PATIENCE_MS = 30_000;
/** Longest window that is tried, ms; most requests in one. */
const MOST_WINDOW_MS = 60_000;

/** The real perf_analyzer: one load a process, in a folder of its own. */
export const perfAnalyzerGenerator = (settings: PerfAnalyzerSettings): LoadGenerator => ({
  name: 'perf_analyzer',
  version: settings.version,
  async run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>> {
    const begun = performance.now();
    let window = windowOf(job.settings.flags);
    for (let attempt = 0; ; attempt++) {
      using folder = makeRunFolder();
      const before = await job.scrape();
      const looks: Promise<Scrape | undefined>[] = [];
      const args = argumentsFor(job, window);
      const ended = await runProcess(settings.path, args, {
        folder,
        rules: settings,
        silenceMs: silenceMs(window, job.settings.requestTimeoutMs),
        signal: job.signal,
        deadlineMs: job.deadlineMs,
        inProcess: job.inProcess,
        onPass: (pass) => {
          looks.push(job.scrape().catch(() => undefined));
          job.onWindow?.({ throughput: pass.throughput, latencyMs: pass.latencyUs / 1000 });
        },
      });
      const edges = edgesOf(before, await Promise.all(looks), await job.scrape());
      const command = [settings.path, ...argumentsWithoutSecrets(args)].join(' ');
      settings.onOutput?.(`${command}\n\n${ended.stdout}${ended.stderr}\n`);
      const outcome = judge(job, ended);
      if (outcome.kind === 'done') {
        const file = join(folder.path, REPORT);
        const rows = existsSync(file) ? parseTable(readFileSync(file, 'utf8')) : [];
        return { ...measured(job, ended, rows), edges };
      }
      if (outcome.kind === 'time is up') return { ...cutShort(ended, outcome.message), edges };
      const larger = enlarge(window, outcome.kind);
      const late = performance.now() - begun > settings.timeoutS * 1000;
      if (attempt >= settings.maxAdjusts || larger.size === window.size || late)
        return { ...unsteady(ended, outcome.kind), edges };
      window = larger;
    }
  },
});

/**
 * The ends of the passes that count, so that nothing is taken for load that is not: before the first of them it prepares
 * its data, and after the last one it computes. Where there are not two, all of the run.
 */
function edgesOf<Scrape>(before: Scrape, ends: readonly (Scrape | undefined)[], after: Scrape): Scrape[] {
  const counted = ends.slice(-STEADY_PASSES).filter((look) => look !== undefined);
  return counted.length >= 2 ? counted : [before, after];
}

/** Time without a word that is not yet a sign of anything, ms: a window and more, and what a request may take. */
const silenceMs = ({ mode, size }: WindowSize, requestTimeoutMs: number): number =>
  mode === 'time_windows' ? PATIENCE_WINDOWS * size + PATIENCE_MS : requestTimeoutMs + PATIENCE_MS;

/** What became of a run. @throws LoadFailure where it brought nothing. */
function judge(job: LoadJob<unknown>, ended: Ended) {
  if (ended.unloadable) throw dead(job, `the model does not load: ${ended.unloadable}`);
  if (ended.killed?.kind === 'time is up') return { kind: 'time is up', message: ended.killed.why } as const;
  if (ended.killed) throw new LoadFailure(ended.killed.why);
  const outcome = outcomeOf(ended.code, ended.signal, `${ended.stdout}\n${ended.stderr}`);
  if (outcome.kind === 'failed')
    throw outcome.noServer ? dead(job, outcome.message) : new LoadFailure(outcome.message);
  return outcome;
}

/** No other load on this server will do better. */
function dead(job: LoadJob<unknown>, reason: string): LoadFailure {
  job.inProcess?.onDead(reason);
  return new LoadFailure(reason);
}

/** Windows that never agreed are doubled, empty ones made four times as long. */
function enlarge({ mode, size }: WindowSize, why: 'unstable' | 'window too small'): WindowSize {
  const larger = size * (why === 'unstable' ? 2 : 4);
  return { mode, size: mode === 'time_windows' ? Math.min(MOST_WINDOW_MS, larger) : larger };
}

type Figures = Omit<LoadResult<unknown>, 'edges'>;

/** The figures of a run that ended well; that they are there has to be seen. */
function measured(job: LoadJob<unknown>, ended: Ended, rows: readonly Row[]): Figures {
  const levels = parseOutput(ended.stdout);
  const level = levels.findLast(({ client }) => client !== undefined);
  const [row] = rows;
  if (!level?.client || !row) {
    const why = /Measured latency went over the set limit/.test(ended.stderr)
      ? 'the latency went over the limit'
      : 'there are no figures for this load';
    throw new LoadFailure(`perf_analyzer ended with exit code 0, but ${why}`);
  }
  const { values, empty } = row;
  const { client } = level;
  const counted = level.passes.slice(-STEADY_PASSES);
  return {
    values: valuesOf(job, level, values),
    intervals: intervalsOf(counted),
    requests: client.requestCount,
    failures: {},
    durationS: (client.requestCount * batchSizeOf(job.point)) / client.throughput,
    warmupS: 0,
    windows: level.passes.length,
    counted: counted.length,
    stable: true,
    client: {
      engine: 'perf_analyzer',
      ...(isRate(job.point) && { asked: levelOf(job.point) }),
    },
    warnings: warningsOf(level, ended, empty),
  };
}

const MS = 1000;

/** Metric tag -> value out of the columns and of what was printed beside them. */
function valuesOf(
  job: LoadJob<unknown>,
  { client, server }: Level,
  columns: Readonly<Record<string, number>>,
): Record<string, number> {
  const decoupled = columns['Response Throughput'] !== undefined;
  const inferences = server?.inferenceCount;
  const executions = server?.executionCount;
  const found: Record<string, number | undefined> = {
    perf_throughput: columns['Inferences/Second'],
    perf_latency_avg: scaled(columns['Avg latency'] ?? averageOf(client)),
    ...Object.fromEntries(
      [50, 90, 95, 99].map((percent) => [`perf_latency_p${percent}`, scaled(columns[`p${percent} latency`])]),
    ),
    ...(!decoupled && {
      perf_client_send: scaled(columns['Client Send']),
      perf_client_recv: scaled(columns['Client Recv']),
      perf_client_send_recv: scaled(columns['request/response']),
      perf_client_response_wait: scaled(columns['response wait']),
    }),
    perf_response_throughput: columns['Response Throughput'],
    perf_sequence_throughput: client?.sequenceRate,
    perf_send_rate: client?.sendRate ?? (isRate(job.point) ? rateOf(job, columns) : undefined),
    perf_server_request: scaled(server?.requestUs),
    perf_server_queue: scaled(columns['Server Queue']),
    perf_server_compute_input: scaled(columns['Server Compute Input']),
    perf_server_compute_infer: scaled(columns['Server Compute Infer']),
    perf_server_compute_output: scaled(columns['Server Compute Output']),
    perf_inference_count: inferences,
    perf_execution_count: executions,
    perf_executed_batch: inferences !== undefined && executions ? inferences / executions : undefined,
  };
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

const scaled = (us: number | undefined): number | undefined => (us === undefined ? undefined : us / MS);

/** With a percentile as what must be steady, the average is not printed, but its parts are. */
const averageOf = (client: Level['client']): number | undefined =>
  client?.averageUs ??
  (client?.sendReceiveUs !== undefined && client.responseWaitUs !== undefined
    ? client.sendReceiveUs + client.responseWaitUs
    : client?.sendUs !== undefined && client.responseWaitUs !== undefined
      ? client.sendUs + client.responseWaitUs + (client.receiveUs ?? 0)
      : undefined);

const rateOf = ({ point }: LoadJob<unknown>, columns: Readonly<Record<string, number>>): number =>
  (columns['Inferences/Second'] ?? 0) / batchSizeOf(point);

/** What the scatter of the passes says of what they tell: the throughput, and the latency that is to be steady. */
function intervalsOf(passes: readonly Pass[]): Record<string, Interval> {
  const [first] = passes;
  if (!first || passes.length < STEADY_PASSES) return { perf_throughput: [null, null] };
  return {
    perf_throughput: meanInterval(passes.map(({ throughput }) => throughput)),
    [latencyTag(first)]: meanInterval(passes.map(({ latencyUs }) => latencyUs / MS)),
  };
}

const latencyTag = ({ percentile }: Pass): string =>
  percentile === undefined ? 'perf_latency_avg' : `perf_latency_p${percentile}`;

function warningsOf({ client, overloaded }: Level, ended: Ended, empty: readonly string[]): string[] {
  const warnings: string[] = [];
  if (client?.delayedPercent)
    warnings.push(`perf_analyzer sent ${client.delayedPercent} % of the requests late`);
  if (overloaded) warnings.push('perf_analyzer could not keep the load up');
  if (/Request latency is not stabilizing/.test(ended.stderr))
    warnings.push('the latency was not steady: perf_analyzer took the throughput for enough');
  if (empty.length > 0) warnings.push(`perf_analyzer read nothing for ${empty.join(', ')}`);
  return warnings;
}

/** What the passes tell of a load that perf_analyzer gave up: it prints no report then, but nothing is thrown away. */
function unsteady(ended: Ended, why: string): Figures {
  const found = ofPasses(ended, [
    'perf_analyzer gave this load up as unstable: only the figures of its passes are known',
  ]);
  if (!found) throw new LoadFailure(`perf_analyzer: no request was answered in any window (${why})`);
  return found;
}

/** The same of a load that we ended, as the time was up. */
function cutShort(ended: Ended, why: string): Figures {
  const found = ofPasses(ended, [
    `ended early: ${why}; only the figures of perf_analyzer's passes are known`,
  ]);
  if (!found) throw new LoadFailure(`${why}, and nothing was measured until then`, TIME_IS_UP);
  return found;
}

function ofPasses(ended: Ended, warnings: readonly string[]): Figures | undefined {
  const passes = parseOutput(ended.stdout).flatMap((level) => level.passes);
  const counted = passes.slice(-STEADY_PASSES);
  const [first] = counted;
  if (!first || counted.every(({ throughput }) => throughput === 0)) return undefined;
  return {
    values: {
      perf_throughput: mean(counted.map(({ throughput }) => throughput)),
      [latencyTag(first)]: mean(counted.map(({ latencyUs }) => latencyUs)) / MS,
    },
    intervals: intervalsOf(counted),
    requests: 0,
    failures: {},
    durationS: 0,
    warmupS: 0,
    windows: passes.length,
    counted: counted.length,
    stable: false,
    client: { engine: 'perf_analyzer' },
    warnings,
  };
}
