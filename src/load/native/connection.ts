import type { Socket } from 'node:net';
import type { FailureClass } from '../../record/request-failures.ts';

/** Why a request was not answered well. */
export interface RequestFailure {
  /** What it is counted under, such as `HTTP 503` or `connection closed`. */
  readonly class: FailureClass;
  readonly message: string;
}

/** A request that failed. */
export const failure = (kind: FailureClass, message: string): RequestFailure => ({ class: kind, message });

/** What a connection tells about the requests on it, by the slot they were sent in; times in ms of `performance.now()`. */
export interface ConnectionEvents {
  /** Requests may be sent from now on. */
  onReady(): void;
  /** A request's bytes were handed to the system; told before its answer. */
  onSent(slot: number, nowMs: number): void;
  /** The first bytes of an answer, or of each answer of a decoupled model; `empty` for one without outputs. */
  onResponse(slot: number, nowMs: number, empty: boolean): void;
  /**
   * The answer is complete.
   * @param bytes of its body. @param body where it was asked for.
   */
  onDone(
    slot: number,
    nowMs: number,
    failed: RequestFailure | undefined,
    bytes: number,
    body?: AnswerBody,
  ): void;
  /** The server leaves without having looked at the request: it is to be sent again elsewhere. */
  onUnprocessed(slot: number, failed: RequestFailure): void;
  /**
   * The connection is lost and with it every request in flight; another one is needed.
   * @param failed undefined when the server closed it in good order, nothing being in flight.
   */
  onBroken(failed: RequestFailure | undefined): void;
}

/** Larger answers are refused: they would have to be held in memory. */
export const MOST_ANSWER_BYTES = 2 ** 30;
export const TOO_LARGE = 'an answer of more than 1 GiB';

/** A connection that requests go through, `capacity` at a time, each in a slot of its own. */
export interface LoadConnection {
  readonly capacity: number;
  /** Whether it takes requests (it may still be connecting). */
  readonly open: boolean;
  /**
   * @param request as the engine's encoder made it.
   * @param keep hands the body of the answer over, to be looked at.
   */
  send(slot: number, request: Buffer, keep?: boolean): void;
  /** Gives up the request in a slot, whose answer no longer matters. */
  cancel(slot: number): void;
  close(): void;
}

/** Connects anew, telling these events. */
export type Connect = (events: ConnectionEvents) => LoadConnection;

/** Opens a socket; the engine adds its own listeners. What is read is valid during the call only. */
export type OpenSocket = (onRead: (bytes: Buffer) => void, onReady: () => void) => Socket;

/** What to do about errors that say nothing of it. */
const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: 'more connections than open files are allowed: raise the limit with `ulimit -n`',
  ENFILE: 'this machine has no open files left: raise fs.file-max',
  EADDRNOTAVAIL: 'this machine has no ports left for more connections to that server',
  ENOBUFS: 'this machine has no memory left for more sockets',
};

/** The class and words of a socket's error. */
export function socketFailure(error: NodeJS.ErrnoException): RequestFailure {
  if (error.code === 'ECONNREFUSED') return failure('connection refused', error.message);
  if (['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(error.code ?? ''))
    return failure('connection closed', `the server closed the connection (${error.message})`);
  const remedy = error.code === undefined ? undefined : REMEDIES[error.code];
  return failure('connection failed', remedy === undefined ? error.message : `${error.message}: ${remedy}`);
}

/** An answer as its connection hands it over. */
export interface AnswerBody {
  readonly bytes: Buffer;
  /** HTTP: bytes of JSON in front of the binary tensors; undefined when the answer is JSON alone. */
  readonly jsonLength: number | undefined;
}
