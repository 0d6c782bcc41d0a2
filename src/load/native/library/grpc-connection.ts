import { performance } from 'node:perf_hooks';
import {
  Client,
  type ClientDuplexStream,
  compressionAlgorithms,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { GRPC_OPTIONS, grpcCredentials, grpcTarget } from '../../../server/grpc-channel.ts';
import type { Endpoint } from '../../../server/triton.ts';
import { type ConnectionEvents, failure, type LoadConnection, type RequestFailure } from '../connection.ts';
import type { Http2Options } from '../http2/call.ts';
import { grpcFailure } from '../http2/grpc-status.ts';
import { readStreamAnswer } from '../http2/message-reader.ts';

const CONNECT_MS = 5000;
const PREFIX = 5;
const ALGORITHMS = {
  none: compressionAlgorithms.identity,
  gzip: compressionAlgorithms.gzip,
  deflate: compressionAlgorithms.deflate,
};
const asIs = (bytes: Buffer): Buffer => bytes;

/** One request at a time through an ordinary gRPC client: slower than raw HTTP/2, and at home everywhere. */
export class GrpcConnection implements LoadConnection {
  readonly capacity = 1;
  readonly #client: Client;
  readonly #events: ConnectionEvents;
  readonly #options: Http2Options;
  readonly #metadata = new Metadata();
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  #busy = false;
  #keep = false;
  #closed = false;

  constructor(endpoint: Endpoint, options: Http2Options, events: ConnectionEvents) {
    this.#events = events;
    this.#options = options;
    for (const [name, value] of options.metadata ?? []) this.#metadata.add(name, value);
    const credentials = grpcCredentials(endpoint);
    this.#client = new Client(grpcTarget(endpoint), credentials.credentials, {
      ...GRPC_OPTIONS,
      ...credentials.options,
      'grpc.default_compression_algorithm': ALGORITHMS[options.compression ?? 'none'],
      // Without a pool of its own every channel would share one connection.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#client.waitForReady(Date.now() + CONNECT_MS, (error) => {
      if (this.#closed) return;
      if (!error) {
        events.onReady();
        return;
      }
      this.close();
      events.onBroken(failure('connection failed', error.message));
    });
  }

  get open(): boolean {
    return !this.#closed;
  }

  send(_slot: number, request: Buffer, keep = false): void {
    this.#keep = keep;
    // The library puts the length in front itself.
    const message = request.subarray(PREFIX);
    this.#busy = true;
    if (this.#options.streaming) this.#toStream().write(message);
    else {
      this.#client.makeUnaryRequest(
        this.#options.path,
        asIs,
        asIs,
        message,
        this.#metadata,
        (error, answer) => this.#onAnswer(error, answer),
      );
    }
    this.#events.onSent(0, performance.now());
  }

  cancel(): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(undefined);
  }

  close(): void {
    this.#closed = true;
    this.#client.close();
  }

  #onAnswer(error: ServiceError | null, answer: Buffer | undefined): void {
    if (this.#closed) return;
    this.#busy = false;
    const now = performance.now();
    this.#events.onResponse(0, now, false);
    const failed = error ? grpcFailure(error.code, error.details) : undefined;
    this.#events.onDone(
      0,
      now,
      failed,
      answer?.length ?? 0,
      this.#keep && answer ? { bytes: answer, jsonLength: undefined } : undefined,
    );
  }

  #toStream(): ClientDuplexStream<Buffer, Buffer> {
    if (this.#stream) return this.#stream;
    const stream = this.#client.makeBidiStreamRequest<Buffer, Buffer>(
      this.#options.path,
      asIs,
      asIs,
      this.#metadata,
    );
    stream.on('data', (message: Buffer) => this.#onMessage(message));
    stream.on('error', (error: ServiceError) => {
      if (this.#closed) return;
      this.#stream = undefined;
      if (this.#busy) this.#done(grpcFailure(error.code, error.details));
    });
    stream.on('end', () => {
      this.#stream = undefined;
    });
    this.#stream = stream;
    return stream;
  }

  #onMessage(message: Buffer): void {
    if (this.#closed || !this.#busy) return;
    const answer = readStreamAnswer(message);
    if (!answer) this.#done(failure('malformed answer', 'a message that is no ModelStreamInferResponse'));
    else if (answer.error !== '') this.#done(failure('gRPC error in stream', answer.error));
    else {
      this.#events.onResponse(0, performance.now(), answer.empty);
      if (this.#options.streaming === 'one answer each' || answer.final) this.#done(undefined, message);
    }
  }

  #done(failed: RequestFailure | undefined, message: Buffer = Buffer.alloc(0)): void {
    this.#busy = false;
    const body = this.#keep ? { bytes: message, jsonLength: undefined } : undefined;
    this.#events.onDone(0, performance.now(), failed, message.length, body);
  }
}
