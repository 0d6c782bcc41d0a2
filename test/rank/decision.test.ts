import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Constraint, Goal } from '../../src/record/goal.ts';
import { atRate, inFlight, levelOf } from '../../src/record/load-point.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import type { Run, SearchRecord, Trial } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const goal = (changes: Partial<Goal> = {}): Goal => ({
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [],
  ...changes,
});
const atMost = (value: number): readonly Constraint[] => [{ tag: 'perf_latency_p99', bound: 'max', value }];
/** A measurement whose throughput is known to so much, as a share. */
const known = (
  perf_throughput: number,
  share: number,
  concurrency = 1,
  changes: Parameters<typeof measurement>[2] = {},
  perf_latency_p99 = 10,
): Measurement =>
  measurement({ perf_throughput, perf_latency_p99 }, concurrency, {
    intervals: { perf_throughput: [perf_throughput * (1 - share), perf_throughput * (1 + share)] },
    ...changes,
  });
const client = { bottleneck: { who: 'client' as const, reasons: ['its busiest thread worked 99 %'] } };
const base = (...points: Measurement[]): Trial => trial('m_config_default', points);
const one = (...points: Measurement[]): Trial => trial('m_config_0', points);
const decided = (recorded: Run, of = goal()) => {
  const ranking = rank(recorded, of);
  const { kind, reason, entry } = ranking.decision;
  expect(ranking.winner).toBe(entry);
  return { kind, reason, name: entry?.trial.name, text: verdict(ranking) };
};
const search: SearchRecord = {
  models: ['m'],
  search: 'bayes',
  why: 'it was interrupted',
  measurements: 3,
  importance: [],
  skipped: [],
  remarks: [],
  points: { all: 100, seen: 3 },
  configurations: { all: 20, seen: 2 },
};

describe('deploy', () => {
  test('what is better than the default by more than the noise', () => {
    expect(decided(run(base(known(100, 0.03)), one(known(150, 0.03))))).toMatchObject({
      kind: 'deploy',
      reason: 'better',
      name: 'm_config_0',
      text: 'Deploy m_config_0: 150 infer/s at p99 10.0 ms with 1 request in flight, 50.0 % (± 10.5) better than the default in throughput.',
    });
  });

  test('what keeps the limits where the default breaks them for sure', () => {
    const found = decided(
      run(
        base(known(100, 0.03, 1, {}, 20)),
        one(known(90, 0.03, 1, { intervals: { perf_throughput: [87, 93], perf_latency_p99: [8, 9] } }, 8.5)),
      ),
      goal({ constraints: atMost(10) }),
    );
    expect(found).toMatchObject({ kind: 'deploy', reason: 'default misses', name: 'm_config_0' });
    expect(found.text).toContain(
      'the default breaks the constraints (p99 latency at most 10.0 ms, measured 20.0 ms)',
    );
    // It is slower than a default that is no choice: that is no gain to tell of.
    expect(found.text).not.toContain('better');
  });

  test('what works where the default does not', () => {
    const failed = trial('m_config_default', [], {
      end: { ...trial('x', []).end!, cause: 'no GPU 7' },
    });
    expect(decided(run(failed, one(known(90, 0.03))))).toMatchObject({
      kind: 'deploy',
      reason: 'default failed',
      text: expect.stringContaining('the default configuration failed (no GPU 7)'),
    });
  });
});

