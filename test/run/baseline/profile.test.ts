import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandLine } from '../../../src/config/given-options.ts';
import { levelOf } from '../../../src/record/load-point.ts';
import { planRun } from '../../../src/run/plan.ts';
import { type ProfileOptions, type ProfileResult, profile } from '../../../src/run/profile.ts';
import { experimentOf, folder } from '../../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../../support/fakes.ts';
import { on } from '../../support/listen.ts';

const CONFIG =
  'name: "m"\nbackend: "python"\nmax_batch_size: 4\ninput { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\n';
const perf = (sizes: string, concurrency = '[1, 2]'): string => `
profile_models:
  m:
    model_config_parameters: { max_batch_size: ${sizes} }
    parameters: { concurrency: ${concurrency} }
`;

function project(config = CONFIG): string {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), config);
  return cwd;
}

interface Night {
  readonly cwd: string;
  readonly yaml?: string;
  readonly options?: CommandLine;
  /** Throughput of a max_batch_size, by default 100 of each at each load; `before`: how many measurements there were. */
  readonly throughput?: (size: number, before: number) => number;
  readonly profile?: ProfileOptions;
}

/** A run in a folder, with what it measured in order, and how many servers it started. */
async function night({
  cwd,
  yaml = perf('[2, 8]'),
  options = {},
  throughput = (size) => 100 * size,
  ...more
}: Night) {
  const asked: string[] = [];
  const notes: string[] = [];
  let [before, size] = [0, 0];
  let reused = 0;
  const launcher = new FakeLauncher((config) => {
    size = Number(config['max_batch_size']);
    return config;
  });
  const result = await profile(experimentOf(yaml, options, cwd), {
    launcher,
    generator: fakeGenerator((load) => throughput(size, before++) * load),
    ...more.profile,
    listeners: [
      ...(more.profile?.listeners ?? []),
      on('note', ({ text }) => notes.push(text)),
      on('point', ({ variant, record, progress }) => {
        if (record.state === 'measured')
          asked.push(
            `${variant.slice(9)} ${levelOf(record.measurement.point)}${progress.reused > reused ? ' known' : ''}`,
          );
        ({ reused } = progress);
      }),
    ],
  });
  const starts = launcher.log.filter((line) => line === 'start').length;
  return { ...result, asked, notes, starts };
}

const verdict = ({ comparison }: ProfileResult): string | undefined => comparison?.models[0]?.verdict;
const BASELINE = { baseline: 'tma-out', fresh: true };

