import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInputFile } from '../../src/load/input-file.ts';
import type { Inference, InputSpec } from '../../src/load/inputs.ts';
import { encodeValues } from '../../src/load/tensor-data.ts';
import { folder } from '../support/experiment.ts';

const input = (datatype: string, dims: readonly number[] = [1], name = 'x'): InputSpec => ({
  name,
  datatype,
  dims,
  optional: false,
});
const fixed = input('FP32', [2, 3]);
const open = input('FP32', [3, -1], 'input.1');
const OUTPUTS = [{ name: 'y', datatype: 'INT32', dims: [1] }];
const six = [1, 2, 3, 4, 5, 6];

function read(data: unknown, inputs: readonly InputSpec[] = [fixed]): Inference[][] {
  const path = join(folder(), 'data.json');
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  writeFileSync(path, text);
  const file = readInputFile(path, Buffer.byteLength(text), inputs, OUTPUTS);
  return file.kind === 'steps' ? [[...file.steps]] : file.streams;
}

/** The one tensor of the one step, its entry as it stands in the file. */
const rowOf = (entry: string, spec: InputSpec) =>
  read(`{"data": [{${JSON.stringify(spec.name)}: ${entry}}]}`, [spec])[0]![0]!.inputs.get(spec.name)!;

describe("perf_analyzer's input file", () => {
  test.each([
    ['flat', JSON.stringify(six)],
    ['nested', '[[1, 2, 3], [4, 5, 6]]'],
    ['within a batch of one', '[[[1, 2, 3], [4, 5, 6]]]'],
    ['with a shape', JSON.stringify({ content: six, shape: [2, 3] })],
    ['nested, without a shape', '{"content": [[1, 2, 3], [4, 5, 6]]}'],
    ['base64', JSON.stringify({ b64: encodeValues('FP32', six).toString('base64') })],
    [
      'base64 with a shape',
      JSON.stringify({ content: { b64: encodeValues('FP32', six).toString('base64') }, shape: [2, 3] }),
    ],
    [
      'base64 in lines',
      JSON.stringify({
        b64: encodeValues('FP32', six)
          .toString('base64')
          .replace(/(.{8})/g, '$1\n'),
      }),
    ],
    ['base64 for URLs', JSON.stringify({ b64: encodeValues('FP32', six).toString('base64url') })],
  ])('%s', (_, entry) => {
    expect(rowOf(entry, fixed)).toEqual({ dims: [2, 3], data: encodeValues('FP32', six) });
  });

  test('several streams, and steps that are one', () => {
    const streams = read({ data: [[{ x: six }], [{ x: six }, { x: six }]] });
    expect(streams.map((steps) => steps.length)).toEqual([1, 2]);
    expect(read({ data: [{ x: six }, { x: six }] })).toHaveLength(1);
  });

  test('times at which steps are due, and keys that are no inputs', () => {
    const [steps] = read({
      data: [
        { x: six, timestamp: [30], model: 'm' },
        { x: six, timestamp: 10 },
      ],
    });
    expect(steps!.map(({ dueMs }) => dueMs)).toEqual([30, 10]);
    expect(() => read({ data: [{ x: six, timestamp: 'soon' }] })).toThrow('step 1: "soon" is no time');
  });

  test('an input may have the name of such a key', () => {
    const specs = [input('INT32', [1], 'timestamp'), input('INT32', [1], 'model')];
    const [step] = read({ data: [{ timestamp: [5], model: [6] }] }, specs)[0]!;
    expect(step!.dueMs).toBeUndefined();
    expect([...step!.inputs.values()].map(({ data }) => data.readInt32LE(0))).toEqual([5, 6]);
  });

  test.each(['__proto__', 'constructor', 'hasOwnProperty'])('an input called %s', (name) => {
    expect(rowOf('[5]', input('INT32', [1], name)).data).toEqual(encodeValues('INT32', [5]));
    expect(() => read('{"data": [{"x": [5]}]}', [input('INT32', [1], name)])).toThrow('is missing');
  });

  test.each<[string, readonly number[], readonly number[]]>([
    [JSON.stringify(six), [3, -1], [3, 2]],
    [JSON.stringify({ content: six, shape: [3, 2] }), [3, -1], [3, 2]],
    [JSON.stringify({ b64: encodeValues('FP32', six).toString('base64') }), [3, -1], [3, 2]],
    ['[[1, 2], [3, 4], [5, 6]]', [-1, -1], [3, 2]],
    ['{"content": [[[1, 2], [3, 4]]]}', [-1, -1, -1], [1, 2, 2]],
    ['[]', [-1], [0]],
    ['[[], []]', [-1, -1], [2, 0]],
    ['{"content": [], "shape": [0, 3]}', [-1, 3], [0, 3]],
    ['5', [], []],
    ['[5]', [], []],
  ])('%s of a model with %j has sizes %j', (entry, dims, sizes) => {
    expect(rowOf(entry, input('FP32', dims)).dims).toEqual(sizes);
  });

  test('texts in base64, with and without their length', () => {
    const base64 = (text: string) => JSON.stringify({ b64: Buffer.from(text, 'latin1').toString('base64') });
    const wanted = encodeValues('BYTES', ['hi']);
    expect(rowOf(base64('hi'), input('BYTES')).data).toEqual(wanted);
    expect(rowOf(base64('\x02\0\0\0hi'), input('BYTES')).data).toEqual(wanted);
    const two = rowOf(base64('\x02\0\0\0hi\x01\0\0\0x'), input('BYTES', [-1]));
    expect(two).toEqual({ dims: [2], data: encodeValues('BYTES', ['hi', 'x']) });
    expect(() => rowOf(base64('hi'), input('BYTES', [2]))).toThrow(
      'needs 2 texts ([2]), b64 does not hold as many',
    );
  });

  test('an optional input may be left out, an answer may be told', () => {
    const text = { ...input('BYTES', [1], 's'), optional: true };
    const [steps] = read({ data: [{ s: ['a'] }, {}], validation_data: [{ y: [7] }, {}] }, [text]);
    expect(steps!.map(({ inputs }) => inputs.size)).toEqual([1, 0]);
    expect(steps!.map(({ expected }) => expected?.get('y')?.data.readInt32LE(0))).toEqual([7, undefined]);
  });
});

