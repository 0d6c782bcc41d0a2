import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Experiment } from '../../src/config/experiment.ts';
import type { CommandLine } from '../../src/config/given-options.ts';
import { goalOfPlan } from '../../src/config/goals.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { measurementsOf, type Run } from '../../src/record/run.ts';
import type { ProfileOptions } from '../../src/run/profile.ts';
import { profile } from '../../src/run/profile.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { type Ask, altered, type Search } from '../../src/search/search.ts';
import type { Space } from '../../src/space/space.ts';
import { journalPath, readJournal } from '../../src/store/journal.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator, refuse } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

const CONFIG =
  'name: "m"\nbackend: "python"\nmax_batch_size: 4\ninput { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\n';

/** A quarter of the points of LARGE. */
const QUARTER = 52;
/** 25 configurations and the default at 8 loads: 208 points. */
const LARGE = `
profile_models:
  m:
    model_config_parameters:
      max_batch_size: [1, 2, 4, 8, 16]
      instance_group:
        - - { kind: KIND_CPU, count: 1 }
        - - { kind: KIND_CPU, count: 2 }
        - - { kind: KIND_CPU, count: 3 }
        - - { kind: KIND_CPU, count: 4 }
        - - { kind: KIND_CPU, count: 5 }
    parameters: { concurrency: [1, 2, 4, 8, 16, 32, 64, 128] }
`;

function setUp(yaml: string, commandLine: CommandLine = {}, cwd = folder()): Experiment {
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), CONFIG);
  return experimentOf(yaml, commandLine, cwd);
}

/** Throughput that saturates at 1000 over the load alone. */
const generator = (): ReturnType<typeof fakeGenerator> =>
  fakeGenerator((concurrency) => Math.round((1000 * concurrency) / (concurrency + 8)));
const go = (experiment: Experiment, options: ProfileOptions = {}) =>
  profile(experiment, { launcher: new FakeLauncher(), generator: generator(), ...options });
const looks = (run: Run): number =>
  run.trials.flatMap(measurementsOf).reduce((sum, { looks: count = 1 }) => sum + count, 0);

describe("tma's own search", () => {
  test('is what a large space gets; the best are measured again on fresh servers', async () => {
    const experiment = setUp(LARGE);
    const launcher = new FakeLauncher();
    const notes: string[] = [];
    const { run } = await go(experiment, {
      launcher,
      listeners: [on('note', ({ text }) => notes.push(text))],
    });
    expect(notes.join()).toContain(
      'm: 208 points; bayes looks for the best of them as long as that is worth its time',
    );
    const [search] = run.searches;
    expect(search).toMatchObject({
      models: ['m'],
      search: 'bayes',
      points: { all: 208 },
      configurations: { all: 26 },
      measurements: looks(run),
    });
    expect(search!.measurements).toBeLessThanOrEqual(QUARTER);
    expect(search!.importance[0]!.parameter).toBe('load');
    const { leader } = rank(run, goalOfPlan(experiment.models[0]!));
    expect(leader?.best.measurement).toMatchObject({ confirmed: true });
    expect(leader?.best.measurement.looks).toBeGreaterThanOrEqual(2);
    // One start for each configuration, and more for what was measured again on a fresh server.
    const starts = launcher.log.filter((line) => line.startsWith('start')).length;
    expect(starts).toBeGreaterThan(search!.configurations.seen);
    // What was not tried is not written either.
    expect(readdirSync(experiment.outputModelRepository.path)).toHaveLength(search!.configurations.seen + 1);
  });

  test('goes on where it was interrupted, and comes to the same', async () => {
    // What starts cost decides, too: here 10 s each.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const starting = (): FakeLauncher =>
      new FakeLauncher((config) => {
        vi.advanceTimersByTime(10_000);
        return config;
      });
    const whole = await go(setUp(LARGE), { launcher: starting() });
    const cwd = folder();
    const finish = new AbortController();
    let points = 0;
    const stopAtNine = on('point', () => void (++points === 9 && finish.abort()));
    const part = await go(setUp(LARGE, {}, cwd), {
      launcher: starting(),
      finish: finish.signal,
      listeners: [stopAtNine],
    });
    expect(part.interrupted).toBe(true);
    expect(part.run.searches[0]).toMatchObject({ why: 'it was interrupted', measurements: 9 });
    let reused = 0;
    const rest = await go(setUp(LARGE, {}, cwd), {
      launcher: starting(),
      listeners: [
        on('point', ({ progress }) => {
          reused = progress.reused;
        }),
      ],
    });
    expect(reused).toBe(9);
    const shape = ({ trials }: Run) =>
      trials.map((trial) => [trial.name, measurementsOf(trial).map(({ point, looks: n }) => [point, n])]);
    expect(shape(rest.run)).toEqual(shape(whole.run));
    // Once more: everything is known, repeats as well.
    const launcher = new FakeLauncher();
    await go(setUp(LARGE, {}, cwd), { launcher });
    expect(launcher.log).toEqual(['closed']);
  });

  test('what ran out of memory rules out what is larger, for a reason that is told', async () => {
    const launcher = new FakeLauncher((config) => {
      const [group] = (config['instance_group'] ?? []) as { count: number }[];
      return (group?.count ?? 1) * Number(config['max_batch_size']) > 4
        ? refuse('CUDA error: out of memory')
        : config;
    });
    const { run } = await go(setUp(LARGE), { launcher });
    const [search] = run.searches;
    expect(
      search!.skipped.some(({ reason }) => /^larger than m_config_\d+, which ran out of/.test(reason)),
    ).toBe(true);
    expect(rank(run, goalOfPlan(setUp(LARGE).models[0]!)).winner).toBeDefined();
  });

  test('finds what nobody listed: instances and batch sizes, loads between the powers of two as well', async () => {
    // A limit that 24 in flight keep, and 32 do not.
    const yaml = `
run_config_search_max_concurrency: 64
constraints: {perf_latency_p99: {max: 33}}
profile_models: [m]
`;
    const { run } = await go(setUp(yaml));
    expect(run.searches[0]).toMatchObject({ search: 'bayes', configurations: { all: 41 } });
    const levels = run.trials.flatMap(measurementsOf).map(({ point }) => levelOf(point));
    expect(levels).toContain(24);
    const { winner } = rank(run, goalOfPlan(setUp(yaml).models[0]!));
    expect(levelOf(winner!.best.measurement.point)).toBe(24);
  });
});

