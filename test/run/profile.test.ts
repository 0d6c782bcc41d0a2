import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Experiment } from '../../src/config/experiment.ts';
import { userError } from '../../src/ground/errors.ts';
import { LoadFailure, type LoadGenerator } from '../../src/load/load-generator.ts';
import { rank } from '../../src/rank/rank.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { measurementsOf, type Trial } from '../../src/record/run.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { ProfileOptions } from '../../src/run/profile.ts';
import { profile } from '../../src/run/profile.ts';
import type { Ask, Search } from '../../src/search/search.ts';
import { ServerFailure } from '../../src/server/launcher.ts';
import type { Space } from '../../src/space/space.ts';
import { journalPath, readJournal } from '../../src/store/journal.ts';
import { rankingText } from '../../src/terminal/ranking.ts';
import { readSpec } from '../../src/trial/spec-file.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator, refuse } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

// After a failure a server that lives is looked at for a while, in case it is just ending; a fake one is not.
vi.mock(import('../../src/server/death.ts'), () => ({ howItEnded: async () => undefined }));

const CONFIG =
  'name: "m"\nbackend: "python"\nmax_batch_size: 4\ninput { name: "x" data_type: TYPE_FP32 dims: 4 }\noutput { name: "y" data_type: TYPE_FP32 dims: 4 }\n';

/** A repository with the model `m`, and an experiment on it. */
function setUp(yaml: string, config: string | undefined = CONFIG): Experiment {
  const cwd = folder();
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  if (config) writeFileSync(join(cwd, 'm', 'config.pbtxt'), config);
  return experimentOf(yaml, {}, cwd);
}

const sweep =
  'profile_models: {m: {model_config_parameters: {max_batch_size: [1, 2]}, parameters: {concurrency: [1, 2]}}}';
const go = (experiment: Experiment, options: ProfileOptions = {}) =>
  profile(experiment, { launcher: new FakeLauncher(), generator: fakeGenerator(), ...options });

test('a server a variant, every point measured, everything stopped', async () => {
  const launcher = new FakeLauncher();
  const { run, interrupted } = await go(setUp(sweep), { launcher });
  expect(interrupted).toBe(false);
  expect(
    run.trials.map((trial) => [trial.name, measurementsOf(trial).map((item) => levelOf(item.point))]),
  ).toEqual([
    ['m_config_default', [1, 2]],
    ['m_config_0', [1, 2]],
    ['m_config_1', [1, 2]],
  ]);
  expect(launcher.log).toEqual(['start', 'stop', 'start', 'stop', 'start', 'stop', 'closed']);
});

test('variants are written as servable model folders, under their own names', async () => {
  const experiment = setUp(sweep);
  await go(experiment);
  const { path } = experiment.outputModelRepository;
  expect(readdirSync(path).sort()).toEqual(['.tma', 'm_config_0', 'm_config_1', 'm_config_default']);
  expect(readdirSync(join(path, 'm_config_0')).sort()).toEqual(['1', 'config.pbtxt']);
  expect(existsSync(join(path, 'm_config_0', '1', 'model.py'))).toBe(true);
  expect(readFileSync(join(path, 'm_config_0', 'config.pbtxt'), 'utf8')).toContain(
    'name: "m_config_0"\nbackend: "python"\nmax_batch_size: 1',
  );
});

