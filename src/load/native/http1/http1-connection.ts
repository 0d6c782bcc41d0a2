import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  type ConnectionEvents,
  failure,
  type LoadConnection,
  type OpenSocket,
  type RequestFailure,
  socketFailure,
} from '../connection.ts';
import { ResponseReader } from './response-reader.ts';

const ERROR_BODY = 16 * 1024;

/**
 * A keep-alive HTTP/1.1 connection on a raw socket, one request at a time. It writes prepared bytes and reads just
 * enough of the answer to know its status and its end; bodies of good answers are dropped as they come.
 */
export class Http1Connection implements LoadConnection {
  readonly capacity = 1;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #reader: ResponseReader;
  #closed = false;
  #inFlight = false;
  #answered = false;
  /** The body of the answer is wanted. */
  #keep = false;
  #body: Buffer[] = [];
  #kept = 0;
  #bytes = 0;
  /** The socket was closed, which may have been the end of the answer. */
  #ending = false;

  constructor(open: OpenSocket, events: ConnectionEvents) {
    this.#events = events;
    this.#reader = new ResponseReader({
      onBody: (piece) => this.#onBody(piece),
      onEnd: () => this.#onEnd(),
    });
    this.#socket = open(
      (bytes) => this.#read(bytes),
      () => events.onReady(),
    );
    this.#socket.on('error', (error) => this.#break(socketFailure(error)));
    this.#socket.on('close', () => this.#onClose());
  }

  get open(): boolean {
    return !this.#closed;
  }

  send(_slot: number, request: Buffer, keep = false): void {
    this.#inFlight = true;
    this.#keep = keep;
    this.#answered = false;
    this.#reader.expect();
    let sent = false;
    const told = this.#socket.write(request, () => {
      if (!sent) this.#events.onSent(0, performance.now());
    });
    // The kernel took all of it at once, as it does with most requests; else the callback above tells when it has.
    if (told) {
      sent = true;
      this.#events.onSent(0, performance.now());
    }
  }

  /** Closes the connection, as the answer may still come: it would be taken for that of the next request. */
  cancel(): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(undefined);
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#inFlight && !this.#answered) {
      this.#answered = true;
      this.#events.onResponse(0, performance.now(), false);
    }
    const wrong = this.#reader.read(bytes);
    if (wrong !== undefined) this.#break(failure('malformed answer', wrong));
  }

  #onBody(piece: Buffer): void {
    this.#bytes += piece.length;
    const good = this.#reader.status === 200;
    if (good ? !this.#keep : this.#kept > ERROR_BODY) return;
    this.#body.push(Buffer.from(piece));
    this.#kept += piece.length;
  }

  #onEnd(): void {
    const now = performance.now();
    const { status } = this.#reader;
    const bytes = this.#bytes;
    this.#bytes = 0;
    let failed: RequestFailure | undefined;
    let body: Buffer | undefined;
    if (this.#keep || this.#kept > 0) {
      body = Buffer.concat(this.#body);
      this.#body = [];
      this.#kept = 0;
    }
    if (status !== 200) failed = failure(`HTTP ${status}`, errorText(status, body));
    this.#inFlight = false;
    const last = this.#reader.closes || this.#ending;
    // The answer is good, but the server closes the connection behind it.
    if (last) this.close();
    const { jsonLength } = this.#reader;
    this.#events.onDone(0, now, failed, bytes, body && { bytes: body, jsonLength });
    if (last) this.#events.onBroken(undefined);
  }

  #onClose(): void {
    // Idle connections are closed in good order.
    this.#ending = true;
    const missing = this.#inFlight ? this.#reader.close() : undefined;
    this.#break(missing === undefined ? undefined : failure('connection closed', missing));
  }

  #break(failed: RequestFailure | undefined): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(failed);
  }
}

/** The server's own words, where it has any. */
export function errorText(status: number, body: Buffer = Buffer.alloc(0)): string {
  const text = body.toString('utf8');
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error.trim();
  } catch {
    // Not Triton's JSON: the text itself has to do.
  }
  return `HTTP ${status} ${text.slice(0, 200).trim()}`.trim();
}
