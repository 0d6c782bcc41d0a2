import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Endpoint } from '../../server/triton.ts';

/** What a connection tells about its one request in flight; times in ms of performance.now(). */
export interface ConnectionEvents {
  /** The answer is complete; `error` is the server's message for anything but 200. */
  onAnswer(startMs: number, sendRecvMs: number, endMs: number, error: string | undefined): void;
  /** The connection broke or the answer was no HTTP; a new connection is needed. */
  onBroken(error: string): void;
  onConnect(): void;
}

/** A connection that load goes through, one request at a time. */
export interface LoadConnection {
  /** Whether an answer is due. */
  readonly inFlight: boolean;
  send(request: Buffer): void;
  close(): void;
}

const READ_BUFFER = 256 * 1024;
const HEAD_LIMIT = 64 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * A keep-alive HTTP/1.1 connection for one request at a time. It writes prepared bytes and reads just enough of
 * the answer to know its status and its end; bodies of good answers are dropped as they come.
 */
export class Connection implements LoadConnection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #closed = false;
  #startMs = 0;
  #sendMs = 0;
  #firstByteMs = 0;
  #head = Buffer.alloc(0);
  /** Body bytes still to come; -1 while the head is being read. */
  #left = -1;
  #status = 0;
  #errorBody: Buffer[] = [];
  #inFlight = false;

  constructor({ host, port }: Endpoint, events: ConnectionEvents) {
    this.#events = events;
    const buffer = Buffer.allocUnsafe(READ_BUFFER);
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer, callback: (bytes) => this.#read(buffer.subarray(0, bytes)) },
    });
    this.#socket.on('connect', () => events.onConnect());
    this.#socket.on('error', (error) => this.#break(error.message));
    this.#socket.on('close', () => this.#break('the server closed the connection'));
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  send(request: Buffer): void {
    this.#inFlight = true;
    this.#left = -1;
    this.#firstByteMs = 0;
    this.#startMs = performance.now();
    this.#socket.write(request, () => {
      this.#sendMs = performance.now() - this.#startMs;
    });
    // Most requests go to the kernel at once; the callback corrects this for those that do not.
    this.#sendMs = performance.now() - this.#startMs;
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): boolean {
    if (this.#firstByteMs === 0) this.#firstByteMs = performance.now();
    const body = this.#left >= 0 ? chunk : this.#readHead(chunk);
    if (!body || this.#closed) return true;
    if (this.#status !== 200) this.#errorBody.push(Buffer.from(body));
    this.#left -= body.length;
    if (this.#left < 0) this.#break('the answer is longer than its Content-Length');
    else if (this.#left === 0) this.#finish();
    return true;
  }

  /** Takes the head in; answers with the part of the body that came with it, undefined if the head goes on. */
  #readHead(chunk: Buffer): Buffer | undefined {
    const bytes = this.#head.length > 0 ? Buffer.concat([this.#head, chunk]) : chunk;
    const end = bytes.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (bytes.length > HEAD_LIMIT) this.#break('the head of the answer is too long');
      // The chunk lies in the reused read buffer.
      else this.#head = Buffer.from(bytes);
      return undefined;
    }
    this.#head = Buffer.alloc(0);
    const head = bytes.toString('latin1', 0, end);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (!this.#inFlight || !status || !length) {
      this.#break(status && !length ? 'the answer has no Content-Length' : 'the answer is not HTTP/1.1');
      return undefined;
    }
    this.#status = Number(status[1]);
    this.#left = Number(length[1]);
    this.#errorBody = [];
    return bytes.subarray(end + END_OF_HEAD.length);
  }

  #finish(): void {
    const now = performance.now();
    const receiveMs = now - this.#firstByteMs;
    const error =
      this.#status === 200 ? undefined : errorMessage(this.#status, Buffer.concat(this.#errorBody));
    this.#inFlight = false;
    this.#left = -1;
    this.#events.onAnswer(this.#startMs, this.#sendMs + receiveMs, now, error);
  }

  #break(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(reason);
  }
}

function errorMessage(status: number, body: Buffer): string {
  try {
    const { error } = JSON.parse(body.toString('utf8')) as { error?: unknown };
    if (typeof error === 'string') return error.trim();
  } catch {
    // Not Triton's JSON: the text itself has to do.
  }
  return `HTTP ${status} ${body.toString('utf8', 0, 200).trim()}`.trim();
}
