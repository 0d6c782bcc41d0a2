import type { StopRule } from '../../config/experiment.ts';
import { Timeline } from '../../statistics/timeline.ts';
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
import { joined, type Tally, tallyOf } from './cut-tally.ts';
import { hostSigns, readHostTimes } from './host-times.ts';
import { type LoadPlan, planLoad } from './load-plan.ts';
import type { Measured, Window } from './measured.ts';
import type { CutMessage } from './protocol.ts';
import { clientOf, resultOf, sceneOf } from './result.ts';
import { windowLimitMs } from './wait-rule.ts';
import { Watch } from './watch.ts';

const WARMUP_MS = 400;
/** A window of the precision rule. */
const WINDOW_MS = 200;
/** More windows than this are joined in pairs, so that a long run takes no more room than a short one. */
const MOST_WINDOWS = 64;
/** A client with less to do than this was not what held the server up, and is not calibrated. */
const BUSY = 0.3;

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

async function measure<Scrape>(job: LoadJob<Scrape>, plan: LoadPlan): Promise<Measured<Scrape>> {
  await using crew = await startCrew(plan.crew, plan.threads);
  using _kill = killOnAbort(crew, job.signal);
  try {
    return await watched(job, plan, crew);
  } catch (error) {
    // What breaks because the threads were ended is no failure of its own.
    job.signal.throwIfAborted();
    throw error;
  }
}

async function watched<Scrape>(job: LoadJob<Scrape>, plan: LoadPlan, crew: Crew): Promise<Measured<Scrape>> {
  const { stopRule, percentile, failureLimit } = job.settings;
  const { shape } = plan.crew;
  const [{ load, batchSize }] = job.point.streams;
  const watch = new Watch(crew, job, shape);
  // A slow rate brings few requests in flight.
  const inFlight = load.kind === 'rate' ? Math.max(1, Math.min(8, load.perSecond)) : load.inFlight;
  const begun = performance.now();
  const scene = sceneOf(job, plan);
  // A trace is replayed from its first request to its last.
  const { isTrace } = scene;
  if (!isTrace && (await watch.wait(warmUpRule(inFlight))) === 'time is up') throw watch.tooLittle();
  let before = await watch.within(job.scrape());
  const warmUp = tallyOf(await crew.cut());
  let hostBefore = await readHostTimes();
  watch.note(warmUp.failures);
  const timeline = new Timeline(warmUp.endMs);
  const warmupS = (performance.now() - begun) / 1000;

  const judge = judgeOf(stopRule, { limits: job.matters ?? [], batchSize, scene });
  let windows: Window<Scrape>[] = [];
  let summaries: WindowSummary[] = [];
  let joinedWindows = 0;
  for (;;) {
    const waited = await watch.wait({ ...windowRule(stopRule, inFlight, joinedWindows), failureLimit });
    const isUp = waited === 'time is up';
    if (isUp && windows.length === 0) throw watch.tooLittle();
    const [after, hostAfter] = await Promise.all([watch.within(job.scrape()), readHostTimes()]);
    const cuts = await crew.cut();
    for (const cut of cuts) addBins(timeline, cut);
    const tally = withSigns(tallyOf(cuts), timeline, hostSigns(hostBefore, hostAfter));
    watch.check(tally.failures, tally.latency.count);
    // A window that the end of the time cut short may be empty.
    if (tally.latency.count > 0 || windows.length === 0) {
      windows.push({ tally, before, after });
      before = after;
      hostBefore = hostAfter;
      const summary = summarize(tally, batchSize, percentile);
      summaries.push(summary);
      job.onWindow?.(summary);
    }
    const tallies = windows.map((window) => window.tally);
    const { done, stable, from } = judge({ windows: tallies, summaries, timeline, percentile });
    if (isUp || crew.exhausted() || (done && !isTrace)) {
      const count = windows.length * 2 ** joinedWindows;
      const remarks = isUp && !done ? [watch.timeIsUp] : [];
      return { windows, from, count, stable, warmupS, timeline, remarks };
    }
    if (windows.length >= MOST_WINDOWS && stopRule.kind === 'precision') {
      windows = joinPairs(windows);
      summaries = windows.map((window) => summarize(window.tally, batchSize, percentile));
      joinedWindows++;
    }
  }
}

const warmUpRule = (inFlight: number) => ({
  milliseconds: WARMUP_MS,
  requests: Math.max(10, 2 * inFlight),
  limitMs: windowLimitMs(WARMUP_MS),
});

/** When a window is full; those of a long run are longer. */
function windowRule(rule: StopRule, inFlight: number, joinedWindows: number) {
  const [milliseconds, requests] =
    rule.kind === 'windows'
      ? [rule.intervalMs, Math.max(rule.minRequests, 2 * inFlight)]
      : [WINDOW_MS * 2 ** joinedWindows, Math.min(8, inFlight)];
  return { milliseconds, requests, limitMs: windowLimitMs(milliseconds) };
}

/** With what the threads alone can't tell of a window. */
const withSigns = (tally: Tally, timeline: Timeline, host: ReturnType<typeof hostSigns>): Tally => ({
  ...tally,
  signs: { ...tally.signs, ...host, gapMs: timeline.longestGap(tally.startMs, tally.endMs) },
});

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
  // A measurement is one without it, too: then it is not known what the client can do alone.
  return await calibrate(plan.crew, plan.threads, total.bytes / requests).catch(() => undefined);
}
