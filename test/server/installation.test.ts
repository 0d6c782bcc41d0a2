import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { installationHash, programHash } from '../../src/server/installation.ts';
import { folder } from '../support/experiment.ts';

const FILES = {
  'bin/tritonserver': '#!/bin/sh\nexec "$root/wheel/pytriton/tritonserver/bin/tritonserver"\n',
  TRITON_VERSION: '2.51.0\n',
  'lib/libtritonserver.so': 'library',
  'backends/3.11/python/libtriton_python.so': 'backend',
  'wheel/pytriton/tritonserver/bin/tritonserver': 'server',
};

/** An installation in a new place, with these files changed. */
function installed(changes: Record<string, string> = {}): string {
  const root = folder();
  for (const [name, text] of Object.entries({ ...FILES, ...changes })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}
const program = (root: string): string => join(root, 'bin', 'tritonserver');

test('the same files are the same Triton wherever it lies, and through a link', () => {
  const [one, two] = [installed(), installed({ 'backends/3.11/python/__pycache__/a.pyc': 'x' })];
  expect(programHash(program(one))).toBe(programHash(program(two)));
  expect(installationHash(one)).toBe(installationHash(two));
  const link = join(folder(), 'tritonserver');
  symlinkSync(program(one), link);
  expect(programHash(link)).toBe(programHash(program(one)));
});

test.each([
  ['the program behind a start script', { 'wheel/pytriton/tritonserver/bin/tritonserver': 'another' }],
  ['its version', { TRITON_VERSION: '2.52.0\n' }],
  ['a backend, of the same size', { 'backends/3.11/python/libtriton_python.so': 'BACKEND' }],
  ['one backend more', { 'backends/onnxruntime/libtriton_onnxruntime.so': 'x' }],
])('another is told by %s', (_name, changes) => {
  expect(programHash(program(installed(changes)))).not.toBe(programHash(program(installed())));
  if (!('wheel/pytriton/tritonserver/bin/tritonserver' in changes))
    expect(installationHash(installed(changes))).not.toBe(installationHash(installed()));
});

test('beside a program in /usr/bin nothing is read but the program', () => {
  const root = folder();
  for (const part of ['bin', 'lib']) mkdirSync(join(root, part));
  writeFileSync(program(root), 'server');
  const before = programHash(program(root));
  writeFileSync(join(root, 'lib', 'libc.so'), '');
  expect(programHash(program(root))).toBe(before);
});
