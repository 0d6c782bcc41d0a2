import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { latestTrials, measurementsOf, type RecordedModel, SCHEMA_VERSION } from '../../src/record/run.ts';
import { Journal, journalPath, readJournal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const session: Entry = { kind: 'session', schemaVersion: SCHEMA_VERSION, ...run().sessions[0]! };
const variant = (name: string, key = name): Entry => {
  const { models, isDefault } = trial(name, []);
  return { kind: 'variant', key, name, isDefault, models };
};
const variantWith = (changes: Partial<RecordedModel>): Entry => {
  const { models, isDefault } = trial('a', []);
  return { kind: 'variant', key: 'a', name: 'a', isDefault, models: [{ ...models[0], ...changes }] };
};
const point = (name: string, key: string, throughput = 1): Entry => ({
  kind: 'point',
  variant: name,
  record: { state: 'measured', key, measurement: measurement({ perf_throughput: throughput }) },
});

const write = (...entries: Entry[]): string => {
  const directory = folder();
  const journal = new Journal(directory);
  for (const entry of entries) journal.append(entry);
  journal.close();
  return directory;
};

test('what is appended is read again', () => {
  const directory = write(session, variant('a'), point('a', '1'), point('a', '2'));
  const { run: found, warnings } = readJournal(journalPath(directory));
  expect(warnings).toEqual([]);
  expect(found.sessions).toHaveLength(1);
  expect(found.trials).toMatchObject([
    { name: 'a', state: 'measured', points: [{ key: '1' }, { key: '2' }] },
  ]);
});

test('a missing journal is empty', () => {
  expect(readJournal('/nowhere/journal.jsonl').run.trials).toEqual([]);
});

test('a line cut in the middle is left out, said, and does not swallow what follows', () => {
  const directory = write(session, variant('a'), point('a', '1'));
  const path = journalPath(directory);
  appendFileSync(path, '{"kind":"point","variant":"a","rec');
  const journal = new Journal(directory);
  expect(journal.warnings).toEqual([
    `${path}:4: a line that was cut short is left out; its point is measured again`,
  ]);
  journal.append(point('a', '2'));
  journal.close();
  expect(readJournal(path)).toMatchObject({ warnings: [], run: { trials: [{ points: [{}, {}] }] } });
  // Kept beside it, and put there only once.
  expect(readFileSync(`${path}.torn`, 'utf8')).toBe('{"kind":"point","variant":"a","rec\n');
});

test('a last line that only lacks its end is whole', () => {
  const directory = write(session, variant('a'), point('a', '1'));
  const path = journalPath(directory);
  writeFileSync(path, readFileSync(path, 'utf8').trimEnd());
  const journal = new Journal(directory);
  journal.append(point('a', '2'));
  journal.close();
  expect(journal.warnings).toEqual([]);
  expect(existsSync(`${path}.torn`)).toBe(false);
  expect(readJournal(path).run.trials[0]?.points).toHaveLength(2);
});

describe('a line that says nothing is named, and left out', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  test.each([
    ['null', 'no entry of a journal'],
    ['[]', 'no entry'],
    ['{"kind":1}', 'no entry'],
    ['{"kind":"point","variant":"a"}', 'record'],
    ['{"kind":"variant"}', 'key'],
    ['{"kind":"variant","key":"x"}', 'name'],
    ['{"kind":"session","schemaVersion":"2"}', 'schemaVersion'],
    ['{"kind":"end","variant":"a","end":{}}', 'end.warnings'],
    [
      JSON.stringify({
        ...session,
        goals: [{ models: ['m'], objectives: [{ tag: 'constructor', weight: 1 }], constraints: [] }],
      }),
      'no metric',
    ],
    [JSON.stringify(variantWith({ assignment: { instance_group: [null] as never } })), 'no object'],
    ['{"kind":"variant","key":"x","name":"x","isDefault":true,"models":[]}', 'models'],
    ['{"kind":"__proto__"}', '"__proto__", which this tma does not know'],
    ['{"kind":"gate"}', 'of the kind "gate", which this tma does not know'],
    ['\0\0\0', 'cut short'],
    [
      JSON.stringify(point('a', '9')).replace('"perf_throughput":1', '"perf_throughput":1e999'),
      'perf_throughput',
    ],
    [JSON.stringify(variant('a')).replace('"assignment":{', `"assignment":{"x":${deep(5000)},`), 'too deep'],
    [JSON.stringify(variant('a')).replace('"config":{', '"config":{"input":7,'), 'no model configuration'],
    [JSON.stringify({ ...variant('a'), name: '../../../../escaped' }), 'it can be no file name'],
    [JSON.stringify(variantWith({ name: 'a/b' })), 'it can be no file name'],
  ])('line %#', (line, why) => {
    const directory = write(session, variant('a'), point('a', '1'));
    const path = journalPath(directory);
    appendFileSync(path, `${line}\n`);
    const { warnings, run: found } = readJournal(path);
    expect(warnings).toEqual([expect.stringContaining(`${path}:4: `)]);
    expect(warnings[0]).toContain(why);
    expect(found.trials).toMatchObject([{ name: 'a', points: [{ key: '1' }] }]);
  });

  test('many are counted, and so is what belongs to a variant that was left out', () => {
    const directory = write(session, point('gone', '1'), point('gone', '2'));
    const path = journalPath(directory);
    appendFileSync(path, '{"kind":"variant"}\n'.repeat(1000));
    const { warnings } = readJournal(path);
    expect(warnings).toHaveLength(7);
    expect(warnings.slice(5)).toEqual([
      `${path}: 995 more lines of that kind, 1000 in all`,
      `${path}: 2 lines of variants that are not in it left out`,
    ]);
  });
});

