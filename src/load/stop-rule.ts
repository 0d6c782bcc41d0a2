import type { StopRule } from '../config/experiment.ts';
import type { Constraint } from '../record/goal.ts';
import type { Histogram } from '../statistics/histogram.ts';
import {
  type Interval,
  percentileInterval,
  rateInterval,
  relativeHalfWidth,
} from '../statistics/intervals.ts';
import { percentile } from '../statistics/percentile.ts';
import type { Timeline } from '../statistics/timeline.ts';
import { warmUpOf } from '../statistics/warm-up.ts';
import type { WindowSummary } from './load-generator.ts';

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
/** The time is cut into so many slices, to find how many of the first are warm-up. */
const SLICES = 100;

/** A window as the rules see it. */
export interface RuleWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly latency: Histogram;
}

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
export function summarize(window: RuleWindow, batchSize: number, percent: number | undefined): WindowSummary {
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

/** What it depends on whether a point matters, and inferences in each request. */
export interface Matters {
  readonly limits: readonly Constraint[];
  readonly batchSize: number;
}

const NOTHING: Matters = { limits: [], batchSize: 1 };

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
 * after every window would pick those chances out. The warm-up at the start is cut off by MSER-5.
 */
function precisionJudge(
  { precision, limitMs }: StopRule & { kind: 'precision' },
  { limits, batchSize }: Matters,
): Judge {
  let wasPrecise = false;
  let wasWorthless = false;
  return ({ windows, timeline, percentile: percent }) => {
    const end = windows.at(-1)!.endMs;
    const { from, late } = warmUpWindows(windows, timeline);
    const counted = windows.slice(from);
    const latency = counted.map((window) => window.latency);
    const events = latency.reduce((sum, times) => sum + times.count, 0);
    const startMs = counted[0]!.startMs;
    const long = !late && end - startMs >= SHORTEST_MS;
    const rate = rateInterval(timeline, startMs, end, events);
    const all = sumOf(latency);
    const precise =
      long &&
      isTight(rate, precision) &&
      (percent === undefined || isTight(percentileInterval(all, percent), precision));
    const answers = limits.map((limit) => answer(limit, rate, all, batchSize));
    const worthless = long && answers.includes('broken');
    const stable = (precise && wasPrecise) || (worthless && wasWorthless);
    wasPrecise = precise;
    wasWorthless = worthless;
    const elapsed = end - windows[0]!.startMs;
    const allowedMs = answers.includes('open') ? EXTENSION * limitMs : limitMs;
    const usedUp = elapsed >= allowedMs && (events >= FEWEST_REQUESTS || elapsed >= PATIENCE * limitMs);
    return { done: stable || usedUp, stable: stable || (usedUp && precise), from };
  };
}

/** Whether a limit is kept, by an interval of what it limits; open: it may be either. */
function answer(
  { tag, bound, value }: Constraint,
  [slow, fast]: Interval,
  latency: Histogram,
  batchSize: number,
): 'kept' | 'broken' | 'open' {
  const percent = /^perf_latency_p(\d+)$/.exec(tag)?.[1];
  const [low, high] =
    tag === 'perf_throughput'
      ? [slow === null ? null : slow * batchSize, fast === null ? null : fast * batchSize]
      : percent !== undefined
        ? percentileInterval(latency, Number(percent))
        : // Nothing is known of others while they are measured.
          [value, value];
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
