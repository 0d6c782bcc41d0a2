import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Experiment } from '../../src/config/experiment.ts';
import type { CommandLine } from '../../src/config/given-options.ts';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Run } from '../../src/record/run.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { type ProfileOptions, profile } from '../../src/run/profile.ts';
import { journalPath, readJournal } from '../../src/store/journal.ts';
import { readRecorded } from '../../src/store/read-recorded.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

/** The same figures on each of the three configurations. */
const onEach = (...figuresOfOne: readonly (readonly [number, boolean])[]) =>
  Array(3).fill(figuresOfOne).flat();

const YAML =
  'profile_models: {m: {model_config_parameters: {max_batch_size: [1, 2]}, parameters: {concurrency: [1, 2]}}}';

function setUp(commandLine: CommandLine = {}, cwd = folder()): Experiment {
  mkdirSync(join(cwd, 'm', '1'), { recursive: true });
  writeFileSync(join(cwd, 'm', '1', 'model.py'), '');
  writeFileSync(join(cwd, 'm', 'config.pbtxt'), 'name: "m"\nbackend: "python"\nmax_batch_size: 4\n');
  return experimentOf(YAML, commandLine, cwd);
}
const go = (experiment: Experiment, perRequest: number, options: ProfileOptions = {}) =>
  profile(experiment, {
    launcher: new FakeLauncher(),
    generator: fakeGenerator((concurrency) => concurrency * perRequest),
    ...options,
  });
const figures = (run: Run) =>
  run.trials.flatMap((trial) =>
    measurementsOf(trial).map(({ whole: { values }, takenOver = false }) => [
      values['perf_throughput'],
      takenOver,
    ]),
  );
const at = (text: string): void => void vi.setSystemTime(new Date(text));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  at('2026-01-10T03:00:00Z');
});
afterEach(() => {
  vi.useRealTimers();
});

test('what an earlier session measured is taken over, and says from when', async () => {
  const cwd = folder();
  await go(setUp({}, cwd), 10);
  at('2026-06-10T03:00:00Z');
  const launcher = new FakeLauncher();
  const { run } = await go(setUp({}, cwd), 5, { launcher });
  expect(launcher.log).toEqual(['closed']);
  expect(figures(run)).toEqual(onEach([10, true], [20, true]));
  const [{ startedAt } = { startedAt: '' }] = measurementsOf(run.trials[0]!);
  expect(startedAt).toMatch(/^2026-01-10/);
});

/** Changes the lines of an experiment's journal. */
function damage(experiment: Experiment, change: (lines: readonly string[]) => readonly string[]): void {
  const path = journalPath(experiment.checkpointDirectory);
  writeFileSync(path, change(readFileSync(path, 'utf8').split('\n')).join('\n'));
}

test("what is measured is there, though its session's beginning can no longer be read", async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  damage(experiment, ([first, ...rest]) => [first!.slice(0, 30), ...rest]);
  at('2026-01-10T04:00:00Z');
  const launcher = new FakeLauncher();
  const { run } = await go(setUp({}, cwd), 5, { launcher });
  expect(launcher.log).toEqual(['closed']);
  const all = onEach([10, true], [20, true]);
  expect(figures(run)).toEqual(all);
  // And once more, by a session that took over from one that can no longer be read.
  expect(figures(readRecorded(experiment.checkpointDirectory).run)).toEqual(all);
});

test('a session tells what it took over from one whose beginning can no longer be read', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  at('2026-06-10T03:00:00Z');
  const { run } = await go(experiment, 5);
  damage(experiment, ([first, ...rest]) => [first!.slice(0, 30), ...rest]);
  expect(figures(readRecorded(experiment.checkpointDirectory).run)).toEqual(figures(run));
});

