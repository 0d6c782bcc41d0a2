import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ownerOf } from '../../src/ground/owner.ts';
import { CHECKPOINT_LOCK, lockFolder } from '../../src/store/lock.ts';
import { folder } from '../support/experiment.ts';

const lock = (path: string) =>
  lockFolder({ ...CHECKPOINT_LOCK, folder: path }, ['tma', 'profile', '-f', 'a.yaml']);
const file = (path: string): string => join(path, 'tma.lock');

/** The parts of what a process is known by. */
interface Owner {
  boot?: string;
  space?: string;
  pid?: number;
  start?: string;
}

/** A lock as this process would write it, and what of its process is otherwise. */
function leave(changes: Owner): string {
  const path = folder();
  using _held = lock(path);
  const [boot, space, pid, start] = ownerOf().split('.');
  const owner = Object.values({ boot, space, pid, start, ...changes }).join('.');
  const text = JSON.stringify({ ...JSON.parse(readFileSync(file(path), 'utf8')), id: 'another', owner });
  _held[Symbol.dispose]();
  writeFileSync(file(path), text);
  return path;
}
/** As if it had shown no sign of life for so long. */
const age = (path: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(file(path), then, then);
};

test('the second is told who has it, and gets it afterwards', () => {
  const path = join(folder(), 'a', 'b');
  const first = lock(path);
  expect(() => lock(path)).toThrow(
    new RegExp(
      `the checkpoint directory ${path} is in use by another tma, process ${process.pid} on .+ since .+: tma profile -f a.yaml\\n` +
        '  wait until it has ended, or name another folder with --checkpoint-directory$',
    ),
  );
  expect(readdirSync(path)).toEqual(['tma.lock']);
  first[Symbol.dispose]();
  lock(path)[Symbol.dispose]();
  expect(readdirSync(path)).toEqual([]);
});

describe('the lock of a process that is gone is taken over', () => {
  test.each([
    ['there is no such process', { pid: 4_194_304 + 1 }],
    ['another process has its id now', { start: '1' }],
  ])('%s', (_name, changes) => {
    const path = leave(changes);
    lock(path)[Symbol.dispose]();
    expect(readdirSync(path)).toEqual([]);
  });

  test.each([
    ['of another boot, or another machine of this name', { boot: 'abc' }],
    ['of another container', { space: '1' }],
  ])('%s: once it has been silent for a minute', (_name, changes) => {
    const path = leave({ pid: 4_194_304 + 1, ...changes });
    expect(() => lock(path)).toThrow(`or when ${file(path)} is removed`);
    age(path, 90);
    lock(path)[Symbol.dispose]();
    expect(readdirSync(path)).toEqual([]);
  });

  test('of one that was killed, or had no disk space, before it had written it', () => {
    const path = folder();
    writeFileSync(file(path), '');
    expect(() => lock(path)).toThrow('in use by another tma');
    age(path, 90);
    lock(path)[Symbol.dispose]();
    expect(readdirSync(path)).toEqual([]);
  });
});

test('one that was taken over does not take the lock of the next away', () => {
  const path = folder();
  const first = lock(path);
  writeFileSync(file(path), JSON.stringify({ ...JSON.parse(readFileSync(file(path), 'utf8')), id: 'next' }));
  first[Symbol.dispose]();
  expect(existsSync(file(path))).toBe(true);
});

test('something else in its place, or no folder to write to', () => {
  const path = folder();
  mkdirSync(file(path));
  expect(() => lock(path)).toThrow(`${file(path)} is in the way`);
  const there = join(folder(), 'file');
  writeFileSync(there, '');
  expect(() => lock(join(there, 'ckpt'))).toThrow(`cannot write the checkpoint directory ${there}/ckpt`);
});

test('a holder shows that it is there', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const path = folder();
  using _held = lock(path);
  const text = readFileSync(file(path), 'utf8');
  age(path, 90);
  vi.advanceTimersByTime(10_000);
  expect(statSync(file(path)).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
  expect(readFileSync(file(path), 'utf8')).toBe(text);
  vi.useRealTimers();
});
