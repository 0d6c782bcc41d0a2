import type { StopRule } from '../config/experiment.ts';
import { percentileLimit } from '../goal/percentile-limit.ts';
import type { Constraint } from '../record/goal.ts';
import type { Histogram } from '../statistics/histogram.ts';
import {
  type Interval,
  percentileInterval,
  rateInterval,
  relativeHalfWidth,
} from '../statistics/intervals.ts';
import { percentile } from '../statistics/percentile.ts';
import { chanceToTell, judgeShare, shareBeyond } from '../statistics/share-beyond.ts';
import type { Timeline } from '../statistics/timeline.ts';
import { warmUpOf } from '../statistics/warm-up.ts';
import type { WindowSummary } from './load-generator.ts';
import { findStalls, movedTogether, type Scene, type SignedWindow } from './stalls.ts';

/** So many windows must agree, as with perf_analyzer. */
const STEADY_WINDOWS = 3;
/**
 * Shortest time that a point is measured, warm-up left out, ms. `npm run bench:load -- coverage` measures how often the
 * interval of so short a load holds the true throughput.
 */
const SHORTEST_MS = 1200;
/** The load of a slow model goes on until so many requests were answered ... */
const FEWEST_REQUESTS = 50;
/** ... but for no more than this many times its time limit. */
const PATIENCE = 6;
/** Where it is not certain yet whether a point keeps its limits, it gets this many times its time limit. */
const EXTENSION = 2;
/**
 * ... as long as it is at least so likely that this will tell. A point whose share is at the limit itself stays in doubt
 * whatever it is given, and from one start to the next it differs by more: another start says more of it than the rest
 * of the time here.
 */
const WORTH_IT = 0.2;
/** The time is cut into so many slices, to find how many of the first are warm-up. */
const SLICES = 100;

/** A window as the rules see it; what is not measured there is absent. */
export interface RuleWindow extends SignedWindow {
  readonly service?: Histogram | undefined;
  readonly firstResponse?: Histogram | undefined;
  readonly interResponse?: Histogram | undefined;
}

const TIMES: Readonly<Record<string, (window: RuleWindow) => Histogram | undefined>> = {
  perf_latency: ({ latency }) => latency,
  perf_service_latency: ({ service }) => service,
  perf_first_response: ({ firstResponse }) => firstResponse,
  perf_inter_response: ({ interResponse }) => interResponse,
};

/** The times of some windows that a limit on a percentile is about; [] where they are not measured. */
export const timesOf = (windows: readonly RuleWindow[], times: string): Histogram[] =>
  windows.flatMap((window) => TIMES[times]?.(window) ?? []);

/** Whether a point is done, which of its windows count, and whether they are as sure as was asked. */
export interface Verdict {
  readonly done: boolean;
  readonly stable: boolean;
  /** The first window that counts. */
  readonly from: number;
}

/** What a rule looks at. */
export interface Progress {
  readonly windows: readonly RuleWindow[];
  readonly summaries: readonly WindowSummary[];
  /** When requests ended, since the first window began. */
  readonly timeline: Timeline;
  /** Percentile whose latency must be known, too; undefined = the throughput alone. */
  readonly percentile: number | undefined;
}

/** A rule, asked after every window. */
export type Judge = (progress: Progress) => Verdict;

/** What the rules look at in one window. */
export function summarize(
  window: Omit<RuleWindow, 'signs'>,
  batchSize: number,
  percent: number | undefined,
): WindowSummary {
  const { latency } = window;
  return {
    throughput: (latency.count * batchSize * 1000) / (window.endMs - window.startMs),
    latencyMs: percent === undefined ? latency.mean : percentile(latency, percent),
  };
}

/**
 * The judge of a rule.
 * @param matters limits of which one that is surely broken makes the point worthless: it ends early, and one that is in
 *   doubt gets more time. perf_analyzer's windows know nothing of them.
 */
export const judgeOf = (rule: StopRule, matters: Matters = NOTHING): Judge =>
  rule.kind === 'windows' ? (progress) => judgeWindows(progress, rule) : precisionJudge(rule, matters);

/**
 * The longest time that a rule's windows can take, ms.
 * @param windowLimitMs how long a window of so many ms may stay open.
 */
export const longestOf = (rule: StopRule, windowLimitMs: (milliseconds: number) => number): number =>
  rule.kind === 'windows'
    ? rule.maxWindows * windowLimitMs(rule.intervalMs)
    : PATIENCE * EXTENSION * rule.limitMs + windowLimitMs(rule.limitMs);

/** What it depends on whether a point matters, and what the load is. */
export interface Matters {
  readonly limits: readonly Constraint[];
  /** Inferences in each request. */
  readonly batchSize: number;
  readonly scene: Scene;
}

const NOTHING: Matters = { limits: [], batchSize: 1, scene: { sharesHost: true, isTrace: false } };

/**
 * Done when throughput and latency of the last three windows differ by at most the stability: perf_analyzer's rule.
 * Done without being stable when the windows are used up.
 */
function judgeWindows(
  { summaries }: Progress,
  { stability, maxWindows }: StopRule & { kind: 'windows' },
): Verdict {
  const stable = lastAgree(summaries, stability);
  const from = Math.max(0, summaries.length - STEADY_WINDOWS);
  return { done: stable || summaries.length >= maxWindows, stable, from };
}

function lastAgree(windows: readonly WindowSummary[], stability: number): boolean {
  const last = windows.slice(-STEADY_WINDOWS);
  if (last.length < STEADY_WINDOWS) return false;
  const spread = (values: number[]): number => Math.max(...values) / Math.min(...values) - 1;
  return (
    spread(last.map((window) => window.throughput)) <= stability &&
    spread(last.map((window) => window.latencyMs)) <= stability
  );
}

