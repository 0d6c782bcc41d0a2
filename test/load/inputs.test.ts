import { describe, expect, test } from 'vitest';
import {
  type InputSpec,
  inputsOfConfig,
  inputsOfMetadata,
  isComplete,
  resolveShapes,
} from '../../src/load/inputs.ts';

const fixed: InputSpec = { name: 'x', datatype: 'FP32', dims: [2, 3], optional: false };
const open: InputSpec = { name: 'input.1', datatype: 'FP32', dims: [3, -1], optional: false };

describe('shapes', () => {
  test('a variable size is given by name, without the batch', () => {
    expect(resolveShapes([open], { 'input.1': [3, 100] }).inputs[0]?.dims).toEqual([3, 100]);
  });

  test.each([
    [[fixed], { y: [1] }, 'the model has no input "y"\n  known here: x'],
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

  test.each([
    ['FP32', [-1, 3, 224, 224], [1, 3, 224, 224]],
    ['FP32', [-1, 3, -1, -1], [1, 3, 224, 224]],
    ['INT64', [-1, -1], [1, 64]],
    ['BYTES', [-1, -1], [1, 1]],
    ['FP32', [-1], [64]],
    ['FP32', [2, -1], [2, 64]],
  ])('of %s %j, where the model adds no batch, the first is one inference', (datatype, dims, guess) => {
    const { inputs } = resolveShapes(
      [{ name: 'x', datatype, dims, optional: false }],
      {},
      { batching: false },
    );
    expect(inputs[0]?.dims).toEqual(guess);
  });

  test('names that objects have of themselves are names like others', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const inputs = names.map((name) => ({ ...open, name }));
    const shapes = Object.fromEntries(names.map((name) => [name, [3, 5]]));
    expect(resolveShapes(inputs, shapes).inputs.map(({ dims }) => dims)).toEqual([
      [3, 5],
      [3, 5],
      [3, 5],
    ]);
    expect(resolveShapes(inputs, {}).inputs.map(({ dims }) => dims)).toEqual([
      [3, 64],
      [3, 64],
      [3, 64],
    ]);
  });

  test('a scalar needs none; a size that no integer holds exactly is refused', () => {
    const scalar = { ...fixed, dims: [] };
    expect(resolveShapes([scalar], {}).inputs).toEqual([scalar]);
    expect(() => resolveShapes([scalar], { x: [1] })).toThrow('leave its shape out');
    expect(() => resolveShapes([open], { 'input.1': [3, 1e300] })).toThrow('does not fit');
  });

  test('a shape tensor has no batch dimension', () => {
    const model = {
      name: 'm',
      platform: '',
      outputs: [],
      inputs: [{ name: 'sizes', datatype: 'INT32', shape: [-1, 2] }],
    };
    const config = {
      max_batch_size: 4,
      input: [{ name: 'sizes', data_type: 'TYPE_INT32', dims: ['2'], is_shape_tensor: true }],
    };
    const spec = { name: 'sizes', datatype: 'INT32', dims: [2], optional: false, isShape: true };
    expect(inputsOfMetadata(model, config)).toEqual([spec]);
    expect(inputsOfConfig(config)).toEqual([spec]);
  });

  test('a configuration that leaves something to the server is not complete', () => {
    const whole = { name: 'x', data_type: 'TYPE_FP32', dims: ['2'] };
    expect(isComplete({ input: [whole] }, 'input')).toBe(true);
    expect(isComplete({ input: [whole] }, 'output')).toBe(false);
    expect(isComplete({ input: [whole, { name: 'y', dims: ['1'] }] }, 'input')).toBe(false);
    expect(isComplete({ input: [{ name: 'y', data_type: 'TYPE_FP32' }] }, 'input')).toBe(false);
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
