import { type Interval, relativeHalfWidth } from './intervals.ts';

/** A value and its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/**
 * One value over another, which is above 0. The interval takes the two for independent, so that their relative half widths add
 * up as squares do; an end is null where that of either is not known.
 */
export function quotient(above: Estimate, below: Estimate): Estimate {
  const value = above.value / below.value;
  const [a, b] = [halfOf(above), halfOf(below)];
  if (a === undefined || b === undefined) return { value, interval: [null, null] };
  const half = Math.hypot(a, b);
  return { value, interval: [value / (1 + half), half < 1 ? value / (1 - half) : null] };
}

/** Half the width as a share of the value; what is 0 for sure has none. */
const halfOf = ({ interval }: Estimate): number | undefined =>
  interval[0] === 0 && interval[1] === 0 ? 0 : relativeHalfWidth(interval);

/** The same in another unit. */
export const times = ({ value, interval: [low, high] }: Estimate, factor: number): Estimate => ({
  value: value * factor,
  interval: [low === null ? null : low * factor, high === null ? null : high * factor],
});
