import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Constraint, Goal } from '../../src/record/goal.ts';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import type { BeliefRecord, Run, SearchRecord, Trial } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const objectives = [{ tag: 'perf_throughput', weight: 10 }] as const;
const p99: Constraint = { tag: 'perf_latency_p99', bound: 'max', value: 20 };
const free: Goal = { models: ['m'], objectives, constraints: [] };
const limited: Goal = { ...free, constraints: [p99] };

const at = (throughput: number, p99Ms: number, load = 64, changes = {}) =>
  measurement({ perf_throughput: throughput, perf_latency_p99: p99Ms }, load, changes);
const believes = (changes: Partial<BeliefRecord> = {}, goal = limited): BeliefRecord => ({
  goal: { objectives: goal.objectives, constraints: goal.constraints },
  variant: 'm_config_7',
  point: inFlight('m', 64),
  value: 7905,
  interval: [7610, 8190],
  keeps: 0.97,
  better: { chance: 0.12, variant: 'm_config_9', point: inFlight('m', 128) },
  ...changes,
});
const search: SearchRecord = {
  models: ['m'],
  search: 'bayes',
  why: 'nothing more is worth the time',
  points: { all: 287, seen: 14 },
  configurations: { all: 41, seen: 6 },
  measurements: 24,
  importance: [],
  skipped: [],
  remarks: [],
};
const searched = (belief: BeliefRecord, ...trials: Trial[]): Run => ({
  ...run(...trials),
  searches: [{ ...search, belief }],
});

const loads = [1, 16, 32, 64];
const base = trial(
  'm_config_default',
  loads.map((load) => at(4270, 12, load)),
);
const seven = trial('m_config_7', [at(7800, 18, 32), at(7905, 19, 64)]);
const eight = trial('m_config_8', [at(8000, 19.5, 64)]);

