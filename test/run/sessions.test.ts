import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Experiment } from '../../src/config/experiment.ts';
import type { CommandLine } from '../../src/config/given-options.ts';
import type { Run } from '../../src/record/run.ts';
import { measurementsOf } from '../../src/record/run.ts';
import { type ProfileOptions, profile } from '../../src/run/profile.ts';
import { journalPath, readJournal } from '../../src/store/journal.ts';
import { experimentOf, folder } from '../support/experiment.ts';
import { FakeLauncher, fakeGenerator } from '../support/fakes.ts';
import { on } from '../support/listen.ts';

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
  expect(figures(run)).toEqual(
    Array(3)
      .fill([
        [10, true],
        [20, true],
      ])
      .flat(),
  );
  const [{ startedAt } = { startedAt: '' }] = measurementsOf(run.trials[0]!);
  expect(startedAt).toMatch(/^2026-01-10/);
});

test('--fresh measures anew, beside the old: both are there to be compared', async () => {
  const cwd = folder();
  const experiment = setUp({}, cwd);
  await go(experiment, 10);
  at('2026-06-10T03:00:00Z');
  const { run } = await go(setUp({ fresh: true }, cwd), 5);
  expect(figures(run)).toEqual(
    Array(3)
      .fill([
        [5, false],
        [10, false],
      ])
      .flat(),
  );
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
    expect(figures(run)).toEqual(
      Array(3)
        .fill([
          [10, false],
          [20, false],
        ])
        .flat(),
    );
    const [first, second] = readJournal(journalPath(experiment.checkpointDirectory)).history.sessions;
    expect(second).toMatchObject({ continues: first!.id });
  });

  test('long ago is no longer: it is taken over', async () => {
    const cwd = folder();
    await interrupted(cwd);
    at('2026-01-12T05:00:00Z');
    const { run } = await go(setUp({}, cwd), 10);
    expect(figures(run).filter(([, takenOver]) => takenOver)).toHaveLength(3);
  });

  test('is not gone on with by one that measures anew', async () => {
    const cwd = folder();
    await interrupted(cwd);
    const { run } = await go(setUp({ fresh: true }, cwd), 5);
    expect(figures(run)).toEqual(
      Array(3)
        .fill([
          [5, false],
          [10, false],
        ])
        .flat(),
    );
  });
});