describe('what a baseline had come to, and the default', () => {
  test('are measured early and late, on servers started for it, beside the visits of the search', async () => {
    const cwd = project();
    await night({ cwd });
    const next = await night({ cwd, options: BASELINE });
    expect(next.asked).toEqual([
      ...['default 1', 'default 2'],
      // Before the search turns to another configuration; the search itself has measured the default by then.
      '1 2',
      // A look of this run answers the search, too.
      ...['0 1', '0 2', '1 1', '1 2 known'],
      ...['1 2', 'default 2'],
    ]);
    expect(next.starts).toBe(6);
    expect(next.notes.join()).toContain(
      'm: compared with a baseline: m_config_default with 2 in flight and m_config_1 with 2 in flight',
    );
    expect(next.run.searches[0]!.remarks.join()).toContain(
      'measured for the comparison with the baseline: m_config_1 with 2 in flight 2 times, m_config_default with 2 in flight once',
    );
    expect(next.run.searches[0]).toMatchObject({ points: { all: 6, seen: 6 }, measurements: 9 });
    expect(verdict(next)).toBe('unknown');
  });

  test('are new measurements, where the journal knows everything', async () => {
    const cwd = project();
    await night({ cwd });
    const next = await night({ cwd, options: { baseline: 'tma-out' } });
    expect(next.asked).toEqual([
      ...['default 1 known', 'default 2', '1 2'],
      ...['0 1 known', '0 2 known', '1 1 known', '1 2 known'],
      ...['1 2', 'default 2'],
    ]);
    expect(next.comparison!.models[0]!.common).toMatchObject({ same: 4 });
  });

  test('are measured until a regression is sure, on three servers at least', async () => {
    const cwd = project();
    await night({ cwd });
    const next = await night({ cwd, options: BASELINE, throughput: (size) => 50 * size });
    expect(next.asked.slice(7)).toEqual(['1 2', 'default 2', 'default 2', '1 2']);
    expect(next.asked.filter((ask) => ask === '1 2')).toHaveLength(3);
    expect(next.asked.filter((ask) => ask === 'default 2')).toHaveLength(3);
    expect(verdict(next)).toBe('worse');
  });

  test('drop a suspicion that a start of the server raised', async () => {
    const cwd = project();
    await night({ cwd });
    // Each look but the early one is as before.
    const next = await night({
      cwd,
      options: BASELINE,
      throughput: (size, before) => 100 * size * (size === 8 && before < 3 ? 0.7 : 1),
    });
    const looks = next.asked.filter((ask) => ask === '1 2').length;
    expect(looks).toBeGreaterThan(2);
    expect(looks).toBeLessThanOrEqual(6);
    expect(verdict(next)).not.toBe('worse');
  });

  test('are looked at six times at most, where it stays unclear', async () => {
    const cwd = project();
    await night({ cwd });
    const next = await night({ cwd, options: BASELINE, throughput: (size) => 92 * size });
    expect(next.asked.filter((ask) => ask === '1 2').length).toBeLessThanOrEqual(6);
    expect(next.asked.filter((ask) => ask === 'default 2').length).toBeLessThanOrEqual(6);
  });

  test('are added where the space does not hold them', async () => {
    const cwd = project();
    await night({ cwd });
    const next = await night({ cwd, yaml: perf('[2]', '[1]'), options: BASELINE });
    expect(next.asked).toEqual(['default 1', 'default 2', 'baseline 2', '0 1', 'baseline 2', 'default 2']);
    const added = next.run.trials.find(({ name }) => name === 'm_config_baseline');
    expect(added?.models[0]).toMatchObject({ assignment: { max_batch_size: 8 } });
    expect(next.comparison!.models[0]!.configurations).toContainEqual(
      expect.objectContaining({ base: 'm_config_1', new: 'm_config_baseline' }),
    );
    expect(next.run.searches[0]).toMatchObject({ configurations: { all: 2, seen: 2 } });
  });

  test('are what a search that makes its configurations comes to itself, where it may', async () => {
    const cwd = project();
    const yaml = `
profile_models: [m]
run_config_search_mode: brute
run_config_search_max_instance_count: 2
run_config_search_max_model_batch_size: 2
concurrency: [1, 2]
`;
    const first = await night({ cwd, yaml });
    const next = await night({ cwd, yaml, options: BASELINE });
    expect(next.run.trials.map(({ name }) => name)).not.toContain('m_config_baseline');
    expect(next.run.trials).toHaveLength(first.run.trials.length);
    expect(next.comparison!.models[0]!.common.configurations).toBe(first.run.trials.length);
    // One that it can not come to is added.
    const smaller = yaml.replace('model_batch_size: 2', 'model_batch_size: 1');
    const third = await night({ cwd, yaml: smaller, options: { ...BASELINE, baseline_session: 'last' } });
    expect(third.comparison!.models[0]!.winner.base?.variant).toBe(
      next.comparison!.models[0]!.winner.new?.variant,
    );
  });

  test('are what differs from the default as it did, where the default has changed', async () => {
    const cwd = project();
    await night({ cwd });
    writeFileSync(join(cwd, 'm', 'config.pbtxt'), `${CONFIG}version_policy { latest { num_versions: 1 } }\n`);
    const next = await night({ cwd, options: BASELINE });
    expect(next.asked).toContain('1 2');
    expect(next.run.trials.map(({ name }) => name)).not.toContain('m_config_baseline');
  });

  test('count as measurements that the user allows', async () => {
    for (const most of [1, 2, 5, 8]) {
      const cwd = project();
      await night({ cwd });
      const next = await night({
        cwd,
        options: { ...BASELINE, max_measurements: `${most}` },
        throughput: (size) => 50 * size,
      });
      expect(next.run.searches[0]!.measurements).toBeLessThanOrEqual(most);
      expect(next.run.searches[0]!.ended).toMatchObject({ option: 'max_measurements', most });
      expect(next.run.searches[0]!.why).toMatch(new RegExp(`its budget of ${most} measurements? is used`));
    }
  });

  test('are not measured once more where an interrupted run goes on', async () => {
    const cwd = project();
    await night({ cwd });
    const finish = new AbortController();
    const count = (stopAt: number) => {
      let told = 0;
      return on('point', () => {
        if (++told === stopAt) finish.abort();
      });
    };
    const options = { baseline: 'tma-out' };
    await night({ cwd, options, profile: { finish: finish.signal, listeners: [count(8)] } });
    const next = await night({ cwd, options });
    expect(next.asked.filter((ask) => !ask.endsWith(' known'))).toEqual(['default 2']);
    // The interrupted part is not what it is compared with.
    expect(next.comparison!.base.session).not.toBe(next.comparison!.new.session);
    expect(next.comparison!.models[0]!.configurations.length).toBe(3);
  });
});