describe('what the search believes leads', () => {
  test('its configuration and its load, before a mean that is a little higher', () => {
    const ranking = rank(searched(believes(), base, seven, eight), limited);
    expect(ranking.leader?.trial.name).toBe('m_config_7');
    // By the means alone the least load within the noise would stand for it.
    expect(levelOf(ranking.leader!.best.measurement.point)).toBe(64);
    expect(ranking.entries).toHaveLength(3);
    expect(ranking.leader!.points.map(({ measurement: { point } }) => levelOf(point))).toEqual([64, 32]);
    expect(rank(run(base, seven, eight), limited).leader?.trial.name).toBe('m_config_8');
  });

  test('in words', () => {
    const more = { minutes: 10, gain: 0.004, by: '--patience thorough' };
    const better = { ...believes().better, assignment: { max_batch_size: 16 } };
    expect(verdict(rank(searched(believes({ more, better }), base, seven), limited))).toBe(
      'Deploy m_config_7: 7,905 infer/s (7,610 to 8,190 over starts) at p99 19.0 ms with 64 requests in flight, 85.1 % (± 13.6) better than the default in throughput. It keeps the limit with a chance of 97 %. There is a chance of 12 % that something untried is better by more than 5 %, likeliest m_config_9 (max_batch_size = 16) with 128 requests in flight; ten more minutes of search are expected to gain 0.4 % (--patience thorough looks for it).',
    );
  });

  test('the interval over starts is that of the gain', () => {
    const narrow = rank(searched(believes({ interval: [7900, 7910] }), base, seven), limited).gain!;
    const wide = rank(searched(believes({ interval: [6000, 9800] }), base, seven), limited).gain!;
    expect(narrow.percent).toBe(wide.percent);
    expect(wide.plusMinus).toBeGreaterThan(2 * narrow.plusMinus);
    expect(wide.assumed).toEqual([]);
  });

  test('a gain is no less for what it believes beyond the figure that was measured', () => {
    // 7905 were measured.
    const [around, above] = [[7100, 8700] as const, [8200, 9900] as const].map(
      (interval) => rank(searched(believes({ interval }), base, seven), limited).gain!,
    );
    expect(above!.low).toBeGreaterThan(around!.low);
    expect(above!.low).toBeLessThan(above!.percent);
    expect(above!.high).toBeGreaterThan(around!.high);
  });

  test('what it can not tell apart is tied', () => {
    const wide = rank(searched(believes({ interval: [7000, 8800] }), base, seven, eight), limited);
    expect(verdict(wide)).toContain("Tied with m_config_8: what was measured can't tell them apart.");
  });

  test('a lucky look that leads by more than the noise is named, as the tables show it', () => {
    const lucky = trial('m_config_8', [at(9900, 19)]);
    const text = verdict(rank(searched(believes(), base, seven, lucky), limited));
    expect(text).toContain('Deploy m_config_7');
    expect(text).toContain('What m_config_8 measured is better; the search');
  });

  test('a figure beside its interval is told as what it is', () => {
    const text = verdict(rank(searched(believes({ interval: [7000, 7700] }), base, seven), limited));
    expect(text).toContain('7,905 infer/s (7,000 to 7,700 expected over starts)');
  });

  test('the default may be what it names, and the others are held against it', () => {
    const belief = believes({ variant: 'm_config_default', interval: [4000, 4500] });
    const slower = trial('m_config_7', [at(4300, 12)]);
    const ranking = rank(searched(belief, base, slower), limited);
    expect(ranking.decision).toMatchObject({ kind: 'keep', reason: 'best' });
    expect(verdict(ranking)).toMatch(
      /^Keep the default configuration of m: 4,270 infer\/s \(4,000 to 4,500 over starts\)/,
    );
  });

  test('the default stays where the lead is within what starts differ by', () => {
    const belief = believes({ interval: [3500, 5500] });
    const ranking = rank(searched(belief, base, trial('m_config_7', [at(4500, 12)])), limited);
    expect(ranking.decision).toMatchObject({ kind: 'keep', reason: 'noise' });
    const text = verdict(ranking);
    expect(text).not.toContain('It keeps the limit');
    expect(text).toContain('something untried is better than m_config_7 by more than 5 %');
  });

  test('another objective carries the interval', () => {
    const latency: Goal = { ...free, objectives: [{ tag: 'perf_latency_p99', weight: 1 }] };
    const belief = believes({ value: 19, interval: [18, 20.5] }, latency);
    const slow = trial('m_config_default', [at(4270, 40)]);
    expect(verdict(rank(searched(belief, slow, seven), latency))).toContain(
      'at p99 19.0 ms (18.0 to 20.5 over starts) with 64',
    );
  });

  test('over several objectives there is no interval to tell', () => {
    const two: Goal = { ...free, objectives: [...objectives, { tag: 'perf_latency_p99', weight: 1 }] };
    const { value: _, interval: __, ...rest } = believes({}, two);
    expect(verdict(rank(searched(rest, base, seven), two))).not.toContain('over starts');
  });
});

