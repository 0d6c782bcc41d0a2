import { MOST_ANSWER_BYTES, TOO_LARGE } from '../connection.ts';

const HEAD_LIMIT = 64 * 1024;
const LINE_LIMIT = 8 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NEW_LINE = 10;
const TOO_LONG = 'the answer is longer than announced';
/** `100 Continue` and the like in front of one answer. */
const MOST_INFORMATIONAL = 16;

/** Where the reader is in an answer. */
type State = 'idle' | 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers';

/** What a reader tells about the answer it reads. */
export interface ResponseHandler {
  /** A piece of the body; it lies in the caller's buffer and is valid during the call only. */
  onBody(piece: Buffer): void;
  onEnd(): void;
}

/** The part of an answer's head that matters. */
interface Head {
  readonly status: number;
  /** Bytes of the body; undefined = not announced. */
  readonly length: number | undefined;
  readonly chunked: boolean;
  readonly close: boolean;
  /** Triton's length of the JSON in front of binary tensors. */
  readonly jsonLength: number | undefined;
}

/**
 * Reads HTTP/1.x answers to one request at a time from pieces cut anywhere: Content-Length, chunked, until the
 * connection closes; informational answers are skipped. It does not throw: what is wrong is answered as a sentence,
 * after which it must not be used again.
 */
export class ResponseReader {
  readonly #handler: ResponseHandler;
  #state: State = 'idle';
  #head: Head = { status: 0, length: 0, chunked: false, close: false, jsonLength: undefined };
  /** The step that was just taken ended the answer. */
  #ended = false;
  /** Informational answers in front of this one. */
  #informational = 0;
  /** Bytes of the body that came. */
  #taken = 0;
  /** Bytes to come of the body or the chunk. */
  #left = 0;
  /** The beginning of a head or a line that has not come as a whole. */
  #partial: Buffer = Buffer.alloc(0);
  /** The last head that came in one piece; servers repeat it byte for byte. */
  #lastBytes: Buffer = Buffer.alloc(0);
  #lastHead: Head | undefined;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  /** Of the answer being read, or read last. */
  get status(): number {
    return this.#head.status;
  }

  get jsonLength(): number | undefined {
    return this.#head.jsonLength;
  }

  /** Whether the server closes the connection after this answer. */
  get closes(): boolean {
    return this.#head.close;
  }

  /** A request was sent: an answer is due. */
  expect(): void {
    this.#state = 'head';
    this.#informational = 0;
  }

