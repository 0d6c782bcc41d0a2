import { performance } from 'node:perf_hooks';
import { Client, type Dispatcher, ProxyAgent } from 'undici';
import { tlsOptions } from '../../../server/tls.ts';
import type { Endpoint } from '../../../server/triton.ts';
import { type ConnectionEvents, failure, type LoadConnection, socketFailure } from '../connection.ts';
import { errorText } from '../http1/http1-connection.ts';
import { splitBody } from '../request.ts';

/** Requests through undici. */
export interface UndiciOptions {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Address of a proxy between. */
  readonly proxy?: string | undefined;
}

const ERROR_BODY = 16 * 1024;

/** One request at a time through an ordinary HTTP client: slower than the raw sockets, and at home everywhere. */
export class UndiciConnection implements LoadConnection {
  readonly capacity = 1;
  readonly #options: UndiciOptions;
  readonly #events: ConnectionEvents;
  readonly #client: Dispatcher;
  #closed = false;

  constructor(options: UndiciOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    const { endpoint, proxy } = options;
    const connect = endpoint.tls ? { ...tlsOptions(endpoint.tls) } : {};
    this.#client = proxy
      ? new ProxyAgent({ uri: proxy, requestTls: connect, connections: 1 })
      : new Client(originOf(endpoint), { connect, pipelining: 1 });
    queueMicrotask(() => events.onReady());
  }

  get open(): boolean {
    return !this.#closed;
  }

  send(_slot: number, request: Buffer, keep = false): void {
    const { endpoint, path, headers } = this.#options;
    const { jsonLength, body } = splitBody(request);
    let status = 0;
    let bytes = 0;
    let length: number | undefined;
    const pieces: Buffer[] = [];
    this.#client.dispatch(
      {
        origin: originOf(endpoint),
        path,
        method: 'POST',
        headers: [
          ...headers.flat(),
          ...['content-type', 'application/octet-stream'],
          ...['inference-header-content-length', String(jsonLength)],
        ],
        body,
      },
      {
        onRequestStart: () => {
          if (!this.#closed) this.#events.onSent(0, performance.now());
        },
        onResponseStart: (_controller, code, fields) => {
          status = code;
          const field = Number(fields['inference-header-content-length']);
          length = field > 0 ? field : undefined;
          if (!this.#closed) this.#events.onResponse(0, performance.now(), false);
        },
        onResponseData: (_controller, piece) => {
          bytes += piece.length;
          if (status === 200 ? keep : bytes <= ERROR_BODY) pieces.push(Buffer.from(piece));
        },
        onResponseEnd: () => {
          if (this.#closed) return;
          const whole = Buffer.concat(pieces);
          const failed = status === 200 ? undefined : failure(`HTTP ${status}`, errorText(status, whole));
          this.#events.onDone(
            0,
            performance.now(),
            failed,
            bytes,
            keep ? { bytes: whole, jsonLength: length } : undefined,
          );
        },
        onResponseError: (_controller, error) => {
          if (this.#closed) return;
          this.close();
          this.#events.onBroken(socketFailure(error));
        },
      },
    );
  }

  cancel(): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(undefined);
  }

  close(): void {
    this.#closed = true;
    this.#client.destroy().catch(() => {});
  }
}

const originOf = ({ host, port, tls }: Endpoint): string =>
  `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
