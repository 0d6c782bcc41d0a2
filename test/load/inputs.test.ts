import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type InputSpec,
  inputsOfConfig,
  inputsOfMetadata,
  makePayloads,
  resolveShapes,
} from '../../src/load/inputs.ts';
import { encodeValues, randomSource } from '../../src/load/tensor-data.ts';
import { folder, load } from '../support/experiment.ts';

const fixed: InputSpec = { name: 'x', datatype: 'FP32', dims: [2, 3] };
const open: InputSpec = { name: 'input.1', datatype: 'FP32', dims: [3, -1] };
const one = { size: 1, dimension: true };

describe('shapes', () => {
  test('a variable size is given by name, without the batch', () => {
    expect(resolveShapes([open], { 'input.1': [3, 100] })[0]?.dims).toEqual([3, 100]);
  });

  test.each([
    [
      [open],
      {},
      'input "input.1" has a variable size: [3, -1]\n  say what to send under perf_analyzer_flags, for example shape: input.1:3,64',
    ],
    [[fixed], { y: [1] }, 'the model has no input "y"\n  did you mean "x"?'],
    [[fixed], { x: [2, 4] }, "x:2,4 does not fit the model's [2, 3]"],
    [[open], { 'input.1': [1, 3, 100] }, 'does not fit'],
    [[{ ...fixed, datatype: 'FP8' }], {}, 'datatype FP8'],
  ])('%#', (inputs, shapes, message) => {
    expect(() => resolveShapes(inputs as InputSpec[], shapes as Record<string, number[]>)).toThrow(message);
  });

  test('metadata carries the batch dimension, config.pbtxt does not', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [-1, 2, 3] };
    const model = { name: 'm', platform: '', inputs: [input], outputs: [] };
    expect(inputsOfMetadata(model, true)).toEqual([fixed]);
    expect(inputsOfConfig({ input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['2', '3'] }] })).toEqual([
      fixed,
    ]);
    expect(
      inputsOfConfig({ input: [{ name: 's', data_type: 'TYPE_STRING', dims: ['1'] }] })[0]?.datatype,
    ).toBe('BYTES');
  });
});

describe('payloads', () => {
  test('several different ones, the same for the same seed', () => {
    const first = makePayloads([fixed], load(), { size: 2, dimension: true });
    expect(first.length).toBeGreaterThan(1);
    expect(first[0]![0]).toMatchObject({ shape: [2, 2, 3], datatype: 'FP32' });
    expect(first[0]![0]!.data).toHaveLength(2 * 6 * 4);
    expect(first[0]![0]!.data.equals(first[1]![0]!.data)).toBe(false);
    expect(makePayloads([fixed], load(), { size: 2, dimension: true })).toEqual(first);
  });

  test('a model that does not batch gets no batch dimension', () => {
    expect(makePayloads([fixed], load(), { size: 1, dimension: false })[0]![0]!.shape).toEqual([2, 3]);
  });

  test('zeros, and a text of our own', () => {
    const bytes: InputSpec = { name: 's', datatype: 'BYTES', dims: [1] };
    expect(
      makePayloads([fixed], load({ inputData: { kind: 'zero' } }), one)[0]![0]!.data.every(
        (byte) => byte === 0,
      ),
    ).toBe(true);
    expect(makePayloads([bytes], load({ stringData: 'hé' }), one)[0]![0]!.data).toEqual(
      Buffer.from('\x03\0\0\0hé', 'utf8'),
    );
    expect(makePayloads([bytes], load({ stringLength: 5 }), one)[0]![0]!.data).toHaveLength(9);
  });

  describe("perf_analyzer's input file", () => {
    const payloads = (data: unknown, inputs = [fixed], size = 1) => {
      const path = join(folder(), 'data.json');
      writeFileSync(path, JSON.stringify(data));
      return makePayloads(inputs, load({ inputData: { kind: 'file', path } }), { size, dimension: true });
    };
    const six = [1, 2, 3, 4, 5, 6];

    test('flat, nested, content with shape, base64', () => {
      const data = encodeValues('FP32', six);
      const forms = [
        six,
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        { content: six, shape: [2, 3] },
        { b64: data.toString('base64') },
      ];
      const found = payloads({ data: forms.map((x) => ({ x })) });
      expect(found.map(([tensor]) => tensor!.data)).toEqual(forms.map(() => data));
    });

    test('a batch takes the next steps', () => {
      const steps = [0, 1, 2].map((value) => ({ x: six.map(() => value) }));
      const found = payloads({ data: steps }, [fixed], 2);
      expect(found).toHaveLength(1);
      expect(found[0]![0]!.data.readFloatLE(0)).toBe(0);
      expect(found[0]![0]!.data.readFloatLE(24)).toBe(1);
    });

    test.each([
      [{ data: [{ y: [1] }] }, 'step 1: input "x" is missing'],
      [{ data: [{ x: [1] }] }, 'step 1: input "x" needs 6 values, found 1'],
      [{ data: [] }, 'holds no data'],
    ])('%j', (data, message) => {
      expect(() => payloads(data)).toThrow(message);
    });
  });
});

test('every datatype in its little-endian bytes', () => {
  const hex = (datatype: string, ...values: unknown[]) => encodeValues(datatype, values).toString('hex');
  expect(hex('BOOL', true, false)).toBe('0100');
  expect(hex('INT8', -1)).toBe('ff');
  expect(hex('UINT16', 258)).toBe('0201');
  expect(hex('INT32', -2)).toBe('feffffff');
  expect(hex('INT64', -2)).toBe('feffffffffffffff');
  expect(hex('UINT64', '18446744073709551615')).toBe('ffffffffffffffff');
  expect(hex('FP16', 1, -2, 0.5, 1e6, 1e-9, Number.NaN)).toBe('003c00c00038007c0000007e');
  expect(hex('BF16', 1)).toBe('803f');
  expect(hex('FP32', 1)).toBe('0000803f');
  expect(hex('FP64', 1)).toBe('000000000000f03f');
  expect(hex('BYTES', 'ab', '')).toBe('02000000616200000000');
});

test('the source of random numbers is even', () => {
  const random = randomSource(3);
  const buckets = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) buckets[Math.floor(random() * 10)]!++;
  expect(Math.min(...buckets)).toBeGreaterThan(850);
  expect(Math.max(...buckets)).toBeLessThan(1150);
});
