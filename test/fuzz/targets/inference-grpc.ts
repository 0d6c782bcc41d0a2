import { create, toBinary } from '@bufbuild/protobuf';
import { FLAG, FRAME, frame } from '../../../src/load/native/http2/frames.ts';
import { encodeHeaders } from '../../../src/load/native/http2/hpack.ts';
import { Http2Connection } from '../../../src/load/native/http2/http2-connection.ts';
import {
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
} from '../../../src/model-config/gen/grpc_service_pb.ts';
import type { Random } from '../../support/random.ts';
import { changeBytes } from '../mutate/bytes.ts';
import type { MakeTarget } from '../target.ts';
import { exchange, Refused } from '../wire.ts';

const VALUES = new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer);
const RESPONSE = create(ModelInferResponseSchema, {
  modelName: 'm',
  outputs: [{ name: 'Y', datatype: 'FP32', shape: [1n, 4n] }],
  rawOutputContents: [VALUES],
});
const UNARY = Buffer.from(toBinary(ModelInferResponseSchema, RESPONSE));
const STREAMED = Buffer.from(
  toBinary(
    ModelStreamInferResponseSchema,
    create(ModelStreamInferResponseSchema, { inferResponse: RESPONSE }),
  ),
);
const SLOTS = 3;
const STREAMING = [undefined, 'decoupled', 'one answer each'] as const;

/** A gRPC message: not compressed, its length in front. */
function message(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** INITIAL_WINDOW_SIZE and MAX_FRAME_SIZE. */
const SETTINGS = Buffer.concat([Buffer.from([0, 4]), number(65_535), Buffer.from([0, 5]), number(16_384)]);
const HEAD = encodeHeaders([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);
const TRAILER = encodeHeaders([['grpc-status', '0']]);
const REFUSAL = encodeHeaders([
  [':status', '200'],
  ['grpc-status', '3'],
  ['grpc-message', 'no%20such%0Atensor'],
]);

/** A good answer on a stream, frame by frame. */
const answerOn = (id: number, body: Buffer): Buffer[] => [
  frame(FRAME.headers, FLAG.endHeaders, id, HEAD),
  frame(FRAME.data, 0, id, message(body)),
  frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, id, TRAILER),
];

/** Frames that a server may send besides, or should not. */
const othersOn = (id: number): Buffer[] => [
  frame(FRAME.windowUpdate, 0, 0, number(1000)),
  frame(FRAME.windowUpdate, 0, id, number(2 ** 31 - 1)),
  frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  frame(FRAME.reset, 0, id, number(7)),
  frame(FRAME.goAway, 0, 0, Buffer.concat([number(id), number(0)])),
  frame(FRAME.settings, 0, 0, SETTINGS),
  frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)),
  frame(FRAME.continuation, FLAG.endHeaders, id, Buffer.from([0x88])),
  frame(FRAME.push, FLAG.endHeaders, id, Buffer.alloc(10)),
  frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, id, REFUSAL),
  frame(FRAME.headers, FLAG.padded, id, Buffer.from([9, 1])),
  frame(FRAME.data, FLAG.endStream, id, Buffer.alloc(0)),
];

/**
 * Answers to inferences by gRPC: frames, headers, messages, the outputs in them. The first byte says how they are cut,
 * the second which kind of call it is.
 */
export const inferenceGrpc: MakeTarget = () => ({
  make(random) {
    const which = random.below(STREAMING.length);
    return Buffer.concat([
      Buffer.from([random.below(256), which]),
      wireOf(random, which === 0 ? UNARY : STREAMED),
    ]);
  },
  run(input) {
    const streaming = STREAMING[(input[1] ?? 0) % STREAMING.length];
    const options = {
      capacity: SLOTS,
      path: '/x',
      authority: 'a',
      ...(streaming && { streaming }),
    };
    const settings = {
      engine: { kind: 'http2', http2: { streaming } },
      requests: SLOTS,
      expected: [{ name: 'Y', datatype: 'FP32', data: VALUES }],
      connect: (open, events) => new Http2Connection(open, options, events),
    } as const satisfies Parameters<typeof exchange>[0];
    if (!exchange(settings, input.subarray(2), 1 + (input[0] ?? 0))) throw new Refused();
  },
  isOurs: (error) => error instanceof Refused,
});

function wireOf(random: Random, body: Buffer): Buffer {
  const ids = Array.from({ length: SLOTS }, (_, slot) => 2 * slot + 1);
  const frames = [
    frame(FRAME.settings, 0, 0, SETTINGS),
    ...ids.flatMap((id) => answerOn(id, random.chance(0.3) ? changeBytes(random, body) : body)),
  ];
  for (let more = random.below(4); more > 0; more--) {
    frames.splice(
      random.below(frames.length + 1),
      random.below(2),
      random.pick(othersOn(random.pick([...ids, 7, 0]))),
    );
  }
  const wire = Buffer.concat(frames);
  return random.chance(0.6) ? changeBytes(random, wire, frames) : wire;
}
