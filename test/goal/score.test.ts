import { describe, expect, test } from 'vitest';
import { breaks, byVerdict, checkConstraints, missedBy, score, verdictOf } from '../../src/goal/score.ts';
import { measurement as measurementOf } from '../support/run.ts';

const measurement = (values: Record<string, number>) => measurementOf(values).whole;

const throughput = [{ tag: 'perf_throughput', weight: 10 }];

describe("Model Analyzer's score", () => {
  const at = (perf_throughput: number, perf_latency_p99 = 1) =>
    measurement({ perf_throughput, perf_latency_p99 });

  test('is the difference over the mean', () => {
    expect(score(at(2000), at(1000), throughput)).toBeCloseTo(1000 / 1500);
    expect(score(at(1000), at(2000), throughput)).toBeCloseTo(-1000 / 1500);
  });

  test.each([
    [1, 3, true],
    [2, 3, false],
  ])('weights %d to %d of throughput 1000 to 500 and latency 40 to 30', (first, second, negative) => {
    const objectives = [
      { tag: 'perf_throughput', weight: first },
      { tag: 'perf_latency_p99', weight: second },
    ];
    const value = score(at(1000, 40), at(500, 30), objectives);
    // 1000 against 500 is worth 2/3, 40 against 30 is worth -2/7.
    expect(value).toBeCloseTo((first * (2 / 3) - second * (2 / 7)) / (first + second));
    expect(value < 0).toBe(negative);
  });

  test('GPU and CPU metrics count as objectives', () => {
    const busy = measurement({ gpu_utilization: 90 });
    const idle = measurement({ gpu_utilization: 10 });
    expect(score(busy, idle, [{ tag: 'gpu_utilization', weight: 1 }])).toBeGreaterThan(0);
    const small = measurement({ cpu_used_ram: 100 });
    const large = measurement({ cpu_used_ram: 200 });
    expect(score(small, large, [{ tag: 'cpu_used_ram', weight: 1 }])).toBeGreaterThan(0);
  });

  test('a metric that nobody measured does not silence the others', () => {
    const objectives = [
      { tag: 'gpu_utilization', weight: 10 },
      { tag: 'perf_latency_p99', weight: 10 },
    ];
    expect(score(at(1, 5), at(1, 9), objectives)).toBeGreaterThan(0);
  });

  test('one that only one measured counts for that one', () => {
    expect(score(measurement({ gpu_utilization: 1 }), at(1), [{ tag: 'gpu_utilization', weight: 1 }])).toBe(
      1,
    );
  });
});

describe('constraints', () => {
  const limits = [
    { tag: 'perf_throughput', bound: 'min', value: 2000 },
    { tag: 'perf_latency_p99', bound: 'max', value: 10 },
  ] as const;

  test('are missed by a share of the limit, together', () => {
    const checks = checkConstraints(measurement({ perf_throughput: 1000, perf_latency_p99: 15 }), limits);
    expect(checks.map((check) => check.missedBy)).toEqual([0.5, 0.5]);
    expect(missedBy(checks)).toBe(1);
  });

  const memory = { tag: 'gpu_used_memory', bound: 'max', value: 1 } as const;
  const atLimit = measurement({ perf_throughput: 2000, perf_latency_p99: 10 });
  const slow = measurement({ perf_throughput: 2000, perf_latency_p99: 11 });

  test.each([
    ['met', atLimit, limits, false, 0],
    ['missed', slow, limits, true, 0.1],
    ['unknown', atLimit, [...limits, memory], false, 0],
    ['missed', slow, [...limits, memory], true, 0.1],
    ['met', slow, [], false, 0],
  ] as const)(
    'are %s: at the limit is met, what was not measured unknown, and one that is missed decides',
    (verdict, of, all, broken, missed) => {
      const checks = checkConstraints(of, all);
      expect(verdictOf(checks)).toBe(verdict);
      // For a search what is not known is not broken.
      expect(breaks(of, all)).toBe(broken);
      expect(missedBy(checks)).toBeCloseTo(missed);
    },
  );

  test('kept goes before not known, and that before broken', () => {
    const all = (['missed', 'met', 'unknown'] as const).map((verdict) => ({ verdict }));
    expect(all.toSorted(byVerdict).map(({ verdict }) => verdict)).toEqual(['met', 'unknown', 'missed']);
  });
});