describe("Model Analyzer's checkpoint", () => {
  const yaml =
    'profile_models: {m: {model_config_parameters: {max_batch_size: [1, 2]}, parameters: {concurrency: [1, 2]}}}';
  const point = (concurrency: number, throughput: number) => ({
    _gpu_data: {},
    _model_config_measurements: [
      {
        _model_specific_pa_params: { 'batch-size': 1, 'concurrency-range': concurrency },
        _non_gpu_data: [['perf_throughput', { _value: throughput }]],
      },
    ],
  });
  const variant = (maxBatchSize: number) => {
    const tensors = (name: string) => [{ name, dataType: 'TYPE_FP32', dims: ['4'] }];
    const model_config = {
      name: 'm',
      backend: 'python',
      maxBatchSize,
      input: tensors('x'),
      output: tensors('y'),
    };
    return { _model_run_configs: [{ _model_name: 'm', _model_config_variant: { model_config } }] };
  };

  test('what is measured there is not measured again, by configuration and load', async () => {
    const experiment = setUp(yaml);
    mkdirSync(experiment.checkpointDirectory, { recursive: true });
    const _results = {
      m: {
        m_config_default: [variant(4), { a: point(1, 11) }],
        // Under another number, and with another configuration.
        m_config_7: [variant(2), { b: point(1, 21), c: point(2, 22), d: point(8, 28) }],
        m_config_8: [variant(3), { e: point(1, 31) }],
      },
    };
    writeFileSync(
      join(experiment.checkpointDirectory, '0.ckpt'),
      JSON.stringify({ 'ResultManager.results': { _results } }),
    );
    const notes: string[] = [];
    const launcher = new FakeLauncher();
    const listeners = [on('note', ({ text }) => notes.push(text))];
    const { run } = await go(experiment, { launcher, listeners });
    const throughputs = run.trials.map((trial) =>
      measurementsOf(trial).map(({ whole: { values }, client }) => [
        values['perf_throughput'],
        client?.engine === 'perf_analyzer, by Model Analyzer',
      ]),
    );
    expect(throughputs[0]![0]).toEqual([11, true]);
    expect(throughputs[0]![1]![1]).toBe(false);
    expect(throughputs[1]!.map(([, theirs]) => theirs)).toEqual([false, false]);
    expect(throughputs[2]).toEqual([
      [21, true],
      [22, true],
    ]);
    // A load that is not of this plan decides nothing.
    // The default, and a configuration that is not in the checkpoint.
    expect(launcher.log.filter((line) => line.startsWith('start'))).toHaveLength(2);
    expect(notes.join()).toContain('what Model Analyzer measured is taken over from');
    // Once more: all is in the journal.
    const again = new FakeLauncher();
    await go(experiment, { launcher: again });
    expect(again.log).toEqual(['closed']);
  });
});

describe('several models', () => {
  const yaml = 'profile_models: {m: {parameters: {concurrency: [1]}}, n: {parameters: {concurrency: [1]}}}';
  /** Beside `m` a model that the server would have to complete. */
  const setUpTwo = (): Experiment => {
    const experiment = setUp(yaml);
    mkdirSync(join(experiment.modelRepository!, 'n', '1'), { recursive: true });
    writeFileSync(join(experiment.modelRepository!, 'n', '1', 'model.py'), '');
    return experiment;
  };
  const cannotComplete = () =>
    new FakeLauncher((config) => ('backend' in config ? config : refuse('no backend is known for it')));

  test.each([
    yaml,
    'profile_models: {n: {parameters: {concurrency: [1]}}, m: {parameters: {concurrency: [1]}}}',
  ])('a mistake in one of them is told, and the other is measured: %s', async (text) => {
    const experiment = { ...setUpTwo(), models: experimentOf(text, {}, setUpTwo().modelRepository!).models };
    const events: RunEvent[] = [];
    const listeners = [(event: RunEvent) => void events.push(event)];
    const { run, mistakes } = await go(experiment, { launcher: cannotComplete(), listeners });
    expect(events.filter(({ kind }) => kind === 'mistake')).toMatchObject([
      { message: expect.stringContaining('model "n" has no config.pbtxt') },
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'end' });
    const measured = run.trials.filter(({ state }) => state === 'measured');
    expect([...new Set(measured.map(({ models: [{ name: model }] }) => model))]).toEqual(['m']);
    expect(mistakes.map(({ message }) => message)).toEqual([
      expect.stringContaining('model "n" has no config.pbtxt, and the server can\'t complete one'),
    ]);
  });
});

test('a server that does not start is told once, also where each model has a log of its own', async () => {
  const experiment = setUp(
    'profile_models: {m: {parameters: {concurrency: [1]}}, n: {parameters: {concurrency: [1]}}}',
  );
  mkdirSync(join(experiment.modelRepository!, 'n', '1'), { recursive: true });
  writeFileSync(join(experiment.modelRepository!, 'n', 'config.pbtxt'), CONFIG.replace('"m"', '"n"'));
  const launcher = new FakeLauncher();
  let starts = 0;
  launcher.launch = async () => {
    const log = [`E start ${++starts}`];
    throw new ServerFailure({ step: 'start', message: 'no such flag', log });
  };
  const mistakes: RunEvent[] = [];
  const listeners = [on('mistake', (event) => mistakes.push(event))];
  const run = go(experiment, { launcher, listeners });
  await expect(run).rejects.toThrow(
    /^the server does not start: no such flag\n(?:(?!does not start)[\s\S])*$/,
  );
  expect(starts).toBe(2);
  expect(mistakes).toMatchObject([{ hint: expect.stringContaining('E start 1') }]);
});