/**
 * Done when the 95 % interval of what was asked for is tight enough twice in a row: once may be chance, and looking
 * after every window would pick those chances out. The warm-up at the start is cut off by MSER-5, and windows in which
 * the host stood still do not count.
 */
function precisionJudge({ precision, limitMs }: StopRule & { kind: 'precision' }, matters: Matters): Judge {
  let wasPrecise = false;
  let wasWorthless = false;
  return ({ windows, timeline, percentile: percent }) => {
    const end = windows.at(-1)!.endMs;
    const { from, late } = warmUpWindows(windows, timeline);
    const { leftOut } = findStalls(windows.slice(from), matters.scene);
    const counted = movedTogether(windows.slice(from), leftOut, timeline);
    const all = sumOf(counted.windows.map((window) => window.latency));
    const [startMs, endMs] = [counted.windows[0]!.startMs, counted.windows.at(-1)!.endMs];
    const long = !late && endMs - startMs >= SHORTEST_MS;
    const rate = rateInterval(counted.timeline, startMs, endMs, all.count);
    const precise =
      long &&
      isTight(rate, precision) &&
      (percent === undefined || isTight(percentileInterval(all, percent), precision));
    const elapsed = end - windows[0]!.startMs;
    const mostMs = EXTENSION * limitMs;
    const seen: Seen = {
      windows: counted.windows,
      rate,
      part: Math.min(1, (endMs - startMs) / Math.max(1, mostMs - elapsed + endMs - startMs)),
    };
    const answers = matters.limits.map((limit) => answer(limit, seen, matters.batchSize));
    const worthless = long && answers.some(({ is }) => is === 'broken');
    const undecided = answers.some(({ is, worth }) => is === 'open' && worth === 'surely');
    const stable = (precise && wasPrecise && !undecided) || (worthless && wasWorthless);
    wasPrecise = precise;
    wasWorthless = worthless;
    const allowedMs = answers.some(({ worth }) => worth !== 'no') ? mostMs : limitMs;
    const usedUp = elapsed >= allowedMs && (all.count >= FEWEST_REQUESTS || elapsed >= PATIENCE * limitMs);
    return { done: stable || usedUp, stable: stable || (usedUp && precise), from };
  };
}

/** What was seen so far of a point. */
interface Seen {
  readonly windows: readonly RuleWindow[];
  /** Requests a second. */
  readonly rate: Interval;
  /** The part of the longest time that was counted. */
  readonly part: number;
}

/** What is known of a limit. */
interface Answer {
  /** open: it may be kept or broken. */
  readonly is: 'kept' | 'broken' | 'open';
  /** Whether more than the usual time is worth it for it; surely: also where everything else is known by then. */
  readonly worth: 'no' | 'perhaps' | 'surely';
}

function answer(limit: Constraint, seen: Seen, batchSize: number): Answer {
  if (limit.tag === 'perf_throughput') {
    const [slow, fast] = seen.rate;
    const scaled = (rate: number | null): number | null => (rate === null ? null : rate * batchSize);
    const is = answerOf(limit, [scaled(slow), scaled(fast)]);
    // A throughput that is known better is worth it whether or not it is told from the bound then.
    return { is, worth: is === 'open' ? 'perhaps' : 'no' };
  }
  const percentiles = percentileLimit(limit);
  const share =
    percentiles &&
    shareBeyond(timesOf(seen.windows, percentiles.times), percentiles.limitMs, percentiles.allowed);
  // Nothing is known of others while they are measured.
  if (!share) return { is: 'kept', worth: 'no' };
  const is = judgeShare(share, percentiles.allowed);
  if (is !== 'open' || chanceToTell(share, percentiles.allowed, seen.part) < WORTH_IT)
    return { is, worth: 'no' };
  // Where nothing was beyond, it takes only time to be sure of it, and the doubt is no more than in principle.
  return { is, worth: share.share > 0 ? 'surely' : 'perhaps' };
}

/** Whether a limit is kept, by an interval of what it limits. */
function answerOf({ bound, value }: Constraint, [low, high]: Interval): Answer['is'] {
  const [inside, outside] = bound === 'max' ? [high, low] : [low, high];
  const isWithin = (found: number): boolean => (bound === 'max' ? found <= value : found >= value);
  if (outside !== null && !isWithin(outside)) return 'broken';
  return inside !== null && isWithin(inside) ? 'kept' : 'open';
}

const isTight = (interval: Interval, precision: number): boolean => {
  const width = relativeHalfWidth(interval);
  return width !== undefined && width <= precision;
};

function sumOf(latencies: readonly Histogram[]): Histogram {
  const [first, ...others] = latencies;
  if (others.length === 0) return first!;
  const all = first!.copy();
  for (const other of others) all.add(other);
  return all;
}

/** The first window behind the warm-up; late when the warm-up may reach further than could be seen. */
function warmUpWindows(windows: readonly RuleWindow[], timeline: Timeline): { from: number; late: boolean } {
  const [startMs, endMs] = [windows[0]!.startMs, windows.at(-1)!.endMs];
  const events = windows.reduce((sum, { latency }) => sum + latency.count, 0);
  // A slice of a few events is noise; of too few slices nothing can be cut.
  const slices = Math.min(SLICES, Math.floor(events / 3));
  if (slices < 20) return { from: 0, late: false };
  const { cut, late } = warmUpOf(timeline.slices(startMs, endMs, slices));
  const cutMs = startMs + (cut / slices) * (endMs - startMs);
  const from = windows.findIndex((window) => window.startMs >= cutMs - 1e-6);
  return { from: from < 0 ? windows.length - 1 : from, late };
}