describe('limits, where the belief and the mean disagree', () => {
  const beyond = (p99Ms: number, intervals = {}) =>
    trial('m_config_7', [
      at(7905, p99Ms, 64, { intervals: { perf_throughput: [7800, 8000], ...intervals } }),
    ]);
  const named = (belief: BeliefRecord, seventh: Trial, ...others: Trial[]) => {
    const ranking = rank(searched(belief, base, seventh, ...others), limited);
    return { ...ranking, text: verdict(ranking) };
  };

  test('a value beyond the limit by less than the noise is overruled, and every word says so', () => {
    const { decision, leader, text } = named(believes({ keeps: 0.96 }), beyond(20.4), eight);
    expect(decision).toMatchObject({ kind: 'deploy', reason: 'better' });
    expect(leader).toMatchObject({ trial: { name: 'm_config_7' }, best: { verdict: 'met', missedBy: 0 } });
    expect(leader!.best.checks[0]).toMatchObject({ verdict: 'met', value: 20.4, believed: 0.96 });
    expect(text).toContain('at p99 20.4 ms');
    expect(text).toContain(
      'It keeps the limit with a chance of 96 %, though p99 latency measured 20.4 ms (limit 20.0): that is within the noise.',
    );
  });

  test.each([
    ['far beyond it', believes({ keeps: 0.99 }), beyond(26)],
    [
      'beyond it by its own interval and what starts differ by',
      believes({ keeps: 0.99 }),
      beyond(21.4, { perf_latency_p99: [21.3, 21.5] }),
    ],
    ['beyond it, and not believed in enough', believes({ keeps: 0.7 }), beyond(20.4)],
  ])('a value %s is not: the best that keeps it is named', (_, belief, seventh) => {
    const ranking = named(belief, seventh, eight);
    expect(ranking.belief).toBeUndefined();
    expect(ranking.winner?.trial.name).toBe('m_config_8');
    expect(ranking.text).not.toContain('something');
  });

  test('looks that disagree are no clear word, whatever their mean', () => {
    const looks = (...p99s: number[]): Trial => ({
      ...trial('m_config_7', [at(1, 1)]),
      points: p99s.map((value, index) => ({
        state: 'measured' as const,
        key: 'seven',
        measurement: at(7905, value, 64, {
          intervals: { perf_throughput: [7800, 8000], perf_latency_p99: [value * 0.99, value * 1.01] },
        }),
        ...(index > 0 && { again: 'afresh' as const }),
      })),
    });
    const ranking = named(believes({ keeps: 0.93 }), looks(17, 17.5, 41), eight);
    expect(ranking.winner?.trial.name).toBe('m_config_7');
    expect(ranking.text).toContain(
      'though p99 latency measured 25.2 ms (limit 20.0): that is within the noise',
    );
    // Where all three say the same it is one.
    expect(named(believes({ keeps: 0.93 }), looks(25, 25.2, 25.4), eight).winner?.trial.name).toBe(
      'm_config_8',
    );
  });

  test('where late requests were counted they have a say', () => {
    const late = (share: number, of: number) =>
      trial('m_config_7', [at(7905, 26, 64, { beyond: { perf_latency_p99: { limit: 20, share, of } } })]);
    expect(named(believes({ keeps: 0.95 }), late(0.013, 200), eight).winner?.trial.name).toBe('m_config_7');
    expect(named(believes({ keeps: 0.95 }), late(0.03, 5000), eight).winner?.trial.name).toBe('m_config_8');
    // Counted against another limit they say nothing of this one.
    const other = trial('m_config_7', [
      at(7905, 26, 64, { beyond: { perf_latency_p99: { limit: 10, share: 0.013, of: 200 } } }),
    ]);
    expect(named(believes({ keeps: 0.95 }), other, eight).winner?.trial.name).toBe('m_config_8');
  });

  test('where nothing is measured to keep it and the search is not sure, nothing is promised', () => {
    const broken = trial('m_config_default', [at(4270, 30)]);
    const ranking = rank(searched(believes({ keeps: 0.8 }), broken, beyond(20.4)), limited);
    expect(ranking.decision).toMatchObject({ kind: 'unfinished', reason: 'too close' });
    expect(ranking.winner).toBeUndefined();
    expect(verdict(ranking)).toContain(
      "Nothing can be promised for m: whether m_config_7 keeps the limits with 64 requests in flight can't be told from the noise (it does with a chance of 80 %; p99 latency at most 20.0 ms, measured 20.4 ms)",
    );
  });

  test('a value within the limit that the search does not believe in is not deployed', () => {
    const ranking = named(believes({ keeps: 0.4 }), beyond(19.8));
    expect(ranking.decision).toMatchObject({ kind: 'unfinished', reason: 'too close' });
    expect(ranking.text).toContain('it does with a chance of 40 %');
    expect(ranking.text).not.toContain('Deploy');
  });

  test('one far within it is, whatever the search believes', () => {
    const ranking = named(believes({ keeps: 0.4 }), beyond(9));
    expect(ranking.belief).toBeUndefined();
    expect(ranking.decision).toMatchObject({ kind: 'deploy' });
    expect(ranking.text).not.toContain('40 %');
  });

  test('a limit on what was not measured stays unknown', () => {
    const memory: Goal = { ...free, constraints: [{ tag: 'gpu_used_memory', bound: 'max', value: 9 }] };
    const ranking = rank(searched(believes({ keeps: 1 }, memory), base, seven), memory);
    expect(ranking.decision).toMatchObject({ kind: 'unfinished', reason: 'constraints unknown' });
  });
});

