import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { problemsOf } from '../../src/ground/errors.ts';
import { diskError, diskFault, onDisk } from '../../src/ground/paths.ts';
import { makeScratch } from '../../src/ground/scratch.ts';
import { folder } from '../support/experiment.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: it does not work`), { code });

test.each([
  ['ENOSPC', 'environment', 'environment'],
  ['EROFS', 'environment', 'environment'],
  ['EMFILE', 'environment', 'environment'],
  // A file that may not be read was named wrongly; a folder that may not be written to is the machine's.
  ['EACCES', 'input', 'environment'],
  ['ENOENT', 'input', 'input'],
  ['ENAMETOOLONG', 'input', 'input'],
])('%s: reading is for the %s to mend, writing for the %s', (code, reading, writing) => {
  expect(diskFault(failed(code), 'read')).toBe(reading);
  expect(diskFault(failed(code), 'write')).toBe(writing);
  expect(problemsOf(diskError('cannot read x', '', failed(code)))[0]?.fault).toBe(reading);
  expect(problemsOf(diskError('cannot write x', '', failed(code)))[0]?.fault).toBe(writing);
  expect(problemsOf(diskError('cannot remove x', '', failed(code)))[0]?.fault).toBe(writing);
});

/** The fault of what is thrown. */
function thrown(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return problemsOf(error)[0]?.fault;
  }
  return 'nothing is thrown';
}

test('a folder that can not be made: by what is in the way, or by the machine', () => {
  const file = join(folder(), 'file');
  writeFileSync(file, '');
  const make = (path: string) => () => onDisk(`cannot write ${path}`, 'another', () => mkdirSync(path));
  expect(thrown(make(join(file, 'below')))).toBe('input');
  expect(thrown(make('/sys/tma'))).toBe('environment');
});

test('no room for temporary files', () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = '/nowhere';
  try {
    expect(thrown(() => makeScratch('test'))).toBe('environment');
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
