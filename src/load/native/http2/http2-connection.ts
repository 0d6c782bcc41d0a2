import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import {
  type ConnectionEvents,
  failure,
  type LoadConnection,
  MOST_ANSWER_BYTES,
  type OpenSocket,
  type RequestFailure,
  socketFailure,
  TOO_LARGE,
} from '../connection.ts';
import { AnswerHeaders, type CompleteHeaders } from './answer-headers.ts';
import { callHeaders, type Http2Options, type Stream } from './call.ts';
import { FLAG, FRAME, FrameReader, frame, readGoAway } from './frames.ts';
import { grpcFailure } from './grpc-status.ts';
import { MessageReader, readStreamAnswer } from './message-reader.ts';
import { greeting, OWN_FRAME_SIZE, Peer } from './peer.ts';
import { Sender } from './sender.ts';

/** The error code of a call that is no longer wanted. */
const CANCEL = 8;
const MOST_STREAM = 2 ** 31 - 3;
/**
 * A gRPC connection on a raw socket (HTTP/2, RFC 9113) for calls of one method. Headers are encoded once; answers
 * are read just enough to know their status and their end.
 */
export class Http2Connection implements LoadConnection {
  readonly capacity: number;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #options: Http2Options;
  readonly #sender: Sender;
  readonly #frames: FrameReader;
  readonly #streams = new Map<number, Stream>();
  /** Long calls, by slot. */
  readonly #calls: (Stream | undefined)[] = [];
  #nextStream = 1;
  #closed = false;
  /** No new streams: the server is leaving, or the numbers are used up. */
  #leaving = false;
  readonly #peer = new Peer();
  readonly #answers = new AnswerHeaders();
  /** The connection as a whole. */
  readonly #whole = { unrefilled: 0 };
  constructor(open: OpenSocket, options: Http2Options, events: ConnectionEvents) {
    this.capacity = options.capacity;
    this.#options = options;
    this.#events = events;
    this.#frames = new FrameReader(
      {
        onData: (stream, piece, last) => this.#onData(stream, piece, last),
        onDataBytes: (stream, length) => this.#onDataBytes(stream, length),
        onFrame: (type, flags, stream, payload) => this.#onFrame(type, flags, stream, payload),
      },
      OWN_FRAME_SIZE,
    );
    this.#socket = open(
      (bytes) => this.#read(bytes),
      () => this.#greet(),
    );
    this.#sender = new Sender(this.#socket, callHeaders(options), this.#peer);
    this.#socket.on('error', (error) => this.#break(socketFailure(error)));
    this.#socket.on('close', () => this.#onClose());
  }

  get open(): boolean {
    return !this.#closed && !this.#leaving;
  }

  /** @param request a whole gRPC message, its length in front. */
  send(slot: number, request: Buffer, keep = false): void {
    const { streaming } = this.#options;
    const call = streaming ? this.#calls[slot] : undefined;
    if (call) {
      call.busy = true;
      call.answered = false;
      call.body = keep ? [] : undefined;
      this.#sender.more(call, request);
    } else {
      this.#sender.open(this.#openStream(slot, streaming === undefined, keep), request);
    }
    this.#events.onSent(slot, performance.now());
  }

  cancel(slot: number): void {
    for (const stream of this.#streams.values()) {
      if (stream.slot !== slot) continue;
      const code = Buffer.from([0, 0, 0, CANCEL]);
      this.#socket.write(frame(FRAME.reset, 0, stream.id, code));
      stream.busy = false;
      this.#end(stream, undefined);
    }
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #greet(): void {
    this.#socket.write(greeting());
    this.#events.onReady();
  }

  #openStream(slot: number, ends: boolean, keep: boolean): Stream {
    const id = this.#nextStream;
    this.#nextStream += 2;
    if (this.#nextStream > MOST_STREAM) this.#leaving = true;
    const { streaming } = this.#options;
    const stream: Stream = {
      id,
      slot,
      window: this.#peer.initialWindow,
      waiting: undefined,
      ends,
      answered: false,
      received: 0,
      unrefilled: 0,
      reader: streaming ? new MessageReader((message) => this.#onMessage(stream, message)) : undefined,
      busy: true,
      body: keep ? [] : undefined,
    };
    this.#streams.set(id, stream);
    if (streaming) this.#calls[slot] = stream;
    return stream;
  }

  #read(bytes: Buffer): void {
    if (this.#closed) return;
    const wrong = this.#frames.read(bytes);
    if (wrong !== undefined) this.#break(failure('malformed answer', wrong));
  }

  #onDataBytes(id: number, length: number): void {
    this.#sender.refill(this.#whole, 0, length);
    const stream = this.#streams.get(id);
    if (stream) this.#sender.refill(stream, id, length);
  }

  #onData(id: number, piece: Buffer, last: boolean): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.received += piece.length;
    if (!stream.reader && stream.received > MOST_ANSWER_BYTES)
      this.#break(failure('malformed answer', TOO_LARGE));
    if (stream.reader) {
      const wrong = stream.reader.read(piece);
      if (wrong !== undefined) this.#end(stream, failure('malformed answer', wrong));
    } else {
      this.#answered(stream);
      stream.body?.push(Buffer.from(piece));
    }
    if (last) this.#end(stream, failure('malformed answer', 'the call ended without a status'));
  }

  #answered(stream: Stream): void {
    if (stream.answered) return;
    stream.answered = true;
    this.#events.onResponse(stream.slot, performance.now(), false);
  }

  /** A message of a long call. */
  #onMessage(stream: Stream, message: Buffer): void {
    const answer = readStreamAnswer(message);
    if (!stream.busy) return;
    const now = performance.now();
    if (!answer) {
      this.#end(stream, failure('malformed answer', 'a message that is no ModelStreamInferResponse'));
      return;
    }
    if (answer.error !== '') {
      stream.busy = false;
      this.#events.onDone(stream.slot, now, failure('gRPC error in stream', answer.error), 0);
      return;
    }
    this.#events.onResponse(stream.slot, now, answer.empty);
    if (this.#options.streaming === 'decoupled' && !answer.final) return;
    stream.busy = false;
    this.#events.onDone(
      stream.slot,
      now,
      undefined,
      message.length,
      stream.body && { bytes: message, jsonLength: undefined },
    );
  }

  #onFrame(type: number, flags: number, id: number, payload: Buffer): string | undefined {
    const { openStream } = this.#answers;
    if (openStream !== undefined && (type !== FRAME.continuation || id !== openStream))
      return 'a header block that is interrupted';
    switch (type) {
      case FRAME.headers:
        return this.#onHeaders(this.#answers.begin(id, flags, payload));
      case FRAME.continuation:
        return this.#onHeaders(this.#answers.continue(flags, payload));
      case FRAME.settings:
        return flags & FLAG.ack ? undefined : this.#sender.onSettings(payload, this.#streams);
      case FRAME.ping:
        if (payload.length !== 8) return `a PING of ${payload.length} bytes`;
        if (!(flags & FLAG.ack)) this.#socket.write(frame(FRAME.ping, FLAG.ack, 0, payload));
        return undefined;
      case FRAME.windowUpdate:
        return this.#sender.onWindowUpdate(id, payload, this.#streams);
      case FRAME.reset:
        return this.#onReset(id, payload);
      case FRAME.goAway:
        return this.#onGoAway(payload);
      case FRAME.push:
        return 'a PUSH_PROMISE, none was allowed';
      default:
        // Priorities, and types that came after us, are to be ignored.
        return undefined;
    }
  }

  #onHeaders(headers: CompleteHeaders | string | undefined): string | undefined {
    if (headers === undefined || typeof headers === 'string') return headers;
    const { answer, last } = headers;
    const stream = this.#streams.get(headers.stream);
    if (!stream) return undefined;
    if (!stream.reader) this.#answered(stream);
    const { status, grpcStatus, message } = answer;
    if (status !== undefined && status !== 200) {
      this.#end(stream, failure(`HTTP ${status}`, message || `HTTP ${status}`));
    } else if (last) {
      if (grpcStatus === undefined)
        this.#end(stream, failure('malformed answer', 'the call ended without a status'));
      else if (grpcStatus !== 0) this.#end(stream, grpcFailure(grpcStatus, message));
      else if (stream.received === 0 && stream.busy)
        this.#end(stream, failure('malformed answer', 'an answer without a message'));
      else this.#end(stream, undefined);
    }
    return undefined;
  }

  #onReset(id: number, payload: Buffer): string | undefined {
    if (payload.length !== 4) return `a RST_STREAM of ${payload.length} bytes`;
    const stream = this.#streams.get(id);
    if (stream) {
      const message = `the server reset the call (code ${payload.readUInt32BE(0)})`;
      this.#end(stream, failure('connection closed', message));
    }
    return undefined;
  }

  #onGoAway(payload: Buffer): string | undefined {
    const goAway = readGoAway(payload);
    if (typeof goAway === 'string') return goAway;
    const { last, words } = goAway;
    this.#leaving = true;
    for (const stream of [...this.#streams.values()]) {
      if (stream.id > last) this.#giveBack(stream, `the server is leaving: ${words}`);
      else if (!stream.busy) this.#end(stream, undefined);
    }
    this.#leave();
    return undefined;
  }

  /** A call that the server has not looked at. */
  #giveBack(stream: Stream, why: string): void {
    this.#streams.delete(stream.id);
    if (this.#options.streaming) this.#calls[stream.slot] = undefined;
    if (stream.busy) this.#events.onUnprocessed(stream.slot, failure('connection closed', why));
  }

  /** A call is over. */
  #end(stream: Stream, failed: RequestFailure | undefined): void {
    if (!this.#streams.delete(stream.id)) return;
    if (this.#options.streaming) this.#calls[stream.slot] = undefined;
    if (stream.busy) {
      stream.busy = false;
      const ended = stream.reader
        ? (failed ?? failure('connection closed', 'the server ended the stream'))
        : failed;
      const body = stream.body && { bytes: Buffer.concat(stream.body), jsonLength: undefined };
      this.#events.onDone(stream.slot, performance.now(), ended, stream.received, body);
    }
    if (this.#leaving) this.#leave();
  }

  /** Closes a connection that takes no more calls once nothing is on it. */
  #leave(): void {
    if (this.#closed || this.#streams.size > 0) return;
    this.close();
    this.#events.onBroken(undefined);
  }

  #onClose(): void {
    const idle = [...this.#streams.values()].every(({ busy }) => !busy);
    this.#break(idle ? undefined : failure('connection closed', 'the server closed the connection'));
  }

  #break(failed: RequestFailure | undefined): void {
    if (this.#closed) return;
    this.close();
    this.#events.onBroken(failed);
  }
}
