import { expect, test } from 'vitest';
import { quotient, times } from '../../src/statistics/quotient.ts';

test('the interval of a quotient is at least as wide as that of each part, and holds the value', () => {
  const { value, interval } = quotient(
    { value: 100, interval: [97, 103] },
    { value: 50, interval: [48, 52] },
  );
  expect(value).toBe(2);
  // 3 % and 4 % add up to 5 %.
  expect(interval[0]).toBeCloseTo(2 / 1.05, 9);
  expect(interval[1]).toBeCloseTo(2 / 0.95, 9);
});

test('what is over something that is known exactly scatters as it does itself', () => {
  const { interval } = quotient({ value: 3, interval: [3, 3] }, { value: 100, interval: [90, 110] });
  expect(interval[0]).toBeCloseTo(3 / 110, 9);
  expect(interval[1]).toBeCloseTo(3 / 90, 9);
});

test('nothing at all is nothing for sure', () => {
  expect(quotient({ value: 0, interval: [0, 0] }, { value: 5, interval: [4, 6] })).toEqual({
    value: 0,
    interval: [0, 0],
  });
});

test('an end that is not known of one part is not known of the quotient', () => {
  const known = { value: 4, interval: [3, 5] } as const;
  expect(quotient(known, { value: 2, interval: [1, null] })).toEqual({ value: 2, interval: [null, null] });
  expect(quotient({ value: 4, interval: [null, null] }, known).interval).toEqual([null, null]);
  // It may be next to nothing: the quotient has no upper end.
  expect(quotient(known, { value: 1, interval: [0, 2] }).interval[1]).toBeNull();
});

test('another unit changes value and ends alike', () => {
  expect(times({ value: 2, interval: [1, null] }, 1000)).toEqual({ value: 2000, interval: [1000, null] });
});
