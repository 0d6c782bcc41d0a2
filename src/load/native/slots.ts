import type { LoadConnection } from './connection.ts';
import type { Sequence } from './picker.ts';
import type { SharedRequest } from './protocol.ts';

/** One request at a time is in a slot; it belongs to one connection at a time. Times are of performance.now(). */
export interface Slot {
  /** Its place on its connection. */
  readonly place: number;
  readonly line: Line;
  busy: boolean;
  plannedMs: number;
  startMs: number;
  sentMs: number;
  firstMs: number;
  lastMs: number;
  /** The sequence that it is in. */
  sequence: Sequence | undefined;
  /** What is in flight. */
  request: SharedRequest | undefined;
}

/** A connection, replaced when it breaks, with its slots. */
export interface Line {
  connection: LoadConnection | undefined;
  ready: boolean;
  /** A request was answered on this connection. */
  served: boolean;
  readonly slots: Slot[];
}

/** A line without a connection yet. */
export function newLine(slots: number): Line {
  const line: Line = { connection: undefined, ready: false, served: false, slots: [] };
  for (let place = 0; place < slots; place++) {
    line.slots.push({
      place,
      line,
      busy: false,
      plannedMs: 0,
      startMs: 0,
      sentMs: 0,
      firstMs: 0,
      lastMs: 0,
      sequence: undefined,
      request: undefined,
    });
  }
  return line;
}
