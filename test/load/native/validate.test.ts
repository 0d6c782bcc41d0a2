import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import type { ExpectedOutput } from '../../../src/load/native/protocol.ts';
import { validate } from '../../../src/load/native/validate.ts';
import { type Element, encodeValues } from '../../../src/load/tensor-data.ts';
import { ModelInferResponseSchema } from '../../../src/model-config/gen/grpc_service_pb.ts';

const HTTP = { kind: 'http1' } as const;
const wanted = (datatype: string, ...values: Element[]): ExpectedOutput[] => [
  { name: 'y', datatype, data: encodeValues(datatype, values) },
];
/** An answer whose JSON is written by hand, binary outputs behind it. */
const answer = (json: string, ...data: Buffer[]) => ({
  bytes: Buffer.concat([Buffer.from(json), ...data]),
  jsonLength: data.length > 0 ? Buffer.byteLength(json) : undefined,
});
const binary = (datatype: string, data: Buffer) =>
  answer(
    `{"outputs": [{"name": "y", "datatype": "${datatype}", "shape": [1], "parameters": {"binary_data_size": ${data.length}}}]}`,
    data,
  );
const inJson = (datatype: string, data: string) =>
  answer(`{"outputs": [{"name": "y", "datatype": "${datatype}", "shape": [1], "data": ${data}}]}`);

describe('an answer is compared bit by bit', () => {
  test('binary', () => {
    const data = encodeValues('INT64', [9007199254740993n]);
    expect(validate(binary('INT64', data), wanted('INT64', 9007199254740993n), HTTP)).toBeUndefined();
    expect(validate(binary('INT64', data), wanted('INT64', 9007199254740992n), HTTP)).toMatchObject({
      class: 'wrong output',
      message: 'output "y" is not what validation_data says: value 1 differs',
    });
  });

  test('values in JSON, as a server may answer', () => {
    const found = inJson('INT64', '[[9007199254740993]]');
    expect(validate(found, wanted('INT64', 9007199254740993n), HTTP)).toBeUndefined();
    expect(validate(found, wanted('INT64', 9007199254740992n), HTTP)?.message).toContain('value 1 differs');
    expect(validate(inJson('FP32', '[0.1, NaN]'), wanted('FP32', 0.1, Number.NaN), HTTP)).toBeUndefined();
    expect(validate(inJson('BYTES', '["é", ""]'), wanted('BYTES', 'é', ''), HTTP)).toBeUndefined();
    expect(validate(inJson('BYTES', '["e"]'), wanted('BYTES', 'é'), HTTP)?.message).toContain(
      'it has 5 bytes instead of 6',
    );
  });

  test('gRPC, raw or in fields of their type', () => {
    const grpc = (response: Parameters<typeof create<typeof ModelInferResponseSchema>>[1]) => ({
      bytes: Buffer.from(toBinary(ModelInferResponseSchema, create(ModelInferResponseSchema, response))),
      jsonLength: undefined,
    });
    const output = { name: 'y', datatype: 'UINT64', shape: [1n] };
    const most = 2n ** 64n - 1n;
    const raw = grpc({ outputs: [output], rawOutputContents: [encodeValues('UINT64', [most])] });
    const typed = grpc({ outputs: [{ ...output, contents: { uint64Contents: [most] } }] });
    for (const found of [raw, typed]) {
      expect(validate(found, wanted('UINT64', most), { kind: 'grpc-js' })).toBeUndefined();
      expect(validate(found, wanted('UINT64', most - 1n), { kind: 'grpc-js' })).toBeDefined();
    }
  });

  test.each(['FP16', 'BF16', 'FP32', 'FP64'])(
    'one NaN of %s is as good as another, nothing else is',
    (datatype) => {
      const negative = encodeValues(datatype, [1, Number.NaN]);
      negative[negative.length - 1]! |= 0x80;
      expect(validate(binary(datatype, negative), wanted(datatype, 1, Number.NaN), HTTP)).toBeUndefined();
      expect(validate(binary(datatype, negative), wanted(datatype, 1, 1), HTTP)?.message).toContain(
        'value 2 differs',
      );
      expect(
        validate(binary(datatype, encodeValues(datatype, [-0])), wanted(datatype, 0), HTTP),
      ).toBeDefined();
    },
  );
});

test.each([
  ['nothing', undefined],
  ['no JSON', answer('x')],
  ['no outputs', answer('{}')],
  ['outputs that are no list', answer('{"outputs": 5}')],
  ['an output without values', answer('{"outputs": [{"name": "y", "datatype": "INT64"}]}')],
  ['values of another type', inJson('INT64', '["a"]')],
  ['another name', answer('{"outputs": [{"name": "__proto__", "datatype": "INT64", "data": [1]}]}')],
  [
    'less than it says',
    answer('{"outputs": [{"name": "y", "parameters": {"binary_data_size": 8}}]}', Buffer.alloc(4)),
  ],
])('%s is a wrong output', (_, found) => {
  expect(validate(found, wanted('INT64', 1n), HTTP)?.class).toBe('wrong output');
});
