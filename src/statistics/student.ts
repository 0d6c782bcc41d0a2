import { gammaln } from 'simple-statistics';

/**
 * Student's t distribution, by the regularised incomplete beta function (its continued fraction by Lentz's method: Press et
 * al., Numerical Recipes, 6.4). Good to eight digits.
 */

/** Probability that a value is farther from 0 than `t`, to either side; degrees of freedom may be no whole number. */
export function twoSidedChance(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return 0;
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The value that is passed to either side with a probability of 5 %: half the width of a 95 % interval. From 1 degree on. */
export function twoSidedQuantile(degrees: number): number {
  const known = quantiles.get(degrees);
  if (known !== undefined) return known;
  let [low, high] = [1.9, 12.8];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (twoSidedChance(middle, degrees) > 0.05) low = middle;
    else high = middle;
  }
  quantiles.set(degrees, low);
  return low;
}

const quantiles = new Map<number, number>();

/** I_x(a, b), the regularised incomplete beta function. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(1 - x));
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

const TINY = 1e-30;
const EXACT = 1e-12;
const MOST_STEPS = 300;

function continuedFraction(x: number, a: number, b: number): number {
  const kept = (value: number): number => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / kept(1 + even * d);
    c = kept(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / kept(1 + odd * d);
    c = kept(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < EXACT) break;
  }
  return result;
}
