import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../src/install/install-folder.ts';
import { installTriton } from '../../src/install/install-triton.ts';
import { folder } from '../support/experiment.ts';

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

test('a lock lets one in at a time', async () => {
  const lock = join(folder(), 'cache', '.lock');
  let inside = 0;
  let most = 0;
  const work = () =>
    withLock(lock, async () => {
      most = Math.max(most, ++inside);
      await sleep(10);
      inside--;
    });
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that is gone is taken over, also when another process has its number now', async () => {
  const lock = join(folder(), '.lock');
  let text = '';
  await withLock(lock, async () => {
    text = readFileSync(lock, 'utf8');
  });
  const left = JSON.parse(text) as { owner: string };
  expect(left).toMatchObject({ pid: process.pid });
  writeFileSync(lock, JSON.stringify({ ...left, owner: left.owner.replace(/\d+$/, '1') }));
  expect(await withLock(lock, async () => 'in')).toBe('in');
  // What an earlier version wrote: its number alone, which is believed for a minute.
  writeFileSync(lock, String(process.pid));
  const then = Date.now() / 1000 - 90;
  utimesSync(lock, then, then);
  expect(await withLock(lock, async () => 'in')).toBe('in');
  expect(existsSync(lock)).toBe(false);
});

test('no Python, and a Python without its library, are said with what to install', async () => {
  await expect(installTriton({ python: '/nowhere/python3' })).rejects.toThrow(
    "no Python: /nowhere/python3 can't be run",
  );
  const python = join(folder(), 'python3');
  writeFileSync(python, '#!/bin/sh\nprintf "3.12\\nmissing\\n"\n', { mode: 0o755 });
  await expect(installTriton({ python })).rejects.toThrow('libpython3.12.so.1.0 is missing');
  await expect(installTriton({ python })).rejects.toThrow('apt-get install libpython3.12');
});