describe('keep', () => {
  test('a lead that is smaller than its own interval', () => {
    expect(decided(run(base(known(100, 0.35)), one(known(140, 0.2))))).toMatchObject({
      kind: 'keep',
      reason: 'noise',
      name: 'm_config_default',
      text: expect.stringMatching(
        /^Keep the default configuration of m: 100 infer\/s .*40\.0 % \(−\d.* to \+\d+\) better/,
      ),
    });
  });

  test('a metric without an interval is known to 10 %, and that is told', () => {
    const latency = (perf_latency_avg: number) => measurement({ perf_latency_avg });
    const objectives = [{ tag: 'perf_latency_avg', weight: 1 }];
    const found = decided(run(base(latency(8.27)), one(latency(8))), goal({ objectives }));
    expect(found).toMatchObject({ kind: 'keep', reason: 'noise' });
    expect(found.text).toContain('average latency 8.00 ms with 1 request in flight, is 3.37 %');
    expect(found.text).toContain('For average latency, recorded without an interval, ± 10 % is taken.');
  });

  test('a difference of nothing, however sure it is', () => {
    const sure = { confirmed: true, looks: 4 };
    expect(
      decided(run(base(known(100, 0.0001, 1, sure)), one(known(100.004, 0.0001, 1, sure)))),
    ).toMatchObject({
      kind: 'keep',
    });
  });

  test('the best of forty is better by chance where one would not be', () => {
    const lead = (): Measurement => known(115, 0.05);
    const others = Array.from({ length: 39 }, (_, index) =>
      trial(`m_config_${index + 1}`, [known(100, 0.05)]),
    );
    expect(decided(run(base(known(100, 0.05)), one(lead())))).toMatchObject({ kind: 'deploy' });
    const found = decided(run(base(known(100, 0.05)), one(lead()), ...others));
    expect(found).toMatchObject({ kind: 'keep', reason: 'noise' });
    expect(found.text).toContain('the best of 40 may be by chance');
  });

  test('what is nearly twice as good, however badly both are known: noise is a share of a figure', () => {
    const others = Array.from({ length: 7 }, (_, index) =>
      trial(`m_config_${index + 1}`, [known(120, 0.24)]),
    );
    const found = decided(run(base(known(71, 0.24)), one(known(125, 0.24)), ...others));
    expect(found).toMatchObject({ kind: 'deploy', name: 'm_config_0' });
    // Both ends are told, as one is far wider.
    expect(found.text).toContain('76.1 % (+23.6 to +151) better');
  });

  test('starts that were seen to differ widen what is told apart', () => {
    const twice = (name: string, first: number, second: number): Trial => ({
      ...trial(name, []),
      state: 'measured',
      points: [first, second].map((value, index) => ({
        state: 'measured' as const,
        key: name,
        measurement: known(value, 0.01),
        ...(index > 0 && { again: 'afresh' as const }),
      })),
    });
    const steady = run(base(known(100, 0.01)), one(known(115, 0.01)));
    expect(decided(steady)).toMatchObject({ kind: 'deploy' });
    const wild = run(
      base(known(100, 0.01)),
      one(known(115, 0.01)),
      ...[1, 2, 3, 4].map((index) => twice(`m_config_${index}`, 70, 110)),
    );
    expect(decided(wild)).toMatchObject({ kind: 'keep', reason: 'noise' });
  });

  test('what wins as much in one objective as it loses in another is not better, whichever of the two is the default', () => {
    const objectives = ['perf_throughput', 'perf_latency_p99'].map((tag) => ({ tag, weight: 1 }));
    const sure = (throughput: number, p99: number): Measurement =>
      known(throughput, 0.01, 1, {
        values: { perf_throughput: throughput, perf_latency_p99: p99 },
        intervals: {
          perf_throughput: [throughput * 0.99, throughput * 1.01],
          perf_latency_p99: [p99 * 0.99, p99 * 1.01],
        },
      });
    const [fast, quick] = [sure(200, 20.2), sure(100, 10)];
    expect(decided(run(base(fast), one(quick)), goal({ objectives }))).toMatchObject({ kind: 'keep' });
    expect(decided(run(base(quick), one(fast)), goal({ objectives }))).toMatchObject({ kind: 'keep' });
  });

  test('what was measured again goes first and is not called better, nor worse within the noise', () => {
    const again: Trial = {
      ...one(known(95, 0.01)),
      points: [undefined, 'here', 'afresh'].map((way) => ({
        state: 'measured' as const,
        key: 'again',
        measurement: known(95, 0.01),
        ...(way && { again: way as 'here' | 'afresh' }),
      })),
    };
    const found = decided(run(base(known(103, 0.01)), again));
    expect(found).toMatchObject({ kind: 'keep', reason: 'best' });
    expect(found.text).toContain('none of 1 other is better.');
    expect(found.text).not.toContain('worse');
  });

  test('the default that was measured again, beside one that looked better once', () => {
    const again: Trial = {
      ...base(known(100, 0.03)),
      points: ['here', 'afresh'].map((way) => ({
        state: 'measured' as const,
        key: 'again',
        measurement: known(100, 0.03),
        again: way as 'here' | 'afresh',
      })),
    };
    expect(decided(run(again, one(known(108, 0.03)))).text).toContain(
      'none of 1 other is better by more than the noise.',
    );
  });

  test('a gain that is sure and too small is not worth a change', () => {
    const sure = { confirmed: true, looks: 4 };
    const twice = (trialOf: Trial, value: number): Trial => ({
      ...trialOf,
      points: ['here', 'afresh', 'afresh', 'afresh'].map((way) => ({
        state: 'measured' as const,
        key: trialOf.name,
        measurement: known(value, 0.001, 1, sure),
        again: way as 'here' | 'afresh',
      })),
    });
    const many = Array.from({ length: 40 }, (_, index) => twice(trial(`m_config_${index + 1}`, []), 90)).map(
      (item) => ({ ...item, state: 'measured' as const }),
    );
    const found = decided(
      run(twice(base(known(100, 0.001)), 100), twice(one(known(1, 0.1)), 101.9), ...many),
    );
    expect(found).toMatchObject({ kind: 'keep', reason: 'noise' });
    expect(found.text).toContain('which is not worth a change');
  });

  test('the default where nothing is better, and where nothing else was measured', () => {
    expect(decided(run(base(known(100, 0.03)), one(known(90, 0.03))))).toMatchObject({
      kind: 'keep',
      reason: 'best',
      name: 'm_config_default',
      text: expect.stringContaining('none of 1 other is better'),
    });
    expect(decided(run(base(known(100, 0.03))))).toMatchObject({ kind: 'keep', reason: 'only' });
  });
});

