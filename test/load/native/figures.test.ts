import { expect, test } from 'vitest';
import type { Tally } from '../../../src/load/native/cut-tally.ts';
import { figuresOf } from '../../../src/load/native/figures.ts';
import { Histogram } from '../../../src/statistics/histogram.ts';
import { randomSource } from '../../../src/statistics/random-source.ts';
import { Timeline } from '../../../src/statistics/timeline.ts';

const WINDOW_MS = 200;

function times(values: readonly number[]): Histogram {
  const all = new Histogram();
  for (const value of values) all.record(value);
  return all;
}

/** Windows of so many requests each, whose times come from somewhere. */
function windowsOf(counts: readonly number[], timeOf: () => number, changes: Partial<Tally> = {}): Tally[] {
  return counts.map((count, index) => {
    const latencies = Array.from({ length: count }, timeOf);
    const sum = latencies.reduce((total, value) => total + value, 0);
    return {
      startMs: index * WINDOW_MS,
      endMs: (index + 1) * WINDOW_MS,
      latency: times(latencies),
      service: undefined,
      lateness: undefined,
      firstResponse: undefined,
      interResponse: undefined,
      sendMs: sum / 10,
      receiveMs: sum / 5,
      bytes: 0,
      responses: 0,
      sequences: 0,
      failures: {},
      dropped: 0,
      waited: 0,
      sent: count,
      clients: [],
      signs: { lateMs: 0, lateAtMs: 0, gapMs: 0 },
      ...changes,
    };
  });
}

const figures = (windows: readonly Tally[], open = false) =>
  figuresOf(windows, new Timeline(0), { batchSize: 2, open });

test('every figure has an interval that it lies in', () => {
  const random = randomSource(3);
  const windows = windowsOf([40, 44, 38, 41, 40, 43], () => 5 + random(), { sequences: 4, responses: 90 });
  const decoupled = windows.map((window) => ({
    ...window,
    firstResponse: times([1, 2, 3, 4, 5]),
    interResponse: times([1, 2, 1, 2, 1]),
    service: window.latency,
  }));
  for (const { values, intervals } of [figures(windows), figures(decoupled, true)]) {
    expect(Object.keys(intervals).toSorted()).toEqual(Object.keys(values).toSorted());
    for (const [tag, [low, high]] of Object.entries(intervals)) {
      if (tag === 'perf_throughput') continue;
      expect(low ?? 0, tag).toBeLessThanOrEqual(values[tag]! * 1.01);
      expect(high ?? Number.POSITIVE_INFINITY, tag).toBeGreaterThanOrEqual(values[tag]! * 0.99);
    }
  }
  expect(figures(decoupled, true).values['perf_response_throughput']).toBeCloseTo((2 * 90) / 0.2, 6);
  expect(figures(windows).values['perf_client_response_wait']).toBeCloseTo(5.5 * 0.7, 0);
});

test('the mean lies in its interval about as often as is said', () => {
  const random = randomSource(7);
  const exponential = (): number => -Math.log(1 - random()) * 10;
  const rounds = 400;
  let inside = 0;
  for (let round = 0; round < rounds; round++) {
    const counts = Array.from({ length: 7 }, () => 20 + Math.floor(30 * random()));
    const { intervals } = figures(windowsOf(counts, exponential));
    const [low, high] = intervals['perf_latency_avg']!;
    if (low! <= 10 && high! >= 10) inside++;
  }
  expect(inside / rounds).toBeGreaterThan(0.92);
  expect(inside / rounds).toBeLessThan(0.98);
});

test('a mean of windows that differ is less sure than one of windows that agree', () => {
  const width = (...means: number[]): number => {
    const windows = means.flatMap((value) => windowsOf([50], () => value));
    const [low, high] = figures(windows).intervals['perf_latency_avg']!;
    return high! - low!;
  };
  expect(width(5, 5, 5, 5)).toBe(0);
  expect(width(4, 5, 6, 5)).toBeGreaterThan(2);
  // Of one window nobody knows how far another would be off.
  expect(figures(windowsOf([50], () => 5)).intervals['perf_latency_avg']).toEqual([null, null]);
});