describe('what was measured decides by itself', () => {
  const byMeans = 'm_config_8';

  test.each([
    ['by other limits', believes(), { ...limited, constraints: [{ ...p99, value: 25 }] }],
    [
      'by other objectives',
      believes(),
      { ...limited, objectives: [...objectives, { tag: 'perf_latency_avg', weight: 1 }] },
    ],
    ['where what it names was not measured', believes({ variant: 'm_config_5' }), limited],
    ['where it was not at that load', believes({ point: inFlight('m', 48) }), limited],
  ])('%s', (_, belief, goal) => {
    const ranking = rank(searched(belief, base, seven, eight), goal);
    expect(ranking.winner?.trial.name).toBe(byMeans);
    expect(verdict(ranking)).not.toMatch(/over starts|something|It keeps/);
  });

  test('but the weight of what is alone and the order of limits are no difference', () => {
    const least: Constraint = { tag: 'perf_throughput', bound: 'min', value: 100 };
    const belief = believes({}, { ...limited, constraints: [p99, least] });
    const goal = { ...limited, objectives: [{ ...objectives[0], weight: 1 }], constraints: [least, p99] };
    expect(rank(searched(belief, base, seven, eight), goal).winner?.trial.name).toBe('m_config_7');
  });

  test('without a belief nothing is said of one', () => {
    const text = verdict(rank({ ...run(base, seven, eight), searches: [search] }, limited));
    expect(text).toMatch(/^Deploy m_config_8: 8,000 infer\/s at p99/);
    expect(text).not.toMatch(/over starts|something|It keeps/);
  });
});

describe('words where there is little to say', () => {
  const text = (changes: Partial<BeliefRecord>, goal = limited) =>
    verdict(rank(searched(believes(changes, goal), base, seven), goal));

  test('without limits none is kept', () => expect(text({ keeps: 1 }, free)).not.toContain('keeps'));

  test('several are the limits', () => {
    const least: Constraint = { tag: 'perf_throughput', bound: 'min', value: 100 };
    expect(text({}, { ...limited, constraints: [p99, least] })).toContain(
      'It keeps the limits with a chance of 97 %.',
    );
  });

  test('of what is nearly sure no figures are made', () => {
    expect(
      text({
        keeps: 0.9995,
        better: { chance: 0.0004, variant: 'm_config_9' },
        more: { minutes: 10, gain: 0, by: '--patience thorough' },
      }),
    ).toMatch(
      /It keeps the limit with a chance of more than 99 %\. There is a chance of less than 1 % that something untried is better by more than 5 %; ten more minutes of search are expected to gain less than 0.1 %\.$/,
    );
  });

  test('what was looked at is not called untried, nor the same configuration another', () => {
    expect(text({ better: { chance: 0.2, variant: 'm_config_7', point: inFlight('m', 32) } })).toMatch(
      /There is a chance of 20 % that something else is better by more than 5 %, likeliest the same with 32 requests in flight\.$/,
    );
    expect(text({ better: { chance: 0.2, variant: 'm_config_7', point: inFlight('m', 128) } })).toContain(
      'something untried is better by more than 5 %, likeliest the same with 128 requests in flight.',
    );
    expect(text({ better: { chance: 0.2 } })).toMatch(
      /There is a chance of 20 % that something else is better by more than 5 %\.$/,
    );
  });

  test('minutes other than ten', () => {
    const better = { chance: 0.2 };
    expect(text({ better, more: { minutes: 1, gain: 0.15 } })).toContain(
      '; one more minute of search is expected to gain 15 %.',
    );
    expect(text({ better, more: { minutes: 2.5, gain: 0.15 } })).toContain(
      '; 2.5 more minutes of search are expected to gain',
    );
  });
});

describe('a search that a budget ended says so first', () => {
  test.each([
    [{ option: 'max_measurements', most: 20, of: 'measurements' }, '20 measurements that --max-measurements'],
    [{ option: 'max_variants', most: 1, of: 'configurations' }, 'one configuration that --max-variants'],
    [{ option: 'max_minutes', most: 0.5, of: 'minutes' }, '0.5 minutes that --max-minutes'],
  ] as const)('%o', (ended, words) => {
    const begin = `The search was ended early, by the ${words} allows. `;
    for (const belief of [believes(), undefined]) {
      const recorded: Run = {
        ...run(base, seven),
        searches: [{ ...search, ended, ...(belief && { belief }) }],
      };
      expect(verdict(rank(recorded, limited))).toMatch(new RegExp(`^${begin}Deploy m_config_7`));
    }
    // Also where nothing is named.
    const strict = { ...limited, constraints: [{ ...p99, value: 1 }] };
    const nothing = verdict(rank({ ...run(base), searches: [{ ...search, ended }] }, strict));
    expect(nothing).toMatch(new RegExp(`^${begin}No configuration meets`));
  });
});
