import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from '../../src/install/install-folder.ts';
import { installTriton } from '../../src/install/install-triton.ts';
import { folder } from '../support/experiment.ts';

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

test('no Python, and a Python without its library, are said with what to install', async () => {
  await expect(installTriton({ python: '/nowhere/python3' })).rejects.toThrow(
    "no Python: /nowhere/python3 can't be run",
  );
  const python = join(folder(), 'python3');
  writeFileSync(python, '#!/bin/sh\nprintf "3.12\\nmissing\\n"\n', { mode: 0o755 });
  await expect(installTriton({ python })).rejects.toThrow('libpython3.12.so.1.0 is missing');
  await expect(installTriton({ python })).rejects.toThrow('apt-get install libpython3.12');
});
