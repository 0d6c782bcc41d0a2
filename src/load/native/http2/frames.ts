/** Frame types and flags of HTTP/2 (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

export const HEADER_BYTES = 9;
/** What a peer may send in one frame unless told otherwise. */
export const DEFAULT_FRAME_SIZE = 16_384;
/** The largest window there is. */
export const MOST_WINDOW = 2 ** 31 - 1;
export const DEFAULT_WINDOW = 65_535;

/** More PINGs and SETTINGS than this with no part of an answer between them are an attack: each is answered. */
const MOST_IDLE = 10_000;

/** One frame with its header. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  writeHeader(bytes, 0, payload.length, type, flags, stream);
  payload.copy(bytes, HEADER_BYTES);
  return bytes;
}

/** The nine bytes in front of a frame's payload. */
export function writeHeader(
  target: Buffer,
  offset: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  target[offset] = length >>> 16;
  target[offset + 1] = length >>> 8;
  target[offset + 2] = length;
  target[offset + 3] = type;
  target[offset + 4] = flags;
  target.writeUInt32BE(stream, offset + 5);
}

/** What a reader tells about the frames it reads; payloads are valid during the call only. */
export interface FrameHandler {
  /** A piece of a DATA frame, padding left out; `last` with the end of the stream. */
  onData(stream: number, piece: Buffer, last: boolean): void;
  /** Bytes of a DATA frame as flow control counts them, padding included. */
  onDataBytes(stream: number, length: number): void;
  /** Any other frame, whole. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): string | undefined;
}

/**
 * Cuts a stream of bytes, in pieces cut anywhere, into frames. It does not throw: what is wrong is answered as a
 * sentence, after which it must not be used again.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #mostBytes: number;
  #header: Buffer = Buffer.alloc(0);
  #type = -1;
  #flags = 0;
  #stream = 0;
  /** Bytes of the payload still to come. */
  #left = 0;
  /** Of them, padding at the end. */
  #padding = 0;
  #payload: Buffer[] = [];
  /** Frames since the last that was part of an answer. */
  #idle = 0;

  /** @param mostBytes the largest payload that the peer was allowed. */
  constructor(handler: FrameHandler, mostBytes: number) {
    this.#handler = handler;
    this.#mostBytes = mostBytes;
  }

  /** Takes the next bytes in; answers with what is wrong with them, or undefined. */
  read(bytes: Buffer): string | undefined {
    let offset = 0;
    while (offset < bytes.length || (this.#type >= 0 && this.#left === 0)) {
      if (this.#type < 0) {
        const taken = this.#readHeader(bytes, offset);
        if (typeof taken === 'string') return taken;
        offset += taken;
        if (this.#type < 0) return undefined;
        if (this.#left > 0) continue;
      }
      const length = Math.min(this.#left, bytes.length - offset);
      const wrong = this.#take(bytes.subarray(offset, offset + length));
      if (wrong !== undefined) return wrong;
      offset += length;
    }
    return undefined;
  }

  /** Reads a frame's header, or keeps the part of it that is there; answers with the bytes used. */
  #readHeader(bytes: Buffer, offset: number): number | string {
    let header = bytes;
    let at = offset;
    let taken = HEADER_BYTES;
    if (this.#header.length > 0 || bytes.length - offset < HEADER_BYTES) {
      const missing = Math.min(HEADER_BYTES - this.#header.length, bytes.length - offset);
      this.#header = Buffer.concat([this.#header, bytes.subarray(offset, offset + missing)]);
      if (this.#header.length < HEADER_BYTES) return missing;
      [header, at, taken] = [this.#header, 0, missing];
      this.#header = Buffer.alloc(0);
    }
    const length = (header[at]! << 16) | (header[at + 1]! << 8) | header[at + 2]!;
    if (length > this.#mostBytes) return `a frame of ${length} bytes, ${this.#mostBytes} are allowed`;
    this.#type = header[at + 3]!;
    this.#flags = header[at + 4]!;
    this.#stream = header.readUInt32BE(at + 5) & 0x7fff_ffff;
    this.#left = length;
    this.#padding = 0;
    if (this.#type === FRAME.ping || this.#type === FRAME.settings) {
      if (++this.#idle > MOST_IDLE) return 'a flood of PINGs or SETTINGS';
    } else if (this.#type === FRAME.headers || this.#type === FRAME.data) this.#idle = 0;
    if (this.#type === FRAME.data) {
      if (this.#stream === 0) return 'a DATA frame without a stream';
      this.#handler.onDataBytes(this.#stream, length);
      if (this.#flags & FLAG.padded) this.#padding = -1;
    }
    return taken;
  }

  #take(piece: Buffer): string | undefined {
    this.#left -= piece.length;
    const wrong = this.#type === FRAME.data ? this.#takeData(piece) : this.#takeOther(piece);
    if (this.#left === 0 && this.#payload.length === 0) this.#type = -1;
    return wrong;
  }

  #takeData(piece: Buffer): string | undefined {
    let data = piece;
    if (this.#padding < 0 && piece.length > 0) {
      this.#padding = piece[0]!;
      data = piece.subarray(1);
      if (this.#padding > this.#left + data.length) return 'a frame of more padding than bytes';
    }
    const beyond = Math.max(0, this.#padding) - this.#left;
    if (beyond > 0) data = data.subarray(0, data.length - Math.min(beyond, data.length));
    const last = this.#left === 0 && (this.#flags & FLAG.endStream) !== 0;
    if (data.length > 0 || last) this.#handler.onData(this.#stream, data, last);
    return undefined;
  }

  #takeOther(piece: Buffer): string | undefined {
    if (this.#left > 0) {
      this.#payload.push(Buffer.from(piece));
      return undefined;
    }
    let payload = piece;
    if (this.#payload.length > 0) {
      payload = Buffer.concat([...this.#payload, piece]);
      this.#payload = [];
    }
    return this.#handler.onFrame(this.#type, this.#flags, this.#stream, payload);
  }
}

/** The header block of a HEADERS frame, without padding and priority; undefined when they do not fit in it. */
export function headerBlock(flags: number, payload: Buffer): Buffer | undefined {
  let [start, end] = [0, payload.length];
  if (flags & FLAG.padded) {
    if (end === 0) return undefined;
    start = 1;
    end -= payload[0]!;
  }
  if (flags & FLAG.priority) start += 5;
  return start <= end ? payload.subarray(start, end) : undefined;
}

/** What a GOAWAY says: the last stream that is still answered, and why; or what is wrong with it. */
export function readGoAway(payload: Buffer): { last: number; words: string } | string {
  if (payload.length < 8) return `a GOAWAY of ${payload.length} bytes`;
  const words = payload.toString('latin1', 8, 200) || `code ${payload.readUInt32BE(4)}`;
  return { last: payload.readUInt32BE(0) & MOST_WINDOW, words };
}
