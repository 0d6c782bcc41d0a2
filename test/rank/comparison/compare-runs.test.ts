import { describe, expect, test } from 'vitest';
import { type ComparisonOptions, compareRuns } from '../../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../../src/rank/comparison/gates.ts';
import { comparisonSchema } from '../../../src/record/comparison.ts';
import type { Goal } from '../../../src/record/goal.ts';
import { atRate, inFlight } from '../../../src/record/load-point.ts';
import type { Run, Trial } from '../../../src/record/run.ts';
import { randomSource } from '../../../src/statistics/random-source.ts';
import { measurement } from '../../support/run.ts';
import { configuration, GOAL, type Night, night, runOf, side } from '../../support/two-runs.ts';

const compared = (
  base: readonly Trial[],
  next: readonly Trial[],
  options?: ComparisonOptions,
  changes: { base?: Partial<Run>; new?: Partial<Run>; goals?: readonly Goal[] } = {},
) => {
  const comparison = compareRuns(
    side(runOf(base, changes.base)),
    side(runOf(next, changes.new), changes.goals),
    options,
  );
  // Whatever is compared, it is what the schema says.
  expect(comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  return comparison;
};
const nights = (seed: number, then: Partial<Night> = {}, both: Partial<Night> = {}) =>
  [night({ ...both, seed: 2 * seed + 1 }), night({ ...both, seed: 2 * seed + 2, ...then })] as const;
const throughput = (model: { changes: readonly { tag: string }[] }) =>
  model.changes.find(({ tag }) => tag === 'perf_throughput');

describe('a verdict', () => {
  test('two nights of the same server are never called different in twenty', () => {
    const verdicts = Array.from({ length: 20 }, (_, seed) => compared(...nights(seed)).verdict);
    expect(verdicts.filter((verdict) => verdict === 'worse' || verdict === 'better')).toEqual([]);
  });

  test('a server that is slower by a tenth is found, with an interval that holds it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { verdict, models } = compared(...nights(seed, { slower: 1 / 0.9 }));
      expect(verdict).toBe('worse');
      const change = throughput(models[0]!)!;
      expect(change).toMatchObject({ verdict: 'worse' });
      expect(models[0]!.text).toMatch(/^m is worse: throughput -\d/);
    }
  });

  test('one configuration of nine that became far slower is told by itself, and is not the change of the model', () => {
    for (let seed = 0; seed < 10; seed++) {
      const [model] = compared(...nights(seed, { slower: (index) => (index === 4 ? 2 : 1) })).models;
      const { low, high } = throughput(model!) as unknown as { low: number; high: number };
      expect(low).toBeLessThan(0);
      expect(high).toBeGreaterThan(-3);
      // A plain mean over them would be known to 35 points.
      expect(high - low).toBeLessThan(18);
      const far = model!.configurations.find(({ base }) => base === 'm_config_3')!;
      expect(throughput(far)).toMatchObject({ verdict: 'worse' });
    }
  });

  test('a third of nine that became slower is part of the change', () => {
    for (let seed = 0; seed < 10; seed++) {
      const [model] = compared(...nights(seed, { slower: (index) => (index % 3 === 1 ? 2 : 1) })).models;
      const { low, high } = throughput(model!) as unknown as { low: number; high: number };
      expect(low).toBeLessThan(-20);
      expect(high).toBeGreaterThan(-22);
    }
  });

  test('a faster one is better, and lower latency is better as well', () => {
    const [model] = compared(...nights(3, { slower: 0.8 })).models;
    expect(model!.verdict).toBe('better');
    expect(model!.changes.map(({ tag, verdict }) => [tag, verdict])).toEqual([
      ['perf_throughput', 'better'],
      ['perf_latency_p99', 'better'],
    ]);
  });

  test('same is a claim: it needs an interval within the margin', () => {
    const pair = nights(1, {}, { configurations: 40, loads: 6 });
    expect(compared(...pair).verdict).toBe('same');
    expect(compared(...pair, { margin: 0.5 }).verdict).toBe('unknown');
    // A difference that surely is there, and is smaller than what counts.
    const slower = nights(
      1,
      { slower: 1.04, scatter: 0.001 },
      { configurations: 40, loads: 6, scatter: 0.001 },
    );
    expect(compared(...slower, { margin: 8 }).verdict).toBe('same');
    expect(compared(...slower, { margin: 1 }).verdict).toBe('worse');
  });

  test('one load of the default alone tells little, and is not called the same', () => {
    const one = nights(1, {}, { configurations: 1, loads: 1 });
    const { verdict, models } = compared(...one);
    expect(verdict).toBe('unknown');
    const { low, high } = throughput(models[0]!) as unknown as { low: number; high: number };
    expect(high - low).toBeGreaterThan(20);
  });

  test('one configuration of many that became slower is found, and does not hide behind itself', () => {
    const [model] = compared(
      ...nights(5, { slower: (index) => (index === 7 ? 1.6 : 1) }, { configurations: 20 }),
    ).models;
    const worse = model!.configurations.filter(({ changes }) => changes[0]!.verdict === 'worse');
    expect(worse.map((item) => item.new)).toEqual(['m_config_6']);
  });

  test('the default that became slower makes the model worse, whatever the others do', () => {
    const [model] = compared(
      ...nights(5, { slower: (index) => (index === 0 ? 1.6 : 1) }, { configurations: 20 }),
    ).models;
    expect(model!.verdict).toBe('worse');
    expect(model!.text).toContain('the default, m_config_default, changed in throughput by -3');
  });
});

