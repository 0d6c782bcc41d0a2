import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCommand } from '../../src/install/find-command.ts';
import { buildFolder, withLock } from '../../src/install/install-folder.ts';
import { installTriton } from '../../src/install/install-triton.ts';
import { folder } from '../support/experiment.ts';

test('a folder appears whole or not at all', async () => {
  const target = join(folder(), 'cache', 'thing');
  const broken = buildFolder(target, async (temporary) => {
    writeFileSync(join(temporary, 'half'), '');
    throw new Error('the network is gone');
  });
  await expect(broken).rejects.toThrow('the network is gone');
  expect(readdirSync(join(target, '..'))).toEqual([]);
});

test('two that build the same folder at once both succeed, and one result is kept', async () => {
  const target = join(folder(), 'thing');
  const build = (name: string) =>
    buildFolder(target, async (temporary) => {
      writeFileSync(join(temporary, name), '');
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
  const results = await Promise.all([build('a'), build('b')]);
  expect(results.filter(Boolean)).toHaveLength(1);
  expect(readdirSync(target)).toHaveLength(1);
  expect(readdirSync(join(target, '..'))).toEqual(['thing']);
  expect(await build('c')).toBe(false);
});

test('a lock lets one in at a time, and a dead holder out', async () => {
  const lock = join(folder(), '.lock');
  writeFileSync(lock, '999999999');
  let inside = 0;
  let most = 0;
  const work = () =>
    withLock(lock, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 10));
      inside--;
    });
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test('commands: a path as it is, a name on PATH, executables only', () => {
  const place = folder();
  writeFileSync(join(place, 'tool'), '');
  expect(findCommand('tool', place)).toBeUndefined();
  chmodSync(join(place, 'tool'), 0o755);
  expect(findCommand('tool', `/nowhere:${place}`)).toBe(join(place, 'tool'));
  expect(findCommand('/nowhere/tool')).toBeUndefined();
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