describe('budgets', () => {
  test.each([
    ['bayes', 12],
    ['brute', 7],
    ['random', 9],
  ] as const)('--max-measurements of %s', async (mode, most) => {
    const { run } = await go(setUp(LARGE, { run_config_search_mode: mode, max_measurements: String(most) }));
    expect(looks(run)).toBeLessThanOrEqual(most);
    expect(looks(run)).toBeGreaterThan(most - 4);
    if (mode === 'brute') expect(run.searches[0]!.why).toBe('its budget of 7 measurements is used');
    if (mode !== 'bayes')
      expect(run.searches[0]!.ended).toEqual({ option: 'max_measurements', most, of: 'measurements' });
  });

  test.each(['bayes', 'brute', 'random'])('--max-variants of %s', async (mode) => {
    const { run } = await go(setUp(LARGE, { run_config_search_mode: mode, max_variants: '3' }));
    expect(run.searches[0]!.configurations.seen).toBeLessThanOrEqual(3);
    expect(run.trials.filter(({ state }) => state === 'measured')).toHaveLength(3);
  });

  test('--max-minutes: when the time is used the best so far is there', async () => {
    const slow = generator();
    const run = slow.run.bind(slow);
    // Of the clock that the budget goes by, time passes only where a load takes some.
    vi.useFakeTimers({ toFake: ['performance'] });
    const begun = performance.now();
    const deadlines: number[] = [];
    const result = await go(setUp(LARGE, { run_config_search_mode: 'brute', max_minutes: '0.01' }), {
      generator: {
        ...slow,
        run: async (job) => {
          deadlines.push(job.deadlineMs!);
          vi.advanceTimersByTime(50);
          return await run(job);
        },
      },
    }).finally(() => vi.useRealTimers());
    // It bounds the load that is under way, too.
    expect(deadlines.map((deadlineMs) => Math.round(deadlineMs - begun))).toEqual(deadlines.map(() => 600));
    const [search] = result.run.searches;
    expect(search!.why).toBe('its time of 0.01 minutes is used');
    expect(search!.ended).toEqual({ option: 'max_minutes', most: 0.01, of: 'minutes' });
    expect(search!.points.seen).toBe(12);
    expect(result.interrupted).toBe(false);
  });

  test('--max-minutes of several models: who has little to measure leaves the time to the others', async () => {
    const cwd = folder();
    mkdirSync(join(cwd, 'small', '1'), { recursive: true });
    writeFileSync(join(cwd, 'small', '1', 'model.py'), '');
    writeFileSync(join(cwd, 'small', 'config.pbtxt'), CONFIG.replace('"m"', '"small"'));
    const both = `${LARGE}  small: { model_config_parameters: { max_batch_size: 2 }, parameters: { concurrency: [1, 2] } }\n`;
    const limits = { run_config_search_mode: 'brute', max_minutes: '0.1' };
    const expected: number[] = [];
    vi.useFakeTimers({ toFake: ['performance'] });
    const { run } = await go(setUp(both, limits, cwd), {
      generator: {
        ...generator(),
        run: async (job) => {
          vi.advanceTimersByTime(50);
          return await generator().run(job);
        },
      },
      listeners: [on('model', ({ progress: { done, remaining } }) => expected.push(done + remaining))],
    }).finally(() => vi.useRealTimers());
    const [large, small] = run.searches;
    // Of 120 measurements that the time allows.
    expect(large!.points.seen).toBeGreaterThan(100);
    expect(large!.why).toBe('its share of the 0.1 minutes is used');
    expect(large!.ended).toEqual({ option: 'max_minutes', most: 0.1, of: 'minutes', shared: true });
    expect(small!.points).toEqual({ all: 4, seen: 4 });
    expect(small).not.toHaveProperty('ended');
    // All that is to come is told from the beginning.
    expect(expected[0]).toBe(212);
  });

  test('a search that comes to its own end was ended by no budget', async () => {
    const limits = { run_config_search_mode: 'brute', max_measurements: '208', max_minutes: '60' };
    const { run } = await go(setUp(LARGE, limits));
    expect(run.searches[0]!.points.seen).toBe(208);
    expect(run.searches[0]).not.toHaveProperty('ended');
  });
});

