import { describe, expect, test } from 'vitest';
import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import { pricesText } from '../../src/rank/words.ts';
import { areSameCriteria, type Goal, type Prices } from '../../src/record/goal.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import type { Environment, Run } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const CPU = 'cpu_utilization';
const COST = 'cost_per_million_inferences';
const goal = (changes: Partial<Goal> = {}): Goal => ({
  models: ['m'],
  objectives: [{ tag: COST, weight: 1 }],
  constraints: [],
  prices: { perCpuHour: 0.36, currency: 'EUR' },
  ...changes,
});
/** On the CPU, so many inferences a second by so many percent of a core. */
const at = (throughput: number, cpu: number, changes: Partial<Measurement> = {}): Measurement => {
  const intervals = { perf_throughput: [throughput, throughput], [CPU]: [cpu, cpu] } as const;
  return measurement({ perf_throughput: throughput, [CPU]: cpu }, 1, { intervals, gpusInUse: 0, ...changes });
};
const recorded = run(
  trial('m_config_default', [at(100, 100)]),
  trial('m_config_fast', [at(300, 600)]),
  trial('m_config_cheap', [at(150, 75)]),
);
const by = (of: Run, changes: Partial<Environment>): Run => ({
  ...of,
  sessions: of.sessions.map((session) => ({
    ...session,
    environment: { ...session.environment, ...changes },
  })),
});

describe('by cost', () => {
  test('the cheapest wins, and the sentence says what it costs', () => {
    const ranking = rank(recorded, goal());
    expect(ranking.entries.map(({ trial: { name } }) => name)).toEqual([
      'm_config_cheap',
      'm_config_default',
      'm_config_fast',
    ]);
    expect(ranking.entries.map(({ best }) => best.measurement.whole.values[COST])).toEqual([
      expect.closeTo(0.5, 9),
      expect.closeTo(1, 9),
      expect.closeTo(2, 9),
    ]);
    expect(verdict(ranking)).toMatch(
      /^Deploy m_config_cheap: 150 infer\/s at p99 10\.0 ms, cost of a million inferences 0\.5 EUR with 1 request in flight, 100 % \(± [\d.]+\) better than the default in cost of a million inferences\./,
    );
  });

  test('a limit keeps what is too dear from being named', () => {
    const objectives = [{ tag: 'perf_throughput', weight: 1 }];
    const of = (value: number): string | undefined =>
      rank(recorded, goal({ objectives, constraints: [{ tag: COST, bound: 'max', value }] })).winner?.trial
        .name;
    expect(of(3)).toBe('m_config_fast');
    expect(of(1.5)).toBe('m_config_cheap');
  });

  test('of several models each has a limit of its own', () => {
    const other = trial('n_config_default', [{ ...at(100, 100), models: {} }], { model: 'n' });
    const both = run(trial('m_config_default', [at(100, 100)]), other);
    const limit = (value: number) => [{ tag: COST, bound: 'max', value }] as const;
    expect(rank(both, goal({ constraints: limit(0.9) })).leader?.best.verdict).toBe('missed');
    expect(rank(both, goal({ models: ['n'], constraints: limit(1.1) })).leader?.best.verdict).toBe('met');
    const { models: _, ...criteria } = goal();
    expect(rankAcross(both, [['m'], ['n']], criteria, 2).entries).toHaveLength(2);
  });

  test('a load that was measured several times costs whole replicas, not a mean of them', () => {
    const looks = trial('m_config_default', [at(100, 100), at(130, 100)]);
    const same = {
      ...looks,
      points: looks.points.map((point) => ({ ...point, key: 'one' })),
    } as typeof looks;
    const prices = { perCpuHour: 1, requestRate: 250 };
    const { best } = rank(run(same), goal({ prices })).leader!;
    // 115 infer/s on average: three replicas of one core; by themselves the two would need 3 and 2.
    expect(best.measurement.whole.values['cost_per_month']).toBeCloseTo(3 * 730, 6);
  });

  test('measured without prices it is ranked with them, and with others otherwise', () => {
    expect(
      rank(recorded, goal({ prices: { perCpuHour: 72 } })).leader?.best.measurement.whole.values[COST],
    ).toBeCloseTo(100, 6);
    expect(recorded.trials[0]!.points[0]).not.toHaveProperty(`measurement.whole.values.${COST}`);
  });
});