describe('none', () => {
  test('no configuration keeps the limits: the nearest is told, and decided for is nothing', () => {
    expect(
      decided(run(base(known(100, 0.03)), one(known(150, 0.03))), goal({ constraints: atMost(5) })),
    ).toMatchObject({
      kind: 'none',
      reason: 'constraints',
      name: undefined,
      text: 'No configuration meets the constraints. Nearest is m_config_0: 150 infer/s at p99 10.0 ms with 1 request in flight (p99 latency at most 5.00 ms, measured 10.0 ms).',
    });
  });

  test('nothing measured', () => {
    expect(decided(run(base()))).toMatchObject({ kind: 'none', reason: 'nothing measured' });
  });
});

describe('unfinished', () => {
  const both = run(base(known(100, 0.03)), one(known(150, 0.03)));

  test('an interrupted run decides nothing, and tells the best so far', () => {
    expect(decided({ ...both, searches: [{ ...search, interrupted: true }] })).toMatchObject({
      kind: 'unfinished',
      reason: 'interrupted',
      name: undefined,
      text: expect.stringContaining('The best so far is m_config_0: 150 infer/s'),
    });
    // A budget that is used is an end.
    expect(decided({ ...both, searches: [search] })).toMatchObject({ kind: 'deploy' });
  });

  test('so does one that was killed: its session has no end', () => {
    const [session] = both.sessions;
    const killed = { ...both, sessions: [{ ...session!, goals: [goal()] }] };
    expect(decided(killed)).toMatchObject({ kind: 'unfinished', reason: 'interrupted' });
    expect(decided({ ...killed, searches: [search] })).toMatchObject({ kind: 'deploy' });
  });

  test('without the default there is nothing to compare with', () => {
    expect(decided(run(one(known(150, 0.03))))).toMatchObject({ kind: 'unfinished', reason: 'no default' });
  });

  test('nor with one that nobody has looked at yet', () => {
    const unseen = trial('m_config_default', [], { state: 'skipped' });
    expect(decided(run(unseen, one(known(150, 0.03))))).toMatchObject({
      kind: 'unfinished',
      reason: 'no default',
    });
    const illegal = {
      state: 'skipped' as const,
      points: [inFlight('m', 1, 8)],
      reason: 'too big',
    };
    expect(decided(run({ ...unseen, points: [illegal] }, one(known(150, 0.03))))).toMatchObject({
      kind: 'deploy',
      reason: 'default skipped',
    });
  });

  test('a default that may keep the limit after all', () => {
    const intervals = { perf_throughput: [97, 103] as const, perf_latency_p99: [9.5, 11] as const };
    const found = decided(
      run(base(known(100, 0.03, 1, { intervals }, 10.2)), one(known(101, 0.03, 1, {}, 9.9))),
      goal({ constraints: atMost(10) }),
    );
    expect(found).toMatchObject({ kind: 'unfinished', reason: 'too close' });
  });

  test('one of which too few requests were counted to tell, however narrow its interval is', () => {
    const intervals = { perf_throughput: [97, 103] as const, perf_latency_p99: [10.5, 11] as const };
    const counted = (share: number, of: number) =>
      decided(
        run(
          base(
            known(100, 0.03, 1, { intervals, beyond: { perf_latency_p99: { limit: 10, share, of } } }, 10.7),
          ),
          one(known(101, 0.03, 1, {}, 9.9)),
        ),
        goal({ constraints: atMost(10) }),
      );
    expect(counted(0.02, 100)).toMatchObject({ kind: 'unfinished', reason: 'too close' });
    expect(counted(0.02, 5000)).toMatchObject({ kind: 'deploy', reason: 'default misses' });
  });
});