describe('what is matched', () => {
  const at = (throughput: number, changes = {}) => [measurement({ perf_throughput: throughput }, 1, changes)];

  test('a configuration is known by what it is, not by its name', () => {
    const base = [configuration(0, at(100)), configuration(1, at(110)), configuration(2, at(120))];
    const next = [configuration(0, at(101)), { ...configuration(2, at(121)), name: 'm_config_0' }];
    const [model] = compared(base, next).models;
    expect(model!.configurations.map((item) => [item.base, item.new, item.matchedBy])).toEqual(
      expect.arrayContaining([
        ['m_config_default', 'm_config_default', 'configuration'],
        ['m_config_1', 'm_config_0', 'configuration'],
      ]),
    );
    expect(model!.onlyBase).toEqual(['m_config_0']);
    expect(model!.notes).toEqual([
      '1 configuration had another name in BASE',
      'measured in one of the two only: 1 of BASE, 0 of NEW',
    ]);
  });

  test('where the default was changed, what is made of it is known by its parameters', () => {
    const other = (trial: Trial): Trial => ({
      ...trial,
      models: [{ ...trial.models[0], config: { ...trial.models[0].config, backend: 'onnxruntime' } }],
    });
    const base = [configuration(0, at(100)), configuration(1, at(110))];
    const next = [configuration(0, at(101)), configuration(1, at(111))];
    const [model] = compared(base, next.map(other)).models;
    expect(model!.configurations.map(({ base: name, matchedBy }) => [name, matchedBy])).toEqual([
      ['m_config_default', 'parameters'],
      ['m_config_0', 'parameters'],
    ]);
    expect(model!.notes[0]).toBe(
      "2 configurations matched by parameters: the default's config.pbtxt has changed",
    );
  });

  test('a default that was made of the last winner is that configuration, and not the default of before', () => {
    const base = [configuration(0, at(100)), configuration(3, at(150))];
    const next = [configuration(3, at(151)), configuration(0, at(99))].map((trial, index) => ({
      ...trial,
      name: index === 0 ? 'm_config_default' : 'm_config_0',
      isDefault: index === 0,
    }));
    const [model] = compared(base, next).models;
    const role = Object.fromEntries(model!.configurations.map((item) => [item.base, item.role]));
    expect(role['m_config_2']).toEqual(['default of NEW', 'winner of BASE', 'winner of NEW']);
    expect(role['m_config_default']).toEqual(['default of BASE']);
  });

  test('a measurement that NEW took over from BASE says nothing, and is said to', () => {
    const base = night({ seed: 1 });
    const next = base.map((trial) => ({
      ...trial,
      points: trial.points.map((record) =>
        record.state === 'measured'
          ? { ...record, measurement: { ...record.measurement, takenOver: true as const } }
          : record,
      ),
    }));
    const { verdict, models } = compared(base, next);
    expect(verdict).toBe('unknown');
    expect(models[0]!.common).toEqual({ configurations: 0, points: 0, client: 0, same: 27, drifted: 0 });
    expect(models[0]!.text).toBe(
      "m can't be told apart from what it was: the two have the same measurement.",
    );
    expect(models[0]!.notes[0]).toContain('27 loads left out');
    expect(models[0]!.notes[0]).toContain('tma profile --fresh measures anew');
    expect(throughput(models[0]!)).toMatchObject({ percent: null });
  });

  test('where the load generator was the limit nothing is compared', () => {
    const bound = { bottleneck: { who: 'client' as const, reasons: ['busy'] } };
    const [model] = compared(...nights(1, { slower: 2, changes: bound })).models;
    expect(model!.verdict).toBe('unknown');
    expect(model!.common.client).toBe(27);
    expect(model!.winner.changes[0]).toMatchObject({
      percent: null,
      why: 'the load generator was the limit',
    });
  });

  test('what was measured on the machine in another state is left out, and the change of the machine is told', () => {
    const [base, next] = nights(1, { slower: (index) => (index > 3 ? 2 : 1) });
    const marked = next.map((trial, index) => ({
      ...trial,
      points: trial.points.map((record) =>
        record.state === 'measured' && index > 3
          ? { ...record, measurement: { ...record.measurement, drifted: { by: -0.5 } } }
          : record,
      ),
    }));
    const drift = {
      models: ['m'] as const,
      sentinel: { variant: 'm_config_default', point: inFlight('m', 1) },
      looks: 5,
      shifts: [{ after: '2026-01-01T02:09:00.000Z', before: '2026-01-01T02:14:00.000Z', by: -0.5 }],
      drifted: [],
      again: 0,
    };
    expect(compared(base, next).verdict).toBe('worse');
    const [model] = compared(base, marked, {}, { new: { drifts: [drift] } }).models;
    expect(model!.verdict).not.toBe('worse');
    expect(model!.common).toMatchObject({ configurations: 4, points: 12, drifted: 15 });
    expect(model!.notes).toEqual(
      expect.arrayContaining([
        '15 loads left out: the machine was in another state in one of the two',
        expect.stringMatching(/^NEW: The machine became 50 % slower between 02:09 and 02:14 UTC/),
      ]),
    );
    expect(model!.configurations.find((item) => item.new === 'm_config_5')!.points[0]).toMatchObject({
      leftOut: 'drifted',
      changes: [{ percent: null, why: 'the machine was in another state' }, {}],
    });
  });

  test('looks at the sentinel are further servers of the figure that counts', () => {
    const looked = (index: number, seed: number) => {
      const [trial] = night({ seed, configurations: 1, loads: 1 });
      const [first] = trial!.points;
      if (first?.state !== 'measured') throw new Error('it is measured');
      const look = { ...first, again: 'afresh' as const };
      return configuration(index, [], {
        state: 'measured',
        points: [first, look, ...Array.from({ length: 8 }, () => ({ ...look, sentinel: true as const }))],
      });
    };
    const plain = (index: number, seed: number) => {
      const trial = looked(index, seed);
      return { ...trial, points: trial.points.slice(0, 2) };
    };
    const [watched] = compared([looked(0, 1)], [looked(0, 2)]).models;
    const [usual] = compared([plain(0, 1)], [plain(0, 2)]).models;
    const width = (item: typeof watched) => {
      const { low, high } = throughput(item!) as unknown as { low: number; high: number };
      return high - low;
    };
    expect(width(watched)).toBeLessThan(width(usual) / 2);
  });

  test('of runs that measured no default, a name alone pairs nothing', () => {
    const base = [{ ...configuration(1, at(100)), isDefault: false }];
    const next = [{ ...configuration(2, at(50)), name: 'm_config_0', isDefault: false }];
    const [model] = compared(base, next).models;
    expect(model!.configurations).toEqual([]);
    expect(model!.onlyBase).toEqual(['m_config_0']);
    expect(model!.verdict).toBe('unknown');
  });

  test('models and metrics that one of the two lacks', () => {
    const other = configuration(0, at(100), { model: 'other' });
    const comparison = compared([configuration(0, at(100)), other], [configuration(0, at(100))]);
    expect(comparison.onlyBase).toEqual(['other']);
    const gpu = compared([configuration(0, at(100))], [configuration(0, at(101))], {
      conditions: [readCondition('gpu_used_memory > 1%')],
    });
    expect(gpu.models[0]!.changes.find(({ tag }) => tag === 'gpu_used_memory')).toMatchObject({
      percent: null,
      why: 'it was not measured in both',
    });
    expect(gpu.gates[0]).toMatchObject({ state: 'unknown' });
    expect(compared([], []).text).toBe('Nothing can be compared: no model was measured in both.');
    expect(compared([other], [configuration(0, at(100))]).verdict).toBe('unknown');
  });

  test('a value of 0 has no change in percent', () => {
    const zero = [measurement({ perf_throughput: 0 }, 1)];
    const [model] = compared([configuration(0, zero)], [configuration(0, at(100))]).models;
    expect(throughput(model!)).toMatchObject({ percent: null });
    expect(model!.configurations[0]!.points[0]!.changes[0]).toMatchObject({
      base: 0,
      new: 100,
      percent: null,
    });
  });
});

