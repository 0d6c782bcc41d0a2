import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backendNeededBy, backendsOf, lackingBackend } from '../../src/server/backends.ts';
import { folder } from '../support/experiment.ts';

/** A tritonserver's installation with these folders below `backends`. */
function installation(...backends: string[]): string {
  const at = folder();
  mkdirSync(join(at, 'bin'), { recursive: true });
  for (const name of backends) mkdirSync(join(at, 'backends', name), { recursive: true });
  writeFileSync(join(at, 'bin', 'tritonserver'), '');
  return join(at, 'bin', 'tritonserver');
}

/** A model's folder with these files. */
function model(...files: string[]): string {
  const at = folder();
  mkdirSync(join(at, '1'), { recursive: true });
  for (const file of files) writeFileSync(join(at, file), '');
  return at;
}

test('the backends that lie beside a server, whatever version of Python they are for', () => {
  expect(backendsOf(installation('onnxruntime', 'python'))).toEqual(['onnxruntime', 'python']);
  expect(backendsOf(installation('3.11/python', '3.12/python'))).toEqual(['python']);
  expect(backendsOf(installation())).toBeUndefined();
  expect(backendsOf('/nowhere/bin/tritonserver')).toBeUndefined();
});

test.each([
  [{ backend: 'vllm' }, [], 'vllm'],
  [{ platform: 'tensorrt_plan' }, [], 'tensorrt'],
  [{ platform: 'caffe2_netdef' }, [], undefined],
  [{ ensemble_scheduling: {} }, [], undefined],
  [{ backend: 'own' }, ['libtriton_own.so'], undefined],
  [{ backend: 'own' }, ['1/libtriton_own.so'], undefined],
  [undefined, ['1/model.onnx', '1/labels.txt'], 'onnxruntime'],
  [{ name: 'm' }, ['1/model.py'], 'python'],
  [undefined, ['1/weights.bin'], undefined],
])('%j with %j needs %s', (config, files, backend) => {
  expect(backendNeededBy(config, model(...files))).toBe(backend);
});

test('what is told of one that is not there', () => {
  expect(lackingBackend('m', 'onnxruntime', ['python'])).toEqual({
    message:
      'model "m" needs Triton\'s onnxruntime backend, and this tritonserver has the python backend alone',
    hint: expect.stringContaining('--triton-launch-mode docker'),
  });
});
