import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInputFolder } from '../../src/load/input-folder.ts';
import type { InputSpec } from '../../src/load/inputs.ts';
import { makePayloads } from '../../src/load/payloads.ts';
import { type Element, encodeValues } from '../../src/load/tensor-data.ts';
import { folder, load } from '../support/experiment.ts';

const input = (datatype: string, dims: readonly number[], name = 'x'): InputSpec => ({
  name,
  datatype,
  dims,
  optional: false,
});
/** A folder with these files. */
function holding(files: Readonly<Record<string, string | Uint8Array>>): string {
  const path = folder();
  for (const [name, contents] of Object.entries(files)) writeFileSync(join(path, name), contents);
  return path;
}
const rowOf = (path: string, spec: InputSpec) => readInputFolder(path, [spec], []).inputs.get(spec.name);

describe('a folder of raw files', () => {
  test.each<[string, readonly Element[]]>([
    ['BOOL', [true, false]],
    ['INT8', [-1, 2]],
    ['UINT8', [255, 2]],
    ['INT16', [-1, 2]],
    ['UINT16', [65535, 2]],
    ['INT32', [-1, 2]],
    ['UINT32', [4294967295, 2]],
    ['INT64', [-1n, 2n]],
    ['UINT64', [2n ** 64n - 1n, 2n]],
    ['FP16', [0.1, -2]],
    ['BF16', [0.1, -2]],
    ['FP32', [0.1, -2]],
    ['FP64', [0.1, -2]],
  ])('%s', (datatype, values) => {
    const data = encodeValues(datatype, values);
    const path = holding({ x: data });
    expect(rowOf(path, input(datatype, [2]))).toEqual({ dims: [2], data });
    expect(rowOf(path, input(datatype, [-1, 1]))).toEqual({ dims: [2, 1], data });
  });

  test('a line for each text, its bytes as they are', () => {
    const bytes = Buffer.from('one\r\n\xff\xe9\n\nlast', 'latin1');
    const lines = ['one\r', '\xff\xe9', '', 'last'].map((line) => Buffer.from(line, 'latin1'));
    const data = encodeValues('BYTES', lines);
    expect(rowOf(holding({ x: bytes }), input('BYTES', [4]))).toEqual({ dims: [4], data });
    expect(rowOf(holding({ x: `${bytes}\n` }), input('BYTES', [-1]))?.dims).toEqual([4]);
  });

  test('again for each inference of a batch', () => {
    const path = holding({ x: encodeValues('INT32', [7]) });
    const inputData = [{ kind: 'folder' as const, path }];
    const { streams } = makePayloads([input('INT32', [1])], [], load({ inputData }), {
      size: 2,
      dimension: true,
    });
    expect(streams).toEqual([
      [{ tensors: [{ name: 'x', datatype: 'INT32', shape: [2, 1], data: encodeValues('INT32', [7, 7]) }] }],
    ]);
  });

  test('a file named like an output says what must be answered', () => {
    const path = holding({ x: encodeValues('INT32', [7]), y: encodeValues('INT32', [8]) });
    const output = { name: 'y', datatype: 'INT32', dims: [1] };
    const found = readInputFolder(path, [input('INT32', [1])], [output, { ...output, name: 'z' }]);
    expect(found.expected).toEqual(new Map([['y', { dims: [1], data: encodeValues('INT32', [8]) }]]));
  });
});

describe('what is wrong with one', () => {
  const spec = input('FP32', [2]);
  test.each<[Readonly<Record<string, string>>, InputSpec, string]>([
    [{}, spec, 'no data for input "x" in'],
    [{ 'x.bin': '' }, spec, 'a file is named like its input: "x", and there is "x.bin"'],
    [{ x: '' }, spec, '/x is empty'],
    [{ x: '1234' }, spec, '/x: input "x" needs 8 bytes (FP32 [2]), found 4'],
    [{ x: '12345' }, input('FP32', [-1]), 'needs its shape (FP32 [-1]), found 5'],
    [{ x: '12345678' }, input('FP32', [-1, -1]), 'say its sizes with shape: x:SIZE,SIZE'],
    [{ x: 'a\nb\n' }, input('BYTES', [3]), '/x: input "x" needs 3 lines, found 2 lines'],
    [{ x: '1234' }, input('FP32', [300_000_000]), 'needs 1200000000 bytes'],
  ])('%#', (files, wanted, message) => {
    expect(() => rowOf(holding(files), wanted)).toThrow(message);
  });

  test('an optional input may be missing', () => {
    expect(rowOf(folder(), { ...spec, optional: true })).toBeUndefined();
  });

  test('what is neither file nor folder is not opened', () => {
    const path = folder();
    symlinkSync('/dev/zero', join(path, 'y'));
    expect(() => rowOf(path, { ...spec, name: 'y' })).toThrow('/y is a device');
    mkdirSync(join(path, 'z'));
    expect(() => rowOf(path, { ...spec, name: 'z' })).toThrow('/z is a folder');
  });

  test.each(['../x', '/etc/hostname', '..', '.', 'a\0b'])(
    'a name that leads out of the folder: %j',
    (name) => {
      const path = join(holding({ x: '12345678' }), 'inside');
      mkdirSync(path);
      expect(() => rowOf(path, { ...spec, name })).toThrow('no data for input');
    },
  );
});