test('whichever line is damaged, figures of two sessions are never one, and all are known or measured again', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  at('2026-02-10T03:00:00Z');
  await go(setUp({ fresh: true }, cwd), 20);
  at('2026-03-10T03:00:00Z');
  await go(experiment, 30);
  const path = journalPath(experiment.checkpointDirectory);
  const whole = readFileSync(path, 'utf8');
  const lines = whole.split('\n').filter((line) => line !== '');
  const damages: ((line: string) => string)[] = [
    (line) => `${line.slice(0, 20)}\n`,
    (line) => `${line.slice(0, 5)}\n`,
    (line) => `${line.slice(line.length / 2)}\n`,
    (line) => `${'\0'.repeat(line.length)}\n`,
    // It has swallowed the next one.
    (line) => line.slice(0, line.length / 2),
    () => '\n',
    () => '',
  ];
  const isJoined = (run: Run) => run.trials.flatMap(measurementsOf).some(({ looks = 1 }) => looks > 1);
  at('2026-04-10T03:00:00Z');
  for (const index of lines.keys()) {
    for (const damaged of damages) {
      writeFileSync(
        path,
        lines.map((line, other) => (other === index ? damaged(line) : `${line}\n`)).join(''),
      );
      const { history } = readJournal(path);
      expect([...history.runs(), history.whole()].filter(isJoined)).toEqual([]);
      const { run } = await go(experiment, 40);
      expect(isJoined(run)).toBe(false);
      expect(figures(run).map(([throughput]) => throughput)).toHaveLength(6);
    }
  }
});

test('a damaged line that begins no session leaves all sessions what they are', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  at('2026-02-10T03:00:00Z');
  await go(setUp({ fresh: true }, cwd), 20);
  const path = journalPath(experiment.checkpointDirectory);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const damages: [string, (line: string) => string, (line: string) => boolean][] = [
    ['its beginning is cut off', (line) => line.slice(20), (line) => !line.startsWith('{"kind":"session"')],
    [
      'its beginning is zeros',
      (line) => '\0'.repeat(20) + line.slice(20),
      (line) => !line.startsWith('{"kind":"session"'),
    ],
    [
      'its second half is left',
      (line) => line.slice(line.length / 2),
      (line) => line.startsWith('{"kind":"point"'),
    ],
    ['all of it is zeros', (line) => '\0'.repeat(line.length), (line) => line.startsWith('{"kind":"point"')],
    [
      'it is cut after its beginning',
      (line) => line.slice(0, 4),
      (line) => line.startsWith('{"kind":"point"'),
    ],
  ];
  const model = {
    objectives: [{ tag: 'perf_throughput', weight: 1 }],
    constraints: [],
    models: ['m'],
  } as const;
  for (const [name, damaged, isMeant] of damages) {
    for (const [index, line] of lines.entries()) {
      if (!isMeant(line)) continue;
      writeFileSync(path, `${lines.with(index, damaged(line)).join('\n')}\n`);
      const { history, warnings } = readJournal(path);
      expect([...history.runs()], `${name}: ${line.slice(0, 60)}`).toHaveLength(2);
      expect(history.lastSession?.fresh).toBe(true);
      expect(warnings[0]).toContain(`${path}:${index + 1}: `);
      expect(warnings[0]).not.toContain('a session may have begun');
      if (line.startsWith('{"kind":"point"'))
        for (const run of history.runs())
          expect(['interrupted', 'no default']).not.toContain(rank(run, model).decision.reason);
    }
  }
});

test('a session tells later what it told then, though perf.yaml has changed', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  const told = (run: Run) =>
    run.trials.map(({ name, models: [{ assignment }] }) => [name, assignment['max_batch_size']]);
  const { run } = await go(experiment, 10);
  at('2026-06-10T03:00:00Z');
  setUp({}, cwd);
  const { run: later } = await go(experimentOf(YAML.replace('[1, 2]', '[2]'), {}, cwd), 5);
  expect(told(later)).toEqual([
    ['m_config_default', undefined],
    ['m_config_0', 2],
  ]);
  const before = readRecorded(experiment.checkpointDirectory, { session: '2026-01' }).run;
  expect(told(before)).toEqual(told(run));
  expect(figures(before)).toEqual(figures(run));
});

