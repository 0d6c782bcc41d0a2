import { expect, test } from 'vitest';
import { Timeline } from '../../src/statistics/timeline.ts';

test('the longest time without an event', () => {
  const line = new Timeline(100);
  for (const at of [100.5, 101.5, 130.5, 150.5]) line.add(at, 1);
  expect(line.longestGap(100, 200)).toBe(49);
  expect(line.longestGap(100, 151)).toBe(28);
  expect(line.longestGap(102, 130)).toBe(28);
  expect(new Timeline(0).longestGap(0, 10)).toBe(10);
});

test('a stretch laid behind another: no event is lost, those at its edges by their part', () => {
  const line = new Timeline(0);
  for (let ms = 0; ms < 100; ms++) line.add(ms + 0.5, 2);
  const other = line.emptyFrom(0);
  line.copyInto(other, 10.25, 30.75, -10.25);
  line.copyInto(other, 60, 70, 20.5 - 60);
  expect(other.slices(0, 40, 1)[0]).toBeCloseTo(2 * 30.5, 6);
  // To a bin.
  expect(Math.abs(other.slices(0, 20.5, 1)[0]! - 41)).toBeLessThanOrEqual(2);
});