describe('what was decided for', () => {
  const points = (throughput: number, p99: number) => [
    measurement({ perf_throughput: throughput, perf_latency_p99: p99 }, 4, {
      intervals: { perf_throughput: [throughput - 1, throughput + 1], perf_latency_p99: [p99 - 1, p99 + 1] },
    }),
  ];
  const base = [configuration(0, points(100, 40)), configuration(1, points(200, 60))];

  test('another winner is shown as a difference of config.pbtxt', () => {
    const next = [
      configuration(0, points(100, 40)),
      configuration(1, points(120, 60)),
      configuration(5, points(260, 60)),
    ];
    const { winner } = compared(base, next).models[0]!;
    expect(winner.base).toMatchObject({ variant: 'm_config_0', decision: 'deploy', isDecided: true });
    expect(winner.new!.variant).toBe('m_config_4');
    expect(winner.isSame).toBe(false);
    expect(winner.diff.filter(({ change }) => change !== ' ')).toEqual([
      { change: '-', text: 'max_batch_size: 2' },
      { change: '+', text: 'max_batch_size: 6' },
    ]);
    expect(winner.changes[0]).toMatchObject({ base: 200, new: 260 });
  });

  test('a limit that was kept and is broken for sure is lost, and makes the model worse', () => {
    const next = [configuration(0, points(100, 240)), configuration(1, points(200, 260))];
    const [model] = compared(base, next).models;
    expect(model!.constraints).toEqual([
      expect.objectContaining({
        base: 'met',
        new: 'missed',
        baseMeasured: 60,
        newMeasured: 240,
        state: 'lost',
      }),
    ]);
    expect(model!.verdict).toBe('worse');
    expect(model!.text).toContain('m is worse: it no longer keeps p99 latency at most 100 ms');
  });

  test('what BASE decided for breaks a limit now, and something else keeps it: that is lost, too', () => {
    const next = [configuration(0, points(100, 40)), configuration(1, points(200, 260))];
    const [constraint] = compared(base, next).models[0]!.constraints;
    expect(constraint).toMatchObject({ new: 'met', state: 'lost' });
    expect(constraint!.why).toBe('what BASE decided for measured 260 ms in NEW, 60.0 ms in BASE');
  });

  test('beyond a limit by less than the noise, or not measured, is not known and passes no gate', () => {
    const close = [configuration(0, points(100, 101)), configuration(1, points(200, 101))];
    expect(compared(base, close).models[0]!.constraints[0]).toMatchObject({ state: 'unknown' });
    const gpu: Goal = { ...GOAL, constraints: [{ tag: 'gpu_used_memory', bound: 'max', value: 100 }] };
    const { models, gates } = compared(
      base,
      base,
      { conditions: [readCondition('worse')] },
      { goals: [gpu] },
    );
    expect(models[0]!.constraints[0]).toMatchObject({
      state: 'unknown',
      why: 'GPU memory was not measured in NEW',
    });
    expect(gates.find(({ asked }) => asked === 'constraints')).toMatchObject({ state: 'unknown' });
  });

  test('a limit that was not kept before is not lost', () => {
    const broken = [configuration(0, points(100, 240))];
    expect(compared(broken, broken).models[0]!.constraints[0]).toMatchObject({ state: 'as before' });
    const mended = [configuration(0, points(100, 20))];
    expect(compared(broken, mended).models[0]!.constraints[0]).toMatchObject({ state: 'kept' });
  });

  test('what BASE decided for fails now: that is worse, and fails every condition', () => {
    const failed = configuration(1, [], {
      end: {
        cause: 'out of memory',
        warnings: [],
        steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 },
      },
    });
    const { verdict, text, gates } = compared(base, [configuration(0, points(100, 40)), failed], {
      conditions: [readCondition('perf_throughput < 5%')],
    });
    expect(verdict).toBe('worse');
    expect(text).toBe('m is worse: what BASE decided for, m_config_0, failed in NEW: out of memory');
    expect(gates[0]).toMatchObject({ state: 'failed' });
  });

  test('a default that was changed and fails now is worse, too', () => {
    const changed = configuration(0, [], {
      config: { name: 'm', max_batch_size: 1, backend: 'onnxruntime' },
      end: {
        cause: 'no such backend',
        warnings: [],
        steps: { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 },
      },
    });
    const [model] = compared(base, [changed, configuration(1, points(200, 60))]).models;
    expect(model!.verdict).toBe('worse');
    expect(model!.text).toBe('m is worse: the default, m_config_default, failed in NEW: no such backend');
  });

  test('a limit that was broken before and is not measured now is not known', () => {
    const broken = [configuration(0, points(100, 240))];
    const without = [configuration(0, [measurement({}, 4, { values: { perf_throughput: 100 } })])];
    expect(compared(broken, without).models[0]!.constraints[0]).toMatchObject({
      state: 'unknown',
      why: 'p99 latency was not measured in NEW',
    });
  });

  test('so does it where the load alone failed that it was decided at', () => {
    const load = configuration(1, points(10, 60), {
      points: [
        { state: 'failed', key: 'm_config_0 0', point: inFlight('m', 4), cause: 'requests failed' },
        { state: 'measured', key: 'm_config_0 1', measurement: measurement({}, 1) },
      ],
    });
    const [model] = compared(base, [configuration(0, points(100, 40)), load]).models;
    expect(model!.failed).toEqual([
      expect.objectContaining({ base: 'm_config_0', point: inFlight('m', 4), cause: 'requests failed' }),
    ]);
    expect(model!.verdict).toBe('worse');
  });
});

