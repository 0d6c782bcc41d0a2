import { mean, sampleCorrelation, sampleStandardDeviation } from 'simple-statistics';
import type { Histogram } from './histogram.ts';
import type { Timeline } from './timeline.ts';

/** Lower and upper end of a 95 % confidence interval; null = not known from so few requests. */
export type Interval = readonly [low: number | null, high: number | null];

/** Two-sided 95 % quantiles of Student's t, by the number of batches. */
const BATCHES = [
  { batches: 20, quantile: 2.093 },
  { batches: 10, quantile: 2.262 },
  { batches: 5, quantile: 2.776 },
] as const;
/**
 * Where neighbouring batches correlate by more than this they are not independent, and fewer, longer ones are taken.
 * `npm run bench:load -- coverage` measures how often the interval holds the true rate.
 */
const MOST_CORRELATION = 0.3;
/** Fewest events that can be cut into batches. */
const FEWEST_EVENTS = 20;

/**
 * 95 % interval of a rate by batch means: the time is cut into 20 equal slices, or 10 or 5 when those depend on
 * each other, and the scatter of their rates tells how sure the mean is.
 * @returns events a second; null ends for fewer than 20 events.
 */
export function rateInterval(timeline: Timeline, fromMs: number, toMs: number, events: number): Interval {
  if (events < FEWEST_EVENTS) return [null, null];
  for (const { batches, quantile } of BATCHES) {
    // The rate of a batch of few events depends mostly on where its edges fall.
    if (events < 5 * batches && batches !== 5) continue;
    const sliceMs = (toMs - fromMs) / batches;
    const rates = timeline.slices(fromMs, toMs, batches).map((count) => (count * 1000) / sliceMs);
    if (batches !== 5 && correlation(rates) > MOST_CORRELATION) continue;
    const half = (quantile * sampleStandardDeviation(rates)) / Math.sqrt(batches);
    const middle = mean(rates);
    return [Math.max(0, middle - half), middle + half];
  }
  return [null, null];
}

/** Lag-1 autocorrelation; 0 for values that are all equal. */
function correlation(values: number[]): number {
  const found = sampleCorrelation(values.slice(1), values.slice(0, -1));
  return Number.isNaN(found) ? 0 : found;
}

/**
 * 95 % interval of a percentile by order statistics: the ranks that a binomial count stays between. An end that
 * lies beyond the sample is null.
 */
export function percentileInterval(times: Histogram, percent: number): Interval {
  const share = percent / 100;
  const middle = times.count * share;
  const half = 1.96 * Math.sqrt(times.count * share * (1 - share));
  const low = Math.floor(middle - half) - 1;
  const high = Math.ceil(middle + half);
  return [low >= 0 ? times.atRank(low) : null, high < times.count ? times.atRank(high) : null];
}

/** Half the width of an interval, relative to its middle; undefined when an end is not known. */
export function relativeHalfWidth([low, high]: Interval): number | undefined {
  return low === null || high === null || low + high === 0 ? undefined : (high - low) / (high + low);
}
