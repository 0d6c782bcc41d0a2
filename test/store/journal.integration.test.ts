import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/record/entry.ts';
import { SCHEMA_VERSION } from '../../src/record/run.ts';
import { Journal, journalPath, readJournal } from '../../src/store/journal.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const session: Entry = { kind: 'session', schemaVersion: SCHEMA_VERSION, ...run().sessions[0]! };
const variant = (name: string, key = name): Entry => {
  const { models, isDefault } = trial(name, []);
  return { kind: 'variant', key, name, isDefault, models };
};
const point = (name: string, key: string, throughput = 1): Entry => ({
  kind: 'point',
  variant: name,
  record: { state: 'measured', key, measurement: measurement({ perf_throughput: throughput }) },
});

test('a FIFO in place of the journal is not read, which would take for ever', () => {
  const directory = folder();
  execFileSync('mkfifo', [journalPath(directory)]);
  expect(() => new Journal(directory)).toThrow('is no file');
  expect(readdirSync(directory)).toEqual(['journal.jsonl']);
});

describe('a disk that takes no more', () => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) console.warn('skipped: a full disk, because mounting a small one needs root');

  /** What is said when the disk of a journal is full; then there is space again, and what is said is done. */
  function fillAndMend(directory: string): string[] {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', directory]);
    const journal = new Journal(directory);
    journal.append(session);
    journal.append(variant('a'));
    const messages: string[] = [];
    for (let index = 0; messages.length < 3 && index < 100; index++) {
      try {
        journal.append(point('a', `number ${index}`, index));
      } catch (error) {
        messages.push((error as Error).message);
      }
    }
    journal.close();
    execFileSync('mount', ['-o', 'remount,size=64k', directory]);
    const [, command] = /put it back with `(.+)`\)/.exec(messages.at(-1)!)!;
    execFileSync('sh', ['-c', command!]);
    return messages;
  }

  test.skipIf(!isRoot)('keeps every line in a file that the message names, to be put back as it says', () => {
    const directory = join(folder(), "it's here");
    mkdirSync(directory);
    try {
      const messages = fillAndMend(directory);
      for (const message of messages) {
        expect(message).toContain('ENOSPC: no space left on device');
        expect(message).toContain('free some space');
      }
      expect(new Set(messages.map((message) => /is kept in (\S+)/.exec(message)![1])).size).toBe(1);
      const { run: found, warnings } = readJournal(journalPath(directory));
      expect(warnings).toEqual([]);
      const keys = found.trials[0]!.points.map((record) => 'key' in record && record.key);
      expect(keys.length).toBeGreaterThan(3);
      expect(keys).toEqual(keys.map((_, index) => `number ${index}`));
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});