describe('resuming', () => {
  test('measures only what is missing', async () => {
    const experiment = setUp(sweep);
    await go(experiment);
    const launcher = new FakeLauncher();
    const { run } = await go(experiment, { launcher });
    expect(launcher.log).toEqual(['closed']);
    expect(run.trials.flatMap(measurementsOf)).toHaveLength(6);
    expect(run.sessions).toHaveLength(2);
  });

  test('a changed model file, configuration or load is measured again', async () => {
    const experiment = setUp(sweep);
    await go(experiment);
    writeFileSync(join(experiment.modelRepository!, 'm', '1', 'model.py'), '# changed');
    const launcher = new FakeLauncher();
    const notes: string[] = [];
    await go(experiment, { launcher, listeners: [on('note', ({ text }) => notes.push(text))] });
    expect(launcher.log.filter((line) => line.startsWith('start'))).toHaveLength(3);
    expect(notes).toEqual([
      "m is measured again: what is served changed since the journal's last session (the model's files)",
    ]);
    const wider = {
      ...experiment,
      models: experiment.models.map((model) => ({ ...model, concurrency: [1, 2, 4] })),
    };
    const again = new FakeLauncher();
    const { run } = await go(wider, { launcher: again });
    expect(again.log.filter((line) => line.startsWith('start'))).toHaveLength(3);
    expect(run.trials.flatMap(measurementsOf)).toHaveLength(9);
    const seeded = {
      ...experiment,
      models: experiment.models.map((model) => ({ ...model, load: { ...model.load, seed: 5 } })),
    };
    notes.length = 0;
    await go(seeded, { listeners: [on('note', ({ text }) => notes.push(text))] });
    expect(notes).toEqual(["m is measured again: its load changed since the journal's last session (seed)"]);
    // What an earlier load measured is taken when that load is back, and then nothing is said.
    notes.length = 0;
    await go(wider, { listeners: [on('note', ({ text }) => notes.push(text))] });
    expect(notes).toEqual([]);
  });

  test('other objectives need no measuring, and what failed is tried again', async () => {
    const experiment = setUp(sweep);
    let broken = true;
    const flaky = () =>
      new FakeLauncher((config) =>
        broken && config['max_batch_size'] === 2 ? refuse('out of memory') : config,
      );
    const { run } = await go(experiment, { launcher: flaky() });
    expect(run.trials.map((trial) => trial.state)).toEqual(['measured', 'measured', 'failed']);
    broken = false;
    const launcher = flaky();
    const models = experiment.models.map((model) => ({
      ...model,
      objectives: [{ tag: 'perf_latency_p99', weight: 1 }],
    }));
    const second = await go({ ...experiment, models }, { launcher });
    expect(launcher.log.filter((line) => line.startsWith('start'))).toHaveLength(1);
    expect(second.run.trials.map((trial) => trial.state)).toEqual(['measured', 'measured', 'measured']);
  });
});

