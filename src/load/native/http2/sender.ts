import type { Socket } from 'node:net';
import { FLAG, FRAME, frame, HEADER_BYTES, MOST_WINDOW, writeHeader } from './frames.ts';
import { type Peer, REFILL, windowUpdate } from './peer.ts';

/** Requests up to this size are written as one piece; copying larger ones costs more than it saves. */
const SMALL = 32 * 1024;

/** The sending side of a call. */
export interface Sending {
  readonly id: number;
  /** What the peer still takes on this stream. */
  window: number;
  /** The request's bytes that wait for a window. */
  waiting: Buffer | undefined;
  /** The last byte of the request also ends our side. */
  readonly ends: boolean;
}

/** Writes requests as frames, as far as the peer's windows allow. */
export class Sender {
  readonly #socket: Socket;
  readonly #headers: Buffer;
  readonly #peer: Peer;

  /** @param headers the encoded headers of every call. */
  constructor(socket: Socket, headers: Buffer, peer: Peer) {
    this.#socket = socket;
    this.#headers = headers;
    this.#peer = peer;
  }

  /** Opens a call with its first message. */
  open(call: Sending, message: Buffer): void {
    const room = Math.min(this.#peer.frameSize, this.#peer.window, call.window, SMALL);
    if (message.length <= room) {
      this.#writeWhole(call, message);
      return;
    }
    this.#socket.cork();
    this.#socket.write(frame(FRAME.headers, FLAG.endHeaders, call.id, this.#headers));
    this.more(call, message);
    this.#socket.uncork();
  }

  /** Sends another message on a call that is open. */
  more(call: Sending, message: Buffer): void {
    call.waiting = message;
    this.pump(call);
  }

  /** Writes as much of what waits as the windows allow. */
  pump(call: Sending): void {
    let rest = call.waiting;
    if (!rest) return;
    while (rest.length > 0) {
      const length = Math.min(rest.length, this.#peer.frameSize, this.#peer.window, call.window);
      if (length <= 0) break;
      const last = length === rest.length && call.ends;
      const header = Buffer.allocUnsafe(HEADER_BYTES);
      writeHeader(header, 0, length, FRAME.data, last ? FLAG.endStream : 0, call.id);
      this.#socket.write(header);
      this.#socket.write(rest.subarray(0, length));
      this.#peer.window -= length;
      call.window -= length;
      rest = rest.subarray(length);
    }
    call.waiting = rest.length > 0 ? rest : undefined;
  }

  /** Takes SETTINGS in, for the open calls, too; answers with what is wrong with them. */
  onSettings(payload: Buffer, calls: ReadonlyMap<number, Sending>): string | undefined {
    const change = this.#peer.settings(payload);
    if (typeof change === 'string') return change;
    for (const call of calls.values()) call.window += change;
    this.#socket.write(frame(FRAME.settings, FLAG.ack, 0, Buffer.alloc(0)));
    this.#pumpAll(calls);
    return undefined;
  }

  /** Takes a WINDOW_UPDATE in; answers with what is wrong with it. */
  onWindowUpdate(id: number, payload: Buffer, calls: ReadonlyMap<number, Sending>): string | undefined {
    if (payload.length !== 4) return `a WINDOW_UPDATE of ${payload.length} bytes`;
    const more = payload.readUInt32BE(0) & MOST_WINDOW;
    if (id !== 0) {
      const call = calls.get(id);
      if (call) {
        call.window += more;
        this.pump(call);
      }
      return undefined;
    }
    this.#peer.window += more;
    if (more === 0 || this.#peer.window > MOST_WINDOW) return `a WINDOW_UPDATE of ${more}`;
    this.#pumpAll(calls);
    return undefined;
  }

  /** Lets the peer send on before its window is used up; `id` 0 is the connection as a whole. */
  refill(side: { unrefilled: number }, id: number, length: number): void {
    side.unrefilled += length;
    if (side.unrefilled < REFILL) return;
    this.#socket.write(windowUpdate(id, side.unrefilled));
    side.unrefilled = 0;
  }

  #pumpAll(calls: ReadonlyMap<number, Sending>): void {
    for (const call of calls.values()) if (call.waiting) this.pump(call);
  }

  /** Headers and a message that fits, in one piece. */
  #writeWhole(call: Sending, message: Buffer): void {
    const headers = this.#headers.length;
    const bytes = Buffer.allocUnsafe(2 * HEADER_BYTES + headers + message.length);
    writeHeader(bytes, 0, headers, FRAME.headers, FLAG.endHeaders, call.id);
    this.#headers.copy(bytes, HEADER_BYTES);
    const data = HEADER_BYTES + headers;
    writeHeader(bytes, data, message.length, FRAME.data, call.ends ? FLAG.endStream : 0, call.id);
    message.copy(bytes, data + HEADER_BYTES);
    this.#peer.window -= message.length;
    call.window -= message.length;
    this.#socket.write(bytes);
  }
}