describe('request rates', () => {
  /** Ten configurations at 50 and 200 requests a second, of which each answers so much and takes so long. */
  const atRates = (seed: number, capacity: number, slower = 1): Trial[] => {
    const random = randomSource(seed);
    return Array.from({ length: 10 }, (_, index) =>
      configuration(
        index,
        [50, 200].map((rate) =>
          measurement({}, 1, {
            point: atRate('m', rate),
            values: {
              perf_throughput: Math.min(rate, capacity) * (1 + 0.004 * (random() - 0.5)),
              perf_latency_p99: 20 * slower * (1 + 0.04 * (random() - 0.5)),
            },
            intervals: {},
            startedAt: `2026-01-0${seed}T00:00:0${index}.000Z`,
          }),
        ),
      ),
    );
  };

  test('rates that are kept up with say nothing of the throughput: that is not the same, but unknown', () => {
    const { verdict, models, gates } = compared(atRates(1, 1000), atRates(2, 250), {
      conditions: ['worse', 'perf_throughput < 5%'].map(readCondition),
    });
    expect(verdict).toBe('unknown');
    expect(throughput(models[0]!)).toMatchObject({
      percent: null,
      why: 'the server kept up with the request rates in both, so that this is the rate itself',
    });
    expect(gates.slice(0, 2).map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    expect(models[0]!.notes[0]).toBe(
      '20 loads: both kept up with the request rate, which is their throughput then; what the server could do beyond it was not measured',
    );
    expect(models[0]!.winner.changes[0]).toMatchObject({ percent: null });
  });

  test('what is known all the same is told: the latency', () => {
    const [model] = compared(atRates(1, 1000), atRates(2, 1000, 2)).models;
    expect(model!.verdict).toBe('unknown');
    expect(model!.text).toMatch(
      /^m can't be told apart from what it was: the server kept up .* the rate itself; p99 latency \+\d+ % \(.*\)\.$/,
    );
    const goals = [{ ...GOAL, objectives: [{ tag: 'perf_latency_p99', weight: 1 }] }];
    expect(compared(atRates(1, 1000), atRates(2, 1000, 2), {}, { goals }).verdict).toBe('worse');
  });

  test('a rate that is no longer kept up with is less throughput, and said to be', () => {
    const [model] = compared(atRates(1, 1000), atRates(2, 120)).models;
    expect(model!.verdict).toBe('worse');
    expect(model!.common.points).toBe(20);
    expect(throughput(model!)!).toMatchObject({ percent: expect.closeTo(-40, 0) });
    expect(model!.notes[0]).toBe('10 loads: BASE kept up with the request rate, and NEW does not');
  });
});

describe('what may be luck', () => {
  /** 40 configurations that are all alike, each measured once. */
  const alike = (seed: number): Trial[] =>
    Array.from({ length: 40 }, (_, index) => ({
      ...configuration(index, []),
      ...{ state: 'measured' as const },
      points: night({ seed: 1000 * seed + index, configurations: 1, loads: 1, scatter: 0.05 })[0]!.points,
    }));

  /** Configuration 7 did better by some share, on one server or on each of three. */
  const lucky = (trials: readonly Trial[], share: number, isConfirmed: boolean): Trial[] =>
    trials.map((trial, index) => {
      const [first] = trial.points;
      if (index !== 7 || first?.state !== 'measured') return trial;
      const values = { perf_throughput: 100 * (1 + share), perf_latency_p99: 20 };
      const { measurement: own } = first;
      const record = { ...first, measurement: { ...own, whole: { ...own.whole, values } } };
      const again = { ...record, again: 'afresh' as const };
      return { ...trial, points: isConfirmed ? [record, again, again] : [record] };
    });

  test('the best of many that were measured once is worse the next night: that is no change yet', () => {
    const verdictOf = (isConfirmed: boolean) =>
      compared(lucky(alike(1), 0.44, isConfirmed), lucky(alike(2), 0, isConfirmed)).verdict;
    expect(verdictOf(false)).not.toBe('worse');
    expect(verdictOf(true)).toBe('worse');
  });

  /** The best of nine, at one load, with another p99 in so many looks on servers of their own. */
  const spoilt = (trials: readonly Trial[], p99: number, looks: number): Trial[] =>
    trials.map((trial, index) => {
      const [first] = trial.points;
      if (index !== 7 || first?.state !== 'measured') return trial;
      const values = { perf_throughput: 300, perf_latency_p99: p99 };
      const { measurement: own } = first;
      const record = { ...first, measurement: { ...own, whole: { ...own.whole, values } } };
      return {
        ...trial,
        points: Array.from({ length: looks }, () => ({ ...record, again: 'afresh' as const })),
      };
    });

  test('a limit is not lost by one look that a stall spoilt, but by several', () => {
    const goals = [{ ...GOAL, constraints: [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 40 }] }];
    const stateOf = (looks: number) =>
      compared(spoilt(alike(1), 20, looks), spoilt(alike(2), 55, looks), {}, { goals }).models[0]!
        .constraints[0]!.state;
    expect(stateOf(1)).toBe('unknown');
    expect(stateOf(3)).toBe('lost');
  });

  test('a limit that the best kept by luck is not lost when it breaks it the next night', () => {
    const goals = [{ ...GOAL, constraints: [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 19 }] }];
    const states = Array.from(
      { length: 20 },
      (_, seed) =>
        compared(alike(2 * seed + 1), alike(2 * seed + 2), {}, { goals }).models[0]!.constraints[0]!.state,
    );
    expect(states.filter((state) => state === 'lost').length).toBeLessThanOrEqual(1);
    expect(states.filter((state) => state === 'unknown').length).toBeGreaterThan(5);
  });
});

