import { expect, test } from 'vitest';
import { inFlight } from '../../src/record/load-point.ts';
import { complete, shortened } from '../../src/record/one-model.ts';
import type { PointRecord } from '../../src/record/run.ts';
import { measurement } from '../support/run.ts';

const record = (measured: ReturnType<typeof measurement>): PointRecord => ({
  state: 'measured',
  key: '1',
  measurement: measured,
});

test('of one model a file says the figures once, and they are read for the model and the whole', () => {
  const one = record(measurement({ perf_throughput: 7 }));
  expect(JSON.stringify(shortened(one)).split('"perf_throughput":7')).toHaveLength(2);
  expect(complete(shortened(one))).toEqual(one);
});

test('of several models each has its own', () => {
  const figures = (perf_throughput: number) => ({ values: { perf_throughput }, intervals: {} });
  const several = record({
    ...measurement({ perf_throughput: 12 }),
    point: { streams: [...inFlight('a', 1).streams, ...inFlight('b', 2).streams] },
    models: { a: figures(5), b: figures(7) },
  });
  expect(shortened(several)).toEqual(several);
  expect(complete(shortened(several))).toEqual(several);
});

test('what was not measured stays as it is', () => {
  const failed: PointRecord = { state: 'failed', key: '1', point: inFlight('m', 1), cause: 'gone' };
  expect(complete(shortened(failed))).toEqual(failed);
});
