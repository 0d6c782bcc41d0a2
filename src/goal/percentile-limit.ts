import type { Constraint } from '../record/goal.ts';

/** A limit that so many percent of some times must keep. */
export interface PercentileLimit {
  /** The constraint's own metric. */
  readonly tag: string;
  /** The times, by the metric without its percentile: `perf_latency`. */
  readonly times: string;
  /** The share of them that may be longer: 0.01 for a p99. */
  readonly allowed: number;
  readonly limitMs: number;
}

/** What a constraint asks of a percentile of times that the client takes; undefined where it asks something else. */
export function percentileLimit({ tag, bound, value }: Constraint): PercentileLimit | undefined {
  const [, times, percent] = /^(perf_\w+)_p(\d+)$/.exec(tag) ?? [];
  if (bound !== 'max' || times === undefined) return undefined;
  return { tag, times, allowed: (100 - Number(percent)) / 100, limitMs: value };
}

/** Those of several constraints that are limits on percentiles. */
export const percentileLimits = (constraints: readonly Constraint[]): PercentileLimit[] =>
  constraints.flatMap((constraint) => percentileLimit(constraint) ?? []);
