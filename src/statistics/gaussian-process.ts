import { errorFunction } from 'simple-statistics';

/** What is expected somewhere: mean, and variance of the function itself (without noise). */
export interface Prediction {
  readonly mean: number;
  readonly variance: number;
}

/**
 * Gaussian process regression with a known constant mean, out of covariances (Rasmussen and Williams, Gaussian
 * Processes for Machine Learning, algorithm 2.1). Exact; O(n^3) to make and O(n^2) a prediction, for tens of
 * observations.
 */
export class GaussianProcess {
  readonly #mean: number;
  /** Lower triangle of the Cholesky factor, row after row. */
  readonly #factor: readonly Float64Array[];
  /** Inverse covariance times the residuals. */
  readonly #weights: Float64Array;
  readonly #half: Float64Array;
  /** Logarithm of the likelihood of the values. */
  readonly logLikelihood: number;

  /**
   * @param covariance of the function between two observations.
   * @param noise variance of each observation's noise.
   */
  constructor(
    values: readonly number[],
    noise: readonly number[],
    covariance: (i: number, j: number) => number,
    mean: number,
  ) {
    this.#mean = mean;
    this.#factor = cholesky(noise, covariance);
    const residuals = values.map((value) => value - mean);
    this.#weights = solveUpper(
      this.#factor,
      solveLower(this.#factor, residuals, new Float64Array(values.length)),
    );
    this.#half = new Float64Array(values.length);
    const fit = residuals.reduce((sum, value, index) => sum + value * this.#weights[index]!, 0);
    const volume = this.#factor.reduce((sum, row, index) => sum + Math.log(row[index]!), 0);
    this.logLikelihood = -fit / 2 - volume - (values.length / 2) * Math.log(2 * Math.PI);
  }

  /**
   * @param covariances with each observation, in their order.
   * @param variance of the function there before anything was observed.
   */
  predict(covariances: ArrayLike<number>, variance: number): Prediction {
    let mean = this.#mean;
    for (let i = 0; i < covariances.length; i++) mean += covariances[i]! * this.#weights[i]!;
    const half = solveLower(this.#factor, covariances, this.#half);
    let explained = 0;
    for (let i = 0; i < half.length; i++) explained += half[i]! * half[i]!;
    return { mean, variance: Math.max(0, variance - explained) };
  }

  /**
   * The square that is expected of each observation's noise, by what is left of it and how surely.
   * @param noise variances of the noise, as they were given.
   */
  squaredNoise(noise: readonly number[]): number[] {
    return noise.map((variance, index) => {
      const left = variance * this.#weights[index]!;
      return left * left + Math.max(0, variance - variance * variance * this.#precision([index]));
    });
  }

  /**
   * By how much observations differ, all alike, from what the others make expect of them: the estimate (generalised least
   * squares) and its variance.
   * @param indices of these observations, in rising order.
   */
  apart(indices: readonly number[]): Prediction {
    const precision = this.#precision(indices);
    return {
      mean: indices.reduce((sum, index) => sum + this.#weights[index]!, 0) / precision,
      variance: 1 / precision,
    };
  }

  /** Of the inverse covariance, the sum over the rows and columns of these observations. */
  #precision(indices: readonly number[]): number {
    const chosen = new Float64Array(this.#weights.length);
    for (const index of indices) chosen[index] = 1;
    return solveLower(this.#factor, chosen, this.#half).reduce((sum, value) => sum + value * value, 0);
  }

  /**
   * The same of many places at once.
   * @param columns covariances of every place with each observation.
   * @returns for every place its mean and how much of its variance is explained; and what of its covariance with another is
   * explained is the sum of the products of both their parts.
   */
  predictAll(columns: readonly Float64Array[]): {
    readonly means: Float64Array;
    readonly explained: Float64Array;
    readonly parts: readonly Float64Array[];
  } {
    const places = columns[0]?.length ?? 0;
    const means = new Float64Array(places).fill(this.#mean);
    const explained = new Float64Array(places);
    const parts: Float64Array[] = [];
    for (const [i, column] of columns.entries()) {
      const part = Float64Array.from(column);
      const row = this.#factor[i]!;
      for (const [k, other] of parts.entries()) {
        const factor = row[k]!;
        for (let place = 0; place < places; place++) part[place]! -= factor * other[place]!;
      }
      const [own, weight] = [row[i]!, this.#weights[i]!];
      for (let place = 0; place < places; place++) {
        means[place]! += weight * column[place]!;
        const value = part[place]! / own;
        part[place] = value;
        explained[place]! += value * value;
      }
      parts.push(part);
    }
    return { means, explained, parts };
  }
}

/** Added to the diagonal, so that the matrix stays positive definite where two places are the same. */
const JITTER = 1e-10;

/** The lower triangle of a positive definite matrix that is this covariance and this noise on its diagonal, row after row. */
export function cholesky(
  noise: readonly number[],
  covariance: (i: number, j: number) => number,
): readonly Float64Array[] {
  const rows: Float64Array[] = [];
  for (let i = 0; i < noise.length; i++) {
    const row = new Float64Array(i + 1);
    for (let j = 0; j < i; j++) {
      const other = rows[j]!;
      let value = covariance(i, j);
      for (let k = 0; k < j; k++) value -= row[k]! * other[k]!;
      row[j] = value / other[j]!;
    }
    let rest = covariance(i, i) + noise[i]! + JITTER;
    for (let k = 0; k < i; k++) rest -= row[k]! * row[k]!;
    row[i] = Math.sqrt(Math.max(rest, JITTER));
    rows.push(row);
  }
  return rows;
}

function solveLower(
  factor: readonly Float64Array[],
  right: ArrayLike<number>,
  solution: Float64Array,
): Float64Array {
  for (let i = 0; i < right.length; i++) {
    const row = factor[i]!;
    let value = right[i]!;
    for (let k = 0; k < i; k++) value -= row[k]! * solution[k]!;
    solution[i] = value / row[i]!;
  }
  return solution;
}

function solveUpper(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const solution = new Float64Array(right.length);
  for (let i = right.length - 1; i >= 0; i--) {
    let value = right[i]!;
    for (let k = i + 1; k < right.length; k++) value -= factor[k]![i]! * solution[k]!;
    solution[i] = value / factor[i]![i]!;
  }
  return solution;
}

/** Matérn's covariance with smoothness 5/2 and variance 1, by distance in length scales. */
export function matern52(distance: number): number {
  const scaled = Math.sqrt(5) * distance;
  return (1 + scaled + (scaled * scaled) / 3) * Math.exp(-scaled);
}

/** Density of the standard normal distribution. */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Distribution function of the standard normal distribution, to 1e-7. */
export const normalProbability = (z: number): number => (1 + errorFunction(z / Math.SQRT2)) / 2;
