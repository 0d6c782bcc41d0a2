import { readFileSync } from 'node:fs';
import type { JsonValue } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { additions, differences, withoutFillings } from '../../src/model-config/compare.ts';
import {
  canonicalJson,
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
      'config.pbtxt:3:1: not a valid model configuration: expected an integer, got a string',
    ],
    ['name: "m"\ndynamic_batching {\n', 'config.pbtxt:2:1: not a valid model configuration: unexpected end'],
  ])('%j', (text, message) => {
    expect(() => parseConfigText(text, 'config.pbtxt')).toThrow(message);
  });
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
