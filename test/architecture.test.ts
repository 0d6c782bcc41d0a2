import { expect, test } from 'vitest';
import {
  backArrows,
  circles,
  functionsOf,
  importsOf,
  sources,
  stepOf,
  textOf,
} from '../scripts/structure/imports.ts';

const files = sources();
const imports = importsOf(files);
/** Generated code and what is one table have the length that they have. */
const written = files.filter((name) => !name.includes('/gen/') && name !== 'config/options.ts');

test('every file belongs to a step', () => {
  expect(files.filter((file) => stepOf(file) === undefined)).toEqual([]);
});

test('imports point to an earlier step, those of types, too', () => {
  expect(backArrows(imports)).toEqual([]);
});

test('no files import each other in a circle', () => {
  expect(circles(files, imports)).toEqual([]);
});

test('a file is one idea: past 300 lines is a question, past 400 it is to be split', () => {
  expect(written.filter((file) => textOf(file).split('\n').length > 400)).toEqual([]);
});

test('a function past 100 lines is to be split', () => {
  expect(written.flatMap(functionsOf).filter(({ lines }) => lines > 100)).toEqual([]);
});

test('a function ends where it ends, whatever comes behind it', () => {
  const lengthOf = (file: string, name: string) =>
    functionsOf(file).find((found) => found.name === name)?.lines;
  expect(lengthOf('load/json/check.ts', 'startOfJson')).toBe(2);
  expect(lengthOf('ground/timers.ts', 'timerMs')).toBe(1);
  expect(lengthOf('ground/timers.ts', 'within')).toBe(9);
  expect(lengthOf('load/native/wait-rule.ts', 'patienceWith')).toBe(10);
});
