import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkExportPath, put, takeBack } from '../../src/report/put.ts';
import { folder } from '../support/experiment.ts';

describe('what is written stays below the export path', () => {
  test.each(['../escaped', 'results/best/../../../escaped', 'results/..', '.'])(
    'not by the name %s',
    (name) => {
      const root = folder();
      const path = join(root, 'out');
      expect(() => put(path, name, 'x')).toThrow(`would lie outside ${path}`);
      expect(readdirSync(root)).toEqual([]);
    },
  );

  test.each([
    ['a folder', 'results/best/m', 'results/best/m/config.pbtxt'],
    ['a folder above', 'results', 'results/best/m/config.pbtxt'],
    ['the file itself', 'results/results.json', 'results/results.json'],
  ])('not through a link: %s', (_name, link, file) => {
    const [path, victim] = [folder(), folder()];
    mkdirSync(join(path, link, '..'), { recursive: true });
    symlinkSync(join(victim, 'target'), join(path, link));
    if (link !== file) mkdirSync(join(victim, 'target'));
    expect(() => put(path, file, 'x')).toThrow(`leads out of ${path}, to ${join(victim, 'target')}`);
    expect(readdirSync(victim)).toEqual(link === file ? [] : ['target']);
  });

  test('links that stay in it are followed, and so is the export path itself', () => {
    const root = folder();
    mkdirSync(join(root, 'disk', 'new'), { recursive: true });
    symlinkSync('disk', join(root, 'out'));
    symlinkSync('new', join(root, 'disk', 'results'));
    put(join(root, 'out'), 'results/results.json', 'x');
    symlinkSync('results.json', join(root, 'disk', 'new', 'latest.json'));
    put(join(root, 'out'), 'results/latest.json', 'y');
    expect(readFileSync(join(root, 'disk/new/results.json'), 'utf8')).toBe('y');
    expect(lstatSync(join(root, 'disk/new/latest.json')).isSymbolicLink()).toBe(true);
  });
});

test('what is taken back leaves no empty folder, and nothing else goes', () => {
  const path = folder();
  put(path, 'results/best/m/config.pbtxt', 'x');
  put(path, 'results/best/n/config.pbtxt', 'x');
  writeFileSync(join(path, 'results/best/n/mine'), '');
  mkdirSync(join(path, 'mine'));
  put(path, 'mine/config.pbtxt', 'x');
  symlinkSync('../../mine', join(path, 'results/best/l'));
  for (const model of ['m', 'n', 'l', 'o']) takeBack(path, `results/best/${model}/config.pbtxt`);
  expect(readdirSync(join(path, 'results/best'))).toEqual(['l', 'n']);
  expect(readdirSync(join(path, 'results/best/n'))).toEqual(['mine']);
  expect(readdirSync(join(path, 'mine'))).toEqual([]);
});

test('names of tables that lead elsewhere are told before anything is measured', () => {
  expect(() => checkExportPath(folder(), ['a.csv', '../../a.csv'])).toThrow('"../a.csv" is not written');
});

describe('something in the way is named, and stays', () => {
  test('a folder', () => {
    const path = folder();
    const file = join(path, 'results.csv');
    mkdirSync(file);
    expect(() => put(path, 'results.csv', 'x')).toThrow(`cannot write ${file}`);
    expect(lstatSync(file).isDirectory()).toBe(true);
    expect(readdirSync(path)).toEqual(['results.csv']);
  });

  test('a file where a folder belongs: told before anything is measured', () => {
    const path = folder();
    writeFileSync(join(path, 'reports'), 'mine');
    expect(() => checkExportPath(path)).toThrow(`cannot write ${join(path, 'reports')}: it is no folder`);
    expect(() => put(path, 'reports/a/b.html', 'x')).toThrow('cannot write');
    expect(readFileSync(join(path, 'reports'), 'utf8')).toBe('mine');
  });

  test('a name too long for a file', () => {
    expect(() => put(folder(), `reports/${'m'.repeat(260)}/a.html`, '')).toThrow(
      "a file's name has 255 bytes",
    );
  });
});
