import { describe, expect, test } from 'vitest';
import type { StopRule } from '../../src/config/experiment.ts';
import type { Signs } from '../../src/load/stalls.ts';
import { judgeOf, type RuleWindow, summarize, type Verdict } from '../../src/load/stop-rule.ts';
import type { Constraint } from '../../src/record/goal.ts';
import { Histogram } from '../../src/statistics/histogram.ts';
import { randomSource } from '../../src/statistics/random-source.ts';
import { Timeline } from '../../src/statistics/timeline.ts';

interface TestWindow {
  readonly requests: number;
  readonly latency?: number;
  /** So many of the requests take 100 ms. */
  readonly beyond?: number;
  readonly signs?: Partial<Signs>;
}

/** Verdicts after each window, until the rule is done; a window is so many requests of so many ms. */
function judged(
  rule: StopRule,
  windows: readonly TestWindow[],
  windowMs: number,
  percent?: number,
  jitter = 0,
  limits: readonly Constraint[] = [],
): Verdict[] {
  const random = randomSource(11);
  const judge = judgeOf(rule, { limits, batchSize: 1, scene: { sharesHost: true, isTrace: false } });
  const timeline = new Timeline(0);
  const seen: RuleWindow[] = [];
  const verdicts: Verdict[] = [];
  for (const [index, { requests, latency = 10, beyond = 0, signs }] of windows.entries()) {
    const startMs = index * windowMs;
    const times = new Histogram();
    for (let item = 0; item < requests; item++) {
      const at = (item + 0.5 + jitter * (random() - 0.5)) / requests;
      timeline.add(startMs + at * windowMs, 1);
      times.record((item < beyond ? 100 : latency) * (1 + 0.1 * jitter * random()));
    }
    seen.push({
      startMs,
      endMs: startMs + windowMs,
      latency: times,
      signs: { lateMs: 0, lateAtMs: startMs, gapMs: 1, ...signs },
    });
    const summaries = seen.map((window) => summarize(window, 1, percent ?? 99));
    verdicts.push(judge({ windows: seen, summaries, timeline, percentile: percent }));
    if (verdicts.at(-1)!.done) break;
  }
  return verdicts;
}

describe("perf_analyzer's windows", () => {
  const rule = { kind: 'windows', intervalMs: 1000, minRequests: 10, stability: 0.1, maxWindows: 6 } as const;
  const last = (...windows: { requests: number; latency?: number }[]) => judged(rule, windows, 1000).at(-1);

  test('two are never enough, three that agree are', () => {
    expect(last({ requests: 100 }, { requests: 100 })).toMatchObject({ done: false });
    const four = [50, 100, 105, 109].map((requests) => ({ requests }));
    expect(last(...four)).toEqual({ done: true, stable: true, from: 1 });
  });

  test('latency has to agree, too', () => {
    const windows = [10, 10, 12].map((latency) => ({ requests: 100, latency }));
    expect(last(...windows)).toMatchObject({ done: false });
  });

  test('when they are used up the point is kept and marked', () => {
    const windows = [50, 100, 50, 100, 50, 100].map((requests) => ({ requests }));
    expect(last(...windows)).toEqual({ done: true, stable: false, from: 3 });
  });
});

