import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkExportPath, put } from '../../src/report/put.ts';
import { folder } from '../support/experiment.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: a full disk, because mounting a small one needs root');

test('a FIFO in the way is named and stays one; opening it for writing would wait for a reader for ever', () => {
  const path = folder();
  const file = join(path, 'results.csv');
  execFileSync('mkfifo', [file]);
  expect(() => put(path, 'results.csv', 'x')).toThrow(`cannot write ${file}`);
  expect(lstatSync(file).isFIFO()).toBe(true);
  expect(readdirSync(path)).toEqual(['results.csv']);
});

test.skipIf(!isRoot)('a full disk: named, and the earlier file stays whole', () => {
  const path = folder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]);
  try {
    put(path, 'results/results.json', 'the earlier one');
    expect(() => put(path, 'results/results.json', Buffer.alloc(200_000))).toThrow(
      /cannot write .*results\.json: ENOSPC.*\n.*free some space/,
    );
    expect(readFileSync(join(path, 'results/results.json'), 'utf8')).toBe('the earlier one');
    expect(readdirSync(join(path, 'results'))).toEqual(['results.json']);
    put(path, 'fill', Buffer.alloc(40_000));
    expect(() => checkExportPath(path)).not.toThrow();
    expect(existsSync(join(path, 'fill'))).toBe(true);
  } finally {
    execFileSync('umount', [path]);
  }
});