describe('Model Analyzer’s other modes', () => {
  test('quick: a climb, then loads for the best', async () => {
    const { run } = await go(setUp('run_config_search_mode: quick\nprofile_models: [m]\n'));
    expect(run.searches[0]).toMatchObject({ search: 'quick' });
    expect(run.searches[0]!.points.seen).toBeLessThan(run.searches[0]!.points.all / 4);
  });

  test('optuna: its options are followed', async () => {
    const optuna = (options: string) =>
      go(setUp(`run_config_search_mode: optuna\n${options}${LARGE}`)).then(({ run }) => ({
        ...run.searches[0]!,
        trials: run.trials,
      }));
    expect((await optuna('optuna_max_trials: 10\n')).measurements).toBeLessThanOrEqual(10);
    expect((await optuna('optuna_min_trials: 30\n')).measurements).toBeGreaterThanOrEqual(30);
    expect((await optuna('optuna_early_exit_threshold: 3\n')).why).toMatch(
      /^3 measurements in a row were not better/,
    );
    const formula = await optuna('use_concurrency_formula: true\n');
    expect(formula.points.seen).toBeLessThanOrEqual(26);
    for (const trial of formula.trials.filter(({ isDefault }) => !isDefault)) {
      const [{ count }] = trial.models[0].config['instance_group'] as unknown as [{ count: number }];
      const load = 2 * Number(trial.models[0].config['max_batch_size']) * count;
      expect(measurementsOf(trial).map(({ point }) => levelOf(point))).toEqual([load]);
    }
  });
});

describe('a default that fails', () => {
  const withoutGroups = new FakeLauncher((config) =>
    'instance_group' in config ? config : refuse('Invalid argument: no such device'),
  );
  const automatic = 'run_config_search_max_instance_count: 3\nprofile_models: [m]\n';

  test.each([
    ['brute', LARGE],
    ['brute', automatic],
    ['quick', automatic],
    ['random', LARGE],
    ['bayes', LARGE],
    ['optuna', LARGE],
  ])('does not end %s', async (mode, yaml) => {
    const experiment = setUp(yaml, { run_config_search_mode: mode });
    const { run } = await go(experiment, { launcher: withoutGroups });
    const [search] = run.searches;
    expect(run.trials.find(({ isDefault }) => isDefault)?.state).toBe('failed');
    expect(search!.configurations.seen).toBeGreaterThan(2);
    expect(rank(run, goalOfPlan(experiment.models[0]!)).winner).toBeDefined();
  });

  test.each(['brute', 'quick', 'random', 'bayes'])(
    'and everything else with it: %s ends soon, for the true reason',
    async (mode) => {
      const launcher = new FakeLauncher(() => refuse('Invalid argument: no file'));
      const yaml = mode === 'quick' ? automatic : LARGE;
      const { run } = await go(setUp(yaml, { run_config_search_mode: mode }), { launcher });
      const [search] = run.searches;
      expect(search!.why).toMatch(/^nothing works, and m_config_default, .* failed alike: config rejected$/);
      expect(search!.measurements).toBeLessThan(7);
    },
  );
});