describe('points that the client limited', () => {
  test('are the least that the server can do: they stand where that belongs, and nothing is named over them', () => {
    const recorded = run(
      base(known(202, 0.03, 8, client)),
      one(known(318, 0.03, 8, client)),
      trial('m_config_1', [known(122, 0.03, 8)]),
    );
    expect(rank(recorded, goal()).entries.map(({ trial: { name } }) => name)).toEqual([
      'm_config_0',
      'm_config_default',
      'm_config_1',
    ]);
    const found = decided(recorded);
    expect(found).toMatchObject({ kind: 'unfinished', reason: 'client', name: undefined });
    expect(found.text).toContain('the load generator was the limit');
    expect(found.text).toContain('The best so far is m_config_0: at least 318 infer/s');
  });

  test('that is so of the best points alone, it is not said of every point', () => {
    const of = (...loads: ReturnType<typeof known>[]): string =>
      decided(run(base(known(100, 0.03, 1, client)), one(known(318, 0.03, 8, client), ...loads))).text;
    expect(of()).toContain('at every point the load generator was the limit');
    expect(of(known(50, 0.03, 1))).toContain('at points that are to be compared the load generator');
  });

  test('win over a default that the server limited: the gain is the least there is', () => {
    const found = decided(run(base(known(100, 0.03), known(99, 0.03, 8)), one(known(318, 0.03, 8, client))));
    expect(found).toMatchObject({ kind: 'deploy', name: 'm_config_0' });
    expect(found.text).toContain('at least 218 %');
  });

  test('that break a limit may keep it all the same: neither that nothing keeps it is told nor that the default misses it', () => {
    const least: Constraint = { tag: 'perf_throughput', bound: 'min', value: 120 };
    const held = known(110, 0.03, 8, client);
    const constraints = [least];
    const nothing = decided(run(base(known(100, 0.03)), one(held)), goal({ constraints }));
    expect(nothing).toMatchObject({ kind: 'unfinished', reason: 'client', name: undefined });
    expect(nothing.text).toContain('at points that are to be compared the load generator was the limit');
    expect(decided(run(base(held), one(known(300, 0.03))), goal({ constraints }))).toMatchObject({
      kind: 'unfinished',
      reason: 'client',
    });
    // What the client has no part in is broken whoever set the load.
    const memory = measurement({ perf_throughput: 110, gpu_used_memory: 900 }, 8, client);
    const small: Constraint = { tag: 'gpu_used_memory', bound: 'max', value: 500 };
    expect(decided(run(base(memory)), goal({ constraints: [small] }))).toMatchObject({ kind: 'none' });
  });

  test('that are not named are mentioned: they may be better', () => {
    const found = decided(
      run(base(known(100, 0.03)), one(known(200, 0.03)), trial('m_config_1', [known(180, 0.03, 8, client)])),
    );
    expect(found).toMatchObject({ kind: 'deploy', name: 'm_config_0' });
    expect(found.text).toContain('Of m_config_1 only the least is known');
  });

  test('when there are no others nobody is named, and the verdict says why', () => {
    expect(decided(run(base(known(100, 0.03, 1, client))))).toMatchObject({
      kind: 'unfinished',
      reason: 'client',
      text: expect.stringContaining('the load generator was the limit, not the server'),
    });
  });
});

