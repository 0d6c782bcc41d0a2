import { describe, expect, test } from 'vitest';
import { rank } from '../../../src/rank/rank.ts';
import type { Constraint } from '../../../src/record/goal.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import type { Measurement } from '../../../src/record/measurement.ts';
import { capacityOf } from '../../../src/report/deployment/capacity.ts';
import { deploymentOf } from '../../../src/report/deployment/deployment.ts';
import { replicasFor } from '../../../src/report/deployment/replicas.ts';
import { measurement, run, trial } from '../../support/run.ts';

const P99: Constraint = { tag: 'perf_latency_p99', bound: 'max', value: 50 };

/** A request rate, and what came of it; the interval of the throughput is 1 % to both sides. */
const rate = (perSecond: number, throughput: number, p99: number, changes: Partial<Measurement> = {}) =>
  measurement({}, 1, {
    point: atRate('m', perSecond),
    values: { perf_throughput: throughput, perf_latency_p99: p99, perf_latency_avg: 20 },
    intervals: { perf_throughput: [throughput * 0.99, throughput * 1.01] },
    ...changes,
  });

const closed = (
  level: number,
  throughput: number,
  p99: number,
  changes: NonNullable<Parameters<typeof measurement>[2]> = {},
) =>
  measurement(
    { perf_throughput: throughput, perf_latency_p99: p99, perf_latency_avg: (level / throughput) * 1000 },
    level,
    changes,
  );

function rankingOf(points: readonly Measurement[], constraints: readonly Constraint[] = [P99]) {
  const recorded = run(trial('m_config_0', points));
  const goal = { models: ['m'], objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints } as const;
  return { recorded, ranking: rank(recorded, { ...goal, models: ['m'] }) };
}

function carried(points: readonly Measurement[], constraints?: readonly Constraint[]) {
  const { ranking } = rankingOf(points, constraints);
  return capacityOf(ranking.entries[0]!, ranking);
}

describe('rates that were sent', () => {
  test('the most that keeps the limit, by the lower end of its interval', () => {
    const capacity = carried([
      rate(100, 100, 10),
      rate(200, 200, 30),
      rate(240, 239, 80),
      rate(300, 299, 80),
    ]);
    expect(capacity).toMatchObject({ arrivals: 'open', measured: 200, point: atRate('m', 200) });
    expect(capacity?.inferencesPerSecond).toBeCloseTo(198);
    expect(capacity?.notes).toEqual([]);
  });

  test('measured on several starts of the server, by where another start would lie, as results.json has it', () => {
    const capacity = carried([rate(200, 200, 30, { starts: 2, looks: 2 })]);
    expect(capacity?.inferencesPerSecond).toBeLessThan(197);
  });

  test("in flight is the rate times the mean latency, by Little's law", () => {
    expect(carried([rate(200, 200, 30)])?.inFlight).toBe(4);
    expect(carried([rate(2, 2, 30)])?.inFlight).toBe(1);
  });

  test('a rate that the server falls behind carries nothing', () => {
    const capacity = carried([rate(100, 100, 10), rate(400, 250, 40)]);
    expect(capacity?.point).toEqual(atRate('m', 100));
  });

  test('a replica may carry more than the largest rate that was tried', () => {
    expect(carried([rate(100, 100, 10)])?.notes).toEqual([
      'no larger rate was measured: a replica may carry more',
    ]);
  });

  test('what lies between it and a much larger rate is not known', () => {
    expect(carried([rate(100, 100, 10), rate(3000, 850, 900), rate(200, 200, 70)])?.notes).toEqual([
      'the next larger rate that was measured, 200 requests/s, is too much: a replica may carry one between',
    ]);
  });

  test('a batch is several inferences', () => {
    const capacity = carried([
      rate(100, 400, 10, { point: atRate('m', 100, 4) }),
      rate(100, 100, 10, { point: atRate('m', 100, 1) }),
    ]);
    expect(capacity).toMatchObject({ measured: 400, inFlight: 2 });
    expect(capacity?.notes).toContain('each request has 4 inferences');
  });

  test('rates go before so many in flight, also where those look better', () => {
    expect(carried([rate(100, 100, 10), closed(16, 300, 40)])?.arrivals).toBe('open');
  });

  test('less load that breaks a limit is told', () => {
    const capacity = carried([rate(10, 10, 60), rate(100, 100, 30), rate(200, 200, 70)]);
    expect(capacity?.notes).toContain('with less load a limit is broken: 10 requests/s');
  });
});

