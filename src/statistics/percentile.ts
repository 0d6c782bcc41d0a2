import type { Histogram } from './histogram.ts';

/**
 * The nearest-rank percentile that perf_analyzer prints: the value at index floor(p/100 * (n-1) + 0.5); NaN when
 * there is none.
 */
export const percentile = (times: Histogram, percent: number): number =>
  times.atRank(Math.floor((percent / 100) * (times.count - 1) + 0.5));