describe('the load that is named', () => {
  const points = [
    known(150, 0.02, 2, {}, 14),
    known(263, 0.02, 4, {}, 27),
    known(267, 0.02, 8, {}, 61),
    known(266, 0.02, 16, {}, 122),
  ];

  test('is the least within the noise of the best; what more load brings is told', () => {
    const found = rank(run(base(known(100, 0.02), known(99, 0.02, 4)), one(...points)), goal());
    expect(levelOf(found.winner!.best.measurement.point)).toBe(4);
    expect(verdict(found)).toContain(
      'More load brings no more than the noise: 267 infer/s at p99 61.0 ms with 8 requests in flight.',
    );
  });

  test('of those that keep up with the same request rate is that of the one that needs least', () => {
    const at = (value: number, changes: Parameters<typeof measurement>[2] = {}): Measurement =>
      known(value, 0.02, 1, { point: atRate('m', 160), ...changes });
    const large = trial('m_config_11', [at(160.4)]);
    const found = rank(run(base(at(88)), large, one(at(160))), goal());
    expect(found.winner?.trial.name).toBe('m_config_0');
    expect(verdict(found)).toContain(
      'It is preferred to m_config_11, which needs more and is better by less than the noise.',
    );
    // Neither one that does not, nor one of which only the least is known.
    for (const other of [at(150), at(160, client)])
      expect(rank(run(base(at(88)), large, one(other)), goal()).winner?.trial.name).toBe('m_config_11');
  });

  test('is not a lesser one that is merely badly known', () => {
    const vague = [known(150, 0.6, 2), known(267, 0.02, 8)];
    expect(levelOf(rank(run(one(...vague)), goal()).leader!.best.measurement.point)).toBe(8);
  });

  test('is the one that was measured again, where only that was', () => {
    const confirmed = { confirmed: true, looks: 3 };
    const recorded: Trial = {
      ...one(known(263, 0.02, 4)),
      points: [
        ...one(known(263, 0.02, 4)).points,
        ...[267, 268].map((value, index) => ({
          state: 'measured' as const,
          key: 'again',
          measurement: known(value, 0.02, 8, confirmed),
          ...(index > 0 && { again: 'afresh' as const }),
        })),
      ],
    };
    expect(levelOf(rank(run(recorded), goal()).leader!.best.measurement.point)).toBe(8);
  });
});

test('a limit that is kept by less than the noise is told', () => {
  const intervals = { perf_throughput: [145, 155] as const, perf_latency_p99: [9, 11] as const };
  const found = decided(
    run(base(known(100, 0.03, 1, {}, 9)), one(known(150, 0.03, 1, { intervals }, 9.5))),
    goal({ constraints: atMost(10) }),
  );
  expect(found.text).toContain(
    'It may break a limit: p99 latency at most 10.0 ms, measured 9.50 ms, up to 11.0 ms within its interval.',
  );
});

