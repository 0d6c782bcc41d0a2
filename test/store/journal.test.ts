import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/store/entry.ts';
import { Journal, journalPath, readJournal } from '../../src/store/journal.ts';
import { latestTrials, measurementsOf } from '../../src/store/run.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const session: Entry = { kind: 'session', schemaVersion: 1, ...run().sessions[0]! };
const variant = (name: string, key = name): Entry => {
  const { model, isDefault, assignment, config, configText, diff } = trial(name, []);
  return { kind: 'variant', key, name, model, isDefault, assignment, config, configText, diff };
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
  expect(readJournal(path).run.trials[0]?.points).toHaveLength(2);
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
  expect(measurementsOf(trials[1]!)).toMatchObject([{ looks: 2, values: { perf_throughput: 6 } }]);
});

test('a point that failed and then was measured has not failed; one that failed afterwards keeps both', () => {
  const failed = (variant: string): Entry => ({
    kind: 'point',
    variant,
    record: { state: 'failed', key: '1', point: { batchSize: 1, concurrency: 1 }, cause: 'it died' },
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
    'written by a newer tma (schema 99, this one knows 1)',
  );
});

describe('a disk that takes no more', () => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) console.warn('skipped: a full disk, because mounting a small one needs root');

  test.skipIf(!isRoot)('keeps the line in a file that the message names', () => {
    const directory = folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
    try {
      const journal = new Journal(directory);
      journal.append(session);
      let message = '';
      for (let index = 0; message === '' && index < 100; index++) {
        try {
          journal.append(point('a', `number ${index}`));
        } catch (error) {
          message = (error as Error).message;
        }
      }
      journal.close();
      expect(message).toContain('ENOSPC: no space left on device');
      expect(message).toContain('free some space');
      const [, kept] = /is kept in (\S+)/.exec(message)!;
      expect(JSON.parse(readFileSync(kept!, 'utf8').trim().split('\n').at(-1)!)).toMatchObject({
        kind: 'point',
      });
      expect(readJournal(journalPath(directory)).run.sessions).toHaveLength(1);
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  test('a folder that can not be made is a mistake, told at once', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(() => new Journal(join(file, 'checkpoints'))).toThrow('cannot write the journal');
    expect(existsSync(join(file, 'checkpoints'))).toBe(false);
  });
});

test('the folder is made when it is missing', () => {
  const directory = join(folder(), 'a', 'b');
  new Journal(directory).close();
  mkdirSync(directory, { recursive: true });
  expect(existsSync(journalPath(directory))).toBe(true);
});
