import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('one that was made and holds nothing is taken away again, and no other', () => {
  const home = join(folder(), 'tma-out');
  {
    using _made = makeHome(home);
  }
  expect(existsSync(home)).toBe(false);
  {
    using _made = makeHome(home);
    writeFileSync(join(home, 'journal'), '');
  }
  expect(readdirSync(home)).toEqual(['.gitignore', 'journal']);
  rmSync(join(home, 'journal'));
  {
    using _found = makeHome(home);
  }
  expect(readdirSync(home)).toEqual(['.gitignore']);
});

test('a folder that can not be made is a mistake with a way out', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  expect(() => makeHome(join(file, 'tma-out'))).toThrow(
    /^cannot write .*tma-out: .*\n.*name other folders with --export-path and --checkpoint-directory/,
  );
});
