import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimeBudget } from '../../src/run/time-budget.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test('time is kept for the best few, and the last point must have a chance to end', () => {
  const budget = new TimeBudget(1);
  budget.beginModel(1);
  expect(budget.left).toBe('enough');
  budget.add(2000);
  vi.advanceTimersByTime(40_000);
  expect(budget.left).toBe('enough');
  vi.advanceTimersByTime(10_000);
  expect(budget.left).toBe('little');
  vi.advanceTimersByTime(9500);
  expect(budget.left).toBe('none');
});

test('where points are slow no more than a third is kept', () => {
  const budget = new TimeBudget(1);
  budget.beginModel(1);
  budget.add(10_000);
  vi.advanceTimersByTime(10_000);
  expect(budget.left).toBe('enough');
});

test('models share what is left; without a limit there is always enough', () => {
  const budget = new TimeBudget(1);
  budget.beginModel(0.5);
  vi.advanceTimersByTime(30_000);
  expect(budget.left).toBe('none');
  budget.beginModel(1);
  expect(budget.left).toBe('enough');
  const endless = new TimeBudget(undefined);
  endless.beginModel(1);
  endless.add(1e9);
  expect(endless.left).toBe('enough');
});

test('it knows when the time of all models is up', () => {
  const budget = new TimeBudget(2);
  vi.advanceTimersByTime(5000);
  expect(budget.leftS).toBe(115);
  expect(new TimeBudget(undefined).leftS).toBeUndefined();
});
