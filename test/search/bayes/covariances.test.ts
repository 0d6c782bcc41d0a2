import { expect, test } from 'vitest';
import { Covariances, priorVariance, type Shape } from '../../../src/search/bayes/covariances.ts';
import type { Place } from '../../../src/search/bayes/encoding.ts';

const place = (instances: number, load: number): Place => ({
  configuration: [instances, 0],
  load: [load, 0, load],
});
const covariances = new Covariances([place(1, 3), place(1, 3), place(2, 3), place(1, 4)]);
const shape: Shape = {
  configuration: 2,
  load: 3,
  each: 1,
  common: 0.5,
  relative: 0.2,
  both: 0.1,
  own: 0.05,
};

test('configurations that cannot differ are one place, its own deviation included', () => {
  expect(covariances.with(0, shape)[1]).toBeCloseTo(priorVariance(shape), 12);
  for (const other of [2, 3]) {
    expect(covariances.with(0, shape)[other]).toBeLessThan(priorVariance(shape) - shape.own ** 2);
  }
});

test('between two points is what the column of one says of the other', () => {
  const column = covariances.with(0, shape);
  const rows = covariances.among([0, 1, 2, 3], shape);
  expect([...column]).toEqual([0, 1, 2, 3].map((other) => rows[other]![0]));
});
