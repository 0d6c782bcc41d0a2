import { readFileSync } from 'node:fs';
import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { parseExactJson } from '../../src/ground/exact-json.ts';
import { additions, differences, withoutFillings } from '../../src/model-config/compare.ts';
import {
  canonicalJson,
  configOfServer,
  instanceGroups,
  maxBatchSize,
  mergeConfig,
  normalizeConfig,
  onCpu,
  parseConfigText,
  printConfigText,
} from '../../src/model-config/config.ts';
import { diffText, hunksOf } from '../../src/model-config/diff.ts';

const example = readFileSync(
  'examples/text-recognition/model_repository/text_recognition/config.pbtxt',
  'utf8',
);
const effective = JSON.parse(readFileSync('test/fixtures/triton/model_config.json', 'utf8'));

test('text that is parsed and printed means the same', () => {
  const config = parseConfigText(example, 'config.pbtxt');
  expect(parseConfigText(printConfigText(config), 'again')).toEqual(config);
  expect(maxBatchSize(config)).toBe(8);
  expect(instanceGroups(config)).toEqual([{ kind: 'CPU', count: 1 }]);
});

describe('a config.pbtxt with a mistake is answered with its place', () => {
  test.each([
    [
      'name: "m"\nmax_batch: 3\nbackend: "python"',
      'config.pbtxt:2:1: not a valid model configuration: unknown field "max_batch" for message inference.ModelConfig\n  did you mean "max_batch_size"?',
    ],
    ['name: "m"\ninstance_group [\n  { kind: KIND_TPU }\n]', 'config.pbtxt:3:11: not a valid'],
    [
      'name: "m"\n\nmax_batch_size: "a"\nbackend: "x"',
      'config.pbtxt:3:17: not a valid model configuration: expected an integer, got a string',
    ],
    ['name: "m"\ndynamic_batching {\n', 'config.pbtxt:2:18: not a valid model configuration: unexpected end'],
    [
      'name: "m"\ninput { data_type: 99 dims: 99 }',
      'config.pbtxt:2:20: not a valid model configuration: unknown enum value 99 for field "data_type"',
    ],
    ['constructor: 1', 'config.pbtxt:1:1: not a valid model configuration: unknown field "constructor"'],
    ['__proto__ {}', 'config.pbtxt:1:1: not a valid model configuration: unknown field "__proto__"'],
    ['[a.b]: 1', 'config.pbtxt:1:5: not a valid model configuration: unknown extension "[a.b]"'],
    ['name: "a\\q"', 'config.pbtxt:1:10: not a valid model configuration: invalid escape'],
    ['name: "a\0"', 'config.pbtxt:1:9: not a valid model configuration: invalid U+0000'],
    ['max_batch_size: 3000000000', 'config.pbtxt:1:17: not a valid model configuration: cannot decode'],
    ['optimization { '.repeat(50_000), 'config.pbtxt: not a valid model configuration: unknown field'],
    ['input: '.concat('['.repeat(50_000)), 'config.pbtxt:1:1: not a valid model configuration'],
    [`${'x'.repeat(50_000)}: 1`, ' ... '],
    ['#'.repeat(2_000_001), 'config.pbtxt has 2,000,001 characters: it is no config.pbtxt'],
  ])('%j', (text, message) => {
    expect(() => parseConfigText(text, 'config.pbtxt')).toThrow(message);
  });
});

describe('a config.pbtxt in every form that the text format has', () => {
  test.each([
    ['name: "a" \'b\' "\\x41\\101\\n"', { name: 'abAA\n' }],
    [
      '\ufeffname: "m", backend: "p"; max_batch_size: 0x10 # sixteen\n',
      {
        name: 'm',
        backend: 'p',
        max_batch_size: 16,
      },
    ],
    ['max_batch_size: 010', { max_batch_size: 8 }],
    ['input: < name: "x" dims: [ 1, -1 ] dims: 3 >', { input: [{ name: 'x', dims: ['1', '-1', '3'] }] }],
    [
      'input [ { name: "x" data_type: 11 }, < name: "y" > ]',
      {
        input: [{ name: 'x', data_type: 'TYPE_FP32' }, { name: 'y' }],
      },
    ],
    ['dynamic_batching { preserve_ordering: t }', { dynamic_batching: { preserve_ordering: true } }],
    ['', {}],
  ])('%j', (text, config) => {
    expect(parseConfigText(text, 'config.pbtxt')).toEqual(config);
    expect(parseConfigText(printConfigText(config as never), 'again')).toEqual(config);
  });

  test('keys of maps may be names that mean something to an object', () => {
    const text = 'parameters { key: "__proto__" value { string_value: "a" } }\n';
    const config = parseConfigText(text, 'config.pbtxt');
    const patch = JSON.parse(
      '{"parameters": {"__proto__": {"string_value": "b"}, "toString": {"string_value": "c"}}}',
    );
    const merged = normalizeConfig(mergeConfig(config, patch));
    expect(printConfigText(merged)).toMatch(/"__proto__"\n.*\n.*"b"[\s\S]*"toString"\n.*\n.*"c"/);
    expect(Object.getPrototypeOf(merged['parameters'])).toBe(Object.prototype);
  });
});

