import { describe, expect, test } from 'vitest';
import {
  cpuShares,
  type ResourceSample,
  resourceFigures,
  watchResources,
} from '../../src/measure/resource-watch.ts';
import { samplesWithin } from '../../src/measure/span.ts';

const sample = (atMs: number, cpuS: number, usedMB = 100, availableMB = 900): ResourceSample => ({
  atMs,
  resources: { cpuS, usedMB, availableMB },
});

describe('what a server uses while it counts', () => {
  /** Idle while payloads are made and while the client is calibrated, two cores between. */
  const samples = [
    sample(0, 10, 50, 950),
    sample(900, 10, 50, 950),
    sample(1000, 10.1, 300, 700),
    sample(1500, 11.1, 310, 690),
    sample(2000, 12.1, 305, 695),
    sample(3000, 12.2, 60, 940),
  ];
  const span = { startMs: 990, endMs: 2010 };

  test('CPU is of the windows that count alone', () => {
    const { values, intervals } = resourceFigures(samples, span);
    expect(values['cpu_utilization']).toBeCloseTo(200, 6);
    expect(intervals['cpu_utilization']![0]).toBeCloseTo(200, 6);
    // From before the payloads to after the calibration it would be 73 %.
    expect(resourceFigures(samples, { startMs: 0, endMs: 3000 }).values['cpu_utilization']).toBeLessThan(80);
  });

  test('the most that was used goes with the least that was left', () => {
    const { values, intervals } = resourceFigures(samples, span);
    expect(values).toMatchObject({ cpu_used_ram: 310, cpu_available_ram: 690 });
    expect(intervals).toMatchObject({ cpu_used_ram: [300, 310], cpu_available_ram: [690, 700] });
  });

  test('every value has an interval; what was not seen has neither', () => {
    const { values, intervals } = resourceFigures(samples, span);
    expect(Object.keys(values).sort()).toEqual(Object.keys(intervals).sort());
    expect(resourceFigures(samples, { startMs: 4000, endMs: 5000 })).toEqual({ values: {}, intervals: {} });
    const once = resourceFigures(samples, { startMs: 1400, endMs: 1600 });
    expect(once.values).not.toHaveProperty('cpu_utilization');
  });

  test('a process that ended takes its time with it: that stretch does not count', () => {
    const fallen = [sample(0, 10), sample(1000, 11), sample(2000, 5), sample(3000, 6)];
    expect(resourceFigures(fallen, { startMs: 0, endMs: 3000 }).values['cpu_utilization']).toBe(100);
  });
});

test('what other programs had is what neither the server nor this process had', () => {
  const at = (atMs: number, cpuS: number, busyS: number, ownS: number): ResourceSample => ({
    atMs,
    resources: { cpuS, usedMB: 1, availableMB: 1 },
    machine: { allS: (2 * atMs) / 1000, busyS, ownS },
  });
  const span = { startMs: 0, endMs: 10_000 };
  // Two cores for 4 s: 6 s of work, of which the server did 2 and this process 1.
  expect(cpuShares([at(1000, 10, 20, 3), at(5000, 12, 26, 4)], span)).toEqual({ others: 3 / 8, idle: 2 / 8 });
  expect(cpuShares([at(1000, 10, 20, 3), at(5000, 12, 22, 4)], span)).toEqual({ others: 0, idle: 6 / 8 });
  expect(cpuShares([at(1000, 10, 20, 3)], span)).toBeUndefined();
  expect(cpuShares([at(1000, 10, 20, 3), at(5000, 2, 26, 4)], span)).toBeUndefined();
  expect(cpuShares([sample(1000, 1), sample(2000, 2)], span)).toBeUndefined();
});

test('a server that keeps its state to itself is asked as the object that it is', async () => {
  class InAContainer {
    readonly #usedMB = 70;

    async resources() {
      return { usedMB: this.#usedMB, availableMB: 1, cpuS: 2 };
    }
  }
  const watch = watchResources(new InAContainer(), 1000);
  watch.look();
  expect(await watch.stop()).toMatchObject([{ resources: { usedMB: 70 } }]);
});

test('samples tell of what was before them: those of the span alone, or the last where it is short', () => {
  const samples = [100, 600, 1100, 1600, 2100].map((atMs) => ({ atMs }));
  expect(samplesWithin(samples, { startMs: 500, endMs: 1700 }, 500)).toEqual([
    { atMs: 1100 },
    { atMs: 1600 },
  ]);
  expect(samplesWithin(samples, { startMs: 500, endMs: 1700 }, 2000)).toEqual([{ atMs: 1600 }]);
  expect(samplesWithin(samples, { startMs: 650, endMs: 700 }, 500)).toEqual([]);
});