describe('a cost that is not known', () => {
  const dear: Goal['constraints'] = [{ tag: COST, bound: 'max', value: 1 }];
  const why = (of: Run, prices?: Prices, tag = COST) => {
    const { missing, decision } = rank(
      of,
      goal({
        objectives: [{ tag: 'perf_throughput', weight: 1 }],
        constraints: [{ ...dear[0]!, tag }],
        ...(prices ? { prices } : { prices: {} }),
      }),
    );
    return { decision: decision.kind, ...missing[0] };
  };
  const onGpu = run(trial('m_config_default', [{ ...at(100, 100), gpusInUse: 1 }]));

  test.each<[string, ReturnType<typeof why>, string, string]>([
    [
      'without a price',
      why(recorded),
      'no price is given',
      'give --cost-per-gpu-hour or, for what is on the CPU, --cost-per-cpu-hour',
    ],
    [
      'of a month without a load',
      why(recorded, { perCpuHour: 1 }, 'cost_per_month'),
      'no load for a month is given',
      'give --cost-request-rate',
    ],
    [
      'of a CPU without its price',
      why(recorded, { perGpuHour: 1 }),
      'nothing is known to be on a GPU, and only GPUs have a price',
      'give --cost-per-cpu-hour',
    ],
    [
      'of a GPU without its price',
      why(onGpu, { perCpuHour: 1 }),
      'what is on a GPU has no price',
      'give --cost-per-gpu-hour',
    ],
  ])('%s keeps no promise, and says why', (_, found, text, advice) => {
    expect(found).toEqual({
      decision: 'unfinished',
      tag: COST,
      everywhere: true,
      why: text,
      advice,
      ...(text.includes('month') && { tag: 'cost_per_month' }),
    });
  });

  test('for some configurations only names both prices', () => {
    const mixed = run(
      trial('m_config_default', [at(100, 100)]),
      trial('m_config_0', [{ ...at(200, 100), gpusInUse: 1 }]),
    );
    expect(rank(mixed, goal()).missing).toEqual([
      {
        tag: COST,
        everywhere: false,
        why: 'not for every configuration',
        advice:
          'give both --cost-per-gpu-hour and --cost-per-cpu-hour: some are on GPUs, some on the CPU alone',
      },
    ]);
  });

  test('for want of a second look at the use of the CPU asks for a longer measurement', () => {
    const short = { ...measurement({ perf_throughput: 200 }), gpusInUse: 0 };
    const some = run(trial('m_config_default', [at(100, 100)]), trial('m_config_0', [short]));
    expect(rank(some, goal()).missing[0]).toMatchObject({
      everywhere: false,
      advice: 'measure it longer (--time-limit)',
    });
    expect(rank(run(trial('m_config_default', [short])), goal()).missing[0]).toMatchObject({
      everywhere: true,
      why: "the server's GPUs or its use of the CPU are not known",
      advice: 'measure it longer (--time-limit)',
    });
  });

  test('of a server somewhere else whose CPU can not be seen', () => {
    const remote = by(run(trial('m_config_default', [measurement({ perf_throughput: 5 })])), {
      launcher: 'remote',
    });
    expect(rank(remote, goal({ prices: { perCpuHour: 1 } })).missing[0]?.why).toBe(
      "the server's GPUs or its use of the CPU are not known",
    );
  });

  test('an energy on a machine without a GPU, and of what is on the CPU of one that has one', () => {
    const energy = goal({ objectives: [{ tag: 'energy_per_thousand_inferences', weight: 1 }] });
    expect(rank(by(recorded, { gpus: [] }), energy).missing[0]?.why).toBe('no GPU here');
    expect(rank(by(recorded, { gpus: ['NVIDIA H100'] }), energy).missing[0]?.why).toBe('nothing is on a GPU');
  });
});

test('other prices are other criteria only where something follows from them', () => {
  const dearer: Prices = { perCpuHour: 9 };
  expect(areSameCriteria(goal(), goal({ prices: dearer }))).toBe(false);
  expect(areSameCriteria(goal(), goal({ prices: { perCpuHour: 0.36, currency: 'USD' } }))).toBe(true);
  const objectives = [{ tag: 'perf_throughput', weight: 1 }];
  expect(areSameCriteria(goal({ objectives }), goal({ objectives, prices: dearer }))).toBe(true);
});

test('prices in words', () => {
  expect(pricesText({ perGpuHour: 2.5, perCpuHour: 0.04, currency: 'EUR', requestRate: 1000 })).toBe(
    '2.5 EUR for a GPU and an hour, 0.04 EUR for a busy CPU core and an hour, a month at 1,000 requests a second',
  );
  expect(pricesText({ perCpuHour: 1 })).toBe('1 for a busy CPU core and an hour');
});
