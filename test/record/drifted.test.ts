import { describe, expect, test } from 'vitest';
import type { DriftRecord } from '../../src/record/drift.ts';
import type { Entry } from '../../src/record/entry.ts';
import { History } from '../../src/record/history.ts';
import { LineReader, lineOf } from '../../src/record/line.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { measurementsOf, type PointRecord } from '../../src/record/run.ts';
import { measurement, run, trial } from '../support/run.ts';

const at = (minute: number): string => `2026-06-10T02:${String(minute).padStart(2, '0')}:00.000Z`;
const session = (id: string, changes: object = {}): Entry => ({
  kind: 'session',
  schemaVersion: 2,
  ...run().sessions[0]!,
  id,
  startedAt: id,
  ...changes,
});
const { points: _, end: __, state: ___, ...rest } = trial('m_config_0', []);
const variant: Entry = { kind: 'variant', ...rest, key: 'v' };
const point = (
  key: string,
  minute: number,
  throughput: number,
  more: Partial<Extract<PointRecord, { state: 'measured' }>> = {},
): Entry => ({
  kind: 'point',
  variant: 'v',
  record: {
    state: 'measured',
    key,
    measurement: measurement({ perf_throughput: throughput }, 1, { startedAt: at(minute) }),
    ...more,
  },
});
const drift = (drifted: DriftRecord['drifted']): Extract<Entry, { kind: 'drift' }> => ({
  kind: 'drift',
  models: ['m'],
  sentinel: { variant: 'm_config_default', point: inFlight('m', 1) },
  looks: 4,
  shifts: [{ after: at(9), before: at(14), by: -0.3 }],
  drifted,
  again: 1,
});
const mark = (key: string, minute: number, by = 0.43) => ({ variant: 'v', key, startedAt: at(minute), by });
const told = (history: History, id?: string) =>
  history
    .runOf(id)
    .trials.flatMap(measurementsOf)
    .map(({ whole: { values }, looks = 1, confirmed = false, drifted }) => [
      values['perf_throughput'],
      looks,
      confirmed,
      drifted?.by,
    ]);

describe('what drifted', () => {
  test('stands marked, and counts no more where its point was measured again', () => {
    const history = new History([
      session('s'),
      variant,
      point('a', 1, 100),
      point('b', 2, 200),
      drift([mark('a', 1), mark('b', 2)]),
      point('a', 20, 70, { again: 'afresh' }),
    ]);
    // One look that took the place of another is no confirmation.
    expect(told(history)).toEqual([
      [70, 1, false, undefined],
      [200, 1, false, 0.43],
    ]);
    const { trials, drifts } = history.runOf();
    expect(trials[0]!.points).toHaveLength(3);
    expect(drifts).toMatchObject([{ shifts: [{ by: -0.3 }], again: 1 }]);
  });

  test('is what the last line of a session says', () => {
    const entries = [session('s'), variant, point('a', 1, 100), drift([mark('a', 1)]), drift([])];
    expect(told(new History(entries))).toEqual([[100, 1, false, undefined]]);
    // A session that goes on with it measured all of it, too, and knows better.
    const goesOn = [...entries.slice(0, 4), session('t', { continues: 's' }), variant];
    expect(told(new History(goesOn))).toEqual([[100, 1, false, 0.43]]);
    expect(told(new History([...goesOn, drift([])]))).toEqual([[100, 1, false, undefined]]);
  });

  test('is taken over by no other session, nor are looks at the sentinel', () => {
    const history = new History([
      session('s'),
      variant,
      point('a', 1, 100),
      point('b', 2, 200),
      point('b', 20, 150, { again: 'afresh', sentinel: true }),
      point('c', 3, 300),
      point('c', 21, 210),
      drift([mark('a', 1), mark('c', 3)]),
      session('t'),
    ]);
    const values = (key: string) =>
      history
        .newest('v', key, 't')
        ?.records.map(({ measurement: { whole } }) => whole.values['perf_throughput']);
    expect(values('a')).toEqual([]);
    expect(values('b')).toEqual([200]);
    expect(values('c')).toEqual([210]);
    // The session itself knows all that it measured.
    expect(history.measured('s', 'v', 'c')).toHaveLength(2);
  });
});

test('looks at the sentinel tell of their point, and are no reason to prefer it', () => {
  const look = (minute: number) => point('a', minute, 70 + minute, { again: 'afresh', sentinel: true });
  const entries = [session('s'), variant, point('a', 1, 100), look(20), look(22)];
  const [all] = new History(entries).runOf().trials.flatMap(measurementsOf);
  expect(all!.whole.values['perf_throughput']).toBeCloseTo((100 + 90 + 92) / 3);
  expect([all!.looks, all!.starts, all!.confirmed]).toEqual([3, 3, undefined]);
  // Where the machine was another at first, they alone do.
  expect(told(new History([...entries, drift([mark('a', 1)])]))).toEqual([[91, 2, false, undefined]]);
});

test('a line of the journal is read as it was written', () => {
  const entry = drift([mark('a', 1)]);
  expect(new LineReader().read(lineOf(entry))).toEqual({ kind: 'entry', entry });
  expect(new LineReader().read(lineOf(entry).slice(30))).toMatchObject({ kind: 'cut' });
});