test("what the model's code reads of the environment is measured again when it is another, and said", async () => {
  const cwd = folder();
  setUp({}, cwd);
  writeFileSync(join(cwd, 'm', '1', 'model.py'), 'import os\nDELAY = os.environ.get("A_DELAY")\n');
  const again = async (delay: string | undefined) => {
    vi.stubEnv('A_DELAY', delay);
    const notes: string[] = [];
    const listeners = [on('note', ({ text }) => notes.push(text))];
    const { run } = await go(experimentOf(YAML, {}, cwd), 5, { listeners });
    return [figures(run)[0]![1], notes.filter((text) => text.includes('changed'))];
  };
  const note = "m is measured again: what is served changed since the journal's last session (A_DELAY)";
  expect(await again('1')).toEqual([false, []]);
  expect(await again('1')).toEqual([true, []]);
  expect(await again('2')).toEqual([false, [note]]);
  expect(await again(undefined)).toEqual([false, [note]]);
  vi.unstubAllEnvs();
});

test('--fresh measures anew, beside the old: both are there to be compared', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  at('2026-06-10T03:00:00Z');
  const { run } = await go(setUp({ fresh: true }, cwd), 5);
  expect(figures(run)).toEqual(onEach([5, false], [10, false]));
  const { history } = readJournal(journalPath(experiment.checkpointDirectory));
  const [january, june] = history.sessions;
  expect(figures(history.runOf(january!.id))[0]).toEqual([10, false]);
  expect(figures(history.runOf(june!.id))[0]).toEqual([5, false]);
});

test.each([
  ['7d', '2026-01-18T03:00:00Z', true],
  ['7d', '2026-01-15T03:00:00Z', false],
  ['12h', '2026-01-10T16:00:00Z', true],
])('--max-age %s at %s', async (age, now, isMeasured) => {
  const cwd = folder();
  await go(setUp({}, cwd), 10);
  at(now);
  const { run } = await go(setUp({ max_age: age }, cwd), 5);
  expect(figures(run)[0]).toEqual(isMeasured ? [5, false] : [10, true]);
});