describe('integers that a number can not hold', () => {
  const text = (value: string): string => `sequence_batching { max_sequence_idle_microseconds: ${value} }`;

  test.each(['18446744073709551615', '9223372036854775807', '9007199254740993'])(
    '%s stays itself',
    (value) => {
      const config = parseConfigText(text(value), 'config.pbtxt');
      expect(config).toEqual({ sequence_batching: { max_sequence_idle_microseconds: value } });
      expect(printConfigText(config)).toContain(value);
      // As a server tells it, read exactly: without a difference, and with one where it is another by 1.
      const told = (digits: string) =>
        configOfServer(
          parseExactJson(`{"sequence_batching": {"max_sequence_idle_microseconds": ${digits}}}`, String),
        );
      expect(differences(config, told(value))).toEqual([]);
      const less = String(BigInt(value) - 1n);
      expect(differences(config, told(less))).toEqual([
        { path: 'sequence_batching.max_sequence_idle_microseconds', asked: value, effective: less },
      ]);
      expect(normalizeConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    },
  );

  test('one that fits is the same as a number and as a text', () => {
    const as = (value: unknown) =>
      normalizeConfig({ dynamic_batching: { max_queue_delay_microseconds: value } });
    expect(as(5)).toEqual(as('5'));
  });
});

test('what a newer server has and we do not know is left out of its configuration', () => {
  const told = {
    name: 'm',
    new_field: 1,
    input: [
      { name: 'x', data_type: 99 },
      { name: 'y', data_type: 'TYPE_FP4' },
    ],
  };
  expect(configOfServer(told)).toEqual({ name: 'm', input: [{ name: 'x' }, { name: 'y' }] });
});

test('merging goes into mappings and replaces everything else', () => {
  const base = {
    dynamic_batching: { max_queue_delay_microseconds: '5', preserve_ordering: true },
    instance_group: [{ count: 1 }, { count: 2 }],
  };
  expect(
    mergeConfig(base, {
      dynamic_batching: { max_queue_delay_microseconds: '9' },
      instance_group: [{ count: 3 }],
    }),
  ).toEqual({
    dynamic_batching: { max_queue_delay_microseconds: '9', preserve_ordering: true },
    instance_group: [{ count: 3 }],
  });
});

test('equal configurations have one text, however they were written', () => {
  const a = normalizeConfig({ max_batch_size: 4, dynamic_batching: { max_queue_delay_microseconds: 200 } });
  const b = normalizeConfig({ dynamicBatching: { maxQueueDelayMicroseconds: '200' }, maxBatchSize: 4 });
  expect(canonicalJson(a)).toBe(canonicalJson(b));
});

test('groups that leave their kind open go to the CPU', () => {
  expect(onCpu({})['instance_group']).toEqual([{ count: 1, kind: 'KIND_CPU' }]);
  const groups: JsonValue = [{ count: 2 }, { kind: 'KIND_GPU' }];
  expect(onCpu({ instance_group: groups })['instance_group']).toEqual([
    { count: 2, kind: 'KIND_CPU' },
    { kind: 'KIND_GPU' },
  ]);
});

describe('what the server made of it', () => {
  const asked = parseConfigText(example, 'config.pbtxt');

  test('defaults that it fills in are no difference', () => {
    expect(differences(asked, effective)).toEqual([]);
  });

  test('a field that is not in effect is named', () => {
    const wanted = { ...asked, dynamic_batching: { max_queue_delay_microseconds: '200' } };
    expect(differences(wanted, effective)).toEqual([
      { path: 'dynamic_batching.max_queue_delay_microseconds', asked: '200', effective: undefined },
    ]);
  });

  test('what a variant was to be without and the server completed is named', () => {
    const { max_batch_size: _, ...bare } = asked;
    expect(additions({ max_batch_size: 0 }, bare, effective)).toEqual([
      { path: 'max_batch_size', asked: undefined, effective: effective['max_batch_size'] },
    ]);
    expect(additions({ instance_group: [] }, bare, effective)).toEqual([]);
    expect(additions({ max_batch_size: 4 }, asked, effective)).toEqual([]);
  });

  test('a completed configuration becomes a config.pbtxt without the fillings', () => {
    const kept = withoutFillings(effective);
    expect(kept).not.toHaveProperty('version_policy');
    expect(kept['instance_group']).toEqual([{ kind: 'KIND_CPU', count: 1 }]);
  });
});

test('a difference shows the changed lines with two around each, in hunks', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\n';
  const hunks = hunksOf(diffText(before, before.replace('b', 'B').replace('i', 'I')));
  expect(hunks.map((hunk) => hunk.map(({ change, text }) => change + text).join(' '))).toEqual([
    ' a -b +B  c  d',
    ' g  h -i +I',
  ]);
});
