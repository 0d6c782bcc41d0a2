import { expect, test } from 'vitest';
import { sureOnes } from '../../src/statistics/holm.ts';

const even = (...chances: number[]) => chances.map((chance) => ({ chance, weight: 1 }));

test('one question alone may be wrong with 5 %', () => {
  expect(sureOnes(even(0.049))).toEqual([true]);
  expect(sureOnes(even(0.051))).toEqual([false]);
  expect(sureOnes([])).toEqual([]);
});

test('of several each must be surer; what is sure makes it easier for those that follow', () => {
  expect(sureOnes(even(0.02, 0.9, 0.8, 0.7))).toEqual([false, false, false, false]);
  expect(sureOnes(even(0.9, 0.012, 0.8, 0.7))).toEqual([false, true, false, false]);
  // 0.016 alone would not do among four (0.0125), but does among the three that are left.
  expect(sureOnes(even(0.016, 0.001, 0.8, 0.7))).toEqual([true, true, false, false]);
  // Nothing behind the first that is not sure.
  expect(sureOnes(even(0.04, 0.04))).toEqual([false, false]);
});

test('what has more weight may be less sure', () => {
  expect(
    sureOnes([
      { chance: 0.03, weight: 9 },
      { chance: 0.03, weight: 1 },
    ]),
  ).toEqual([true, true]);
  expect(
    sureOnes([
      { chance: 0.03, weight: 9 },
      { chance: 0.06, weight: 1 },
    ]),
  ).toEqual([true, false]);
  expect(sureOnes([{ chance: 0, weight: 0 }])).toEqual([false]);
});