test('two lanes search together, and the best is measured again all the same', async () => {
  const launcher = new FakeLauncher();
  const { run } = await go(setUp(LARGE, { parallel: '2', gpus: '[]' }), { launcher });
  const { leader } = rank(run, goalOfPlan(setUp(LARGE).models[0]!));
  expect(leader?.best.measurement.confirmed).toBe(true);
  expect(run.searches[0]!.measurements).toBeLessThanOrEqual(QUARTER);
  expect(launcher.running).toBe(0);
});

test('a lane that has nothing to do now asks again when another lane was told', async () => {
  const asked: string[] = [];
  const search = (space: Space): Search => {
    const [first, second] = space.candidates.map(
      (candidate): Ask => ({ candidate, point: space.pointsOf(candidate)[0]! }),
    );
    const given = new Set<Ask>();
    const told = new Set<Ask>();
    const give = (ask: Ask): Ask => {
      given.add(ask);
      return ask;
    };
    return {
      name: 'two',
      ask({ on }) {
        asked.push(on?.name ?? 'nothing');
        if (!given.has(first!)) return give(first!);
        if (!told.has(first!)) return 'wait';
        // The lane that measured the first is not wanted any more.
        return given.has(second!) || on === first!.candidate ? 'done' : give(second!);
      },
      tell: (ask) => void told.add(ask),
      drop: () => [],
      remaining: () => 2 - told.size,
      account: () => ({ why: '', importance: [], remarks: [] }),
    };
  };
  const { run } = await go(setUp(LARGE, { parallel: '2', gpus: '[]' }), { search });
  const measured = run.trials.filter((trial) => measurementsOf(trial).length > 0).map(({ name }) => name);
  expect(measured).toContain('m_config_0');
  // The second lane asked in vain, then, without a server still, again.
  expect(asked.slice(0, 4)).toEqual(['nothing', 'nothing', 'm_config_default', 'nothing']);
});

test('what a search believes leads the ranking of the run, also of one that is read again', async () => {
  const search = (space: Space): Search => {
    const asks = space.candidates
      .slice(0, 3)
      .map((candidate): Ask => ({ candidate, point: space.pointsOf(candidate)[3]! }));
    const left = [...asks];
    return {
      name: 'believing',
      ask: () => left.shift() ?? 'done',
      tell: () => {},
      drop: () => [],
      remaining: () => left.length,
      account: () => ({ why: '', importance: [], remarks: [], ended: 'measurements' }),
      belief: () => ({ ...asks[2]!, keeps: 0.97, better: { chance: 0.1, candidate: space.candidates[9]! } }),
    };
  };
  const experiment = setUp(`constraints: {perf_latency_p99: {max: 33}}\n${LARGE}`, { max_measurements: '3' });
  const { run } = await go(experiment, { search });
  const goal = goalOfPlan(experiment.models[0]!);
  const read = readJournal(journalPath(experiment.checkpointDirectory)).run;
  for (const ranking of [rank(run, goal), rank(read, goal)]) {
    expect(ranking.leader?.trial.name).toBe('m_config_1');
    expect(ranking.belief).toMatchObject({ variant: 'm_config_1', keeps: 0.97, better: { chance: 0.1 } });
    expect(verdict(ranking)).toMatch(/^The search was ended early, by the 3 measurements that --max-meas/);
    expect(verdict(ranking)).toMatch(
      /likeliest m_config_8 \(instance_group = 2:CPU, max_batch_size = 8\)\.$/,
    );
  }
});

test('an error in one lane ends a lane that waits for it', async () => {
  const search = (space: Space): Search => {
    const candidate = space.candidates[0]!;
    const ask: Ask = { candidate, point: space.pointsOf(candidate)[0]! };
    let isGiven = false;
    return {
      name: 'one',
      ask() {
        if (isGiven) return 'wait';
        isGiven = true;
        return ask;
      },
      tell() {
        throw new Error('a bug of the search');
      },
      drop: () => [],
      remaining: () => 1,
      account: () => ({ why: '', importance: [], remarks: [] }),
    };
  };
  await expect(go(setUp(LARGE, { parallel: '2', gpus: '[]' }), { search })).rejects.toThrow(
    'a bug of the search',
  );
});

