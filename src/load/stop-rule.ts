import type { WindowRule } from '../config/experiment.ts';
import { rateInterval, relativeHalfWidth } from '../statistics/intervals.ts';
import { percentile } from '../statistics/percentile.ts';
import type { Window, WindowSummary } from './load-generator.ts';

/** perf_analyzer's count of windows that must agree. */
const STEADY_WINDOWS = 3;
/** From so many windows on, a tight interval over all of them is as good. */
const PRECISE_WINDOWS = 4;
/** How tight, as a share of the stability: three windows that differ by 10 % know their mean less well than this. */
const PRECISE_SHARE = 0.75;

/** Whether a point is done, and how many of its last windows count. */
export interface Verdict {
  readonly done: boolean;
  readonly stable: boolean;
  readonly counted: number;
}

/** What the stop rule looks at in one window. */
export function summarize(
  window: Window<unknown>,
  batchSize: number,
  percent: number | undefined,
): WindowSummary {
  const { latencyMs } = window.samples;
  const seconds = (window.endMs - window.startMs) / 1000;
  const average = latencyMs.reduce((sum, value) => sum + value, 0) / Math.max(1, latencyMs.length);
  return {
    throughput: (latencyMs.length * batchSize) / seconds,
    latencyMs: percent === undefined ? average : percentile(latencyMs.toSorted(), percent),
  };
}

/**
 * Done when throughput and latency of the last three windows differ by at most the stability (perf_analyzer's
 * rule), or when the 95 % interval of the throughput over all windows is tighter than three such windows give:
 * windows that scatter by chance never agree, and need not. Done without being stable when the windows are used up.
 */
export function judge(
  windows: readonly Window<unknown>[],
  summaries: readonly WindowSummary[],
  rule: WindowRule,
): Verdict {
  if (lastAgree(summaries, rule.stability)) return { done: true, stable: true, counted: STEADY_WINDOWS };
  const all = windows.length;
  if (all >= PRECISE_WINDOWS && isPrecise(windows, rule.stability * PRECISE_SHARE))
    return { done: true, stable: true, counted: all };
  return { done: all >= rule.maxWindows, stable: false, counted: Math.min(all, STEADY_WINDOWS) };
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

function isPrecise(windows: readonly Window<unknown>[], halfWidth: number): boolean {
  const ends = windows.flatMap((window) => [...window.samples.endMs]);
  const width = relativeHalfWidth(rateInterval(ends, windows[0]!.startMs, windows.at(-1)!.endMs));
  return width !== undefined && width <= halfWidth;
}