describe('values are sent as they stand there', () => {
  test.each<[string, string, readonly (number | bigint | string | boolean)[]]>([
    [
      'INT64',
      '[9007199254740993, "-9007199254740993", -3345936507911876459]',
      [9007199254740993n, -9007199254740993n, -3345936507911876459n],
    ],
    ['INT64', '[-9223372036854775808, 9223372036854775807]', [-(2n ** 63n), 2n ** 63n - 1n]],
    ['UINT64', '[18446744073709551615, "18446744073709551615", 0]', [2n ** 64n - 1n, 2n ** 64n - 1n, 0n]],
    ['INT64', '[9007199254740993.0, 900719925474099300e-2]', [9007199254740993n, 9007199254740993n]],
    ['INT32', '[1e3, 12.5e1, -0, 2.0, true, false, " 7 "]', [1000, 125, 0, 2, 1, 0, 7]],
    ['UINT8', '[0, 255]', [0, 255]],
    ['INT8', '[-128, 127]', [-128, 127]],
    ['BOOL', '[true, false, 1, 0, 1.0]', [true, false, true, false, true]],
    [
      'FP32',
      '[NaN, Infinity, -Infinity, -0.0, 1, "Infinity", "1.5"]',
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1, Number.POSITIVE_INFINITY, 1.5],
    ],
    ['FP64', '[1e400, 5e-324, -1e-400, 0.1]', [Number.POSITIVE_INFINITY, 5e-324, -0, 0.1]],
    ['FP16', '[1.0009765625, 65520, 6e-8]', [1.0009765625, Number.POSITIVE_INFINITY, 2 ** -24]],
    [
      'BYTES',
      '[-3345936507911876459, 1.0, 1e3, NaN, "1.0", ""]',
      ['-3345936507911876459', '1.0', '1e3', 'NaN', '1.0', ''],
    ],
    ['BYTES', '["\\u0000\\ud83d\\ude00é"]', ['\0😀é']],
  ])('%s %s', (datatype, entry, values) => {
    expect(rowOf(entry, input(datatype, [-1])).data).toEqual(encodeValues(datatype, values));
  });

  test('FP16 and BF16 are rounded to the nearest', () => {
    const bits = (datatype: string) => rowOf('[0.1, 0.3, -1.7]', input(datatype, [3])).data.toString('hex');
    // What NumPy and ml_dtypes make of them.
    expect(bits('FP16')).toBe('662ecd34cdbe');
    expect(bits('BF16')).toBe('cd3d9a3edabf');
  });

  test.each([
    [
      'UINT8',
      '[1, 300]',
      ':1:21: step 1: input "x" is UINT8, value 2 is 300\n  write whole numbers from 0 to 255',
    ],
    ['UINT8', '[1, -1]', 'value 2 is -1'],
    ['INT8', '[[1], [1.5]]', 'value 2 is 1.5'],
    ['INT16', '[40000]', 'from -32768 to 32767'],
    ['INT32', '[2147483648]', 'from -2147483648 to 2147483647'],
    ['UINT32', '["4294967296"]', 'value 1 is "4294967296"'],
    ['INT64', '[9223372036854775808]', 'value 1 is 9223372036854775808'],
    ['UINT64', '[18446744073709551616]', 'from 0 to 18446744073709551615'],
    ['INT64', '[1e400000000]', 'value 1 is 1e400000000'],
    ['INT32', '[NaN]', 'value 1 is NaN'],
    ['INT32', '["a"]', 'value 1 is "a"'],
    ['INT32', '[null]', 'value 1 is null'],
    ['FP32', '["a"]', 'value 1 is "a"\n  write a number, NaN or Infinity'],
    ['FP32', '[{}]', 'value 1 is {}'],
    ['BOOL', '[2]', 'value 1 is 2\n  write true, false, 1 or 0'],
    ['BYTES', '[true]', 'value 1 is true\n  a text stands in double quotes'],
  ])('%s %s is refused with its place', (datatype, entry, message) => {
    expect(() => rowOf(entry, input(datatype, [-1]))).toThrow(message);
  });
});