describe('the interval', () => {
  const rule = { kind: 'precision', precision: 0.03, limitMs: 4000 } as const;
  const level = (count: number, requests = 100) => Array.from({ length: count }, () => ({ requests }));

  test('a level run is done as soon as it may be', () => {
    const verdicts = judged(rule, level(40), 200, undefined, 0.5);
    expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
    expect(verdicts.length).toBeLessThanOrEqual(9);
    expect(verdicts.length).toBeGreaterThanOrEqual(7);
  });

  test('a warm-up is left out', () => {
    const windows = [10, 20, 40, 80, ...level(40).map(({ requests }) => requests)].map((requests) => ({
      requests,
    }));
    const end = judged(rule, windows, 200, undefined, 0.5).at(-1)!;
    expect(end.stable).toBe(true);
    expect(end.from).toBeGreaterThanOrEqual(4);
    expect(end.from).toBeLessThanOrEqual(6);
  });

  test('what scatters too much is kept until the time is up, and marked', () => {
    const windows = level(40).map((_, index) => ({ requests: index % 3 === 0 ? 20 : 150 }));
    const verdicts = judged(rule, windows, 200);
    expect(verdicts).toHaveLength(20);
    expect(verdicts.at(-1)).toMatchObject({ done: true, stable: false });
  });

  test('a percentile that was asked for must be known, too', () => {
    const windows = Array.from({ length: 40 }, (_, index) => ({
      requests: 100,
      latency: index % 2 === 0 ? 5 : 50,
    }));
    expect(judged(rule, windows, 200, undefined, 0.5).at(-1)).toMatchObject({ stable: true });
    expect(judged(rule, windows, 200, 50, 0.5).at(-1)).toMatchObject({ stable: false });
  });

  test('a handful of requests is never precise', () => {
    const windows = level(30, 1);
    const verdicts = judged({ ...rule, limitMs: 500 }, windows, 200);
    expect(verdicts).toHaveLength(15);
    expect(verdicts.at(-1)).toMatchObject({ done: true, stable: false });
  });

  describe('what it depends on whether a point matters', () => {
    /** 533 requests a second that scatter. */
    const scattered = Array.from({ length: 60 }, (_, index) => ({ requests: index % 3 === 0 ? 20 : 150 }));
    const least = (value: number): Constraint[] => [{ tag: 'perf_throughput', bound: 'min', value }];
    const most = (value: number): Constraint[] => [{ tag: 'perf_latency_p99', bound: 'max', value }];
    const length = (limits: Constraint[]): number =>
      judged(rule, scattered, 200, undefined, 0.5, limits).length;

    test('one that can not be the best ends early, and is known well enough', () => {
      const verdicts = judged(rule, scattered, 200, undefined, 0.5, least(2000));
      expect(verdicts.length).toBeLessThan(10);
      expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
    });

    test('so does one that breaks a limit for sure', () => {
      expect(length(most(5))).toBeLessThan(10);
    });

    test('one that may be the best, or may break a limit, gets twice its time', () => {
      expect(length(least(533))).toBe(40);
      expect(length([])).toBe(20);
    });

    describe('whether a limit on a percentile is kept, by how many requests took longer', () => {
      /** 1000 requests a second of 10 ms, some of which took 100. */
      const steady = (beyond: (window: number) => number, requests = 200) =>
        Array.from({ length: 60 }, (_, index) => ({ requests, beyond: beyond(index) }));
      const end = (windows: readonly TestWindow[], limits = most(50)) =>
        judged(rule, windows, 200, undefined, 0.5, limits);

      test('none: done as soon as the throughput is known', () => {
        expect(end(steady(() => 0)).length).toBeLessThan(10);
      });

      test('far too many: done as early, and known well enough', () => {
        const verdicts = end(steady((index) => 20 + (index % 3)));
        expect(verdicts.length).toBeLessThan(10);
        expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
      });

      test('a little more than allowed: counted on until that is sure, though the throughput is known', () => {
        const verdicts = end(steady((index) => (index % 5 < 4 ? 3 : 2)));
        expect(verdicts.length).toBeGreaterThan(10);
        expect(verdicts.length).toBeLessThan(40);
        expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
      });

      test('as many as allowed: not all the time is spent on what will not be known', () => {
        const verdicts = end(steady(() => 2));
        expect(verdicts.length).toBeLessThan(20);
        expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
      });

      test('that they came all at once makes them one', () => {
        const verdicts = end(steady((index) => (index === 4 ? 60 : 0)));
        expect(verdicts.at(-1)).toMatchObject({ done: true, stable: true });
        expect(verdicts.length).toBeGreaterThan(8);
      });

      test('a limit on times that are not measured is no reason to go on', () => {
        const limit = [{ tag: 'perf_service_latency_p99', bound: 'max', value: 5 } as const];
        expect(
          end(
            steady(() => 2),
            limit,
          ).length,
        ).toBeLessThan(10);
      });

      test('a window in which the host stood still does not count', () => {
        const late = { lateMs: 90, lateAtMs: 700, waitedMs: 0 };
        const windows = steady((index) => (index === 3 ? 60 : 0));
        const stalled = windows.map((window, index) => (index === 3 ? { ...window, signs: late } : window));
        expect(end(stalled).length).toBeLessThan(10);
        expect(end(windows).length).toBeGreaterThan(end(stalled).length);
      });
    });

    test('one that is better and keeps the limits gets its usual time', () => {
      expect(length([...least(100), ...most(100)])).toBe(20);
    });
  });
});
