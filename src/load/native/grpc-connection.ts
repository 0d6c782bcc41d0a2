import { performance } from 'node:perf_hooks';
import { Client, credentials } from '@grpc/grpc-js';
import type { Endpoint } from '../../server/triton.ts';
import { GRPC_OPTIONS, grpcTarget } from '../../server/triton-grpc.ts';
import type { ConnectionEvents, LoadConnection } from './connection.ts';

const CONNECT_MS = 5000;
const METHOD = '/inference.GRPCInferenceService/ModelInfer';
const asIs = (bytes: Buffer): Buffer => bytes;

/** A gRPC channel of its own for one request at a time; requests are sent as prepared, answers dropped unread. */
export class GrpcConnection implements LoadConnection {
  readonly #client: Client;
  readonly #events: ConnectionEvents;
  #inFlight = false;
  #closed = false;

  constructor(endpoint: Endpoint, events: ConnectionEvents) {
    this.#events = events;
    // Without a pool of its own every channel would share one TCP connection.
    const options = { ...GRPC_OPTIONS, 'grpc.use_local_subchannel_pool': 1 };
    this.#client = new Client(grpcTarget(endpoint), credentials.createInsecure(), options);
    this.#client.waitForReady(Date.now() + CONNECT_MS, (error) => {
      if (this.#closed) return;
      if (!error) {
        events.onConnect();
        return;
      }
      this.close();
      events.onBroken(error.message);
    });
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  send(request: Buffer): void {
    this.#inFlight = true;
    const startMs = performance.now();
    this.#client.makeUnaryRequest(METHOD, asIs, asIs, request, (error) => {
      this.#inFlight = false;
      if (this.#closed) return;
      // The library does not tell when a request was on the wire.
      this.#events.onAnswer(startMs, Number.NaN, performance.now(), error ? error.details : undefined);
    });
  }

  close(): void {
    this.#closed = true;
    this.#client.close();
  }
}
