import { describe, expect, test } from 'vitest';
import {
  backArrows,
  circles,
  functionsOf,
  importsOf,
  namesakes,
  packagesOf,
  roundIndex,
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

test('the command line and the terminal use index.ts, the ground and nothing else of src/', () => {
  expect(roundIndex(imports)).toEqual([]);
  const paths = ['rank/rank.ts', 'index.ts', 'ground/errors.ts', 'terminal/live.ts', 'cli/command-call.ts'];
  const seenFrom = (from: string): string[] =>
    roundIndex(paths.map((to) => ({ from, to }))).map(({ to }) => to);
  expect(seenFrom('cli/process.ts')).toEqual(['rank/rank.ts']);
  expect(seenFrom('terminal/plain.ts')).toEqual(['rank/rank.ts', 'cli/command-call.ts']);
  expect(seenFrom('report/write.ts')).toEqual([]);
});

describe('what is loaded at the start', () => {
  test('tma --help loads little more than the reader of the command line', () => {
    expect(packagesOf('cli/run-command-line.ts')).toEqual(['commander', 'leven']);
    expect(packagesOf('cli/main.ts')).toEqual([]);
  });

  test('the library, and so tma plan, loads what reads configurations, and nothing that draws, serves or sends', () => {
    const reading = ['@bufbuild/protobuf', 'diff', 'leven', 'simple-statistics', 'yaml', 'zod'];
    expect(packagesOf('index.ts')).toEqual(reading);
    const fitting = ['string-width', 'wrap-ansi'];
    expect(packagesOf('cli/plan-command.ts')).toEqual([...reading, ...fitting].sort());
  });

  test('what is imported when it is needed, and types, do not count; what they would load does where it is imported', () => {
    expect(packagesOf('report/pages.ts')).not.toContain('handlebars');
    expect(packagesOf('report/figures/draw.ts')).toEqual(['@observablehq/plot', 'leven', 'linkedom']);
    expect(packagesOf('ground/execute.ts')).toEqual([]);
    expect(packagesOf('report/printer.ts')).not.toContain('puppeteer');
    expect(packagesOf('server/grpc-channel.ts')).toContain('@grpc/grpc-js');
  });
});

test('no two files have the same name', () => {
  expect(namesakes(files)).toEqual([]);
  expect(namesakes(['a/x.ts', 'b/y.ts', 'b/x.ts'])).toEqual([['a/x.ts', 'b/x.ts']]);
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
