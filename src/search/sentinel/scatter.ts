import { mean, median, rootMeanSquare, sum, sumNthPowerDeviations } from 'simple-statistics';

/** How far logarithms of one point's figures scatter, as far as it is known: a sum of squares, and the degrees of freedom that it is worth. */
export interface Scatter {
  readonly squares: number;
  readonly degrees: number;
}

// The numbers below were set by test/search/sentinel/states.test.ts, which states the rates that follow from them.

/** Standard deviation of a look's logarithm before anything is seen of it, or more where looks say so ... */
const USUAL = 0.04;
/** ... and how many degrees of freedom that counts as: fewer where looks say nothing of how sure they are. */
const USUAL_DEGREES = 6;
const UNTOLD_DEGREES = 2;
/** A look knows how far its own requests scatter; starts of a server are taken to scatter as much again. */
const WITH_STARTS = Math.SQRT2;
/** A repeat that differs by more than this, and by more than so many times the usual one, holds a shift as well as noise. */
const MOST = 0.2;
const MOST_TIMES = 3;
/**
 * However many repeats there are of other points, they count as so many: one point may scatter more than another, and of
 * that they tell nothing.
 */
const MOST_REPEATS = 6;

/**
 * What is known of a point's scatter without its own looks' levels.
 * @param told standard deviations that looks at it tell themselves.
 * @param repeats differences of the logarithms of two measurements of some other point that were made soon after each other.
 */
export function scatterOf(told: readonly number[], repeats: readonly number[]): Scatter {
  const isTelling = told.length > 0;
  const usual = Math.max(USUAL, isTelling ? WITH_STARTS * rootMeanSquare(told) : 0);
  const degrees = isTelling ? USUAL_DEGREES : UNTOLD_DEGREES;
  const sizes = repeats.map(Math.abs);
  const most = Math.max(MOST, sizes.length > 0 ? MOST_TIMES * median(sizes) : 0);
  const ofRepeats = sizes.reduce((sum, size) => sum + Math.min(most, size) ** 2 / 2, 0);
  const weight = Math.min(1, MOST_REPEATS / Math.max(1, sizes.length));
  return { squares: degrees * usual ** 2 + weight * ofRepeats, degrees: degrees + weight * sizes.length };
}

/** With one more square, which is worth a degree of freedom. */
export const withSquare = ({ squares, degrees }: Scatter, more: number): Scatter => ({
  squares: squares + more,
  degrees: degrees + 1,
});

/** Standard deviation of one value, which is learned from what values of one state each differ by from their mean, too. */
export function deviationOf(states: readonly (readonly number[])[], { squares, degrees }: Scatter): number {
  const own = states.map((values) => squaresOf(values));
  const ownDegrees = states.map((values) => values.length - 1);
  return Math.sqrt((squares + sum(own)) / (degrees + sum(ownDegrees)));
}

/** Student's t of a difference. */
export interface Difference {
  readonly t: number;
  readonly degrees: number;
}

/** Of two means; how far looks scatter is learned from the two parts themselves, too. */
export function differenceOf(a: readonly number[], b: readonly number[], known: Scatter): Difference {
  const degrees = known.degrees + a.length + b.length - 2;
  const variance = (known.squares + squaresOf(a) + squaresOf(b)) / degrees;
  const t = Math.abs(mean(a) - mean(b)) / Math.sqrt(variance * (1 / a.length + 1 / b.length));
  return { t, degrees };
}

/** How many standard deviations of a normal distribution are as rare: Wallace's approximation, without its factor close to 1. */
export const rarityOf = ({ t, degrees }: Difference): number =>
  Math.sqrt(degrees * Math.log1p(t ** 2 / degrees));

/** Sum of the squares of what values differ by from their mean. */
export const squaresOf = (values: readonly number[]): number => sumNthPowerDeviations(values, 2);
