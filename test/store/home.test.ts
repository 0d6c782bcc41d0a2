import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeHome } from '../../src/store/home.ts';
import { folder } from '../support/experiment.ts';

test('git passes a folder over that tma makes, and not one that was there', () => {
  const home = join(folder(), 'tma-out');
  makeHome(home);
  expect(readFileSync(join(home, '.gitignore'), 'utf8')).toBe('*\n');
  const own = join(folder(), 'tma-out');
  mkdirSync(own);
  makeHome(own);
  expect(readdirSync(own)).toEqual([]);
});

test('a folder that can not be made is a mistake with a way out', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => makeHome(join(file, 'tma-out'))).toThrow(
    /^cannot write .*tma-out: .*\n.*name other folders with --export-path and --checkpoint-directory/,
  );
});
