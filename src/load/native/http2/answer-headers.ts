import { FLAG, headerBlock } from './frames.ts';
import { decodeMessage } from './grpc-status.ts';
import { decodeHeaders } from './hpack.ts';

const HEADERS_LIMIT = 64 * 1024;
/** Different header blocks that are remembered. */
const KNOWN = 4;

/** What the headers or trailers of a call say. */
export interface Answer {
  /** The HTTP status; absent in trailers. */
  readonly status: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly message: string;
}

/** A header block that is complete. */
export interface CompleteHeaders {
  readonly stream: number;
  /** The call ends with it. */
  readonly last: boolean;
  readonly answer: Answer;
}

/**
 * Puts header blocks together from HEADERS and CONTINUATION frames and reads them. What is wrong is answered as a
 * sentence; undefined means that the block goes on.
 */
export class AnswerHeaders {
  #pending: { stream: number; last: boolean; pieces: Buffer[]; bytes: number } | undefined;
  /** Blocks seen before: servers repeat them byte for byte. */
  #known: { bytes: Buffer; answer: Answer }[] = [];

  /** The stream whose block goes on, so that nothing else may come. */
  get openStream(): number | undefined {
    return this.#pending?.stream;
  }

  begin(stream: number, flags: number, payload: Buffer): CompleteHeaders | string | undefined {
    const block = headerBlock(flags, payload);
    if (!block) return 'a HEADERS frame of more padding than bytes';
    const last = (flags & FLAG.endStream) !== 0;
    if (flags & FLAG.endHeaders) return this.#complete(stream, last, block);
    this.#pending = { stream, last, pieces: [Buffer.from(block)], bytes: block.length };
    return undefined;
  }

  continue(flags: number, payload: Buffer): CompleteHeaders | string | undefined {
    const pending = this.#pending;
    if (!pending) return 'a CONTINUATION of nothing';
    pending.pieces.push(Buffer.from(payload));
    // An empty one counts, too: a flood of them would go on for ever.
    pending.bytes += Math.max(payload.length, 64);
    if (pending.bytes > HEADERS_LIMIT) return 'the headers of the answer are too long';
    if (!(flags & FLAG.endHeaders)) return undefined;
    this.#pending = undefined;
    return this.#complete(pending.stream, pending.last, Buffer.concat(pending.pieces));
  }

  #complete(stream: number, last: boolean, block: Buffer): CompleteHeaders | string {
    const answer = this.#decode(block);
    return answer ? { stream, last, answer } : 'headers that cannot be decoded';
  }

  #decode(block: Buffer): Answer | undefined {
    for (const { bytes, answer } of this.#known) if (bytes.equals(block)) return answer;
    const headers = decodeHeaders(block);
    if (!headers) return undefined;
    const value = (name: string): string | undefined => headers.find(([key]) => key === name)?.[1];
    const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
    const answer = {
      status: number(value(':status')),
      grpcStatus: number(value('grpc-status')),
      message: decodeMessage(value('grpc-message') ?? ''),
    };
    this.#known = [{ bytes: Buffer.from(block), answer }, ...this.#known].slice(0, KNOWN);
    return answer;
  }
}