test('a plan says what is measured for the comparison, and what is wrong with it', async () => {
  const cwd = project();
  const plan = () => planRun(experimentOf(perf('[2, 8]'), { baseline: 'tma-out' }, cwd));
  await expect(plan()).rejects.toThrow('baseline: nothing is recorded in');
  await night({ cwd });
  const [model] = await plan();
  expect(model!.notes.join()).toContain('m_config_1 with 2 in flight measured anew, early and late');
});

describe('a baseline that can not be one is a mistake', () => {
  const failing = async (night_: Promise<unknown>, cwd: string): Promise<string> =>
    await night_.then(
      () => 'no error',
      (error: unknown) => (error as Error).message.replaceAll(`${cwd}/`, ''),
    );

  test('nothing there, and nothing in the journal yet', async () => {
    const cwd = project();
    const yaml = `${perf('[2]')}baseline: elsewhere\n`;
    expect(await failing(night({ cwd, yaml }), cwd)).toMatch(
      /^perf.yaml:6:11: baseline: there is no elsewhere\n/,
    );
    mkdirSync(join(cwd, 'tma-out', 'checkpoints'), { recursive: true });
    expect(await failing(night({ cwd, options: { baseline: 'tma-out' } }), cwd)).toMatch(
      /^baseline: nothing is recorded in tma-out yet/,
    );
  });

  test('of other models, or nothing measured', async () => {
    const cwd = project();
    await night({ cwd });
    mkdirSync(join(cwd, 'n', '1'), { recursive: true });
    writeFileSync(join(cwd, 'n', '1', 'model.py'), '');
    writeFileSync(join(cwd, 'n', 'config.pbtxt'), CONFIG.replace('"m"', '"n"'));
    const yaml = perf('[2]').replace(' m:', ' n:');
    expect(
      await failing(
        night({ cwd, yaml, options: { baseline: 'tma-out', checkpoint_directory: 'other' } }),
        cwd,
      ),
    ).toBe('baseline tma-out: it is of other models: m\n  name a run of n');
  });

  test('a load that can not be put on the model any more', async () => {
    const cwd = project();
    const yaml = perf('[8]', '[2]').replace('    parameters: {', '    parameters: { batch_sizes: [4],');
    await night({ cwd, yaml });
    writeFileSync(join(cwd, 'm', 'config.pbtxt'), CONFIG.replace('max_batch_size: 4', 'max_batch_size: 2'));
    await expect(night({ cwd, yaml: perf('[2]'), options: BASELINE })).resolves.toBeDefined();
    const small = project();
    await night({ cwd: small, yaml: yaml.replace('[8]', '[4]') });
    writeFileSync(join(small, 'm', 'config.pbtxt'), CONFIG.replace('max_batch_size: 4', 'max_batch_size: 2'));
    expect(await failing(night({ cwd: small, yaml: perf('[2]'), options: BASELINE }), small)).toContain(
      "with 2 in flight, which can't be put on it here: client batch 4 exceeds max_batch_size 2",
    );
  });

  test('conditions without a baseline, and conditions that are none', async () => {
    const cwd = project();
    expect(await failing(night({ cwd, yaml: `${perf('[2]')}fail_on: worse\n` }), cwd)).toBe(
      'perf.yaml:6:1: fail_on: there is no run to compare with\n  add baseline: BASE, or --baseline BASE',
    );
    await night({ cwd });
    const yaml = `${perf('[2]')}baseline: checkpoints\nfail_on: [perf_latency_p99 >= 5%]\n`;
    expect(await failing(night({ cwd, yaml }), cwd)).toMatch(
      /^perf.yaml:7:10: --fail-on ".*>= is not known here/,
    );
  });
});
