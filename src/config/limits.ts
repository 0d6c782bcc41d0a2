import { grouped } from '../ground/wording.ts';
/**
 * How much a perf.yaml may ask for. What is beyond is a slip of a digit, and would be told only when memory or
 * patience is at an end.
 */

/** Values of one range or list. */
export const MOST_IN_A_LIST = 10_000;
/** Configurations of one model. */
export const MOST_CONFIGURATIONS = 5_000;
/** Configurations times loads of one model. */
export const MOST_POINTS = 100_000;
/** Seconds that a timer can wait: 2^31 ms. */
export const MOST_SECONDS = 2_147_483;

/** How many numbers `start`, `start + step` ... there are up to `stop`. */
export const lengthOfRange = (start: number, stop: number, step: number): number =>
  Math.floor((stop - start) / step + 1e-9) + 1;

/** The numbers themselves; the caller has made sure that there are not too many. */
export const rangeOf = (start: number, stop: number, step: number): number[] =>
  Array.from({ length: lengthOfRange(start, stop, step) }, (_, index) => start + index * step);

/** What is said of a range or list that is too long. */
export const tooMany = (count: number, what = 'values'): string =>
  `${grouped(count)} ${what}, and at most ${grouped(MOST_IN_A_LIST)} are taken`;
