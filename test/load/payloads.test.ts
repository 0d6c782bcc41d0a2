import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LoadSettings } from '../../src/config/experiment.ts';
import type { InputSpec } from '../../src/load/inputs.ts';
import { makePayloads } from '../../src/load/payloads.ts';
import { encodeValues } from '../../src/load/tensor-data.ts';
import { folder, load } from '../support/experiment.ts';

const fixed: InputSpec = { name: 'x', datatype: 'FP32', dims: [2, 3], optional: false };
const text: InputSpec = { name: 's', datatype: 'BYTES', dims: [1], optional: false };
const one = { size: 1, dimension: true };
const two = { size: 2, dimension: true };

const first = (inputs: readonly InputSpec[], settings = load(), batch = one) =>
  makePayloads(inputs, [], settings, batch).streams[0]!.map(({ tensors }) => tensors);

describe('made up', () => {
  test('several different ones, the same for the same seed', () => {
    const found = first([fixed], load(), two);
    expect(found.length).toBeGreaterThan(1);
    expect(found[0]![0]).toMatchObject({ shape: [2, 2, 3], datatype: 'FP32' });
    expect(found[0]![0]!.data).toHaveLength(2 * 6 * 4);
    expect(found[0]![0]!.data.equals(found[1]![0]!.data)).toBe(false);
    expect(first([fixed], load(), two)).toEqual(found);
    expect(first([fixed], load({ seed: 2 }), two)).not.toEqual(found);
  });

  test('a model that does not batch gets no batch dimension, and no batches', () => {
    expect(first([fixed], load(), { size: 1, dimension: false })[0]![0]!.shape).toEqual([2, 3]);
    expect(() => first([fixed], load(), { size: 4, dimension: false })).toThrow(
      'batch size 4: the model takes no batches',
    );
  });

  test('zeros, and a text of our own', () => {
    const zeros = first([fixed], load({ inputData: [{ kind: 'zero' }] }));
    expect(zeros).toHaveLength(1);
    expect(zeros[0]![0]!.data.every((byte) => byte === 0)).toBe(true);
    expect(first([text], load({ stringData: 'hé' }))[0]![0]!.data).toEqual(
      Buffer.from('\x03\0\0\0hé', 'utf8'),
    );
    expect(first([text], load({ stringLength: 5 }))[0]![0]!.data).toHaveLength(9);
    expect(first([text], load({ stringLength: 0 }))[0]![0]!.data).toEqual(Buffer.alloc(4));
  });

  test('an empty tensor, where a size is 0', () => {
    const [tensors] = first([{ ...fixed, dims: [-1, 3] }], load({ shapes: { x: [0, 3] } }));
    expect(tensors![0]).toMatchObject({ shape: [1, 0, 3], data: Buffer.alloc(0) });
  });

  test('a shape tensor can not be', () => {
    expect(() => first([{ ...fixed, isShape: true }])).toThrow('holds sizes of other tensors');
  });

  const open = (datatype: string): InputSpec => ({ ...fixed, datatype, dims: [-1, -1] });
  test.each<[string, InputSpec, Partial<LoadSettings>, number]>([
    ['sizes', open('FP32'), { shapes: { x: [1, 300_000_000] } }, 1],
    ['a product that is no number any more', open('FP32'), { shapes: { x: [2 ** 53 - 1, 2 ** 53 - 1] } }, 1],
    ['the length of a text', text, { stringLength: 3_000_000_000 }, 1],
    ['the length of texts', { ...text, dims: [100_000] }, { stringLength: 100_000 }, 1],
    ['the batch', { ...fixed, dims: [1_000_000] }, {}, 1000],
    ['zeros', open('INT8'), { shapes: { x: [30_000, 30_000] }, inputData: [{ kind: 'zero' }] }, 1],
  ])('%s: not more than a request may have, told before anything is made', (_, spec, changes, size) => {
    expect(() => first([spec], load(changes), { size, dimension: true })).toThrow(
      /input "[xs]" .*in one request, at most 536.9 MB are sent\n {2}give smaller sizes with shape/,
    );
  });
});

test('the inputs of a request count together', () => {
  const half = { ...fixed, dims: [75_000_000] };
  expect(() => first([half, { ...half, name: 'y' }])).toThrow('input "y"');
});