describe('what else changed', () => {
  const session = runOf([]).sessions[0]!;
  const environment = (changes: object) => ({
    sessions: [{ ...session, environment: { ...session.environment, ...changes } }],
  });

  test('machine, programs, server, flags and files, each once', () => {
    const trials = night({ seed: 1 }).map((trial) => ({
      ...trial,
      parts: { 'the GPU driver': 'a', "the model's files": 'a' },
    }));
    const next = trials.map((trial) => ({
      ...trial,
      parts: { 'the GPU driver': 'b', "the model's files": 'b' },
    }));
    const { changed } = compared(
      trials,
      next,
      {},
      {
        base: environment({ driver: '570.1', tma: '0.1.0' }),
        new: {
          ...environment({ driver: '580.1', tma: '0.2.0' }),
          servers: [{ name: 'triton', version: '2.60.0', gpus: {} }],
        },
      },
    );
    expect(changed).toEqual([
      { what: 'GPU driver', base: '570.1', new: '580.1' },
      { what: 'tma', base: '0.1.0', new: '0.2.0' },
      { what: 'server version', base: '2.51.0', new: '2.60.0' },
      { what: "the model's files", base: 'other', new: 'changed' },
    ]);
  });

  test("a machine or a program to measure with that is another one is told first: then no difference is the model's", () => {
    const [base, next] = nights(1, { slower: 2 });
    const other = compared(
      base,
      next,
      { conditions: ['worse', 'perf_throughput < 5%'].map(readCondition) },
      { new: environment({ cpu: 'another CPU', cores: 64 }) },
    );
    expect(other.verdict).toBe('unknown');
    expect(other.text).toMatch(
      /^m was not measured alike in the two \(CPU a CPU -> another CPU, CPU cores 2 -> 64\), so that a difference is none of the model: throughput -\d+ % /,
    );
    expect(throughput(other.models[0]!)).toMatchObject({ verdict: 'worse' });
    for (const { state, text } of other.gates) {
      expect(state).toBe('unknown');
      expect(text).toMatch(/^not measured alike \(CPU a CPU/);
    }
    const model = (name: string) => [
      ...night({ seed: 1 }),
      ...night({ seed: 2 }).map((trial) => ({ ...trial, models: [{ ...trial.models[0], name }] as const })),
    ];
    expect(compared(model('n'), model('n'), {}, { new: environment({ gpus: ['a GPU'] }) }).text).toBe(
      'The two were not measured alike (GPUs not known -> a GPU), so that differences are none of the models: m, n.',
    );
  });

  test("so is a checkpoint of Model Analyzer's against a run of tma's, but not two of these", () => {
    const [base, next] = nights(1, { slower: 2 });
    const stored = (trials: readonly Trial[], uuid: string) => {
      const read = side(
        runOf(
          trials.map((trial) => ({
            ...trial,
            points: trial.points.map((record) =>
              record.state === 'measured'
                ? { ...record, measurement: { ...record.measurement, gpus: { [uuid]: {} } } }
                : record,
            ),
          })),
          { sessions: [] },
        ),
      );
      return { ...read, side: { ...read.side, kind: 'Model Analyzer' as const } };
    };
    expect(compareRuns(stored(base, 'GPU-1'), side(runOf(next))).text).toMatch(
      /^m was not measured alike in the two \(measured by Model Analyzer -> tma\)/,
    );
    expect(compareRuns(stored(base, 'GPU-1'), stored(next, 'GPU-2')).text).toContain('(GPUs GPU-1 -> GPU-2)');
    expect(compareRuns(stored(base, 'GPU-1'), stored(next, 'GPU-1')).verdict).toBe('worse');
  });

  test('other programs leave the verdict as it is, and stand in its sentence', () => {
    const [base, next] = nights(1, { slower: 2 });
    const { text } = compared(
      base,
      next,
      {},
      { base: environment({ driver: '570.1' }), new: environment({ driver: '580.2' }) },
    );
    expect(text).toMatch(/^m is worse, with other programs than before \(GPU driver 570\.1 -> 580\.2\): /);
  });

  test('of the command line its options, where they may change what is measured', () => {
    const command = (...words: string[]) => environment({ command: ['tma', 'profile', ...words] });
    const changedBy = (base: object, next: object) => compared(...nights(1), {}, { base, new: next }).changed;
    expect(changedBy(command('-f', 'a.yaml', '--fresh'), command('-f', '/b/perf.yaml', '-e', 'out'))).toEqual(
      [],
    );
    expect(changedBy(command('-f', 'a.yaml'), command('-f', 'a.yaml', '--time-limit', '5'))).toEqual([
      { what: 'options', base: 'none on the command line', new: '--time-limit 5' },
    ]);
  });

  test('goals, and clocks that differ by more than 2 %', () => {
    const gpu = (low: number, throttled: string[] = []) => ({
      changes: { gpuStates: { a: { smClockMHz: [low, low + 10] as const, throttled } } },
    });
    const [base, next] = [night({ seed: 1, ...gpu(1900) }), night({ seed: 2, ...gpu(1500, ['power cap']) })];
    const goals: Goal[] = [{ ...GOAL, constraints: [] }];
    expect(compared(base, next, {}, { goals }).changed).toEqual([
      { what: 'constraints of m', base: 'p99 latency at most 100 ms', new: 'none' },
      { what: 'SM clock', base: '1,900 to 1,910 MHz', new: '1,500 to 1,510 MHz' },
      { what: 'GPU clocks held back by', base: 'nothing', new: 'power cap' },
    ]);
    expect(compared(base, night({ seed: 2, ...gpu(1890) })).changed).toEqual([]);
  });
});
