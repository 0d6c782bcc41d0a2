import { setTimeout as sleep } from 'node:timers/promises';
import { Timeline } from '../../statistics/timeline.ts';
import { countFailures, type Failures, mainFailure } from '../failures.ts';
import {
  LoadFailure,
  type LoadGenerator,
  type LoadJob,
  type LoadResult,
  type WindowSummary,
} from '../load-generator.ts';
import { judgeOf, summarize } from '../stop-rule.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import { type Crew, startCrew } from './crew.ts';
import { type LoadPlan, planLoad } from './plan.ts';
import type { CutMessage } from './protocol.ts';
import { clientOf, resultOf } from './result.ts';
import { joined, type Tally, tallyOf } from './tally.ts';

const POLL_MS = 10;
const WARMUP_MS = 400;
/** A window of the precision rule. */
const WINDOW_MS = 200;
/** A window that lacks requests is held open this long at most. */
const WINDOW_LIMIT_MS = 15_000;
/** So many failures without any success end a point at once. */
const HOPELESS = 10;
/** More windows than this are joined in pairs, so that a long run takes no more room than a short one. */
const MOST_WINDOWS = 64;
/** A client with less to do than this was not what held the server up, and is not calibrated. */
const BUSY = 0.3;

/** A window with what was read from the server at its edges. */
interface Window<Scrape> {
  readonly tally: Tally;
  readonly before: Scrape;
  readonly after: Scrape;
}

/**
 * tma's own load generator: closed and open loop on threads of their own, by HTTP/1.1 with binary tensors or by
 * gRPC, on raw sockets.
 */
export const nativeGenerator: LoadGenerator = {
  name: 'native',
  async run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>> {
    try {
      return await run(job);
    } catch (error) {
      // What our own reader does not understand, a library may: the server is unusual, or there is something between.
      const odd = error instanceof LoadFailure && error.class === 'malformed answer';
      if (!odd || job.settings.engine !== 'auto') throw error;
      return await run({ ...job, settings: { ...job.settings, engine: 'library' } }).catch(() => {
        throw error;
      });
    }
  },
};

async function run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>> {
  await using plan = await planLoad(job);
  const measured = await measure(job, plan);
  const floor = await floorOf(
    plan,
    measured.windows.slice(measured.from).map(({ tally }) => tally),
  );
  return resultOf(job, plan, measured, floor);
}

/** What was measured, the warm-up left out or not. */
export interface Measured<Scrape> {
  readonly windows: readonly Window<Scrape>[];
  /** The first one that counts, and how many there were before some were joined. */
  readonly from: number;
  readonly count: number;
  readonly stable: boolean;
  readonly warmupS: number;
  readonly timeline: Timeline;
}

async function measure<Scrape>(job: LoadJob<Scrape>, plan: LoadPlan): Promise<Measured<Scrape>> {
  await using crew = await startCrew(plan.crew, plan.threads);
  using _kill = killOnAbort(crew, job.signal);
  const { stopRule, percentile, failureLimit } = job.settings;
  // A slow rate brings few requests in flight.
  const inFlight = job.point.concurrency ?? Math.max(1, Math.min(8, job.point.requestRate ?? 1));
  const begun = performance.now();
  const { shape } = plan.crew;
  // A trace is replayed from its first request to its last.
  const isTrace = shape.kind === 'open' && shape.arrivals.kind === 'trace';
  if (!isTrace) await waitFor(crew, job, { milliseconds: WARMUP_MS, requests: Math.max(10, 2 * inFlight) });
  let before = await job.scrape();
  let timeline: Timeline | undefined;
  const discarded = await crew.cut();
  const warmupS = (performance.now() - begun) / 1000;

  const judge = judgeOf(stopRule, { limits: job.matters ?? [], batchSize: job.point.batchSize });
  let windows: Window<Scrape>[] = [];
  let summaries: WindowSummary[] = [];
  let joinedWindows = 0;
  for (;;) {
    await waitFor(
      crew,
      job,
      stopRule.kind === 'windows'
        ? { milliseconds: stopRule.intervalMs, requests: Math.max(stopRule.minRequests, 2 * inFlight) }
        : { milliseconds: WINDOW_MS * 2 ** joinedWindows, requests: Math.min(8, inFlight) },
    );
    const after = await job.scrape();
    const cuts = await crew.cut();
    timeline ??= new Timeline(tallyOf(discarded).endMs);
    for (const cut of cuts) addBins(timeline, cut);
    const tally = tallyOf(cuts);
    checkFailures(tally.failures, tally.latency.count, failureLimit);
    windows.push({ tally, before, after });
    before = after;
    const summary = summarize(tally, job.point.batchSize, percentile);
    summaries.push(summary);
    job.onWindow?.(summary);
    const rules = windows.map(({ tally: { startMs, endMs, latency } }) => ({ startMs, endMs, latency }));
    const { done, stable, from } = judge({ windows: rules, summaries, timeline, percentile });
    const over = crew.exhausted();
    if (over || (done && !isTrace))
      return { windows, from, count: windows.length * 2 ** joinedWindows, stable, warmupS, timeline };
    if (windows.length >= MOST_WINDOWS && stopRule.kind === 'precision') {
      windows = joinPairs(windows);
      summaries = windows.map((window) => summarize(window.tally, job.point.batchSize, percentile));
      joinedWindows++;
    }
  }
}

