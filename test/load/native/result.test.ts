import { expect, test } from 'vitest';
import { openLoop } from '../../../src/load/native/result.ts';
import { Histogram } from '../../../src/statistics/histogram.ts';

test('where every request of an open loop waited there is no lateness to tell, which a journal could not hold', () => {
  const total = { sent: 100, waited: 100, dropped: 0 };
  const none = openLoop({ ...total, lateness: new Histogram() }, 3000);
  expect(none).toEqual({ asked: 3000, dropped: 0, waited: 100, full: true });
  const lateness = new Histogram();
  lateness.record(2);
  expect(openLoop({ ...total, lateness }, 3000).lateness?.p50).toBeCloseTo(2, 2);
});
