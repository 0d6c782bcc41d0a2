import { mean, sampleStandardDeviation } from 'simple-statistics';

/** Lower and upper end of a 95 % confidence interval; null = not known from so few requests. */
export type Interval = readonly [low: number | null, high: number | null];

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom. */
const STUDENT_T = new Map([
  [9, 2.262],
  [19, 2.093],
]);

/**
 * 95 % interval of a rate by batch means: the time is cut into 20 equal slices (10 when events are few), whose
 * rates are nearly independent of each other.
 * @param ends when each event ended, ms. @returns events a second; null ends for fewer than 20 events.
 */
export function rateInterval(ends: ArrayLike<number>, startMs: number, endMs: number): Interval {
  if (ends.length < 20) return [null, null];
  const slices = ends.length >= 100 ? 20 : 10;
  const sliceMs = (endMs - startMs) / slices;
  const counts = new Array<number>(slices).fill(0);
  for (let index = 0; index < ends.length; index++) {
    const slice = Math.min(slices - 1, Math.max(0, Math.floor((ends[index]! - startMs) / sliceMs)));
    counts[slice]!++;
  }
  const rates = counts.map((count) => (count * 1000) / sliceMs);
  const half = (STUDENT_T.get(slices - 1)! * sampleStandardDeviation(rates)) / Math.sqrt(slices);
  const middle = mean(rates);
  return [Math.max(0, middle - half), middle + half];
}

/**
 * 95 % interval of a percentile by order statistics: the ranks that a binomial count stays between.
 * @param sorted ascending. An end that lies beyond the sample is null.
 */
export function percentileInterval(sorted: ArrayLike<number>, percent: number): Interval {
  const share = percent / 100;
  const middle = sorted.length * share;
  const half = 1.96 * Math.sqrt(sorted.length * share * (1 - share));
  const low = Math.floor(middle - half) - 1;
  const high = Math.ceil(middle + half);
  return [low >= 0 ? sorted[low]! : null, high < sorted.length ? sorted[high]! : null];
}

/** Half the width of an interval, relative to its middle; undefined when an end is not known. */
export function relativeHalfWidth([low, high]: Interval): number | undefined {
  return low === null || high === null || low + high === 0 ? undefined : (high - low) / (high + low);
}
