import { describe, expect, test } from 'vitest';
import { LeastSquares, ratioChance } from '../../src/statistics/least-squares.ts';

describe('least squares', () => {
  const rows = [
    [1, 1, 2],
    [1, 2, 4],
    [1, 3, 6],
    [1, 5, 10],
  ];
  const values = [3.1, 4.9, 7, 11];

  test('a line as every textbook has it, with its residuals', () => {
    const { coefficients, residual, degrees, variance } = new LeastSquares(rows, values).fit([0, 1]);
    expect(coefficients[0]).toBeCloseTo(1.0314, 3);
    expect(coefficients[1]).toBeCloseTo(1.9886, 3);
    const left = values.map((value, index) => value - coefficients[0]! - coefficients[1]! * rows[index]![1]!);
    expect(residual).toBeCloseTo(
      left.reduce((sum, item) => sum + item ** 2, 0),
      9,
    );
    expect(degrees).toBe(2);
    // 1 / the sum of the squared distances from the mean.
    expect(variance([0, 1])).toBeCloseTo(1 / 8.75, 9);
  });

  test('a column that others make up counts for nothing', () => {
    expect(new LeastSquares(rows, values).fit([0, 1, 2])).toMatchObject({ rank: 2, degrees: 2 });
    expect(new LeastSquares(rows, values).fit([0, 1, 2]).coefficients[2]).toBe(0);
  });

  test('nothing explains nothing', () => {
    expect(new LeastSquares([], []).fit([])).toMatchObject({ rank: 0, residual: 0, degrees: 0 });
  });
});

test("Fisher's F, against its tables", () => {
  expect(ratioChance(4.1028, 2, 10)).toBeCloseTo(0.05, 4);
  expect(ratioChance(5.9525, 3, 11)).toBeCloseTo(0.0117, 3);
  expect(ratioChance(0, 2, 10)).toBe(1);
  expect(ratioChance(Number.NaN, 2, 10)).toBe(1);
  expect(ratioChance(Number.POSITIVE_INFINITY, 2, 10)).toBe(0);
});