  /** Takes the next bytes in; answers with what is wrong with them, or undefined. */
  read(bytes: Buffer): string | undefined {
    let rest: Buffer | string = bytes;
    while (rest.length > 0) {
      this.#ended = false;
      rest = this.#step(rest);
      if (typeof rest === 'string') return rest;
      // The next request may be on its way already; these bytes were sent before it.
      if (this.#ended && rest.length > 0) return TOO_LONG;
    }
    return undefined;
  }

  /** The connection was closed; answers with what is missing, or undefined if that ended the answer. */
  close(): string | undefined {
    if (this.#state === 'idle') return undefined;
    if (this.#state !== 'until-close') return 'the server closed the connection';
    this.#end();
    return undefined;
  }

  /** Reads one part; answers with the bytes behind it, or what is wrong. */
  #step(bytes: Buffer): Buffer | string {
    switch (this.#state) {
      case 'idle':
        return TOO_LONG;
      case 'head':
        return this.#readHead(bytes);
      case 'length':
      case 'chunk':
      case 'until-close':
        return this.#readBody(bytes);
      default:
        return this.#readLine(bytes);
    }
  }

  #readHead(bytes: Buffer): Buffer | string {
    const known = this.#lastBytes.length;
    if (
      this.#lastHead &&
      this.#partial.length === 0 &&
      bytes.length >= known &&
      this.#lastBytes.compare(bytes, 0, known) === 0
    ) {
      this.#begin(this.#lastHead);
      return bytes.subarray(known);
    }
    const all = this.#partial.length > 0 ? Buffer.concat([this.#partial, bytes]) : bytes;
    const end = all.indexOf(END_OF_HEAD);
    if (end > HEAD_LIMIT || (end < 0 && all.length > HEAD_LIMIT)) return 'the head of the answer is too long';
    if (end < 0) {
      // The bytes lie in a buffer that is used again.
      this.#partial = Buffer.from(all);
      return all.length >= 5 && !all.toString('latin1', 0, 5).startsWith('HTTP/')
        ? 'the answer is not HTTP/1.1'
        : Buffer.alloc(0);
    }
    const head = parseHead(all.toString('latin1', 0, end));
    if (typeof head === 'string') return head;
    const wasWhole = this.#partial.length === 0;
    this.#partial = Buffer.alloc(0);
    const length = end + END_OF_HEAD.length;
    // 100 Continue and the like: the answer itself follows.
    if (head.status === 101) return 'the server changes to another protocol (101)';
    if (head.status < 200)
      return ++this.#informational > MOST_INFORMATIONAL
        ? `more than ${MOST_INFORMATIONAL} informational answers (${head.status})`
        : all.subarray(length);
    if (wasWhole) {
      this.#lastBytes = Buffer.from(all.subarray(0, length));
      this.#lastHead = head;
    }
    this.#begin(head);
    return all.subarray(length);
  }

  #begin(head: Head): void {
    this.#head = head;
    this.#taken = 0;
    this.#left = head.length ?? 0;
    if (head.chunked) this.#state = 'chunk-size';
    else if (head.length === undefined && head.status !== 204 && head.status !== 304)
      this.#state = 'until-close';
    else if (this.#left === 0) this.#end();
    else this.#state = 'length';
  }

  #readBody(bytes: Buffer): Buffer | string {
    if (this.#taken + this.#left > MOST_ANSWER_BYTES) return TOO_LARGE;
    if (this.#state === 'until-close') {
      this.#taken += bytes.length;
      this.#handler.onBody(bytes);
      return bytes.subarray(bytes.length);
    }
    const taken = Math.min(this.#left, bytes.length);
    this.#left -= taken;
    this.#taken += taken;
    this.#handler.onBody(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end';
      else this.#end();
    }
    return bytes.subarray(taken);
  }

  /** A line of the chunked coding: a size, the empty one behind a chunk, or a trailer. */
  #readLine(bytes: Buffer): Buffer | string {
    const end = bytes.indexOf(NEW_LINE);
    const piece = end < 0 ? bytes : bytes.subarray(0, end);
    const all = this.#partial.length > 0 ? Buffer.concat([this.#partial, piece]) : piece;
    if (all.length > LINE_LIMIT) return 'a line of the chunked answer is too long';
    if (end < 0) {
      this.#partial = Buffer.from(all);
      return Buffer.alloc(0);
    }
    this.#partial = Buffer.alloc(0);
    const line = all.toString('latin1').replace(/\r$/, '');
    const rest = bytes.subarray(end + 1);
    if (this.#state === 'chunk-end') {
      if (line !== '') return 'a chunk of the answer is longer than announced';
      this.#state = 'chunk-size';
    } else if (this.#state === 'trailers') {
      if (line === '') this.#end();
    } else {
      const size = /^([0-9a-f]{1,8})\s*(;.*)?$/i.exec(line);
      if (!size) return 'the answer has a chunk without a size';
      this.#left = Number.parseInt(size[1]!, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    }
    return rest;
  }

  #end(): void {
    this.#state = 'idle';
    this.#ended = true;
    this.#handler.onEnd();
  }
}

/** What a head says, or what is wrong with it. */
function parseHead(text: string): Head | string {
  const status = /^HTTP\/1\.([01]) (\d{3})(?: |$|\r)/.exec(text);
  if (!status) return 'the answer is not HTTP/1.1';
  const field = (name: string): string | undefined =>
    new RegExp(`\r\n${name}:[ \t]*([^\r\n]*)`, 'i').exec(text)?.[1]?.trim();
  const length = field('content-length');
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return `the answer's Content-Length is "${length}"`;
  const connection = field('connection')?.toLowerCase();
  const jsonLength = Number(field('inference-header-content-length'));
  return {
    status: Number(status[2]),
    length: length === undefined ? undefined : Number(length),
    chunked: /\bchunked$/i.test(field('transfer-encoding') ?? ''),
    close: connection === 'close' || (status[1] === '0' && connection !== 'keep-alive'),
    jsonLength: Number.isInteger(jsonLength) && jsonLength > 0 ? jsonLength : undefined,
  };
}