/** Lets whatever else can go on do so. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((done) => setImmediate(done));
}

describe('several variants at once', () => {
  const wide = sweep
    .replace('[1, 2]', '[1, 2, 3]')
    .replace('profile_models', 'parallel: 2\ngpus: []\nprofile_models');

  test('each point once, two servers at most, all of them stopped', async () => {
    const launcher = new FakeLauncher();
    let most = 0;
    const slow = fakeGenerator();
    const generator: typeof slow = {
      name: 'fake',
      async run(job) {
        most = Math.max(most, launcher.running);
        await turns();
        return await slow.run(job);
      },
    };
    const { run } = await go(setUp(wide), { launcher, generator });
    expect(most).toBe(2);
    expect(run.trials.map(({ points }) => points.length)).toEqual([2, 2, 2, 2]);
    expect(launcher.running).toBe(0);
    expect(launcher.log.filter((line) => line === 'stop')).toHaveLength(4);
  });

  test("a mistake of the user's in one ends the other, and nothing is left running", async () => {
    const launcher = new FakeLauncher();
    let runs = 0;
    const good = fakeGenerator();
    const generator: typeof good = {
      name: 'fake',
      async run(job) {
        // Slow enough for the error to be known before the other lane is through.
        if (++runs === 3) throw userError('a mistake');
        await turns();
        return await good.run(job);
      },
    };
    // What was measured before is there to be reported.
    const { mistakes } = await go(setUp(wide), { launcher, generator });
    expect(mistakes.map(({ message }) => message)).toEqual(['a mistake']);
    expect(launcher.running).toBe(0);
    expect(launcher.log.filter((line) => line.startsWith('start')).length).toBeLessThan(4);
  });
});

test("what a failing model says of the shell's secrets, and to the terminal, does not reach the journal", async () => {
  vi.stubEnv('TMA_TEST_API_TOKEN', 'tok-98765');
  const experiment = setUp('profile_models: m');
  const launcher = new FakeLauncher(() => refuse('no access with TOK-98765 \x1b[2J\x1b]0;mine\x07'));
  await go(experiment, {
    launcher,
    command: ['tma', 'profile', '--triton-docker-labels', 'token=tok-98765'],
  });
  vi.unstubAllEnvs();
  const journal = readFileSync(join(experiment.checkpointDirectory, 'journal.jsonl'), 'utf8');
  expect(journal).not.toMatch(/tok-98765/i);
  const { cause } = readJournal(join(experiment.checkpointDirectory, 'journal.jsonl')).run.trials[0]!.end!;
  expect(cause).toBe('no access with [value of TMA_TEST_API_TOKEN] \\x1b[2J\\x1b]0;mine\\x07');
});

describe('failures are results', () => {
  test('a variant that does not load has its cause and log, and the run goes on', async () => {
    const launcher = new FakeLauncher((config) =>
      config['max_batch_size'] === 1 ? refuse('no GPUs are available') : config,
    );
    const { run } = await go(setUp(sweep), { launcher });
    expect(run.trials[1]).toMatchObject({
      state: 'failed',
      points: [{ state: 'failed', cause: 'no GPUs are available' }],
      end: { cause: 'no GPUs are available', logTail: ['E first', 'E second'] },
    });
    expect(run.trials[2]?.state).toBe('measured');
    expect(launcher.running).toBe(0);
    // What it is repeated with says what served it.
    expect(JSON.parse(readFileSync(run.trials[1]!.end!.specFile!, 'utf8'))).toMatchObject({
      server: { path: '/fake/tritonserver', hash: 'fake' },
    });
  });

  test('a default that does not load is a failure like any other', async () => {
    const launcher = new FakeLauncher((config) =>
      config['max_batch_size'] === 4 ? refuse('Invalid argument: no') : config,
    );
    const { run } = await go(setUp(sweep), { launcher });
    expect(run.trials.map(({ state }) => state)).toEqual(['failed', 'measured', 'measured']);
    expect(run.searches[0]).toMatchObject({ why: 'nothing was left to measure', skipped: [] });
  });

  test('a server that lets no model be loaded is asked once', async () => {
    const launcher = new FakeLauncher(() => refuse('explicit model load / unload is not allowed'));
    const notes: string[] = [];
    const { run } = await go(setUp(sweep), {
      launcher,
      listeners: [on('note', ({ text }) => notes.push(text))],
    });
    expect(run.trials.map(({ state }) => state)).toEqual(['failed', 'skipped', 'skipped']);
    expect(launcher.log.filter((line) => line.startsWith('start'))).toHaveLength(1);
    const why = /^every configuration would meet what m_config_default failed of: model control off$/;
    expect(run.searches[0]!.why).toMatch(why);
    expect(notes.filter((note) => note.includes('skipped: every configuration'))).toHaveLength(1);
  });

  test('other lanes begin when the default has failed, too', async () => {
    const launcher = new FakeLauncher((config) =>
      config['max_batch_size'] === 4 ? refuse('Invalid argument: no') : config,
    );
    const { run } = await go(setUp(`parallel: 2\ngpus: []\n${sweep}`), { launcher });
    expect(run.trials.map(({ state }) => state)).toEqual(['failed', 'measured', 'measured']);
  });

  test('what was skipped once and measured later is not skipped any more', async () => {
    const experiment = setUp(sweep);
    const full = new FakeLauncher((config) =>
      config['max_batch_size'] === 1 ? refuse('MemoryError') : config,
    );
    const first = await go(experiment, { launcher: full });
    expect(first.run.trials.map(({ state }) => state)).toEqual(['measured', 'failed', 'skipped']);
    expect(first.run.trials[2]?.points).toMatchObject([
      { reason: 'larger than m_config_0, which ran out of memory' },
    ]);
    const { run } = await go(experiment);
    expect(run.trials.map(({ state }) => state)).toEqual(['measured', 'measured', 'measured']);
    expect(run.trials[2]?.points.map(({ state }) => state)).toEqual(['measured', 'measured']);
  });

  test('values of the environment, as the server got them, are not in the journal', async () => {
    process.env['TMA_TEST_KEY'] = 'sk-very-secret';
    const launcher = new FakeLauncher((config) =>
      config['max_batch_size'] === 1
        ? refuse('Invalid argument: bad key sk-very-secret, open-sesame')
        : config,
    );
    const experiment = setUp(`triton_server_environment: {KEY: $TMA_TEST_KEY, OTHER: open-sesame}\n${sweep}`);
    const { run } = await go(experiment, { launcher });
    delete process.env['TMA_TEST_KEY'];
    expect(run.trials[1]?.end?.cause).toBe('Invalid argument: bad key [value of KEY], [value of OTHER]');
    const text = readFileSync(join(experiment.checkpointDirectory, 'journal.jsonl'), 'utf8');
    expect(text).not.toMatch(/sk-very-secret|open-sesame/);
  });

  test('load that does not get through fails the point, and what was measured before stays', async () => {
    const good = fakeGenerator();
    const generator: typeof good = {
      name: 'fake',
      run: (job) => {
        if (levelOf(job.point) === 2) throw new LoadFailure('9 of 10 requests failed: queue is full');
        return good.run(job);
      },
    };
    const { run } = await go(setUp(sweep), { generator });
    expect(run.trials[0]?.points.map((point) => point.state)).toEqual(['measured', 'failed']);
  });

  test('a bug costs its trial, is told as a bug with its stack, and the others go on', async () => {
    const launcher = new FakeLauncher();
    const well = fakeGenerator();
    let calls = 0;
    const generator: LoadGenerator = {
      name: 'fake',
      run: async (job) => {
        if (calls++ === 0) throw new TypeError('x is not a function');
        return await well.run(job);
      },
    };
    const { run } = await go(setUp(sweep), { launcher, generator });
    const [broken, ...others] = run.trials;
    expect(broken?.points[0]).toMatchObject({
      state: 'failed',
      kind: 'bug of tma',
      cause: 'TypeError: x is not a function',
    });
    expect(broken?.end).toMatchObject({ kind: 'bug of tma', advice: expect.stringContaining('report it') });
    expect(broken?.end?.logTail?.join('\n')).toMatch(/TypeError: x is not a function\n\s+at /);
    expect(others.flatMap(measurementsOf)).toHaveLength(4);
    expect(launcher.running).toBe(0);
  });

  test('a bug is told, though the variant works when it is started again', async () => {
    const broken = fakeGenerator();
    let calls = 0;
    const generator: LoadGenerator = {
      name: 'fake',
      run: async (job) => {
        if (++calls === 1) throw new TypeError('x is not a function');
        return await broken.run(job);
      },
    };
    const twice = ({ candidates: [candidate], pointsOf }: Space): Search => {
      const asks: Ask[] = (['here', 'afresh'] as const).map((again) => ({
        ...{ candidate: candidate!, point: pointsOf(candidate!)[0]!, again },
      }));
      return {
        name: 'twice',
        ask: () => asks.shift() ?? 'done',
        tell: () => {},
        drop: () => [],
        remaining: () => asks.length,
        account: () => ({ why: 'it was measured twice', importance: [], remarks: [] }),
      };
    };
    const { run } = await go(setUp('profile_models: {m: {parameters: {concurrency: [1]}}}'), {
      generator,
      search: twice,
    });
    expect(run.trials).toMatchObject([{ state: 'measured', starts: 2, end: { kind: 'bug of tma' } }]);
    const ranking = rank(run, { models: ['m'], objectives: [], constraints: [] });
    expect(rankingText(ranking)).toContain('x is not a function');
  });

  test('what a network does in a trial is no bug', async () => {
    const generator: LoadGenerator = {
      name: 'fake',
      run: () => Promise.reject(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
    };
    const { run } = await go(setUp(sweep), { generator });
    expect(run.trials[0]?.points[0]).toMatchObject({ kind: 'inference errors', cause: 'read ECONNRESET' });
  });

  test('a server that starts and can not be described is stopped all the same', async () => {
    const launcher = new FakeLauncher();
    const launch = launcher.launch.bind(launcher);
    launcher.launch = async (request) => {
      const server = await launch(request);
      server.triton.server = () => Promise.reject(new TypeError('a bug'));
      return server;
    };
    await expect(go(setUp(sweep), { launcher })).rejects.toThrow('a bug');
    expect(launcher.running).toBe(0);
  });

  test('a log that the user named keeps what it holds, whatever it is, whether tma writes it or not', async () => {
    const file = join(folder(), 'mine.log');
    writeFileSync(file, 'a log of mine\n');
    const experiment = setUp(sweep);
    const launch = { ...experiment.launch, outputPath: file };
    await go({ ...experiment, launch });
    expect(readFileSync(file, 'utf8')).toBe('a log of mine\n');
  });

  test('a server that can not be stopped in good order takes nothing with it', async () => {
    const launcher = new FakeLauncher();
    const launch = launcher.launch.bind(launcher);
    launcher.launch = async (request) => ({
      ...(await launch(request)),
      stop: () => Promise.reject(new Error('no answer')),
    });
    const { run } = await go(setUp(sweep), { launcher });
    expect(run.trials.flatMap(measurementsOf)).toHaveLength(6);
    expect(run.trials[0]?.end?.warnings.at(-1)).toContain('could not be stopped in good order: no answer');
  });

  test('a first server that does not start ends the run with the end of its log', async () => {
    const launcher = new FakeLauncher();
    launcher.launch = async () => refuse('exited with code 127');
    const experiment = setUp(sweep);
    const told: Trial[] = [];
    await expect(
      go(experiment, { launcher, listeners: [on('trial', ({ trial }) => told.push(trial))] }),
    ).rejects.toThrow(/the server does not start: exited with code 127\n.*\n.*\n {2}\| E first/);
    // It is data all the same: in the journal, told, and to be repeated from its spec.
    const [recorded] = readJournal(journalPath(experiment.checkpointDirectory)).run.trials;
    expect(recorded).toMatchObject({ state: 'failed', end: { logTail: ['E first', 'E second'] } });
    expect(told).toEqual([recorded]);
    expect(readSpec(recorded!.end!.specFile!, {}).points).toHaveLength(1);
  });

  test('a field that the server runs otherwise than asked is a warning of the trial', async () => {
    const launcher = new FakeLauncher((config) => ({ ...config, max_batch_size: 4 }));
    const { run } = await go(setUp(sweep), { launcher });
    expect(run.trials[1]?.end?.warnings).toEqual(['the server runs with max_batch_size = 4, asked was 1']);
  });
});

describe('ending early', () => {
  test('finish: the point in flight is kept, the next does not start', async () => {
    const finish = new AbortController();
    const experiment = setUp(sweep);
    const launcher = new FakeLauncher();
    const listeners = [on('point', () => finish.abort())];
    const { run, interrupted } = await go(experiment, { launcher, finish: finish.signal, listeners });
    expect(interrupted).toBe(true);
    expect(run.trials.flatMap(measurementsOf)).toHaveLength(1);
    expect(launcher.running).toBe(0);
    const { run: whole } = await go(experiment);
    expect(whole.trials.flatMap(measurementsOf)).toHaveLength(6);
  });

  test('stop: ends at once, without the point in flight', async () => {
    const stop = new AbortController();
    const launcher = new FakeLauncher();
    const listeners = [on('phase', ({ phase }) => void (phase === 'measuring' && stop.abort()))];
    const { run, interrupted } = await go(setUp(sweep), { launcher, stop: stop.signal, listeners });
    expect(interrupted).toBe(true);
    expect(run.trials.flatMap(measurementsOf)).toHaveLength(0);
    expect(launcher.running).toBe(0);
  });
});

describe('mistakes in the models', () => {
  test.each([
    [
      'a model that is not there',
      'profile_models: n',
      CONFIG,
      /perf.yaml:1:17: model "n" is not in .*\n {2}known here: m/,
    ],
    [
      'a config.pbtxt with a typo',
      'profile_models: m',
      'max_batch_sise: 4\n',
      /config.pbtxt:1:1: not a valid model configuration: unknown field "max_batch_sise"/,
    ],
    [
      'a shape for no input',
      'profile_models: {m: {perf_analyzer_flags: {shape: "z:3"}}}',
      CONFIG,
      /no input "z"/,
    ],
    [
      'an input file that is not there',
      'profile_models: {m: {perf_analyzer_flags: {input-data: nowhere.json}}}',
      CONFIG,
      /input-data: .*nowhere.json/,
    ],
  ])('%s is told before anything starts', async (_name, yaml, config, message) => {
    const launcher = new FakeLauncher();
    await expect(go(setUp(yaml, config), { launcher })).rejects.toThrow(message);
    expect(launcher.log.filter((line) => line.startsWith('start'))).toEqual([]);
  });

  test('a variable size without a shape is guessed, and said', async () => {
    const notes: string[] = [];
    const yaml = 'profile_models: m\nrun_config_search_disable: true\nconcurrency: 1';
    const experiment = setUp(yaml, CONFIG.replace('dims: 4', 'dims: -1'));
    await go(experiment, { listeners: [on('note', ({ text }) => notes.push(text))] });
    expect(notes.join()).toContain('input "x" has a variable size, [-1]: [64] is sent, a guess');
  });

  test('a version folder that is missing', async () => {
    const experiment = setUp('profile_models: m');
    const { rmSync } = await import('node:fs');
    rmSync(join(experiment.modelRepository!, 'm', '1'), { recursive: true });
    await expect(go(experiment)).rejects.toThrow('model "m" has no version folder');
  });

  test('an output repository that is not ours is not touched', async () => {
    const experiment = setUp('profile_models: m');
    const { path } = experiment.outputModelRepository;
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'thesis.txt'), '');
    await expect(go(experiment)).rejects.toThrow('was not written by tma');
    const override = { ...experiment, outputModelRepository: { path, override: true } };
    await expect(go(override)).rejects.toThrow('nothing was deleted');
    expect(readdirSync(path)).toEqual(['thesis.txt']);
    const suicidal = {
      ...experiment,
      outputModelRepository: { path: experiment.modelRepository!, override: true },
    };
    await expect(go(suicidal)).rejects.toThrow('would delete your models');
    expect(existsSync(join(experiment.modelRepository!, 'm'))).toBe(true);
  });

  test('a second tma in the same folders is refused before it touches anything', async () => {
    const experiment = setUp(sweep);
    const fake = fakeGenerator();
    let told: unknown;
    const generator: typeof fake = {
      ...fake,
      run: async (job) => {
        told ??= await go(experiment).catch((error: Error) => error.message);
        return await fake.run(job);
      },
    };
    const { run } = await go(experiment, { generator });
    expect(told).toContain('is in use by another tma');
    expect(run.trials.map(({ state }) => state)).toEqual(['measured', 'measured', 'measured']);
    const elsewhere = { ...experiment, checkpointDirectory: folder() };
    expect((await go(elsewhere)).run.trials).toHaveLength(3);
    expect(readdirSync(experiment.checkpointDirectory)).toEqual(['journal.jsonl']);
  });

  test("nothing is written into a model's own folder: it would be another model each time", async () => {
    const experiment = setUp('profile_models: m');
    const inside = join(experiment.modelRepository!, 'm', 'ckpt');
    await expect(go({ ...experiment, checkpointDirectory: inside })).rejects.toThrow(
      'name a place elsewhere with --checkpoint-directory',
    );
    const launch = {
      ...experiment.launch,
      outputPath: join(experiment.modelRepository!, 'm', 'config.pbtxt'),
    };
    await expect(go({ ...experiment, launch })).rejects.toThrow('--triton-output-path');
    await expect(go({ ...experiment, exportPath: inside })).rejects.toThrow('--export-path');
    expect(existsSync(inside)).toBe(false);
  });
});

test('what is skipped and what is ignored is said once', async () => {
  const notes: string[] = [];
  const yaml =
    'profile_models: {m: {parameters: {batch_sizes: [1, 9], concurrency: [1, 2]}}}\ncollect_cpu_metrics: true\nrun_config_search_disable: true';
  const { run } = await go(setUp(yaml), { listeners: [on('note', ({ text }) => notes.push(text))] });
  expect(notes).toEqual([
    'collect_cpu_metrics has no effect: they are always recorded where they can be',
    'm: no configuration takes a client batch of 9: give a larger max_batch_size, or smaller batch_sizes',
    'skipped: client batch 9 exceeds max_batch_size 4 (2 points of m_config_default)',
    'm has no model_config_parameters: its default configuration alone is measured',
  ]);
  expect(run.trials[0]?.points.filter((point) => point.state === 'skipped')).toHaveLength(1);
});
