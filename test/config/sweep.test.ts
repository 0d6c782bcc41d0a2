import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combinations } from '../../src/config/combinations.ts';
import { buildValue, pathText } from '../../src/config/field-path.ts';
import { parametersOf } from '../../src/config/sweep.ts';

const sweep = (value: unknown) => {
  const { parameters, problems } = parametersOf(value, () => undefined);
  expect(problems).toEqual([]);
  return parameters;
};
const all = (value: unknown) => [...combinations(sweep(value))].map(buildValue);

describe('the sweep rule: own type first, else every item of a list is a choice', () => {
  test.each([
    ['a scalar sweeps by a list', { max_batch_size: [6, 8] }, [{ max_batch_size: 6 }, { max_batch_size: 8 }]],
    [
      'a plain list of a repeated field is one value',
      { dynamic_batching: { preferred_batch_size: [4, 8] } },
      [{ dynamic_batching: { preferred_batch_size: [4, 8] } }],
    ],
    [
      'a list of lists sweeps it',
      { dynamic_batching: { preferred_batch_size: [[4], [4, 8]] } },
      [
        { dynamic_batching: { preferred_batch_size: [4] } },
        { dynamic_batching: { preferred_batch_size: [4, 8] } },
      ],
    ],
    [
      'a range sweeps an integer, its end included',
      { dynamic_batching: { max_queue_delay_microseconds: { start: 0, stop: 250, step: 100 } } },
      [0, 100, 200].map((delay) => ({ dynamic_batching: { max_queue_delay_microseconds: delay } })),
    ],
    [
      'null among messages is to be without one, so that what belongs to it is swept only with it',
      { dynamic_batching: [null, {}, { max_queue_delay_microseconds: [1, 2] }] },
      [
        { dynamic_batching: null },
        { dynamic_batching: {} },
        { dynamic_batching: { max_queue_delay_microseconds: 1 } },
        { dynamic_batching: { max_queue_delay_microseconds: 2 } },
      ],
    ],
    [
      'two plain groups mean both together',
      { instance_group: [{ kind: 'KIND_GPU' }, { kind: 'KIND_CPU' }] },
      [{ instance_group: [{ kind: 'KIND_GPU' }, { kind: 'KIND_CPU' }] }],
    ],
    [
      'a scalar inside a group sweeps',
      { instance_group: [{ kind: 'KIND_CPU', count: [1, 2] }] },
      [
        { instance_group: [{ kind: 'KIND_CPU', count: 1 }] },
        { instance_group: [{ kind: 'KIND_CPU', count: 2 }] },
      ],
    ],
    [
      'also inside a choice',
      { instance_group: [[{ count: [1, 2] }], [{ count: 9 }]] },
      [
        { instance_group: [{ count: 1 }] },
        { instance_group: [{ count: 2 }] },
        { instance_group: [{ count: 9 }] },
      ],
    ],
    [
      'messages sweep by a list',
      { optimization: [{}, { cuda: { graphs: true } }] },
      [{ optimization: {} }, { optimization: { cuda: { graphs: true } } }],
    ],
    ['an empty mapping is a value', { dynamic_batching: {} }, [{ dynamic_batching: {} }]],
    ['null leaves the field alone', { dynamic_batching: null, max_batch_size: 2 }, [{ max_batch_size: 2 }]],
    [
      'maps keep their keys, values become texts',
      {
        optimization: {
          execution_accelerators: {
            gpu_execution_accelerator: [
              { name: 'tensorrt', parameters: { max_workspace_size_bytes: 1073741824 } },
            ],
          },
        },
      },
      [
        {
          optimization: {
            execution_accelerators: {
              gpu_execution_accelerator: [
                { name: 'tensorrt', parameters: { max_workspace_size_bytes: '1073741824' } },
              ],
            },
          },
        },
      ],
    ],
    ['digits in quotes are numbers to a number field', { max_batch_size: '4' }, [{ max_batch_size: 4 }]],
    [
      'a parameter of the model',
      { parameters: { threads: { string_value: ['1', '2'] } } },
      [
        { parameters: { threads: { string_value: '1' } } },
        { parameters: { threads: { string_value: '2' } } },
      ],
    ],
  ])('%s', (_name, value, expected) => {
    expect(all(value)).toEqual(expected);
  });

  test.each([
    [
      'a list of entries',
      [
        { key: 'a', value: 'x' },
        { key: 'b', value: 2 },
      ],
      { a: 'x', b: '2' },
    ],
    ['one entry', { key: 'a', value: 'x' }, { a: 'x' }],
    ['names of its own', { key: 'a', other: 'x' }, { key: 'a', other: 'x' }],
  ])('a map as config.pbtxt writes it: %s', (_name, map, expected) => {
    expect(all({ metric_tags: map })).toEqual([{ metric_tags: expected }]);
  });

  test.each([
    ['a key that is a list', { key: ['a', 'b'], value: 'x' }, 'metric_tags'],
    ['more than an entry holds', { key: 'a', value: 'x', more: 'y' }, 'metric_tags'],
    [
      'an entry with more among others',
      [
        { key: 'a', value: 'x' },
        { key: 'b', value: 'y', more: 'z' },
      ],
      'metric_tags[1]',
    ],
    ['an entry and a map', [{ b: 'y' }, { key: 'a', value: 'x' }], 'metric_tags[0]'],
  ])('what is nearly an entry is a mistake, not tags called key and value: %s', (_name, map, where) => {
    const { parameters, problems } = parametersOf({ metric_tags: map }, () => undefined);
    expect(parameters).toEqual([]);
    expect(problems.map(({ message }) => message.split(': ')[0])).toEqual([where]);
    expect(problems[0]!.hint).toContain('{ NAME: VALUE, ... }');
  });

  test('an entry sweeps like any value, and two of one key are a mistake where the second stands', () => {
    const entry = (value: unknown) => ({ parameters: [{ key: 'k', value: { string_value: value } }] });
    expect(all(entry(['1', '2']))).toEqual(
      ['1', '2'].map((value) => ({ parameters: { k: { string_value: value } } })),
    );
    const twice = {
      metric_tags: [
        { key: 'k', value: 'a' },
        { key: 'k', value: 'b' },
      ],
    };
    const places: unknown[] = [];
    const { problems } = parametersOf(twice, (path) => void places.push(path));
    expect(problems).toMatchObject([
      { message: 'metric_tags.k: the key "k" stands twice', hint: 'to try each, write { k: [A, B] }' },
    ]);
    expect(places[0]).toEqual(['metric_tags', 1, 'value']);
  });

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['18446744073709551615', '18446744073709551615'],
    ['4', 4],
    ['1_000', '1_000 is refused'],
  ])('an integer of 64 bits is exact: %s', (text, expected) => {
    const { parameters, problems } = parametersOf(
      { sequence_batching: { max_sequence_idle_microseconds: text } },
      () => undefined,
    );
    if (problems.length > 0) expect(`${text} is refused`).toBe(expected);
    else expect(parameters[0]?.values).toEqual([expected]);
  });

  test.each([
    [{ sequence_batching: { max_sequence_idle_microseconds: '18446744073709551616' } }],
    [{ sequence_batching: { max_sequence_idle_microseconds: -1 } }],
    [{ max_batch_size: 2147483648 }],
    [{ input: [{ data_type: 99 }] }],
    [{ optimization: { priority: 'x'.repeat(100_000) } }],
  ])('what a field can not hold is refused: %#', (value) => {
    expect(parametersOf(value, () => undefined).problems).toHaveLength(1);
  });

  test('the last key changes fastest', () => {
    const value = { dynamic_batching: { max_queue_delay_microseconds: [0, 200] }, max_batch_size: [1, 2] };
    expect(all(value).map((item) => JSON.stringify(item))).toEqual([
      '{"dynamic_batching":{"max_queue_delay_microseconds":0},"max_batch_size":1}',
      '{"dynamic_batching":{"max_queue_delay_microseconds":0},"max_batch_size":2}',
      '{"dynamic_batching":{"max_queue_delay_microseconds":200},"max_batch_size":1}',
      '{"dynamic_batching":{"max_queue_delay_microseconds":200},"max_batch_size":2}',
    ]);
  });

  test.each([
    [{ max_batch_sise: 1 }, 'max_batch_sise: no such field'],
    [{ max_batch_size: 1.5 }, 'found 1.5'],
    [
      { instance_group: { count: 1 } },
      'instance_group: expected a list, each item a mapping of ModelInstanceGroup fields',
    ],
    [{ dynamic_batching: { preserve_ordering: 'perhaps' } }, 'expected true or false'],
    [{ input: [{ dims: [4, 'x'] }] }, 'input[0].dims[1]: expected an integer, found "x"'],
    [{ instance_group: [1] }, 'instance_group[0]: expected a mapping of ModelInstanceGroup fields, found 1'],
    [
      { dynamic_batching: { priority_queue_policy: { one: { max_queue_size: 3 } } } },
      'expected a number as key, found "one"',
    ],
    [[1], 'expected a mapping of ModelConfig fields'],
  ])('%j is refused', (value, message) => {
    expect(parametersOf(value, () => undefined).problems[0]?.message).toContain(message);
  });
});

test('there are as many combinations as the product of the lists, and none twice', () => {
  const list = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(list, list, list, (sizes, delays, counts) => {
      const found = all({
        max_batch_size: sizes,
        dynamic_batching: { max_queue_delay_microseconds: delays },
        instance_group: [{ count: counts }],
      });
      expect(found).toHaveLength(sizes.length * delays.length * counts.length);
      expect(new Set(found.map((item) => JSON.stringify(item))).size).toBe(found.length);
    }),
  );
});

test('paths are written as in config.pbtxt', () => {
  expect(pathText(['instance_group', 0, 'count'])).toBe('instance_group[0].count');
  expect(pathText(['parameters', 'a.b'])).toBe('parameters["a.b"]');
});