describe('a line that may have been the beginning of a session', () => {
  const begin = JSON.stringify(session);
  const line = (entry: Entry) => JSON.stringify(entry);
  test.each([
    ['cut in its end', begin.slice(0, 40), 'a session may have begun there'],
    ['cut in its kind', begin.slice(0, 11), 'a session may have begun there'],
    ['cut in its beginning', begin.slice(9), 'a session may have begun there'],
    ['zeros', '\0'.repeat(200), 'a session may have begun there'],
    [
      'joined to one that was cut',
      `${line(point('a', '1')).slice(0, 50)}${begin}`,
      'a session may have begun there',
    ],
    ['wrong', begin.replace('"startedAt"', '"startedat"'), 'the beginning of a session'],
  ])('%s: what follows is of another session than what was before', (_name, bad, warning) => {
    const directory = write(session, variant('a'), point('a', '1', 100));
    const path = journalPath(directory);
    appendFileSync(path, `${[bad, line(variant('a')), line(point('a', '1', 50))].join('\n')}\n`);
    const { history, run: told, warnings } = readJournal(path);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    const throughputs = [told, history.runOf(history.sessions[0]!.id)].map(({ trials }) =>
      trials.flatMap(measurementsOf).map(({ whole: { values } }) => values['perf_throughput']),
    );
    expect(throughputs).toEqual([[50], [100]]);
  });

  test.each([
    line(point('a', '2')).slice(0, 50),
    '{"kind":"po',
    '{"kind":"server","na',
    '{"kind":"point","variant":"a"}',
    '{"kind":"gate"}',
    '{"schemaVersion":2}',
  ])('%s is none', (bad) => {
    const directory = write(session, variant('a'), point('a', '1'));
    const path = journalPath(directory);
    appendFileSync(path, `${bad}\n${line(point('a', '2'))}\n`);
    expect(readJournal(path).run.trials[0]!.points).toHaveLength(2);
  });
});

describe('what is no journal of ours is not written to', () => {
  test.each([
    ['a folder', (path: string) => mkdirSync(path), 'is no file'],
    ['a device', (path: string) => symlinkSync('/dev/zero', path), 'is no file'],
    ["a text of the user's", (path: string) => writeFileSync(path, 'dear diary\n'), "no journal of tma's"],
  ])('%s', (_name, make, message) => {
    const directory = folder();
    make(journalPath(directory));
    expect(() => new Journal(directory)).toThrow(message);
    expect(readdirSync(directory)).toEqual(['journal.jsonl']);
  });
});

test('what was measured stays beside what came later, and a trial is where it was last wanted', () => {
  const directory = write(
    session,
    variant('a'),
    variant('b'),
    point('a', '1', 5),
    point('a', '1', 7),
    variant('a'),
  );
  const { trials } = readJournal(journalPath(directory)).run;
  expect(trials.map((item) => item.name)).toEqual(['b', 'a']);
  expect(trials[1]?.points).toHaveLength(2);
  // One load: the mean of both.
  expect(measurementsOf(trials[1]!)).toMatchObject([{ looks: 2, whole: { values: { perf_throughput: 6 } } }]);
});

test('a point that failed and then was measured has not failed; one that failed afterwards keeps both', () => {
  const failed = (variant: string): Entry => ({
    kind: 'point',
    variant,
    record: { state: 'failed', key: '1', point: inFlight('m', 1), cause: 'it died' },
  });
  const { trials } = readJournal(
    journalPath(
      write(
        session,
        variant('a'),
        failed('a'),
        point('a', '1', 5),
        variant('b'),
        point('b', '1', 5),
        failed('b'),
      ),
    ),
  ).run;
  expect(trials.map(({ points }) => points.map(({ state }) => state))).toEqual([
    ['measured'],
    ['measured', 'failed'],
  ]);
});

test('the time of a variant is that of all its servers', () => {
  const { end } = trial('a', []);
  const ended: Entry = { kind: 'end', variant: 'a', end: end! };
  const [found] = readJournal(journalPath(write(session, variant('a'), point('a', '1'), ended, ended))).run
    .trials;
  expect(found).toMatchObject({ starts: 2, end: { steps: { startS: 0.2, loadS: 1, measureS: 3.6 } } });
});

test('a name that now means another configuration: both are kept, the newer is the latest', () => {
  const { run: found } = readJournal(
    journalPath(write(session, variant('a', 'old'), point('old', '1'), variant('a', 'new'))),
  );
  expect(found.trials).toHaveLength(2);
  expect(latestTrials(found).map((item) => item.key)).toEqual(['new']);
});

test('a journal of a newer tma is refused with the way out', () => {
  const directory = write({ ...session, schemaVersion: 99 } as Entry);
  expect(() => readJournal(journalPath(directory))).toThrow(
    'written by a newer tma (schema 99, this one knows 2)',
  );
});

test('a folder that can not be made is a mistake, told at once', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => new Journal(join(file, 'checkpoints'))).toThrow('cannot write the journal');
  expect(existsSync(join(file, 'checkpoints'))).toBe(false);
});

test('the folder is made when it is missing', () => {
  const directory = join(folder(), 'a', 'b');
  new Journal(directory).close();
  mkdirSync(directory, { recursive: true });
  expect(existsSync(journalPath(directory))).toBe(true);
});
