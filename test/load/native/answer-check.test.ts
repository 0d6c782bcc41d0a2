import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AnswerCheck } from '../../../src/load/native/answer-check.ts';
import { ModelInferResponseSchema } from '../../../src/model-config/gen/grpc_service_pb.ts';

const declared = [
  { name: 'y', datatype: 'FP32', shape: [-1, 2] },
  { name: 'z', datatype: 'BYTES', shape: [1] },
];
const y = { name: 'y', datatype: 'FP32', shape: [3, 2], bytes: 24 };
const z = { name: 'z', datatype: 'BYTES', shape: [1], bytes: 9 };
type Output = Omit<typeof y, 'bytes'> & { readonly bytes?: number };

function http(outputs: readonly Output[]) {
  const json = JSON.stringify({
    outputs: outputs.map(({ bytes, ...output }) => ({
      ...output,
      ...(bytes === undefined ? { data: [1] } : { parameters: { binary_data_size: bytes } }),
    })),
  });
  const data = Buffer.alloc(outputs.reduce((sum, { bytes = 0 }) => sum + bytes, 0));
  return { bytes: Buffer.concat([Buffer.from(json), data]), jsonLength: json.length };
}

function grpc(outputs: readonly Output[]) {
  const message = toBinary(
    ModelInferResponseSchema,
    create(ModelInferResponseSchema, {
      outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(BigInt) })),
      rawOutputContents: outputs.flatMap(({ bytes }) => (bytes === undefined ? [] : [new Uint8Array(bytes)])),
    }),
  );
  return { bytes: Buffer.concat([Buffer.alloc(5), message]), jsonLength: undefined };
}

describe.each([
  ['http1', http],
  ['http2', grpc],
] as const)('%s', (kind, answer) => {
  const told = (...outputs: Output[]) => {
    const check = new AnswerCheck({ kind }, declared);
    expect(check.wants(undefined, 0)).toBe(true);
    const failed = check.check(undefined, answer(outputs));
    expect(failed === undefined || failed.class === 'wrong output').toBe(true);
    return failed?.message;
  };

  test('an answer that is as the model says', () => {
    expect(told(y, z)).toBeUndefined();
    // Where the data is elsewhere, or in another form, the rest is as it must be.
    expect(told({ ...y, bytes: undefined }, { ...z, bytes: undefined })).toBeUndefined();
    // A model may leave an output out.
    expect(told(y)).toBeUndefined();
  });

  test.each<[string, Output[], string]>([
    ['name', [{ ...y, name: 'w' }, z], 'output "w" is none of the model’s'],
    ['type', [{ ...y, datatype: 'FP64', bytes: 48 }], 'output "y" is FP64, and the model says FP32'],
    [
      'shape',
      [{ ...y, shape: [3, 4], bytes: 48 }],
      'output "y" has the shape [3, 4], and the model says [-1, 2]',
    ],
    ['rank', [{ ...y, shape: [6] }], 'output "y" has the shape [6], and the model says [-1, 2]'],
    ['size', [{ ...y, bytes: 20 }], 'output "y" is 20 bytes long, and its shape [3, 2] takes 24'],
    ['count', [], 'the answer has no outputs'],
  ])('another %s', (_what, outputs, words) => {
    expect(told(...outputs)).toBe(words);
  });

  test('something else', () => {
    const check = new AnswerCheck({ kind }, declared);
    const body = { bytes: Buffer.from('{"outputs":7}'), jsonLength: undefined };
    expect(check.check(undefined, body)?.message).toMatch(/the answer (names|has) no outputs/);
  });
});

test('data in shared memory leaves nothing in a gRPC answer', () => {
  const check = new AnswerCheck({ kind: 'http2' }, declared);
  expect(check.check(undefined, grpc([{ ...y, bytes: 0 }, z]))).toBeUndefined();
});

test('an answer is looked at now and then, each from the first wrong one on, none where nothing is declared', () => {
  const check = new AnswerCheck({ kind: 'http1' }, declared);
  const wanted = (of: AnswerCheck): number =>
    Array.from({ length: 1000 }, (_, index) => of.wants(undefined, 1000 + index / 10)).filter(Boolean).length;
  expect(wanted(check)).toBe(10);
  check.check(undefined, http([]));
  expect(wanted(check)).toBe(1000);
  const nothing = new AnswerCheck({ kind: 'http1' }, []);
  expect(wanted(nothing)).toBe(0);
  expect(nothing.check(undefined, http([]))).toBeUndefined();
});

test('the larger an answer, the more rarely one is held to be looked at, and wrong ones are found all the same', () => {
  const outputs = [{ name: 'y', datatype: 'FP32', shape: [80_000, 2], bytes: 640_000 }, z];
  const check = new AnswerCheck({ kind: 'http1' }, declared);
  const wantedIn = (fromMs: number, tillMs: number): number => {
    let wanted = 0;
    for (let nowMs = fromMs; nowMs < tillMs; nowMs++) {
      if (!check.wants(undefined, nowMs)) continue;
      wanted++;
      expect(check.check(undefined, http(outputs))).toBeUndefined();
    }
    return wanted;
  };
  // Until the first one came nobody knows how large they are.
  expect(wantedIn(1000, 2000)).toBeLessThanOrEqual(12);
  expect(wantedIn(2000, 3000)).toBeGreaterThanOrEqual(9);
  check.wants(undefined, 4000);
  expect(check.check(undefined, http([{ ...outputs[0]!, bytes: 4 }]))?.class).toBe('wrong output');
  expect(check.wants(undefined, 4000)).toBe(true);
});