describe('so many requests always in flight', () => {
  test('the most that keeps the limit, with what it says little of', () => {
    const capacity = carried([closed(1, 50, 20), closed(4, 100, 45), closed(8, 110, 80)]);
    expect(capacity).toMatchObject({ arrivals: 'closed', inFlight: 4, measured: 100, constraints: 'met' });
    expect(capacity?.inferencesPerSecond).toBeCloseTo(95);
    expect(capacity?.notes[0]).toMatch(
      /^measured with 4 in flight, answered after 40\.0 ms on average, which by Little's law is this rate: .* measure rates \(tma profile --request-rate\)/,
    );
  });

  test('without an interval 10 % are taken off, and said to be', () => {
    const capacity = carried([closed(4, 100, 45, { intervals: {} })]);
    expect(capacity?.inferencesPerSecond).toBe(90);
    expect(capacity?.notes).toContain('its throughput was recorded without an interval: 10 % are taken off');
  });

  test('where the client was the limit it is the least', () => {
    const capacity = carried([closed(4, 100, 45, { bottleneck: { who: 'client', reasons: [] } })]);
    expect(capacity?.notes).toContain(
      'the load generator was the limit there: a replica carries at least this',
    );
  });

  test('a limit that is kept by less than its noise is told', () => {
    const capacity = carried([
      closed(4, 100, 49, { intervals: { perf_throughput: [95, 105], perf_latency_p99: [45, 55] } }),
    ]);
    expect(capacity?.notes).toContain('p99 latency at most 50.0 ms is kept by less than its noise there');
  });
});

test('where nothing limits the latency it is told', () => {
  const told = 'no constraint limits the latency: its p99 is 45.0 ms there';
  expect(carried([closed(4, 100, 45)], [])?.notes).toContain(told);
  expect(carried([closed(4, 100, 45)])?.notes).not.toContain(told);
});

test('nothing that was measured keeps the limits', () => {
  expect(carried([closed(1, 50, 80)])).toBeUndefined();
  expect(carried([rate(400, 250, 40)])).toBeUndefined();
});

test('a limit on what was not measured is not known to be kept', () => {
  const capacity = carried([closed(4, 100, 45)], [P99, { tag: 'gpu_used_memory', bound: 'max', value: 1 }]);
  expect(capacity?.constraints).toBe('unknown');
  expect(capacity?.notes).toContain('whether GPU memory at most 1.00 MB is kept was not measured');
});

test('the interval over starts of the server, where the search knows it and it is lower', () => {
  const { ranking } = rankingOf([closed(4, 100, 45)]);
  const belief = {
    goal: { objectives: ranking.goal.objectives, constraints: ranking.goal.constraints },
    variant: 'm_config_0',
    point: inFlight('m', 4),
    value: 100,
    interval: [80, 120] as const,
    keeps: 1,
    better: { chance: 0 },
  };
  const of = (changes: object) =>
    capacityOf(ranking.entries[0]!, { ...ranking, belief: { ...belief, ...changes } })?.inferencesPerSecond;
  expect(of({})).toBe(80);
  expect(of({ variant: 'm_config_1' })).toBeCloseTo(95);
  expect(of({ point: inFlight('m', 8) })).toBeCloseTo(95);
});

describe('replicas', () => {
  test.each([
    [100, 0.2, 120, 1],
    [100, 0.2, 119, 2],
    [500, 0.2, 198, 4],
    [0.5, 0.2, 100, 1],
    // 3 * 1.1 is a little more than 3.3.
    [3, 0.1, 1.1, 3],
  ])('for %s a second with %s on top, where one carries %s: %s', (wanted, headroom, each, needed) => {
    expect(replicasFor(wanted, headroom, { inferencesPerSecond: each })?.needed).toBe(needed);
  });

  test('how much of a replica is used', () => {
    expect(replicasFor(300, 0.2, { inferencesPerSecond: 100 })).toMatchObject({ needed: 4, used: 0.75 });
  });

  test('none where a replica carries nothing that is known', () => {
    expect(replicasFor(300, 0.2, { inferencesPerSecond: 0 })).toBeUndefined();
  });
});

