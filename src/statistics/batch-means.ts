import { mean, sampleCorrelation, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from './intervals.ts';

/** A part of what was observed: a sum, and what it is taken over (a count, a time). */
export interface Batch {
  readonly sum: number;
  readonly over: number;
}

/** Two-sided 95 % quantiles of Student's t, by degrees of freedom from 1 on. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093,
] as const;
const MOST_BATCHES = 20;
/** Fewest batches: with fewer, the quantile of Student's t grows by more than longer batches gain in independence. */
const FEWEST_BATCHES = 5;
/**
 * Where neighbouring batches correlate by more than this they are not independent, and fewer, longer ones are taken.
 */
const MOST_CORRELATION = 0.3;

/**
 * 95 % interval of a ratio of sums (a mean time: nanoseconds over requests) by the scatter between parts of the time
 * that follow each other. Parts are joined until there are 20 at most, and further while they depend on each other.
 * @returns null ends for a single part, which says nothing of its scatter.
 */
export function ratioInterval(parts: readonly Batch[]): Interval {
  const total = joined(parts);
  if (total.over <= 0) return [null, null];
  const ratio = total.sum / total.over;
  let batches = joinedTo(
    parts.filter(({ over }) => over > 0),
    MOST_BATCHES,
  );
  while (batches.length >= 2 * FEWEST_BATCHES && dependent(batches, ratio))
    batches = joinedTo(batches, Math.floor(batches.length / 2));
  if (batches.length < 2) return [null, null];
  const residuals = batches.map(({ sum, over }) => sum - ratio * over);
  const { length } = batches;
  const quantile = STUDENT[Math.min(length - 1, STUDENT.length) - 1]!;
  // The residuals sum to zero, so that their standard deviation is the scatter around the ratio.
  const half = (quantile * sampleStandardDeviation(residuals) * Math.sqrt(length)) / total.over;
  return [Math.max(0, ratio - half), ratio + half];
}

/** 95 % interval of the mean of values that were seen one after the other, at equal distances. */
export const meanInterval = (values: readonly number[]): Interval =>
  ratioInterval(values.map((value) => ({ sum: value, over: 1 })));

/** Between the smallest and the largest value that was seen: for what is a peak, and has no mean. */
export const rangeOf = (values: readonly number[]): Interval =>
  values.length === 0 ? [null, null] : [Math.min(...values), Math.max(...values)];

const joined = (parts: readonly Batch[]): Batch => ({
  sum: parts.reduce((total, { sum }) => total + sum, 0),
  over: parts.reduce((total, { over }) => total + over, 0),
});

/** At most so many, of as equal a number of parts as there can be. */
function joinedTo(parts: readonly Batch[], most: number): Batch[] {
  const count = Math.min(most, parts.length);
  const edge = (index: number): number => Math.round((index * parts.length) / count);
  return Array.from({ length: count }, (_, index) => joined(parts.slice(edge(index), edge(index + 1))));
}

function dependent(batches: readonly Batch[], ratio: number): boolean {
  const residuals = batches.map(({ sum, over }) => sum - ratio * over);
  if (mean(residuals.map(Math.abs)) === 0) return false;
  return sampleCorrelation(residuals.slice(1), residuals.slice(0, -1)) > MOST_CORRELATION;
}
