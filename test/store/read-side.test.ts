import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import type { Entry } from '../../src/record/entry.ts';
import { resultsJson } from '../../src/report/exporters/json.ts';
import { Journal, readJournal } from '../../src/store/journal.ts';
import { findLastTwo, readLastTwo, readSide } from '../../src/store/read-side.ts';
import { folder } from '../support/experiment.ts';
import { measurement, result, run, trial } from '../support/run.ts';
import { GOAL } from '../support/two-runs.ts';

const session = (id: string, more: { continues?: string } = {}): Entry => ({
  kind: 'session',
  schemaVersion: 2,
  ...run().sessions[0]!,
  id,
  startedAt: id,
  goals: [GOAL],
  ...more,
});
function measured(throughput: number): Entry[] {
  const { points: _, end: __, state: ___, ...variant } = trial('m_config_default', []);
  const record = {
    state: 'measured',
    key: '1',
    measurement: measurement({ perf_throughput: throughput }),
  } as const;
  return [
    { kind: 'variant', ...variant },
    { kind: 'point', variant: variant.key, record },
  ];
}
const [FIRST, SECOND, THIRD, FOURTH] = [1, 2, 3, 4].map((day) => `2026-01-0${day}T00:00:00.000Z`) as [
  string,
  string,
  string,
  string,
];

function recorded(directory = folder()): string {
  mkdirSync(directory, { recursive: true });
  const journal = new Journal(directory);
  const entries = [
    session(FIRST),
    ...measured(100),
    session(SECOND),
    ...measured(200),
    // Interrupted before it measured anything.
    session(THIRD),
    session(FOURTH, { continues: THIRD }),
    ...measured(300),
  ];
  for (const entry of entries) journal.append(entry);
  journal.close();
  return directory;
}
const throughputOf = ({ run: { trials } }: { run: ReturnType<typeof run> }): number[] =>
  trials.flatMap(({ points }) =>
    points.flatMap((record) =>
      record.state === 'measured' ? [record.measurement.whole.values['perf_throughput'] ?? 0] : [],
    ),
  );
const asked = (session: string) => ({ session, flag: '--base-session' });

test('a checkpoint directory is its last session, or the one that is asked for', () => {
  const directory = recorded();
  const last = readSide(directory);
  expect(last.side).toMatchObject({ kind: 'journal', session: FOURTH, startedAt: FOURTH, server: null });
  expect(last.goals[0]).toEqual(GOAL);
  expect(throughputOf(last)).toEqual([300]);
  expect(throughputOf(readSide(directory, asked('last')))).toEqual([300]);
  expect(throughputOf(readSide(directory, asked('2026-01-02')))).toEqual([200]);
  expect(() => readSide(directory, asked('2027'))).toThrow(
    /--base-session: no run began at 2027\n {2}there are 2026-01-01/,
  );
  const several = readSide(directory, asked('2026-01'));
  expect(several.side.session).toBe(FOURTH);
  expect(several.warnings[0]).toContain('--base-session 2026-01 may be any of 4 runs');
});

test('the session before is the newest that measured anything and is not gone on with', () => {
  const directory = recorded();
  const { base, new: next } = readLastTwo(directory, { flag: '--session' });
  expect([throughputOf(base), throughputOf(next)]).toEqual([[200], [300]]);
  const earlier = readLastTwo(directory, { flag: '--session', session: SECOND });
  expect([throughputOf(earlier.base), throughputOf(earlier.new)]).toEqual([[100], [200]]);
  expect(findLastTwo(directory)?.base.side.session).toBe(base.side.session);
  expect(findLastTwo(directory, FIRST)).toBeUndefined();
  expect(findLastTwo(folder())).toBeUndefined();
  expect(() => readLastTwo(directory, { flag: '--session', session: FIRST })).toThrow(
    /was measured before the session 2026-01-01.*\n {2}name what to compare it with: tma compare BASE NEW/,
  );
});

test('the export path that it lies below will do, and the journal itself', () => {
  const out = folder();
  const directory = recorded(join(out, 'checkpoints'));
  expect(throughputOf(readSide(out))).toEqual([300]);
  expect(throughputOf(readSide(join(directory, 'journal.jsonl')))).toEqual([300]);
});

test('a results.json is what its journal was', () => {
  const { run: whole } = readJournal('test/fixtures/journal/journal.jsonl');
  const { goals } = whole.sessions[0]!;
  const file = join(folder(), 'results', 'results.json');
  mkdirSync(dirname(file));
  writeFileSync(
    file,
    resultsJson(
      result(
        whole,
        goals.map((goal) => rank(whole, goal)),
      ),
    ),
  );
  const read = readSide(file);
  expect(read.run.trials).toEqual(JSON.parse(JSON.stringify(whole.trials)));
  expect(read.run.searches).toEqual(whole.searches);
  expect(read.goals).toEqual(goals);
  expect(read.side).toMatchObject({ kind: 'results.json', session: whole.sessions.at(-1)!.id });
  expect(readSide(dirname(dirname(file))).side.kind).toBe('results.json');
  expect(() => readSide(file, asked('2026'))).toThrow(/--base-session: .*results\.json holds no sessions/);
  expect(() => readLastTwo(file, { flag: '--session' })).toThrow(
    /holds one run alone\n {2}name what to compare it with/,
  );
});

test("a checkpoint of Model Analyzer's, by its folder or by itself", () => {
  const directory = folder();
  copyFileSync('test/fixtures/model-analyzer/add_sub.ckpt', join(directory, '0.ckpt'));
  for (const path of [directory, join(directory, '0.ckpt')]) {
    const { run: read, side, goals } = readSide(path);
    expect(side).toMatchObject({ kind: 'Model Analyzer', path, session: null, environment: null });
    expect(read.trials.length).toBeGreaterThan(1);
    expect(goals).toEqual([]);
  }
});

test.each([
  ['nowhere', () => '/nowhere/at/all', /there is no \/nowhere\/at\/all\n {2}name a checkpoint directory/],
  ['an empty folder', () => folder(), /nothing is recorded in /],
  [
    'another file',
    () => {
      const file = join(folder(), 'notes.txt');
      writeFileSync(file, 'no figures');
      return file;
    },
    /notes\.txt is no results\.json that can be read: it is no JSON/,
  ],
  [
    'an empty journal',
    () => {
      const file = join(folder(), 'journal.jsonl');
      writeFileSync(file, '');
      return file;
    },
    /nothing is recorded in .*journal\.jsonl/,
  ],
  [
    'a broken checkpoint',
    () => {
      const file = join(folder(), '0.ckpt');
      writeFileSync(file, '{');
      return file;
    },
    /not a checkpoint of Model Analyzer's/,
  ],
])('%s is a mistake that says what to name', (_what, make, message) => {
  expect(() => readSide(make())).toThrow(message);
});