test('a limit that some requests were beyond, of too few to tell, may be broken; one that none was beyond is not doubted', () => {
  const intervals = { perf_throughput: [145, 155] as const, perf_latency_p99: [9, null] as const };
  const of = (share: number): string => {
    const beyond = { perf_latency_p99: { limit: 10, share, of: 90 } };
    const found = decided(
      run(base(known(100, 0.03, 1, {}, 9)), one(known(150, 0.03, 1, { intervals, beyond }, 9.5))),
      goal({ constraints: atMost(10) }),
    );
    return found.text;
  };
  expect(of(0.008)).toContain(
    'It may break a limit: p99 latency at most 10.0 ms, measured 9.50 ms, and 0.80 % of the requests, too few to be sure, were beyond it.',
  );
  expect(of(0)).not.toContain('may break');
});

test('a limit that another start of the server may break is told, as the interval in the tables is', () => {
  const intervals = { perf_throughput: [145, 155] as const, perf_latency_p99: [9.4, 9.6] as const };
  const of = (starts: number): string =>
    decided(
      run(
        base(known(100, 0.03, 1, {}, 9)),
        one(known(150, 0.03, 1, { intervals, starts, looks: starts }, 9.5)),
      ),
      goal({ constraints: atMost(10) }),
    ).text;
  expect(of(1)).not.toContain('may break');
  expect(of(2)).toContain('It may break a limit: p99 latency at most 10.0 ms, measured 9.50 ms, up to 1');
});

describe('a default that was not looked at with the load of the best', () => {
  test('decides nothing, and says so', () => {
    const found = decided(run(base(known(100, 0.03, 1)), one(known(150, 0.03, 8))));
    expect(found).toMatchObject({ kind: 'unfinished', reason: 'other load', name: undefined });
    expect(found.text).toContain('with 8 requests in flight, which the default was not looked at with');
    expect(found.text).toContain('The best so far is m_config_0');
  });

  test('is told where what is better is so within the noise only', () => {
    const found = decided(run(base(known(100, 0.03, 1)), one(known(101, 0.03, 8))));
    expect(found).toMatchObject({ kind: 'keep', reason: 'noise' });
    expect(found.text).toContain('(looked at with 1 in flight only, not with 8 in flight)');
    const batch = decided(
      run(
        base(known(100, 0.03, 2, { point: inFlight('m', 2, 2) })),
        one(known(101, 0.03, 2, { point: inFlight('m', 2, 16) })),
      ),
    );
    expect(batch.text).toContain(
      '(looked at with 2 in flight and client batch 2 only, not with 2 in flight and client batch 16)',
    );
  });

  test('is one that can not take it, or failed under it: what takes it is better', () => {
    const point = inFlight('m', 8);
    for (const record of [
      { state: 'skipped', points: [point], reason: 'client batch' },
      { state: 'failed', key: 'k', point, cause: 'out of memory' },
    ] as const) {
      const measured = base(known(100, 0.03, 1));
      const tried: Trial = { ...measured, points: [...measured.points, record] };
      expect(decided(run(tried, one(known(150, 0.03, 8))))).toMatchObject({
        kind: 'deploy',
        name: 'm_config_0',
      });
    }
  });
});

test('models that it is made of and that were changed, too, are told of', () => {
  const made: Trial = { ...one(known(150, 0.03)), composing: ['preprocess'] };
  expect(decided(run(base(known(100, 0.03)), made)).text).toContain(
    'The models that it is made of (preprocess) were measured with configurations of their own',
  );
});

test('ties are folded', () => {
  const many = Array.from({ length: 8 }, (_, index) =>
    trial(`m_config_${index}`, [known(200 + index, 0.05)]),
  );
  expect(decided(run(base(known(100, 0.05)), ...many)).text).toContain(
    "Tied with m_config_6, m_config_5, m_config_4 and 4 more: what was measured can't tell them apart.",
  );
});
