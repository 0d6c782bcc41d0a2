import { encodeHeaders } from './hpack.ts';
import type { MessageReader } from './message-reader.ts';
import type { Sending } from './sender.ts';

/** A request on its way. */
export interface Stream extends Sending {
  readonly slot: number;
  answered: boolean;
  /** Bytes of messages that came. */
  received: number;
  /** Received since the peer's window was last refilled. */
  unrefilled: number;
  readonly reader: MessageReader | undefined;
  /** A request is being answered (streaming: the stream outlives it). */
  busy: boolean;
  body: Buffer[] | undefined;
}

export interface Http2Options {
  readonly capacity: number;
  /** The method, such as `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  readonly authority: string;
  /** Over TLS. */
  readonly secure?: boolean;
  /** Metadata to send with every call. */
  readonly metadata?: readonly (readonly [name: string, value: string])[];
  /** The requests are compressed already, or the library is to compress them. */
  readonly compression?: 'gzip' | 'deflate';
  /** One long call a slot that carries its requests one after the other. */
  readonly streaming?: 'decoupled' | 'one answer each';
}

/** The headers that every call begins with. */
export const callHeaders = ({ path, authority, secure, metadata = [] }: Http2Options): Buffer =>
  encodeHeaders([
    [':method', 'POST'],
    [':scheme', secure ? 'https' : 'http'],
    [':path', path],
    [':authority', authority],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ...metadata,
  ]);