function addBins(timeline: Timeline, { startMs, bins }: CutMessage): void {
  for (let bin = 0; bin < bins.length; bin++) {
    if (bins[bin]! > 0) timeline.add(startMs + bin + 0.5, bins[bin]!);
  }
}

const joinPairs = <Scrape>(windows: readonly Window<Scrape>[]): Window<Scrape>[] =>
  Array.from({ length: windows.length / 2 }, (_, pair) => {
    const [a, b] = [windows[2 * pair]!, windows[2 * pair + 1]!];
    return { tally: joined(a.tally, b.tally), before: a.before, after: b.after };
  });

function killOnAbort(crew: Crew, signal: AbortSignal): Disposable {
  const kill = (): void => void crew.kill();
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', kill) };
}

/** Measures what the client can do alone, if it had enough to do for that to matter. */
async function floorOf(plan: LoadPlan, tallies: readonly Tally[]): Promise<Calibration | undefined> {
  const total = tallies.reduce(joined);
  const requests = total.latency.count;
  if (requests === 0 || clientOf(total).busy < BUSY) return undefined;
  return await calibrate(plan.crew, plan.threads, total.bytes / requests);
}

/** Waits until both the time and the requests are there; a lack of requests ends it at the window's limit. */
async function waitFor(
  crew: Crew,
  { signal, settings, point }: LoadJob<unknown>,
  until: { milliseconds: number; requests: number },
): Promise<void> {
  const start = performance.now();
  const done = crew.completed();
  const limit = Math.max(WINDOW_LIMIT_MS, 3 * until.milliseconds);
  for (;;) {
    const elapsed = performance.now() - start;
    const completed = crew.completed() - done;
    if (elapsed >= until.milliseconds && completed >= until.requests) return;
    if ((elapsed >= limit && completed > 0) || crew.exhausted()) return;
    const hopeless = crew.failed() >= Math.max(HOPELESS, point.concurrency ?? 0);
    if (crew.completed() === 0 && (hopeless || elapsed >= settings.requestTimeoutMs + 1000)) {
      const { failures } = tallyOf(await crew.cut());
      checkFailures(failures, 0, 0);
      throw new LoadFailure(`no request was answered within ${(elapsed / 1000).toFixed(0)} s`);
    }
    await sleep(Math.min(POLL_MS, Math.max(1, until.milliseconds - elapsed)), undefined, { signal });
  }
}

/** @throws LoadFailure when more requests failed than the limit, a share of all, allows. */
function checkFailures(failures: Failures, answered: number, limit: number): void {
  const failed = countFailures(failures);
  const total = failed + answered;
  if (failed === 0 || failed / total <= limit) return;
  const main = mainFailure(failures)!;
  throw new LoadFailure(`${failed} of ${total} requests failed: ${main.message}`, main.class);
}
