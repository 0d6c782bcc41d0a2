import { incompleteBeta } from './student.ts';

/** A linear model that was fitted to values. */
export interface Fit {
  /** Of the columns that were asked for, in their order; 0 for one that the columns before it make up. */
  readonly coefficients: readonly number[];
  /** How many of the columns are made up by none before them. */
  readonly rank: number;
  /** The sum of the squares of what it leaves. */
  readonly residual: number;
  /** How many more values there are than coefficients. */
  readonly degrees: number;
  /** Variance of a sum of coefficients with these factors, where the values have a variance of 1. */
  variance(factors: readonly number[]): number;
}

/** A column of which less than this share is left beside those before it is made up by them. */
const LEAST_OWN = 1e-9;

/** Values, and what may explain them; models of any of the columns can be fitted without going through the values again. */
export class LeastSquares {
  readonly #products: readonly Float64Array[];
  readonly #withValues: Float64Array;
  readonly #valuesSquared: number;
  readonly #count: number;

  /** @param rows what may explain each value: a number for each column. */
  constructor(rows: readonly (readonly number[])[], values: readonly number[]) {
    const width = rows[0]?.length ?? 0;
    const products = Array.from({ length: width }, () => new Float64Array(width));
    const withValues = new Float64Array(width);
    for (const [index, row] of rows.entries()) {
      for (let i = 0; i < width; i++) {
        if (row[i] === 0) continue;
        withValues[i]! += row[i]! * values[index]!;
        for (let j = 0; j <= i; j++) products[i]![j]! += row[i]! * row[j]!;
      }
    }
    this.#products = products;
    this.#withValues = withValues;
    this.#valuesSquared = values.reduce((sum, value) => sum + value * value, 0);
    this.#count = values.length;
  }

  /**
   * Fits the values by some of the columns: the normal equations by a Cholesky factor that leaves out what columns before
   * make up (Golub and Van Loan, Matrix Computations, 4.2).
   */
  fit(columns: readonly number[]): Fit {
    const product = (i: number, j: number): number => {
      const [a, b] = [columns[i]!, columns[j]!];
      return a >= b ? this.#products[a]![b]! : this.#products[b]![a]!;
    };
    const kept: number[] = [];
    const factor: number[][] = [];
    for (let i = 0; i < columns.length; i++) {
      const row: number[] = [];
      for (const [at, j] of kept.entries()) {
        let sum = product(i, j);
        for (let k = 0; k < at; k++) sum -= row[k]! * factor[at]![k]!;
        row.push(sum / factor[at]![at]!);
      }
      const own = product(i, i) - row.reduce((sum, item) => sum + item * item, 0);
      if (own <= LEAST_OWN * product(i, i)) continue;
      kept.push(i);
      factor.push([...row, Math.sqrt(own)]);
    }
    const half = solveLower(
      factor,
      kept.map((i) => this.#withValues[columns[i]!]!),
    );
    const found = solveUpper(factor, half);
    const coefficients = columns.map(() => 0);
    for (const [at, i] of kept.entries()) coefficients[i] = found[at]!;
    return {
      coefficients,
      rank: kept.length,
      residual: Math.max(0, this.#valuesSquared - half.reduce((sum, item) => sum + item * item, 0)),
      degrees: this.#count - kept.length,
      variance: (factors) =>
        solveLower(
          factor,
          kept.map((i) => factors[i]!),
        ).reduce((sum, item) => sum + item * item, 0),
    };
  }
}

function solveLower(factor: readonly (readonly number[])[], values: readonly number[]): number[] {
  const found: number[] = [];
  for (const [i, row] of factor.entries()) {
    let sum = values[i]!;
    for (let j = 0; j < i; j++) sum -= row[j]! * found[j]!;
    found.push(sum / row[i]!);
  }
  return found;
}

function solveUpper(factor: readonly (readonly number[])[], values: readonly number[]): number[] {
  const found = [...values];
  for (let i = factor.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < factor.length; j++) found[i]! -= factor[j]![i]! * found[j]!;
    found[i]! /= factor[i]![i]!;
  }
  return found;
}

/** Probability that a ratio of two variances is larger than `ratio` by chance (Fisher's F). */
export function ratioChance(ratio: number, above: number, below: number): number {
  if (!(ratio > 0)) return 1;
  return incompleteBeta(below / (below + above * ratio), below / 2, above / 2);
}
