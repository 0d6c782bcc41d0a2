import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import { History } from '../../src/record/history.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { measurementsOf, type Run } from '../../src/record/run.ts';
import { readJournal } from '../../src/store/journal.ts';
import { measurement, run, trial } from '../support/run.ts';

const session = (id: string, changes: object = {}): Entry => ({
  kind: 'session',
  schemaVersion: 2,
  ...run().sessions[0]!,
  id,
  startedAt: id,
  ...changes,
});
const variant = (name: string): Entry => {
  const { points: _, end: __, state: ___, ...rest } = trial(name, []);
  return { kind: 'variant', ...rest, key: name };
};
const point = (name: string, key: string, throughput: number, startedAt = 'then'): Entry => ({
  kind: 'point',
  variant: name,
  record: {
    state: 'measured',
    key,
    measurement: measurement({ perf_throughput: throughput }, 1, { startedAt }),
  },
});
const figures = (told: Run) =>
  told.trials.map((item) => [
    item.name,
    measurementsOf(item).map(({ whole: { values }, looks = 1, takenOver = false }) => [
      values['perf_throughput'],
      looks,
      takenOver,
    ]),
  ]);

const JANUARY = '2026-01-10T00:00:00.000Z';
const JUNE = '2026-06-10T00:00:00.000Z';

describe('figures of different sessions', () => {
  const january = [session(JANUARY), variant('a'), point('a', '1', 100), point('a', '2', 40)];

  test('are never joined: each session has its own', () => {
    const history = new History([...january, session(JUNE), variant('a'), point('a', '1', 50)]);
    expect(figures(history.runOf(JANUARY))).toEqual([
      [
        'a',
        [
          [100, 1, false],
          [40, 1, false],
        ],
      ],
    ]);
    expect(figures(history.runOf(JUNE))).toEqual([['a', [[50, 1, false]]]]);
    expect(history.runOf()).toEqual(history.runOf(JUNE));
  });

  test('are taken over whole, and marked, where a session says so; its own go before them', () => {
    const taken = (key: string): Entry => ({ kind: 'taken', variant: 'a', key, from: JANUARY });
    const history = new History([
      ...january,
      session(JUNE),
      variant('a'),
      taken('1'),
      taken('2'),
      point('a', '1', 50),
    ]);
    expect(figures(history.runOf())).toEqual([
      [
        'a',
        [
          [40, 1, true],
          [50, 1, false],
        ],
      ],
    ]);
  });

  test('are joined where one session goes on with the other', () => {
    const history = new History([
      ...january,
      session(JUNE, { continues: JANUARY }),
      variant('a'),
      point('a', '1', 50),
    ]);
    expect(figures(history.runOf())).toEqual([
      [
        'a',
        [
          [75, 2, false],
          [40, 1, false],
        ],
      ],
    ]);
    expect(figures(history.runOf(JANUARY))).toEqual([
      [
        'a',
        [
          [100, 1, false],
          [40, 1, false],
        ],
      ],
    ]);
  });

  test('altogether: each point by the newest session that measured it', () => {
    const history = new History([...january, session(JUNE), variant('a'), point('a', '1', 50)]);
    expect(figures(history.whole())).toEqual([
      [
        'a',
        [
          [40, 1, false],
          [50, 1, false],
        ],
      ],
    ]);
    expect(history.newest('a', '1')).toMatchObject({ from: JUNE });
    expect(history.newest('a', '1', new Set([JUNE]))).toMatchObject({ from: JANUARY });
    expect(history.newest('a', '3')).toBeUndefined();
  });

  test('what a session did not want is not in it', () => {
    const history = new History([...january, variant('b'), session(JUNE), variant('b')]);
    expect(history.runOf().trials.map(({ name, state }) => [name, state])).toEqual([['b', 'skipped']]);
  });
});

describe('a journal of version 1', () => {
  const { history, run: told, warnings } = readJournal('test/fixtures/journals/version-1.jsonl');

  test('is read, its sessions named by when they began', () => {
    expect(warnings).toEqual([]);
    const [first, second] = history.sessions;
    expect(first!.id).toBe(first!.startedAt);
    expect(second).toMatchObject({ takesAll: true });
    expect(told.trials.map(({ name, state }) => [name, state])).toEqual([
      ['add_sub_config_default', 'measured'],
      ['add_sub_config_0', 'measured'],
      ['add_sub_config_1', 'measured'],
    ]);
  });

  test('its last session has all that was there before: a version 1 did not measure it again', () => {
    const levels = (run: Run) =>
      run.trials.map((item) => measurementsOf(item).map(({ point }) => levelOf(point)));
    expect(levels(history.runOf(history.sessions[0]!.id))).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(levels(told)).toEqual([
      [1, 2, 4],
      [1, 2, 4],
      [1, 2, 4],
    ]);
    expect(told.trials[0]).toMatchObject({ starts: 2 });
    expect(told.searches).toHaveLength(1);
  });
});