describe('resources', () => {
  const of = (points: readonly Measurement[], changes: Parameters<typeof trial>[2] = {}) => {
    const recorded = run(trial('m_config_0', points, changes));
    const ranking = rank(recorded, {
      models: ['m'],
      objectives: [{ tag: 'perf_throughput', weight: 1 }],
      constraints: [],
    });
    return deploymentOf(recorded, ranking, ranking.entries[0]!, { headroom: 0.2 }).resources;
  };
  const gpus = (...names: string[]) => ({
    gpus: Object.fromEntries(names.map((name) => [name, { gpu_used_memory: 1000 }])),
  });
  const onGpu = (groups: readonly object[]) => ({ config: { name: 'm', instance_group: groups as [] } });

  test('the most that was measured, with headroom, rounded up to whole cores and Mi', () => {
    const resources = of([
      measurement({ cpu_utilization: 190, cpu_used_ram: 500 }),
      measurement({ cpu_utilization: 90, cpu_used_ram: 510 }, 2),
    ]);
    expect(resources).toEqual({
      cpuCores: 3,
      memoryMi: 1168,
      gpus: 0,
      notes: [
        'memory: how much it takes while it loads was not recorded, so that the limit is 2 times the 510 MB that the server had for itself under load, and headroom: try a start before you rely on it',
      ],
    });
  });

  test('memory is the most that the server had, loading included', () => {
    const loaded = (peakMemoryMB: number) => ({
      end: {
        warnings: [],
        steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 },
        peakMemoryMB,
      },
    });
    expect(of([measurement({ cpu_used_ram: 500 })], loaded(1500))).toMatchObject({
      memoryMi: 1717,
      notes: expect.arrayContaining([
        'memory: 1,500 MB is the most that its processes had, loading and what they share included, of which 500 MB were its own under load',
      ]),
    });
    // What was seen under load, on another start of the server, may be more.
    expect(of([measurement({ cpu_used_ram: 1600 })], loaded(1500)).memoryMi).toBe(1832);
    expect(of([measurement({})], loaded(1500)).memoryMi).toBe(1717);
  });

  test('what was not measured is said, not guessed', () => {
    expect(of([measurement({})])).toMatchObject({
      cpuCores: undefined,
      memoryMi: undefined,
      notes: ['how much CPU it takes was not measured', 'how much memory it takes was not measured'],
    });
  });

  test.each([
    ['no groups: all that were there', {}, 2],
    ['on every GPU', onGpu([{ kind: 'KIND_GPU', count: 2 }]), 2],
    ['on the CPU', onGpu([{ kind: 'KIND_CPU', count: 2 }]), 0],
    ['on one of them', onGpu([{ kind: 'KIND_GPU', gpus: [0] }]), 1],
    ['on both, and the CPU', onGpu([{ kind: 'KIND_GPU', gpus: [0, 1] }, { kind: 'KIND_CPU' }]), 2],
  ])('GPUs, %s', (_name, changes, expected) => {
    const config = 'config' in changes ? changes : { config: { name: 'm' } };
    expect(of([measurement({}, 1, gpus('GPU-a', 'GPU-b'))], config).gpus).toBe(expected);
  });

  test('GPUs that a pod counts otherwise are told', () => {
    const resources = of([measurement({}, 1, gpus('GPU-a', 'GPU-b'))], onGpu([{ gpus: [1] }]));
    expect(resources.gpus).toBe(1);
    expect(resources.notes[0]).toContain('name the GPUs 1; a pod with 1 counts its own from 0');
  });

  test('a model on the CPU of a machine without GPUs has none', () => {
    expect(of([measurement({})], onGpu([{ kind: 'KIND_AUTO' }])).gpus).toBe(0);
  });
});
