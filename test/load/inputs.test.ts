import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type InputSpec, inputsOfConfig, inputsOfMetadata, resolveShapes } from '../../src/load/inputs.ts';
import { makePayloads } from '../../src/load/payloads.ts';
import { encodeValues } from '../../src/load/tensor-data.ts';
import { folder, load } from '../support/experiment.ts';

const fixed: InputSpec = { name: 'x', datatype: 'FP32', dims: [2, 3], optional: false };
const open: InputSpec = { name: 'input.1', datatype: 'FP32', dims: [3, -1], optional: false };
const one = { size: 1, dimension: true };

describe('shapes', () => {
  test('a variable size is given by name, without the batch', () => {
    expect(resolveShapes([open], { 'input.1': [3, 100] }).inputs[0]?.dims).toEqual([3, 100]);
  });

  test.each([
    [[fixed], { y: [1] }, 'the model has no input "y"\n  did you mean "x"?'],
    [[fixed], { x: [2, 4] }, "x:2,4 does not fit the model's [2, 3]"],
    [[open], { 'input.1': [1, 3, 100] }, 'does not fit'],
    [[{ ...fixed, datatype: 'FP8' }], {}, 'datatype FP8'],
  ])('%#', (inputs, shapes, message) => {
    expect(() => resolveShapes(inputs as InputSpec[], shapes as Record<string, number[]>)).toThrow(message);
  });

  test.each([
    ['FP32', [3, -1], [3, 64]],
    ['FP32', [-1, -1, 3], [224, 224, 3]],
    ['BYTES', [-1], [1]],
    ['INT64', [-1, -1], [64, 64]],
  ])('of %s %j is guessed, and said', (datatype, dims, guess) => {
    const { inputs, guesses } = resolveShapes([{ name: 'x', datatype, dims, optional: false }], {});
    expect(inputs[0]?.dims).toEqual(guess);
    expect(guesses.join()).toContain(`say what is real with shape: x:${guess.join(',')}`);
  });

  test('metadata carries the batch dimension, config.pbtxt does not', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [-1, 2, 3] };
    const model = { name: 'm', platform: '', inputs: [input], outputs: [] };
    expect(inputsOfMetadata(model, { max_batch_size: 4 })).toEqual([fixed]);
    expect(inputsOfConfig({ input: [{ name: 'x', data_type: 'TYPE_FP32', dims: ['2', '3'] }] })).toEqual([
      fixed,
    ]);
    const config = { max_batch_size: 4, input: [{ name: 'x', optional: true }] };
    expect(inputsOfMetadata(model, config)).toEqual([{ ...fixed, optional: true }]);
    expect(inputsOfMetadata(model, {})).toEqual([fixed]);
    expect(
      inputsOfConfig({ input: [{ name: 's', data_type: 'TYPE_STRING', dims: ['1'] }] })[0]?.datatype,
    ).toBe('BYTES');
  });
});

