import type { StopRule } from '../config/experiment.ts';
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

/** perf_analyzer's count of windows that must agree. */
const STEADY_WINDOWS = 3;
/** Shortest time that a point is measured, warm-up left out, ms. */
const SHORTEST_MS = 1200;
/** A slow model gets more than its time, up to so many times as much, until so many requests are there. */
const FEWEST_REQUESTS = 50;
const PATIENCE = 6;
/** Slices that the warm-up is looked for in. */
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

export const judgeOf = (rule: StopRule): Judge =>
  rule.kind === 'windows' ? (progress) => judgeWindows(progress, rule) : precisionJudge(rule);

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
function precisionJudge({ precision, limitMs }: StopRule & { kind: 'precision' }): Judge {
  let wasPrecise = false;
  return ({ windows, timeline, percentile: percent }) => {
    const end = windows.at(-1)!.endMs;
    const { from, late } = warmUpWindows(windows, timeline);
    const counted = windows.slice(from);
    const latency = counted.map((window) => window.latency);
    const events = latency.reduce((sum, times) => sum + times.count, 0);
    const startMs = counted[0]!.startMs;
    const precise =
      !late &&
      end - startMs >= SHORTEST_MS &&
      isTight(rateInterval(timeline, startMs, end, events), precision) &&
      (percent === undefined || isTight(percentileInterval(sumOf(latency), percent), precision));
    const stable = precise && wasPrecise;
    wasPrecise = precise;
    const elapsed = end - windows[0]!.startMs;
    const usedUp = elapsed >= limitMs && (events >= FEWEST_REQUESTS || elapsed >= PATIENCE * limitMs);
    return { done: stable || usedUp, stable: stable || (usedUp && precise), from };
  };
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
