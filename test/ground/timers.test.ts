import { expect, test } from 'vitest';
import { timerMs, within } from '../../src/ground/timers.ts';

test('a delay that is too long for a timer is a long one, not one of a millisecond', () => {
  expect(timerMs(2_147_484 * 1000)).toBe(2 ** 31 - 1);
  expect(timerMs(Number.POSITIVE_INFINITY)).toBe(2 ** 31 - 1);
  expect(timerMs(5)).toBe(5);
});

test('what is there in time, and no timer that is left behind', async () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  expect(await within(60_000, Promise.resolve('x'))).toBe('x');
  await expect(within(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBe(before);
  expect(await within(0, new Promise(() => {}))).toBeUndefined();
});
