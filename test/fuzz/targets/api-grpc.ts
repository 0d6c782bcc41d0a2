import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { create, type DescMessage, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import {
  ModelConfigResponseSchema,
  ModelMetadataResponseSchema,
  ModelStatisticsResponseSchema,
  RepositoryIndexResponseSchema,
  RepositoryModelLoadResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from '../../../src/model-config/gen/grpc_service_pb.ts';
import { GrpcTriton } from '../../../src/server/triton-grpc.ts';
import type { Random } from '../../support/random.ts';
import { textInProject } from '../corpus.ts';
import { changeBytes } from '../mutate/bytes.ts';
import { isServerError, type MakeTarget } from '../target.ts';

/** Milliseconds that a call has; few answers are such that it waits. */
const PATIENCE = { timeoutMs: 200 };

/** What is asked, and a good answer. */
interface Call {
  readonly body: Buffer;
  ask(triton: GrpcTriton): Promise<unknown>;
}

const fixture = (name: string): JsonValue =>
  JSON.parse(textInProject(`test/fixtures/triton/${name}`)) as JsonValue;
const message = (schema: DescMessage, json: JsonValue): Buffer =>
  Buffer.from(toBinary(schema, fromJson(schema, json, { ignoreUnknownFields: true })));

const CALLS: readonly Call[] = [
  { body: message(ServerReadyResponseSchema, { ready: true }), ask: (triton) => triton.isReady(PATIENCE) },
  {
    body: message(ServerMetadataResponseSchema, {
      name: 'triton',
      version: '2.51.0',
      extensions: ['sequence'],
    }),
    ask: (triton) => triton.server(PATIENCE),
  },
  {
    body: message(RepositoryIndexResponseSchema, { models: [{ name: 'm', version: '1', state: 'READY' }] }),
    ask: (triton) => triton.repositoryIndex(PATIENCE),
  },
  {
    body: Buffer.from(toBinary(RepositoryModelLoadResponseSchema, create(RepositoryModelLoadResponseSchema))),
    ask: (triton) => triton.load('m', { name: 'm' }, PATIENCE),
  },
  {
    body: message(ModelConfigResponseSchema, { config: fixture('model_config.json') }),
    ask: (triton) => triton.config('text_recognition', PATIENCE),
  },
  {
    body: message(ModelMetadataResponseSchema, fixture('model_metadata_add_sub.json')),
    ask: (triton) => triton.metadata('add_sub', PATIENCE),
  },
  {
    body: message(ModelStatisticsResponseSchema, fixture('stats_add_sub.json')),
    ask: (triton) => triton.statistics('add_sub', PATIENCE),
  },
];

/** How an answer is sent, as one byte each says: call, how it is sent, the length in front, the status behind. */
interface Sending {
  readonly call: number;
  readonly way: number;
  readonly status: number;
  readonly body: Buffer;
}

const HEADER = 3;
const sendingOf = (input: Buffer): Sending => ({
  call: (input[0] ?? 0) % CALLS.length,
  way: input[1] ?? 0,
  status: input[2] ?? 0,
  body: input.subarray(HEADER),
});

const STATUSES = ['0', '3', '5', '13', '14', '16', '17', '99', '-1', 'abc', ''];
const WORDS = ['no%20such%0Amodel', '%', '%ff', 'x'.repeat(5000), ''];

/**
 * Triton's API by gRPC on a real connection: whatever message and status a server sends, a call brings something or
 * fails with the reason.
 */
export const apiGrpc: MakeTarget = async () => {
  let sending: Sending | undefined;
  const server = createServer();
  server.on('sessionError', () => {});
  server.on('connection', (socket: Socket) => socket.setNoDelay(true));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume();
    stream.on('end', () => answer(stream, sending!));
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const triton = new GrpcTriton({ host: '127.0.0.1', port });
  return {
    make(random) {
      const call = random.below(CALLS.length);
      const { body } = CALLS[random.chance(0.9) ? call : random.below(CALLS.length)]!;
      return Buffer.concat([
        Buffer.from([call, wayOf(random), random.chance(0.8) ? 0 : random.below(256)]),
        changed(random, body),
      ]);
    },
    async run(input) {
      sending = sendingOf(input);
      await CALLS[sending.call]!.ask(triton);
    },
    isOurs: isServerError,
  };
};

const wayOf = (random: Random): number => (random.chance(0.95) ? 0 : random.below(6));
const changed = (random: Random, body: Buffer): Buffer => {
  const bodies = CALLS.map((call) => call.body);
  return random.chance(0.1) ? body : changeBytes(random, body, bodies);
};

function answer(stream: ServerHttp2Stream, { way, status, body }: Sending): void {
  if (stream.destroyed) return;
  if (way === 1) {
    stream.close(2);
    return;
  }
  if (way === 2) {
    stream.respond({ ':status': 503, 'content-type': 'text/html' });
    stream.end('<html>');
    return;
  }
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(way === 3 ? body.length + 1 : body.length, 1);
  if (way === 4) prefix[0] = 1;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    const code = STATUSES[status % STATUSES.length]!;
    const words = WORDS[status % WORDS.length]!;
    stream.sendTrailers({ ...(code && { 'grpc-status': code }), ...(words && { 'grpc-message': words }) });
  });
  stream.end(way === 5 ? undefined : Buffer.concat([prefix, body]));
}
