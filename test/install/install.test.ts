import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findCommand } from '../../src/install/find-command.ts';
import { buildFolder } from '../../src/install/install-folder.ts';
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
      await Promise.resolve();
    });
  const results = await Promise.all([build('a'), build('b')]);
  expect(results.filter(Boolean)).toHaveLength(1);
  expect(readdirSync(target)).toHaveLength(1);
  expect(readdirSync(join(target, '..'))).toEqual(['thing']);
  expect(await build('c')).toBe(false);
});

test('commands: a path as it is, a name on PATH, executables only', () => {
  const place = folder();
  writeFileSync(join(place, 'tool'), '');
  expect(findCommand('tool', place)).toBeUndefined();
  chmodSync(join(place, 'tool'), 0o755);
  expect(findCommand('tool', `/nowhere:${place}`)).toBe(join(place, 'tool'));
  expect(findCommand('/nowhere/tool')).toBeUndefined();
});
