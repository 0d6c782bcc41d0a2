import { closeSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decisiveLine, openLog, readTail, removeLog } from '../../src/server/log.ts';
import { folder } from '../support/experiment.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('the tail without tables, and the line that matters', () => {
  const file = join(folder(), 'log');
  writeFileSync(
    file,
    'I1123 04:02:22.9 43 a.cc:1] "starting"\n+---+\n| x |\nE1123 04:02:23.1 43 b.cc:7] "failed to load \'m\'"\nI1123 04:02:24.0 43 a.cc:2] "bye"\n',
  );
  const tail = readTail(file, 10);
  expect(tail).toHaveLength(3);
  expect(decisiveLine(tail)).toBe("failed to load 'm'");
  expect(readTail('/nowhere', 3)).toEqual([]);
  expect(
    decisiveLine(['x: error while loading shared libraries: libfoo.so: cannot open shared object file']),
  ).toContain('libfoo.so');
});

test('a log of ours is for its owner only', () => {
  const file = join(folder(), 'logs', 'm.log');
  closeSync(openLog(file).descriptor);
  expect(modeOf(file)).toBe('600');
  expect(modeOf(join(file, '..'))).toBe('700');
});

test("a file of the user's keeps what it holds, and only what follows is the server's", () => {
  const [file, link] = [join(folder(), 'mine.log'), join(folder(), 'link')];
  writeFileSync(file, 'E1123 04:02:23.1 43 b.cc:7] "an old error"\n');
  symlinkSync(file, link);
  const { descriptor, begin } = openLog(link);
  expect(readTail(link, 10, begin)).toEqual([]);
  writeSync(descriptor, 'the new line\n');
  closeSync(descriptor);
  expect(readTail(link, 10, begin)).toEqual(['the new line']);
  expect(readFileSync(file, 'utf8')).toBe('E1123 04:02:23.1 43 b.cc:7] "an old error"\nthe new line\n');
  // Somebody emptied it meanwhile.
  writeFileSync(file, 'anew\n');
  expect(readTail(link, 10, begin)).toEqual(['anew']);
});

test('a device is written to, and never read', () => {
  expect(readTail('/dev/null', 10)).toEqual([]);
  closeSync(openLog('/dev/null').descriptor);
});

test('things in the way are told with what to do', () => {
  const place = folder();
  writeFileSync(join(place, 'logs'), '');
  expect(() => openLog(join(place, 'logs', 'm.log'))).toThrow('what should be a folder is a file');
  mkdirSync(join(place, 'folder'));
  expect(() => openLog(join(place, 'folder'))).toThrow('it is a folder: name a file');
  removeLog(join(place, 'logs', 'm.log'));
  removeLog(join(place, 'folder'));
  expect(statSync(join(place, 'folder')).isDirectory()).toBe(true);
});
