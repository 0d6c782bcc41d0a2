import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import { History } from '../../src/record/history.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { measurementsOf, type Run, type TrialEnd } from '../../src/record/run.ts';
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
const variant = (name: string, key = name): Entry => {
  const { points: _, end: __, state: ___, ...rest } = trial(name, []);
  return { kind: 'variant', ...rest, key };
};
const search = (changes: object = {}): Entry => ({
  kind: 'search',
  models: ['m'],
  search: 'manual',
  why: 'every point was measured',
  points: { all: 2, seen: 2 },
  configurations: { all: 1, seen: 1 },
  measurements: 2,
  importance: [],
  skipped: [],
  remarks: [],
  ...changes,
});
const ended = (name: string, changes: Partial<TrialEnd>): Entry => ({
  kind: 'end',
  variant: name,
  end: { ...trial(name, []).end!, ...changes },
});
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
    expect(history.newest('a', '1', JUNE)).toMatchObject({ from: JANUARY });
    expect(history.newest('a', '3')).toBeUndefined();
  });

  test('what a session did not want is not in it', () => {
    const history = new History([...january, variant('b'), session(JUNE), variant('b')]);
    expect(history.runOf().trials.map(({ name, state }) => [name, state])).toEqual([['b', 'not tried']]);
  });
});

describe('what a configuration is called', () => {
  const january = [
    session(JANUARY),
    ...[variant('config_0', 'one'), variant('config_1', 'two')],
    ...[point('one', '1', 100), point('two', '2', 50), search()],
  ];
  const names = (told: Run) => told.trials.map(({ name, key }) => [name, key]);

  test('is what the session itself called it, whatever has its name since', () => {
    const taken: Entry = { kind: 'taken', variant: 'two', key: '2', from: JANUARY };
    const history = new History([...january, session(JUNE), variant('config_0', 'two'), taken]);
    expect(names(history.runOf(JANUARY))).toEqual([
      ['config_0', 'one'],
      ['config_1', 'two'],
    ]);
    expect(names(history.runOf(JUNE))).toEqual([['config_0', 'two']]);
    expect(figures(history.runOf(JUNE))).toEqual([['config_0', [[50, 1, true]]]]);
    expect(names(history.whole())).toEqual([
      ['config_0', 'one'],
      ['config_0', 'two'],
    ]);
  });

  test('is what it was called before where its own line is lost', () => {
    const history = new History([...january, session(JUNE), point('two', '2', 60)]);
    expect(figures(history.runOf())).toEqual([['config_1', [[60, 1, false]]]]);
  });

  test('a session that came to its end tells no configuration of before that it did not want', () => {
    const goesOn = [session(JUNE, { continues: JANUARY }), variant('config_0', 'two')];
    const begun = new History([...january, ...goesOn]);
    expect(names(begun.runOf()).map(([, key]) => key)).toEqual(['one', 'two']);
    expect(names(new History([...january, ...goesOn, search()]).runOf())).toEqual([['config_0', 'two']]);
  });
});

describe('a session whose beginning can not be read', () => {
  /** Lines of a session without its first. */
  const lost =
    (...entries: Entry[]) =>
    (history: History) => {
      history.addUnreadable('maybe');
      for (const entry of entries) history.add(entry);
    };
  const told = (...parts: ((history: History) => void)[]): History => {
    const history = new History();
    for (const part of parts) part(history);
    return history;
  };
  const kept =
    (...entries: Entry[]) =>
    (history: History) => {
      for (const entry of entries) history.add(entry);
    };
  const taken = (from: string): Entry => ({ kind: 'taken', variant: 'a', key: '1', from });

  test('stands for itself: its figures are not joined with those of another', () => {
    const [january, june] = [
      kept(session(JANUARY), variant('a'), point('a', '1', 100)),
      lost(variant('a'), point('a', '1', 50)),
    ];
    const history = told(january, june);
    expect(figures(history.runOf())).toEqual([['a', [[50, 1, false]]]]);
    expect(figures(history.runOf(JANUARY))).toEqual([['a', [[100, 1, false]]]]);
    expect(figures(history.whole())).toEqual([['a', [[50, 1, false]]]]);
    expect(history.lastSession).toBeUndefined();
    expect(told(january, lost()).lastSession).toMatchObject({ id: JANUARY });
    expect(told(january, lost(), june, lost(), lost()).runOf().trials).toHaveLength(1);
  });

  test('is found by who takes over from it, by its name or without', () => {
    const first = lost(variant('a'), point('a', '1', 100));
    expect(told(first).newest('a', '1')).toMatchObject({ records: [{ measurement: {} }] });
    for (const from of [told(first).newest('a', '1')!.from, JANUARY]) {
      const history = told(first, kept(session(JUNE), variant('a'), taken(from)));
      expect(figures(history.runOf())).toEqual([['a', [[100, 1, true]]]]);
    }
    // Of two, the newer one of before.
    const second = lost(variant('a'), point('a', '1', 50));
    const later = lost(variant('a'), point('a', '1', 10));
    const history = told(first, second, kept(session(JUNE), variant('a'), taken('')), later);
    expect(figures(history.runOf(JUNE))).toEqual([['a', [[50, 1, true]]]]);
  });

  test('is still what the next one went on with', () => {
    const goesOn = kept(session(JUNE, { continues: JANUARY }), variant('a'), point('a', '1', 50));
    const history = told(lost(variant('a'), point('a', '1', 100)), goesOn);
    expect(figures(history.runOf())).toEqual([['a', [[75, 2, false]]]]);
    expect(history.newest('a', '1', JUNE)).toBeUndefined();
    // One that is known is no other.
    const other = kept(session(JANUARY), variant('a'), point('a', '1', 10));
    expect(figures(told(other, goesOn).runOf())).toEqual([['a', [[30, 2, false]]]]);
  });
});

