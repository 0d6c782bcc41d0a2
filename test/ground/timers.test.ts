import { expect, test } from 'vitest';
import { timerMs } from '../../src/ground/timers.ts';

test('a delay that is too long for a timer is a long one, not one of a millisecond', () => {
  expect(timerMs(2_147_484 * 1000)).toBe(2 ** 31 - 1);
  expect(timerMs(Number.POSITIVE_INFINITY)).toBe(2 ** 31 - 1);
  expect(timerMs(5)).toBe(5);
});