test('a repeated run asks and counts the same, also where a configuration failed', async () => {
  const launcher = (): FakeLauncher =>
    new FakeLauncher((config) => (config['max_batch_size'] === 2 ? refuse('no room for two') : config));
  const cwd = folder();
  const seen = async (): Promise<string[]> => {
    const lines: string[] = [];
    const search = (space: Space): Search => {
      const asks = space.candidates.slice(0, 4).flatMap((candidate) =>
        space
          .pointsOf(candidate)
          .slice(0, 2)
          .map((point): Ask => ({ candidate, point })),
      );
      return {
        name: 'spying',
        ask: ({ on }) => {
          const ask = asks.shift();
          if (ask) lines.push(`ask ${ask.candidate.name} on ${on?.name}`);
          return ask ?? 'done';
        },
        tell: ({ candidate }, outcome) =>
          void lines.push(`tell ${candidate.name} ${outcome.state} ${outcome.started}`),
        drop: () => [],
        remaining: () => asks.length,
        account: () => ({ why: '', importance: [], remarks: [] }),
      };
    };
    await go(setUp(LARGE, {}, cwd), { launcher: launcher(), search });
    return lines;
  };
  const [first, second] = [await seen(), await seen()];
  // Each configuration is started once; what failed is tried again, and runs nowhere then.
  expect(first.filter((line) => line.endsWith('measured true'))).toHaveLength(3);
  expect(second.filter((line) => !line.includes('failed'))).toEqual(
    first.filter((line) => !line.includes('failed')),
  );
});

test('slots that end early: those that work are waited for, and what ended them is told', async () => {
  const launcher = new FakeLauncher();
  const search = (space: Space): Search => {
    let asked = 0;
    return {
      name: 'breaking',
      ask: () => {
        if (asked++ > 0) throw new TypeError('a bug of the search');
        return { candidate: space.candidates[0]!, point: space.loads[0]! };
      },
      tell: () => {},
      drop: () => [],
      remaining: () => 1,
      account: () => ({ why: '', importance: [], remarks: [] }),
    };
  };
  await expect(go(setUp(LARGE), { launcher, search })).rejects.toThrow('a bug of the search');
  expect(launcher.running).toBe(0);
});

test('a search, the listeners and the verdict are told costs; the journal holds what was measured, whatever the prices', async () => {
  const yaml = `
profile_models:
  m:
    model_config_parameters:
      instance_group:
        - - { kind: KIND_GPU, count: 1, gpus: [0] }
        - - { kind: KIND_GPU, count: 1, gpus: [0, 1] }
    parameters: { concurrency: [8] }
run_config_search_mode: brute
objectives: [cost_per_million_inferences]
triton_launch_mode: remote
`;
  const cwd = folder();
  const costs: (number | undefined)[] = [];
  const costOf = (values: Readonly<Record<string, number>>): number | undefined =>
    values['cost_per_million_inferences'];
  const told: (number | undefined)[] = [];
  const listening = (searchOf: (space: Space) => Search): ProfileOptions => ({
    search: (space) => {
      const search = searchOf(space);
      return altered(search, {
        tell(ask, outcome) {
          if (outcome.state === 'measured') told.push(costOf(outcome.values));
          search.tell(ask, outcome);
        },
      });
    },
    listeners: [
      on('point', ({ record }) => {
        if (record.state === 'measured') costs.push(costOf(record.measurement.whole.values));
      }),
    ],
  });
  const first = setUp(`${yaml}cost_per_gpu_hour: 3.6\n`, {}, cwd);
  const { run } = await go(first, listening(bruteSearch));
  // 500 infer/s: 2,000 s of no, one and two GPUs; what is on no GPU has no price.
  expect(told).toEqual([undefined, 2, 4]);
  expect(costs).toEqual(told);
  const { entries } = rank(run, goalOfPlan(first.models[0]!));
  expect(entries.map(({ trial: { name }, best }) => [name, costOf(best.measurement.whole.values)])).toEqual([
    ['m_config_0', 2],
    ['m_config_1', 4],
    ['m_config_default', undefined],
  ]);
  const journal = readFileSync(journalPath(first.checkpointDirectory), 'utf8');
  expect(journal).toContain('"prices":{"perGpuHour":3.6}');
  expect(journal).not.toMatch(/"cost_per_million_inferences":/);
  expect(journal).toContain('"gpusInUse":2');
  // Other prices: nothing is measured again.
  told.length = 0;
  const launcher = new FakeLauncher();
  const dearer = setUp(`${yaml}cost_per_gpu_hour: 7.2\n`, {}, cwd);
  await go(dearer, { ...listening(bruteSearch), launcher });
  expect(launcher.log.filter((line) => line.startsWith('start'))).toEqual([]);
  expect(told).toEqual([undefined, 4, 8]);
});
