import { randomSource } from '../../statistics/random-source.ts';
import type { SequenceSettings, SharedRequest, WorkerInput } from './protocol.ts';
import { withSequence } from './request.ts';

/** A sequence that is under way. */
export interface Sequence {
  readonly id: number;
  readonly stream: number;
  /** Requests still to come. */
  left: number;
  step: number;
}

/** What sends one request at a time. */
interface Sender {
  sequence: Sequence | undefined;
  request: SharedRequest | undefined;
}

/** Picks what is sent next: the requests in turn, or the next step of a slot's sequence. */
export class Picker {
  readonly #input: WorkerInput;
  readonly #all: readonly SharedRequest[];
  readonly #buffers = new Map<SharedRequest, Buffer>();
  readonly #random: () => number;
  #next: number;
  #nextStream: number;
  #nextId: number;
  /** The id that each slot had last: its last request may still be under way. */
  readonly #ids = new Map<Sender, number>();
  readonly #live = new Set<number>();

  constructor(input: WorkerInput) {
    this.#input = input;
    this.#all = input.streams.flat();
    for (const request of this.#all) {
      const { buffer, byteOffset, byteLength } = request.bytes;
      this.#buffers.set(request, Buffer.from(buffer, byteOffset, byteLength));
    }
    this.#random = randomSource(input.seed + input.index);
    // Thread i of n takes the requests, streams and ids i, i + n, i + 2n ...: together they take all.
    this.#next = input.index;
    this.#nextStream = input.index;
    this.#nextId = (input.sequences?.idStart ?? 1) + input.index;
  }

  /** The next request's bytes; `slot` keeps the sequence it is in, or loses it with its last step. */
  next(slot: Sender): Buffer {
    const { sequences } = this.#input;
    if (!sequences) {
      slot.request = this.#all[this.#next % this.#all.length]!;
      this.#next += this.#input.of;
      return this.#buffers.get(slot.request)!;
    }
    const begins = slot.sequence === undefined;
    slot.sequence ??= this.#newSequence(slot, sequences);
    const { sequence } = slot;
    const stream = this.#input.streams[sequence.stream]!;
    const request = stream[sequence.step++ % stream.length]!;
    slot.request = request;
    sequence.left--;
    const ends = sequence.left === 0;
    if (ends) slot.sequence = undefined;
    const bytes = this.#buffers.get(request)!;
    const step = { id: sequence.id, start: begins, end: ends };
    return request.sequence ? withSequence(bytes, request.sequence, step) : bytes;
  }

  #newSequence(slot: Sender, settings: SequenceSettings): Sequence {
    const { length, variation } = settings;
    const { of, streams } = this.#input;
    const stream = this.#nextStream % streams.length;
    this.#nextStream += of;
    const left =
      length === undefined
        ? streams[stream]!.length
        : Math.max(1, Math.round(length * (1 + variation * (2 * this.#random() - 1))));
    return { id: this.#newId(slot, settings), left, stream, step: 0 };
  }

  /** The next id that no other slot has; there are at least as many as slots. */
  #newId(slot: Sender, { idStart, idEnd }: SequenceSettings): number {
    const { of, index } = this.#input;
    const last = this.#ids.get(slot);
    if (last !== undefined) this.#live.delete(last);
    let id = this.#nextId;
    for (let tries = 0; tries <= this.#live.size; tries++) {
      id = this.#nextId;
      this.#nextId += of;
      if (this.#nextId >= idEnd) this.#nextId = idStart + index;
      if (!this.#live.has(id)) break;
    }
    this.#live.add(id);
    this.#ids.set(slot, id);
    return id;
  }
}
