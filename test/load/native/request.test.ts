import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../../src/load/native/proxy.ts';
import {
  compressed,
  encodeBareBody,
  encodeGrpcRequest,
  encodeHttpRequest,
  splitBody,
  withSequence,
} from '../../../src/load/native/request.ts';
import { ModelInferRequestSchema } from '../../../src/model-config/gen/grpc_service_pb.ts';

const tensors = [
  { name: 'x', datatype: 'INT32', shape: [1, 1], data: Buffer.from([7, 0, 0, 0]) },
  { name: 'sequence_id', datatype: 'INT8', shape: [1, 1], data: Buffer.from([9]) },
];
const target = { authority: 'h:1', headers: [['a', 'b']] as const };
const options = { model: 'm', version: '2', sequence: true };

/** Head, JSON and tensors of a whole HTTP request. */
function parseHttp(bytes: Buffer) {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, end);
  const length = Number(/Inference-Header-Content-Length: (\d+)/.exec(head)![1]);
  const body = bytes.subarray(end + 4);
  expect(Number(/\r\nContent-Length: (\d+)/.exec(head)![1])).toBe(body.length);
  return { head, json: JSON.parse(body.toString('utf8', 0, length)), rest: body.subarray(length) };
}

describe('a step of a sequence is written over a prepared request', () => {
  const step = { id: 4_294_967_301, start: true, end: false };

  test('by HTTP, whole and bare', () => {
    const whole = encodeHttpRequest(target, tensors, options);
    const { head, json, rest } = parseHttp(withSequence(whole.bytes, whole.sequence!, step));
    expect(head).toMatch(/^POST \/v2\/models\/m\/versions\/2\/infer HTTP\/1.1\r\nHost: h:1\r\n/);
    expect(head).toContain('\r\na: b');
    expect(json.parameters).toEqual({
      binary_data_output: true,
      sequence_id: 4_294_967_301,
      sequence_start: true,
      sequence_end: false,
    });
    expect(json.inputs[1]).toEqual({
      name: 'sequence_id',
      datatype: 'INT8',
      shape: [1, 1],
      parameters: { binary_data_size: 1 },
    });
    expect(rest).toEqual(Buffer.from([7, 0, 0, 0, 9]));
    const bare = encodeBareBody(tensors, options);
    const { jsonLength, body } = splitBody(withSequence(bare.bytes, bare.sequence!, { ...step, end: true }));
    expect(JSON.parse(body.toString('utf8', 0, jsonLength)).parameters).toMatchObject({
      sequence_id: 4_294_967_301,
      sequence_end: true,
    });
  });

  test('by gRPC', () => {
    const { bytes, sequence } = encodeGrpcRequest(tensors, options);
    const patched = withSequence(bytes, sequence!, step);
    expect(patched.readUInt32BE(1)).toBe(patched.length - 5);
    const message = fromBinary(ModelInferRequestSchema, patched.subarray(5));
    const value = (name: string) => message.parameters[name]?.parameterChoice.value;
    expect([value('sequence_id'), value('sequence_start'), value('sequence_end')]).toEqual([
      4_294_967_301n,
      true,
      false,
    ]);
    expect(message.modelVersion).toBe('2');
    expect(message.rawInputContents.map((raw) => [...raw])).toEqual([[7, 0, 0, 0], [9]]);
  });
});

test('tensors in shared memory are named instead of sent', () => {
  const region = { name: 'r', offset: 4, bytes: 1 };
  const all = {
    model: 'm',
    inputRegions: new Map([['sequence_id', region]]),
    outputRegions: new Map([['y', { ...region, offset: 0 }]]),
  };
  const { json, rest } = parseHttp(encodeHttpRequest(target, tensors, all).bytes);
  expect(json.inputs[1].parameters).toEqual({
    shared_memory_region: 'r',
    shared_memory_byte_size: 1,
    shared_memory_offset: 4,
  });
  expect(json.outputs).toEqual([
    { name: 'y', parameters: { shared_memory_region: 'r', shared_memory_byte_size: 1 } },
  ]);
  expect(rest).toHaveLength(4);
  const message = fromBinary(ModelInferRequestSchema, encodeGrpcRequest(tensors, all).bytes.subarray(5));
  expect(message.inputs[1]?.parameters['shared_memory_offset']?.parameterChoice.value).toBe(4n);
  expect(message.rawInputContents).toHaveLength(1);
});

test('a compressed message says so, and unpacks to the same', () => {
  const plain = encodeGrpcRequest(tensors, { model: 'm', markFinal: true });
  const packed = compressed(plain, 'gzip').bytes;
  expect(packed[0]).toBe(1);
  expect(gunzipSync(packed.subarray(5))).toEqual(plain.bytes.subarray(5));
});

describe('proxies', () => {
  const env = { http_proxy: 'http://p:1', https_proxy: 'http://s:2', no_proxy: 'direct.org, .inner' };
  test.each([
    ['far.org', false, 'http://p:1'],
    ['far.org', true, 'http://s:2'],
    ['direct.org', false, undefined],
    ['a.direct.org', false, undefined],
    ['x.inner', false, undefined],
    ['localhost', false, undefined],
    ['127.0.0.1', true, undefined],
  ])('to %s (TLS: %s)', (host, secure, proxy) => {
    expect(proxyFor({ host, secure }, env)).toBe(proxy);
  });

  test('none, or for all', () => {
    expect(proxyFor({ host: 'far.org', secure: false }, {})).toBeUndefined();
    expect(proxyFor({ host: 'far.org', secure: false }, { ...env, no_proxy: '*' })).toBeUndefined();
  });
});