describe('from files', () => {
  const file = (data: unknown, name = 'data.json') => {
    const path = join(folder(), name);
    writeFileSync(path, JSON.stringify(data));
    return { kind: 'file' as const, path };
  };
  const s = (value: string) => ({ s: [value] });
  const textsOf = (inputData: LoadSettings['inputData'], batch = one) =>
    makePayloads([text], [], load({ inputData }), batch).streams.map((stream) =>
      stream.map(({ tensors }) => tensors[0]!.data.toString().replaceAll(/\x01\0\0\0/g, '')),
    );

  test('steps of several files are one stream, streams stay what they are', () => {
    const [a, b] = [file({ data: [s('a'), s('b')] }), file({ data: [s('c')] })];
    expect(textsOf([a, b])).toEqual([['a', 'b', 'c']]);
    expect(textsOf([a, file({ data: [[s('d')], [s('e')]] })])).toEqual([['a', 'b'], ['d'], ['e']]);
  });

  test('batches go on where the last one ended, until every step was at every place', () => {
    const three = file({ data: [s('a'), s('b'), s('c')] });
    expect(textsOf([three], two)).toEqual([['ab', 'ca', 'bc']]);
    expect(textsOf([three], { size: 3, dimension: true })).toEqual([['abc']]);
    expect(textsOf([three], { size: 5, dimension: true })).toEqual([['abcab', 'cabca', 'bcabc']]);
    expect(textsOf([file({ data: [s('a'), s('b'), s('c'), s('d')] })], two)).toEqual([['ab', 'cd']]);
  });

  test('where that would take much room, the last batch alone is filled up', () => {
    const large = { name: 's', datatype: 'UINT8', dims: [-1], optional: false };
    const step = { s: { b64: Buffer.alloc(2 ** 20).toString('base64') } };
    const inputData = [file({ data: [step, step, step] })];
    const payloads = makePayloads([large], [], load({ inputData }), { size: 100, dimension: true });
    expect(payloads.streams[0]).toHaveLength(1);
  });

  test('what is larger than is sent, or kept ready, is refused', () => {
    const large = { name: 's', datatype: 'UINT8', dims: [-1], optional: false };
    const inputData = [file({ data: [{ s: { b64: Buffer.alloc(2 ** 20).toString('base64') } }] })];
    const made = (size: number) => () =>
      makePayloads([large], [], load({ inputData }), { size, dimension: true });
    expect(made(600)).toThrow('step 1: 629.1 MB in one request, at most 536.9 MB are sent');
    expect(made(2000)).toThrow(
      'input-data with batch size 2000: 2.1 GB in all, at most 1.1 GB are kept ready',
    );
  });

  test('only steps say how long a sequence is', () => {
    const lengths = (inputData: LoadSettings['inputData']) =>
      makePayloads([text], [], load({ inputData }), one).ownLength;
    expect(lengths([file({ data: [s('a')] })])).toBe(true);
    expect(lengths([{ kind: 'random' }])).toBe(false);
  });

  test('inferences that do not fit into one request', () => {
    const open = { ...text, dims: [-1] };
    const inputData = [file({ data: [s('a'), { s: ['b', 'c'] }] })];
    expect(() => makePayloads([open], [], load({ inputData }), two)).toThrow(
      'step 1: input "s" has different shapes in the 2 inferences of one request',
    );
  });

  test('the sizes of a shape tensor stand once in a request', () => {
    const sizes = { name: 's', datatype: 'INT32', dims: [2], optional: false, isShape: true } as const;
    const made = (...data: unknown[]) =>
      makePayloads([sizes], [], load({ inputData: [file({ data })] }), two).streams[0]![0]!.tensors[0];
    expect(made({ s: [3, 4] })).toMatchObject({ shape: [2], data: encodeValues('INT32', [3, 4]) });
    expect(() => made({ s: [3, 4] }, { s: [3, 5] })).toThrow('have to be equal');
  });

  test('a file is known by what it is, not by its name', () => {
    const { path } = file({ data: [s('a')] }, 'data.txt');
    expect(textsOf([{ kind: 'folder', path }])).toEqual([['a']]);
    const named = folder();
    writeFileSync(join(named, 's'), 'z\n');
    expect(textsOf([{ kind: 'file', path: named }])).toEqual([['z']]);
    expect(() =>
      textsOf([
        { kind: 'file', path: named },
        { kind: 'file', path },
      ]),
    ).toThrow('can only be given alone');
    expect(() => textsOf([{ kind: 'file', path: `${path}x` }])).toThrow('nothing is there');
  });
});