describe('payloads', () => {
  const first = (inputs: readonly InputSpec[], settings = load(), batch = one) =>
    makePayloads(inputs, [], settings, batch).streams[0]!.map(({ tensors }) => tensors);

  test('several different ones, the same for the same seed', () => {
    const found = first([fixed], load(), { size: 2, dimension: true });
    expect(found.length).toBeGreaterThan(1);
    expect(found[0]![0]).toMatchObject({ shape: [2, 2, 3], datatype: 'FP32' });
    expect(found[0]![0]!.data).toHaveLength(2 * 6 * 4);
    expect(found[0]![0]!.data.equals(found[1]![0]!.data)).toBe(false);
    expect(first([fixed], load(), { size: 2, dimension: true })).toEqual(found);
    expect(first([fixed], load({ seed: 2 }), { size: 2, dimension: true })).not.toEqual(found);
  });

  test('a model that does not batch gets no batch dimension', () => {
    expect(first([fixed], load(), { size: 1, dimension: false })[0]![0]!.shape).toEqual([2, 3]);
  });

  test('zeros, and a text of our own', () => {
    const bytes: InputSpec = { name: 's', datatype: 'BYTES', dims: [1], optional: false };
    const zeros = first([fixed], load({ inputData: [{ kind: 'zero' }] }));
    expect(zeros[0]![0]!.data.every((byte) => byte === 0)).toBe(true);
    expect(first([bytes], load({ stringData: 'hé' }))[0]![0]!.data).toEqual(
      Buffer.from('\x03\0\0\0hé', 'utf8'),
    );
    expect(first([bytes], load({ stringLength: 5 }))[0]![0]!.data).toHaveLength(9);
  });

  describe('a folder of raw files', () => {
    const path = folder();
    writeFileSync(join(path, 'x'), encodeValues('FP32', [1, 2, 3, 4, 5, 6]));
    writeFileSync(join(path, 's'), 'one\ntwo\n');
    const from = (inputs: readonly InputSpec[], where = path, size = 1) =>
      first(inputs, load({ inputData: [{ kind: 'folder', path: where }] }), { size, dimension: true });

    test('gives each input by its name, lines for texts, again for each inference of a batch', () => {
      const texts: InputSpec = { name: 's', datatype: 'BYTES', dims: [2], optional: false };
      const [tensors] = from([fixed, texts], path, 2);
      expect(tensors![0]!.data.readFloatLE(24)).toBe(1);
      expect(tensors![1]).toMatchObject({
        shape: [2, 2],
        data: encodeValues('BYTES', ['one', 'two', 'one', 'two']),
      });
    });

    test('what is missing or of another size is named', () => {
      const other = (changes: Partial<InputSpec>) => () => from([{ ...fixed, ...changes }]);
      expect(other({ name: 'y' })).toThrow('no data for input "y"');
      expect(other({ name: 'y', optional: true })()).toEqual([[]]);
      expect(other({ dims: [7] })).toThrow('x: input "x" needs 28 bytes (FP32 [7]), found 24');
      expect(() => from([fixed], `${path}/nothing`)).toThrow('is neither a .json file nor a folder');
    });
  });

  describe("perf_analyzer's input file", () => {
    const read = (data: unknown, inputs: readonly InputSpec[] = [fixed], size = 1) => {
      const path = join(folder(), 'data.json');
      writeFileSync(path, typeof data === 'string' ? data : JSON.stringify(data));
      const outputs = [{ name: 'y', datatype: 'INT32', dims: [1] }];
      return makePayloads(inputs, outputs, load({ inputData: [{ kind: 'file', path }] }), {
        size,
        dimension: true,
      });
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
      const [stream] = read({ data: forms.map((x) => ({ x })) }).streams;
      expect(stream!.map(({ tensors }) => tensors[0]!.data)).toEqual(forms.map(() => data));
    });

    test('several streams; times at which they are due', () => {
      const { streams, timesMs } = read({
        data: [[{ x: six, timestamp: [30] }], [{ x: six }, { x: six, timestamp: [10] }]],
      });
      expect(streams.map((steps) => steps.length)).toEqual([1, 2]);
      expect(timesMs).toEqual([10, 30]);
    });

    test('a batch takes the next steps', () => {
      const steps = [0, 1, 2].map((value) => ({ x: six.map(() => value) }));
      const [stream] = read({ data: steps }, [fixed], 2).streams;
      expect(stream).toHaveLength(1);
      const { data } = stream![0]!.tensors[0]!;
      expect([data.readFloatLE(0), data.readFloatLE(24)]).toEqual([0, 1]);
    });

    test('variable sizes are given with the data, or follow from it', () => {
      const shapeOf = (x: unknown) =>
        read({ data: [{ 'input.1': x }] }, [open]).streams[0]![0]!.tensors[0]!.shape;
      expect(shapeOf(six)).toEqual([1, 3, 2]);
      expect(shapeOf({ content: six, shape: [3, 2] })).toEqual([1, 3, 2]);
      expect(shapeOf({ b64: encodeValues('FP32', six).toString('base64') })).toEqual([1, 3, 2]);
    });

    test('texts in base64, with and without their length; optional inputs left out; answers to expect', () => {
      const text: InputSpec = { name: 's', datatype: 'BYTES', dims: [1], optional: true };
      const b64 = (bytes: string) => ({ s: { b64: Buffer.from(bytes).toString('base64') } });
      const { streams } = read(
        { data: [b64('hi'), b64('\x02\0\0\0hi'), {}], validation_data: [{ y: [7] }, {}, {}] },
        [text],
      );
      const wanted = encodeValues('BYTES', ['hi']);
      expect(streams[0]!.map(({ tensors }) => tensors[0]?.data)).toEqual([wanted, wanted, undefined]);
      expect(streams[0]![0]!.expected).toEqual([
        { name: 'y', datatype: 'INT32', shape: [1, 1], data: Buffer.from([7, 0, 0, 0]) },
      ]);
    });

    const bytes: InputSpec = { name: 's', datatype: 'INT8', dims: [1], optional: false };
    test.each<[unknown, string, InputSpec?]>([
      [{ data: [{ y: [1] }] }, 'step 1: input "x" is missing'],
      [{ data: [{ x: [1] }] }, 'step 1: input "x" needs 6 values ([2, 3]), found 1'],
      [{ data: [{ x: six }, { x: [[1, 2], [3]] }] }, 'step 2: input "x" needs 6 values ([2, 3]), found 3'],
      [{ data: [{ x: six, z: [1] }] }, 'step 1: the model has no input "z"\n  did you mean "x"?'],
      [{ data: [{ x: [...six.slice(1), 'a'] }] }, 'input "x" is FP32, value 6 is "a"'],
      [{ data: [{ s: [300] }] }, 'input "s" is INT8', bytes],
      [{ data: [{ s: [1.5] }] }, 'input "s" is INT8', bytes],
      [{ data: [{ x: { content: six, shape: [3, 2] } }] }, 'has shape [3, 2], the model wants [2, 3]'],
      [{ data: [{ x: { content: six, shape: '2,3' } }] }, 'has a shape that is no list of sizes: "2,3"'],
      [{ data: [{ x: { b64: '*' } }] }, 'has a b64 that is no base64'],
      [{ data: [{ x: { b64: 'AAAA' } }] }, 'needs 24 bytes ([2, 3]), b64 holds 3'],
      [{ data: [{ x: {} }] }, 'has neither values nor content nor b64'],
      [{ data: [{ 'input.1': [1, 2] }] }, 'has a variable size, [3, -1], that 2 values do not tell', open],
      [{ data: [] }, 'holds no data'],
      [{ data: 'x' }, 'data is no list'],
      [{ data: [[]] }, 'stream 1 is empty'],
      [{ data: [{ x: six }, 5] }, 'step 2 is 5'],
      [
        { data: [{ x: six }], validation_data: [{ y: [1] }, { y: [1] }] },
        'validation_data has 2 steps, data has 1',
      ],
      ['{"data": [', 'input-data: cannot read'],
    ])('%j', (data, message, input = fixed) => {
      expect(() => read(data, [input])).toThrow(message);
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
