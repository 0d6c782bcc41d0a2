import { expect, test } from 'vitest';
import type { Window } from '../../src/load/load-generator.ts';
import { judge, summarize } from '../../src/load/stop-rule.ts';

const rule = { intervalMs: 1000, minRequests: 10, stability: 0.1, maxWindows: 6 };

/** A second of evenly spaced requests. */
const window = (index: number, requests: number, latency = 10): Window<undefined> => ({
  startMs: index * 1000,
  endMs: (index + 1) * 1000,
  samples: {
    endMs: Float64Array.from(
      { length: requests },
      (_, item) => index * 1000 + ((item + 1) * 1000) / requests,
    ),
    latencyMs: new Float64Array(requests).fill(latency),
    sendRecvMs: new Float64Array(requests),
  },
  failures: {},
  before: undefined,
  after: undefined,
});
const judged = (windows: Window<undefined>[]) =>
  judge(
    windows,
    windows.map((item) => summarize(item, 1, 99)),
    rule,
  );

test('two windows are never enough, three that agree are', () => {
  expect(judged([window(0, 100), window(1, 100)])).toMatchObject({ done: false });
  expect(judged([window(0, 50), window(1, 100), window(2, 105), window(3, 109)])).toEqual({
    done: true,
    stable: true,
    counted: 3,
  });
});

test('latency has to agree, too', () => {
  const windows = [window(0, 100, 10), window(1, 100, 10), window(2, 100, 12)];
  expect(judged(windows)).toMatchObject({ done: false });
});

test('windows that scatter by chance are enough once the interval over all is tight', () => {
  const windows = [100, 112, 100, 112].map((requests, index) => window(index, requests));
  expect(judged(windows)).toEqual({ done: true, stable: true, counted: 4 });
});

test('when the windows are used up the point is kept and marked', () => {
  const windows = [50, 100, 50, 100, 50, 100].map((requests, index) => window(index, requests));
  expect(judged(windows)).toEqual({ done: true, stable: false, counted: 3 });
});
