import { expect, test } from 'vitest';
import { combined } from '../../src/record/combined.ts';
import { measurement } from '../support/run.ts';

test('one measurement is itself', () => {
  const only = measurement({ perf_throughput: 100 });
  expect(combined([only])).toBe(only);
});

test('several: means, requests and times added up, the interval of a mean', () => {
  const looks = [98, 100, 102, 100].map((perf_throughput) =>
    measurement({ perf_throughput, perf_latency_p99: perf_throughput / 10 }),
  );
  const all = combined(looks);
  expect(all).toMatchObject({ looks: 4, requests: 4000, windows: 12 });
  expect(all.durationS).toBeCloseTo(7.2);
  expect(all.whole.values['perf_throughput']).toBe(100);
  expect(all.whole.values['perf_latency_p99']).toBe(10);
  const [low, high] = all.whole.intervals['perf_throughput']!;
  // Each is known to 5; between them they scatter by 1.63, of which 3.18 / 2 is 2.6.
  expect(high! - 100).toBeCloseTo((3.182 * Math.sqrt(8 / 3)) / 2, 1);
  expect(100 - low!).toBeCloseTo(high! - 100);
});

test('nine are no more than nine: the interval of their mean is that of Student, not of the normal distribution', () => {
  const looks = [80, 85, 90, 95, 100, 105, 110, 115, 120].map((perf_throughput) =>
    measurement({ perf_throughput }, 1),
  );
  const told = combined(looks).whole.intervals['perf_throughput']!;
  expect(told[1]! - 100).toBeCloseTo((2.306 * 13.693) / 3, 1);
});

test('two say nothing of their scatter: what each knows counts', () => {
  const [low, high] = combined([measurement({ perf_throughput: 90 }), measurement({ perf_throughput: 110 })])
    .whole.intervals['perf_throughput']!;
  expect((high! - low!) / 2).toBeCloseTo(Math.hypot(4.5, 5.5) / 2);
});

test('a value that one of them lacks is the mean of the others; warnings are told once', () => {
  const one = measurement({ gpu_utilization: 50 }, 1, { warnings: ['hot'] });
  const other = measurement({}, 1, { warnings: ['hot', 'far'] });
  const all = combined([one, other]);
  expect(all.whole.values['gpu_utilization']).toBe(50);
  expect(all.warnings).toEqual(['hot', 'far']);
});

test('the client was the limit when it was for most of them', () => {
  const bound = { bottleneck: { who: 'client', why: 'x' } } as object;
  const make = (isBound: boolean) => measurement({}, 1, isBound ? bound : {});
  expect(combined([make(true), make(false), make(false)]).bottleneck).toBeUndefined();
  expect(combined([make(true), make(true), make(false)]).bottleneck).toMatchObject({ who: 'client' });
});

test('several models: the figures of each, and of all together', () => {
  const look = (a: number, b: number) => ({
    ...measurement({ perf_throughput: a + b }),
    models: {
      a: { values: { perf_throughput: a }, intervals: {} },
      b: { values: { perf_throughput: b }, intervals: {} },
    },
  });
  const all = combined([look(10, 1), look(20, 3)]);
  expect(all.whole.values['perf_throughput']).toBe(17);
  expect(all.models['a']?.values).toEqual({ perf_throughput: 15 });
  expect(all.models['b']?.values).toEqual({ perf_throughput: 2 });
});

test('shares beyond a limit are pooled where all were counted against it; three that differ tell no more than that', () => {
  const look = (share: number, limit = 20) =>
    measurement({ perf_latency_p99: 19 }, 1, {
      beyond: { perf_latency_p99: { limit, share, of: 1000 } },
    });
  const pooled = (...looks: ReturnType<typeof look>[]) => combined(looks).beyond?.['perf_latency_p99'];
  expect(pooled(look(0.004), look(0.008))).toEqual({ limit: 20, share: 0.006, of: 2000 });
  expect(pooled(look(0.006), look(0.006), look(0.006))).toEqual({ limit: 20, share: 0.006, of: 3000 });
  expect(pooled(look(0), look(0), look(0.06))!.of).toBeLessThan(30);
  expect(pooled(look(0.004), look(0.008, 25))).toBeUndefined();
  expect(pooled(measurement({}), look(0.008))).toBeUndefined();
});

test('three starts: what counts is how far they differ, not how many looks there were at each', () => {
  const looks = [90, 90, 100, 100, 110, 110].map((perf_throughput) =>
    measurement({ perf_throughput }, 1, {
      intervals: { perf_throughput: [perf_throughput - 1, perf_throughput + 1] },
    }),
  );
  const [low, high] = combined(looks, [0, 0, 1, 1, 2, 2]).whole.intervals['perf_throughput']!;
  expect((high! - low!) / 2).toBeCloseTo((4.303 * 10) / Math.sqrt(3));
});

test('two starts: the interval holds the means of both', () => {
  const looks = [90, 92, 108, 110].map((perf_throughput) =>
    measurement({ perf_throughput }, 1, {
      intervals: { perf_throughput: [perf_throughput - 1, perf_throughput + 1] },
    }),
  );
  const all = combined(looks, [0, 0, 1, 1]);
  expect(all.starts).toBe(2);
  const [low, high] = all.whole.intervals['perf_throughput']!;
  expect(low).toBeLessThanOrEqual(91);
  expect(high).toBeGreaterThanOrEqual(109);
});

test('two starts without intervals of their own say nothing of how sure they are', () => {
  const bare = (perf_throughput: number) =>
    measurement({ perf_throughput }, 1, { intervals: { perf_throughput: [null, null] } });
  expect(combined([bare(90), bare(110)], [0, 1]).whole.intervals['perf_throughput']).toEqual([null, null]);
});

test('an energy that the mean power went into is by that', () => {
  const [counter, power] = (['counter', 'power'] as const).map((energyBy) =>
    measurement({}, 1, { energyBy }),
  );
  expect(combined([power!, counter!]).energyBy).toBe('power');
  expect(combined([counter!, counter!]).energyBy).toBe('counter');
  expect(combined([measurement({}), measurement({})])).not.toHaveProperty('energyBy');
});

test('the models that took part: the mean of those that tell of them', () => {
  const member = (model: string, requests: number, queue: number) => ({
    ...{ model, requests },
    values: { perf_server_queue: queue },
    intervals: { perf_server_queue: [queue - 0.1, queue + 0.1] as const },
  });
  const of = (...models: ReturnType<typeof member>[]) =>
    measurement({}, 1, { composing: { by: 'steps', models } });
  const { composing } = combined([
    of(member('b', 1, 2), member('a', 1, 5)),
    measurement({}),
    of(member('b', 2, 4)),
  ]);
  expect(composing).toMatchObject({
    by: 'steps',
    models: [
      { model: 'b', requests: 1.5, values: { perf_server_queue: 3 } },
      { model: 'a', requests: 1, values: { perf_server_queue: 5 } },
    ],
  });
  expect(combined([measurement({}), measurement({})])).not.toHaveProperty('composing');
});