describe('what does not fit is told with its place', () => {
  test.each<[unknown, string, InputSpec?]>([
    [{ data: [{ y: [1] }] }, ':1:10: step 1: input "x" is missing\n  one entry for each input of the model'],
    [{ data: [{}] }, 'step 1: input "x" is missing\n  one entry for each input of the model'],
    [{ data: [{ x: [1] }] }, ':1:15: step 1: input "x" needs 6 values ([2, 3]), found 1'],
    [{ data: [{ x: six }, { x: [[1, 2], [3]] }] }, 'step 2: input "x" needs 6 values ([2, 3]), found 3'],
    [{ data: [{ x: six, z: [1] }] }, 'step 1: the model has no input "z"\n  known here: x'],
    [
      {
        data: [
          {
            x: [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
          },
        ],
      },
      'is nested as [3, 2], its shape is [2, 3]',
    ],
    [{ data: [{ x: { content: six, shape: [3, 2] } }] }, 'has shape [3, 2], the model wants [2, 3]'],
    [{ data: [{ x: { content: six, shape: '2,3' } }] }, 'has a shape that is no list of sizes: "2,3"'],
    [{ data: [{ x: { content: six, shape: [-2, 3] } }] }, 'has a shape that is no list of sizes'],
    [
      { data: [{ x: { content: six, shapes: [2, 3] } }] },
      'has an unknown key "shapes"\n  did you mean "shape"?',
    ],
    [{ data: [{ x: { content: six, b64: '' } }] }, 'has both content and b64'],
    [{ data: [{ x: { content: { a: 1 } } }] }, 'has a content that is neither a list nor {"b64": "..."}'],
    [{ data: [{ x: { b64: '*' } }] }, 'has a b64 that is no base64'],
    [{ data: [{ x: { b64: 5 } }] }, 'has a b64 that is no base64'],
    [{ data: [{ x: { b64: 'AAAAA' } }] }, 'has a b64 that is no base64'],
    [{ data: [{ x: { b64: 'AAAA' } }] }, 'needs 24 bytes ([2, 3]), b64 holds 3'],
    [{ data: [{ x: {} }] }, 'has neither values nor content nor b64'],
    [{ data: [{ 'input.1': [1, 2] }] }, 'has a variable size, [3, -1], that 2 values do not tell', open],
    [{ data: [{ x: [] }] }, 'has a variable size', input('FP32', [0, -1])],
    [{ data: [] }, ':1:9: the file holds no data'],
    [{ dta: [{ x: six }] }, 'unknown key "dta"\n  did you mean "data"?'],
    [{ data: [{ x: six }], validation: [{}] }, 'did you mean "validation_data"?'],
    [[{ x: six }], 'the file holds no data\n  expected {"data": [{"INPUT": [values]}]}'],
    [{ data: 'x' }, 'data is no list'],
    [{ data: [[]] }, 'stream 1 is empty'],
    [{ data: [{ x: six }, 5] }, 'step 2 is 5'],
    [{ data: [[{ x: six }], { x: six }] }, 'stands beside streams'],
    [{ data: [{ x: six }], validation_data: [{}, {}] }, 'validation_data has 2 steps, data has 1'],
    [{ data: [[{ x: six }]], validation_data: [[{}], [{}]] }, 'validation_data has 2 streams, data has 1'],
    [{ data: [{ x: six }], validation_data: [{ z: [1] }] }, 'the model has no output "z"\n  known here: y'],
    [
      { data: [{ x: six }], validation_data: [{ y: [2 ** 40] }] },
      'output "y" is INT32, value 1 is 1099511627776',
    ],
    ['{"data": [', ':1:11: the file ends within the list that begins at 1:10'],
    [`{"data": ${'['.repeat(50_000)}`, 'nested more than 64 levels deep'],
  ])('%#', (data, message, spec = fixed) => {
    expect(() => read(data, [spec])).toThrow(message);
  });

  test('a shape larger than its values makes nothing', () => {
    const entry = '{"content": [1], "shape": [300000000]}';
    expect(() => rowOf(entry, input('FP32', [-1]))).toThrow('needs 300000000 values ([300000000]), found 1');
    const product = '{"content": [1], "shape": [9007199254740991, 9007199254740991]}';
    expect(() => rowOf(product, input('FP32', [-1, -1]))).toThrow('found 1');
  });
});