describe('a line of which it is not clear whether a session began there', () => {
  const goals = [{ models: ['m'], objectives: [], constraints: [] }];
  const january = [
    session(JANUARY, { goals }),
    variant('a'),
    variant('b'),
    point('a', '1', 100),
    point('a', '2', 40),
  ];
  const taken: Entry = { kind: 'taken', variant: 'a', key: '3', from: JANUARY };
  const followedBy = (entry: Entry, lines = 1, before = january): History => {
    const history = new History(before);
    for (let line = 0; line < lines; line++) history.addUnreadable('maybe');
    history.add(entry);
    return history;
  };
  const again = point('a', '1', 90);
  if (again.kind === 'point' && again.record.state === 'measured')
    Object.assign(again.record, { again: 'here' });

  test.each([
    ['a point', point('a', '3', 50)],
    ['a point that is measured again', again],
    ['a point of a variant that the line may have named', point('c', '1', 50)],
    ['a point that is taken over', taken],
    ['an end', ended('a', {})],
    ['a search', search()],
  ])('%s comes of the session that was open: none begins with it', (_name, entry) => {
    expect(followedBy(entry).lastSession).toMatchObject({ id: JANUARY });
  });

  test.each([
    ['a variant', variant('c'), 1, january],
    ['a server', { kind: 'server', name: 'triton', version: '2', gpus: {} } as Entry, 1, january],
    ['a point that is there already', point('a', '1', 50), 1, january],
    ['a point that was taken already', taken, 1, [...january, taken]],
    ['a point, where the model was through', point('a', '3', 50), 1, [...january, search()]],
    ['a point of an unknown variant, where all was through', point('c', '3', 50), 1, [...january, search()]],
    ['a point behind two such lines', point('a', '3', 50), 2, january],
  ])('%s is of one that has no name', (_name, entry, lines, before) => {
    expect(followedBy(entry, lines, before).lastSession).toBeUndefined();
  });

  test('where it held a whole beginning, what comes is never joined with what was there', () => {
    const history = followedBy(point('a', '3', 50));
    for (const entry of [point('a', '2', 10), variant('b'), point('b', '1', 5)]) history.add(entry);
    expect(figures(history.runOf(JANUARY))[0]).toEqual([
      'a',
      [
        [100, 1, false],
        [40, 1, false],
        [50, 1, false],
      ],
    ]);
    expect(history.lastSession).toBeUndefined();
  });
});

test('a session that is not the last is past, whatever it came to', () => {
  const history = new History([session(JANUARY), variant('a'), session(JUNE), variant('a')]);
  expect([history.runOf(JANUARY), history.runOf(JUNE), history.runOf()].map(({ isPast }) => isPast)).toEqual([
    true,
    undefined,
    undefined,
  ]);
});

test('going on with a session joins nothing of one before it', () => {
  const march = '2026-03-10T00:00:00.000Z';
  const history = new History([
    ...[session(JANUARY), variant('a'), point('a', '1', 100)],
    ...[session(march), variant('a'), point('a', '2', 40)],
    ...[session(JUNE, { continues: march }), variant('a'), point('a', '1', 50)],
    ...[session('2026-07-10T00:00:00.000Z'), variant('b')],
  ]);
  expect(figures(history.whole())[0]).toEqual([
    'a',
    [
      [50, 1, false],
      [40, 1, false],
    ],
  ]);
});

test('when a session measured, and those that it goes on with', () => {
  const at = (text: string) => Date.parse(`2026-01-10T${text}Z`);
  const history = new History([
    ...[session(JANUARY), variant('a'), point('a', '1', 100, '2026-01-10T05:00:00Z')],
    session(JUNE, { continues: JANUARY }),
  ]);
  expect(history.spanOf(JANUARY)).toEqual({ fromMs: at('00:00:00'), toMs: at('05:00:02.2') });
  expect(history.spanOf(JUNE)).toEqual({ fromMs: at('05:00:00'), toMs: Date.parse(JUNE) });
});

describe('a bug of ours', () => {
  const bug = { kind: 'bug of tma', cause: 'TypeError: x is not a function', lines: ['at x'] } as const;
  const begun = [session(JANUARY), variant('a'), point('a', '1', 100)];

  test('is told, though the variant worked when it was started again', () => {
    const effective = { name: 'm' };
    const history = new History([...begun, ended('a', bug), ended('a', { effective }), ended('a', {})]);
    const [told] = history.runOf().trials;
    expect(told).toMatchObject({ state: 'measured', starts: 3, end: { ...bug, effective } });
    expect(told!.end!.steps.startS).toBeCloseTo(0.3);
  });

  test('is told before any other failure', () => {
    const died = { kind: 'died', cause: 'it died' } as never;
    const [told] = new History([...begun, ended('a', bug), ended('a', died)]).runOf().trials;
    expect(told!.end).toMatchObject(bug);
    const [other] = new History([...begun, ended('a', died), ended('a', {})]).runOf().trials;
    expect(other!.end!.kind).toBeUndefined();
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
