import { randomSource } from '../../statistics/random.ts';
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

/** Picks what is sent next: the requests in turn, or the next step of a slot's sequence. */
export class Picker {
  readonly #input: WorkerInput;
  readonly #all: readonly SharedRequest[];
  readonly #buffers = new Map<SharedRequest, Buffer>();
  readonly #random: () => number;
  #next: number;
  #nextStream = 0;
  #nextId: number;

  constructor(input: WorkerInput) {
    this.#input = input;
    this.#all = input.streams.flat();
    for (const request of this.#all) {
      const { buffer, byteOffset, byteLength } = request.bytes;
      this.#buffers.set(request, Buffer.from(buffer, byteOffset, byteLength));
    }
    this.#random = randomSource(input.seed + input.index);
    // Threads start at different requests and ids.
    this.#next = Math.floor((this.#all.length * input.index) / input.of);
    this.#nextId = (input.sequences?.idStart ?? 1) + input.index;
  }

  /** The next request's bytes; `slot` keeps the sequence it is in, or loses it with its last step. */
  next(slot: { sequence: Sequence | undefined; request: SharedRequest | undefined }): Buffer {
    const { sequences } = this.#input;
    if (!sequences) {
      slot.request = this.#all[this.#next++ % this.#all.length]!;
      return this.#buffers.get(slot.request)!;
    }
    const begins = slot.sequence === undefined;
    slot.sequence ??= this.#newSequence(sequences);
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

  #newSequence({ length, variation, idStart, idEnd }: SequenceSettings): Sequence {
    const { of, index, streams } = this.#input;
    const id = this.#nextId;
    this.#nextId += of;
    if (this.#nextId >= idEnd) this.#nextId = idStart + index;
    const stream = this.#nextStream++ % streams.length;
    const left =
      length === undefined
        ? streams[stream]!.length
        : Math.max(1, Math.round(length * (1 + variation * (2 * this.#random() - 1))));
    return { id, left, stream, step: 0 };
  }
}