describe('a run that was interrupted', () => {
  const interrupted = async (cwd: string): Promise<void> => {
    const finish = new AbortController();
    let points = 0;
    const listeners = [on('point', () => void (++points === 3 && finish.abort()))];
    await go(setUp({}, cwd), 10, { finish: finish.signal, listeners });
  };

  test('is gone on with: what both measured is one', async () => {
    const cwd = folder();
    await interrupted(cwd);
    at('2026-01-10T05:00:00Z');
    const experiment = setUp({}, cwd);
    const { run } = await go(experiment, 10);
    expect(figures(run)).toEqual(onEach([10, false], [20, false]));
    const [first, second] = readJournal(journalPath(experiment.checkpointDirectory)).history.sessions;
    expect(second).toMatchObject({ continues: first!.id });
  });

  test.each([
    ['a line more', (yaml: string) => `# for the night\n${yaml}`, '/perf.yaml'],
    ['a path that is spelt otherwise', (yaml: string) => yaml, '/./perf.yaml'],
    ['limits above', (yaml: string) => `constraints: {perf_latency_avg: {max: 100}}\n${yaml}`, '/perf.yaml'],
    [
      'a parameter in other words',
      (yaml: string) => yaml.replace('[1, 2]}, par', '[1,\n  2]}, par'),
      '/perf.yaml',
    ],
  ])('is gone on with by a perf.yaml with %s', async (_name, change, file) => {
    const cwd = folder();
    await interrupted(cwd);
    at('2026-01-10T05:00:00Z');
    setUp({}, cwd);
    writeFileSync(join(cwd, 'perf.yaml'), change(YAML));
    const experiment = loadExperiment({ file: cwd + file, commandLine: { model_repository: cwd }, cwd });
    const { run } = await go(experiment, 10);
    expect(figures(run).filter(([, takenOver]) => takenOver)).toEqual([]);
    const [first, second] = readJournal(journalPath(experiment.checkpointDirectory)).history.sessions;
    expect(second).toMatchObject({ continues: first!.id });
  });

  test('does not promise to go on once another has begun', async () => {
    const cwd = folder();
    await interrupted(cwd);
    const { checkpointDirectory } = setUp({}, cwd);
    const told = (session?: string) =>
      verdict(
        rank(readRecorded(checkpointDirectory, { session }).run, {
          objectives: [],
          constraints: [],
          models: ['m'],
        }),
      );
    expect(told('2026-01-10')).toContain('; the same command goes on from here.');
    at('2026-01-11T03:00:00Z');
    await go(setUp({ fresh: true }, cwd), 10);
    expect(told('2026-01-10')).toContain('did not come to its end, and another has begun since.');
  });

  test('long ago is no longer: it is taken over', async () => {
    const cwd = folder();
    await interrupted(cwd);
    at('2026-01-12T05:00:00Z');
    const { run } = await go(setUp({}, cwd), 10);
    expect(figures(run).filter(([, takenOver]) => takenOver)).toHaveLength(3);
  });

  test('is counted from what it last measured', async () => {
    const cwd = folder();
    const finish = new AbortController();
    const listeners = [
      on('point', ({ progress: { done } }) => {
        at(`2026-01-11T0${done}:00:00Z`);
        if (done === 3) finish.abort();
      }),
    ];
    await go(setUp({}, cwd), 10, { finish: finish.signal, listeners });
    // More than a day after it began, less than one after its last point.
    at('2026-01-12T01:00:00Z');
    const { run } = await go(setUp({}, cwd), 10);
    expect(figures(run).filter(([, takenOver]) => takenOver)).toHaveLength(0);
  });

  test('is taken over, as far as it is young enough, where a part of it is too old', async () => {
    const cwd = folder();
    await interrupted(cwd);
    for (const hour of ['10', '20']) {
      at(`2026-01-10T${hour}:00:00Z`);
      const finish = new AbortController();
      const listeners = [on('point', ({ progress: { done } }) => void (done === 4 && finish.abort()))];
      await go(setUp({}, cwd), 10, { finish: finish.signal, listeners });
    }
    at('2026-01-11T05:00:00Z');
    const { run } = await go(setUp({ max_age: '20h' }, cwd), 5);
    // Three are 26 hours old, one is 19.
    expect(figures(run).filter(([, takenOver]) => takenOver)).toEqual([[20, true]]);
    expect(figures(run)[0]).toEqual([5, false]);
  });

  test('is not gone on with where other points are to be measured', async () => {
    const cwd = folder();
    await interrupted(cwd);
    setUp({}, cwd);
    const experiment = experimentOf(YAML.replace('concurrency: [1, 2]', 'concurrency: [1]'), {}, cwd);
    const { run } = await go(experiment, 5);
    expect(figures(run)).toEqual([
      [10, true],
      [10, true],
      [5, false],
    ]);
    const recorded = readRecorded(experiment.checkpointDirectory).run;
    expect(figures(recorded)).toEqual(figures(run));
  });

  test('and was to measure anew is gone on with without --fresh, and takes nothing over then', async () => {
    const cwd = folder();
    await go(setUp({}, cwd), 1);
    at('2026-01-20T03:00:00Z');
    const finish = new AbortController();
    const listeners = [on('point', ({ progress: { done } }) => void (done === 3 && finish.abort()))];
    const { run: cut } = await go(setUp({ fresh: true }, cwd), 5, { finish: finish.signal, listeners });
    const model = { objectives: [], constraints: [], models: ['m'] } as const;
    expect(verdict(rank(cut, model))).toContain('; the same command without --fresh goes on from here.');
    at('2026-01-20T05:00:00Z');
    const { run } = await go(setUp({}, cwd), 5);
    expect(figures(run)).toEqual(onEach([5, false], [10, false]));
    const { history } = readJournal(journalPath(setUp({}, cwd).checkpointDirectory));
    expect(history.sessions[2]).toMatchObject({ continues: history.sessions[1]!.id });
  });

  test('is not gone on with by one that measures anew', async () => {
    const cwd = folder();
    await interrupted(cwd);
    const { run } = await go(setUp({ fresh: true }, cwd), 5);
    expect(figures(run)).toEqual(onEach([5, false], [10, false]));
  });
});
