import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type {
  AnswerBody,
  ConnectionEvents,
  LoadConnection,
  OpenSocket,
} from '../../src/load/native/connection.ts';
import type { EngineSettings, ExpectedOutput } from '../../src/load/native/protocol.ts';
import { validate } from '../../src/load/native/validate.ts';

/** Takes what is written to it, and is never connected to anything. */
class FakeSocket extends EventEmitter {
  write(_bytes: Buffer, done?: unknown): boolean {
    if (typeof done === 'function') done();
    return true;
  }
  destroy(): void {}
  end(): void {}
  cork(): void {}
  uncork(): void {}
}

/** What is sent, and how what comes back is read. */
export interface Exchange {
  readonly engine: Parameters<typeof validate>[2] & { readonly kind: EngineSettings['kind'] };
  readonly requests: number;
  readonly expected: readonly ExpectedOutput[];
  connect(open: OpenSocket, events: ConnectionEvents): LoadConnection;
}

/**
 * Sends requests, then lets the connection read these bytes in pieces, and the end of the connection. Whatever the
 * bytes are, every request must have come to one end by then, or the connection must have told that it broke.
 * @returns whether all were answered well.
 */
export function exchange(
  { engine, requests, expected, connect }: Exchange,
  bytes: Buffer,
  piece: number,
): boolean {
  const socket = new FakeSocket();
  let onRead: (bytes: Buffer) => void = () => {};
  let onReady: () => void = () => {};
  const ended = new Map<number, number>();
  let good = 0;
  let broken = 0;
  const end = (slot: number): void => void ended.set(slot, (ended.get(slot) ?? 0) + 1);
  const events: ConnectionEvents = {
    onReady: () => {},
    onSent: () => {},
    onResponse: () => {},
    onDone(slot, _now, failed, _count, body?: AnswerBody) {
      end(slot);
      if (!failed && !validate(body, expected, engine)) good++;
    },
    onUnprocessed: end,
    onBroken: () => {
      broken++;
    },
  };
  const connection = connect((read, ready) => {
    onRead = read;
    onReady = ready;
    return socket as unknown as Socket;
  }, events);
  onReady();
  for (let slot = 0; slot < requests; slot++) connection.send(slot, Buffer.from('a request'), true);
  for (let at = 0; at < bytes.length; at += piece) onRead(bytes.subarray(at, at + piece));
  socket.emit('close');
  const twice = [...ended].find(([, times]) => times > 1);
  if (twice) throw new Error(`a request ended ${twice[1]} times`);
  if (broken > 1) throw new Error(`the connection broke ${broken} times`);
  if (broken === 0 && ended.size < requests) throw new Error('a request came to no end');
  return good === requests;
}

/** Says that an input was refused, where that is told in data and not thrown. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
