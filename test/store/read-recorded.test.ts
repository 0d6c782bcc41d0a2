import { expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import type { Goal } from '../../src/record/goal.ts';
import { Journal } from '../../src/store/journal.ts';
import { readRecorded } from '../../src/store/read-recorded.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const goals = (...names: string[]) =>
  names.map((name): Goal => ({ models: [name], objectives: [], constraints: [] }));
const session = (id: string, ...models: string[]): Entry => ({
  kind: 'session',
  schemaVersion: 2,
  ...run().sessions[0]!,
  id,
  startedAt: id,
  goals: goals(...models),
});
function measured(name: string, model: string, throughput: number): Entry[] {
  const { points: _, end: __, state: ___, ...variant } = trial(name, [], { model });
  return [
    { kind: 'variant', ...variant, key: name },
    {
      kind: 'point',
      variant: name,
      record: { state: 'measured', key: '1', measurement: measurement({ perf_throughput: throughput }) },
    },
  ];
}

function recorded(): string {
  const directory = folder();
  const journal = new Journal(directory);
  const entries = [
    session('2026-01-10T00:00:00.000Z', 'a'),
    ...measured('a_config_default', 'a', 10),
    session('2026-06-10T00:00:00.000Z', 'b'),
    ...measured('b_config_default', 'b', 20),
  ];
  for (const entry of entries) journal.append(entry);
  journal.close();
  return directory;
}
const names = ({ run: told }: ReturnType<typeof readRecorded>) => told.trials.map(({ name }) => name);

test('the last session is meant, and what it leaves out is said', () => {
  const told = readRecorded(recorded());
  expect(names(told)).toEqual(['b_config_default']);
  expect(told.warnings).toEqual([
    'not in this report: a, profiled by an earlier session (--session 2026-01-10T00:00:00.000Z)',
  ]);
});

test('a model that the session at hand is to profile, and has not yet, was not profiled by an earlier one', () => {
  const directory = folder();
  const journal = new Journal(directory);
  const [january, march, june] = ['2026-01-10', '2026-03-10', '2026-06-10'].map(
    (day) => `${day}T00:00:00.000Z`,
  );
  const [named] = measured('b_config_default', 'b', 5);
  const entries = [
    session(january!, 'a', 'c'),
    ...measured('a_config_default', 'a', 10),
    // Begun, and nothing came of b.
    ...[session(march!, 'a', 'b'), ...measured('a_config_default', 'a', 10), named!],
    ...[session(june!, 'd', 'e'), ...measured('d_config_default', 'd', 10)],
  ];
  for (const entry of entries) journal.append(entry);
  journal.close();
  expect(readRecorded(directory).warnings).toEqual([
    `not in this report: a, profiled by an earlier session (--session ${march})`,
  ]);
});

test('another is named by the beginning of its time', () => {
  expect(names(readRecorded(recorded(), { session: '2026-01' }))).toEqual(['a_config_default']);
  expect(() => readRecorded(recorded(), { session: '2025' })).toThrow(
    /no run began at 2025\n.*there are 2026-01-10T00:00:00.000Z, 2026-06-10T00:00:00.000Z/,
  );
});

test('a beginning that several sessions have is said, and the newest is meant; none is a mistake', () => {
  const several = readRecorded(recorded(), { session: '2026' });
  expect(names(several)).toEqual(['b_config_default']);
  expect(several.warnings).toEqual([
    '--session 2026 may be any of 2 runs: the newest of them, 2026-06-10T00:00:00.000Z, is meant',
  ]);
  const whole = readRecorded(recorded(), { session: '2026-01-10 00:00:00.000Z' });
  expect([names(whole), whole.warnings]).toEqual([['a_config_default'], []]);
  for (const nothing of ['', ' '])
    expect(() => readRecorded(recorded(), { session: nothing })).toThrow('no run began at no time at all');
});

test('a configuration that is named may be of an earlier session, which is marked', () => {
  const told = readRecorded(recorded(), { variants: ['a_config_default', 'b_config_default', 'c'] });
  expect(names(told)).toEqual(['a_config_default', 'b_config_default']);
  expect(told.warnings).toEqual([]);
  expect(told.run.trials[0]!.points).toMatchObject([{ measurement: { takenOver: true } }]);
});
