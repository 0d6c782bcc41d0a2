import { performance } from 'node:perf_hooks';
import { scheduleOf } from '../../statistics/arrivals.ts';
import { AnswerCheck } from './answer-check.ts';
import { type Connect, failure, type RequestFailure } from './connection.ts';
import { Pacer } from './pacer.ts';
import { Picker } from './picker.ts';
import type { WorkerInput } from './protocol.ts';
import type { Recorder } from './recorder.ts';
import { type Line, newLine, type Slot } from './slots.ts';

const RECONNECT_MS = 100;
const TIMEOUT_CHECK_MS = 200;
/**
 * After so many failures in a row a closed loop waits before each further request, so as not to flood a broken server.
 */
const TOLERATED = 10;
const LONGEST_PAUSE_MS = 1000;
/** An open loop that can't keep up looks at what came in the meantime this often, ms. */
const LOOK_MS = 5;
/** Slots that an open loop begins with. */
const FIRST_SLOTS = 8;

export interface DriverCounters {
  completed(): void;
  failed(): void;
  /** Everything that was planned is sent and answered. */
  exhausted(): void;
}

/**
 * Keeps the load on: in a closed loop every slot sends again as soon as it is answered; in an open loop a request
 * is sent when it is due, whatever became of those before.
 */
export class Driver {
  readonly #input: WorkerInput;
  readonly #connect: Connect;
  readonly #recorder: Recorder;
  readonly #counters: DriverCounters;
  readonly #picker: Picker;
  readonly #answers: AnswerCheck;
  readonly #lines: Line[] = [];
  readonly #capacity: number;
  /** Open loop: slots that wait for a request. */
  readonly #free: Slot[] = [];
  readonly #decoupled: boolean;
  /** Open loop: planned times of requests that are to be sent once more. */
  readonly #again: number[] = [];
  /** Open loop: what was due found no slot free. */
  #blocked = false;
  #slots = 0;
  #inFlight = 0;
  /** Failures since the last good answer. */
  #failures = 0;
  #running = true;
  #pacer: Pacer | undefined;
  readonly #timeouts: NodeJS.Timeout;
  constructor(
    input: WorkerInput,
    parts: {
      connect: Connect;
      capacity: number;
      recorder: Recorder;
      counters: DriverCounters;
      decoupled: boolean;
    },
  ) {
    this.#input = input;
    this.#connect = parts.connect;
    this.#recorder = parts.recorder;
    this.#counters = parts.counters;
    this.#decoupled = parts.decoupled;
    this.#capacity = parts.capacity;
    this.#picker = new Picker(input);
    this.#answers = new AnswerCheck(input.engine, input.outputs);
    this.#timeouts = setInterval(() => this.#checkTimeouts(), TIMEOUT_CHECK_MS);
  }

  start(): void {
    const { shape, index, of } = this.#input;
    if (shape.kind === 'closed') {
      this.#addSlots(shape.slots);
      return;
    }
    const schedule = scheduleOf(shape.arrivals, index, of);
    this.#pacer = new Pacer(schedule, performance.now(), () => this.#dispatch());
    this.#addSlots(Math.min(FIRST_SLOTS, shape.most));
    this.#dispatch();
    this.#noteEnd();
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Milliseconds spent turning while nothing came. */
  get spunMs(): number {
    return this.#pacer?.spunMs ?? 0;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#running = false;
  }

  close(): void {
    clearInterval(this.#timeouts);
    for (const { connection } of this.#lines) connection?.close();
  }

  #addSlots(count: number): void {
    for (let left = count; left > 0; left -= this.#capacity) {
      const line = newLine(Math.min(left, this.#capacity));
      this.#slots += line.slots.length;
      this.#lines.push(line);
      this.#openLine(line);
    }
  }

  #openLine(line: Line): void {
    line.ready = false;
    line.served = false;
    line.connection = this.#connect({
      onReady: () => {
        line.ready = true;
        for (const slot of line.slots) this.#onFree(slot);
      },
      onSent: (place, nowMs) => {
        line.slots[place]!.sentMs = nowMs;
      },
      onResponse: (place, nowMs, empty) => this.#onResponse(line.slots[place]!, nowMs, empty),
      onDone: (place, nowMs, failed, bytes, body) =>
        this.#onDone(
          line.slots[place]!,
          nowMs,
          failed ?? this.#answers.check(line.slots[place]!.request, body),
          bytes,
        ),
      onUnprocessed: (place, failed) => this.#onUnprocessed(line.slots[place]!, failed),
      onBroken: (failed) => this.#onBroken(line, failed),
    });
  }

  /** A slot may send. */
  #onFree(slot: Slot): void {
    if (!this.#running || slot.busy || !slot.line.ready || !slot.line.connection?.open) return;
    if (this.#pacer) {
      this.#free.push(slot);
      this.#dispatch();
    } else {
      const now = performance.now();
      this.#send(slot, now, now);
    }
  }

  /**
   * @param waited whether no slot was free when it was due: then it is late because of the server, not of the client.
   */
  #send(slot: Slot, plannedMs: number, nowMs: number, waited = false): void {
    slot.busy = true;
    slot.plannedMs = plannedMs;
    slot.startMs = nowMs;
    slot.firstMs = 0;
    this.#inFlight++;
    this.#recorder.sent(plannedMs, nowMs, waited);
    const request = this.#picker.next(slot);
    slot.line.connection!.send(slot.place, request, this.#answers.wants(slot.request, nowMs));
  }

  #onResponse(slot: Slot, nowMs: number, empty: boolean): void {
    this.#pacer?.noteEvent();
    if (!slot.busy) return;
    const isFirst = slot.firstMs === 0;
    if (isFirst) slot.firstMs = nowMs;
    // A last answer without outputs only says that there are no more.
    if (this.#decoupled && !empty) {
      this.#recorder.response(nowMs - (isFirst ? slot.plannedMs : slot.lastMs), isFirst);
      slot.lastMs = nowMs;
    }
  }

  #onDone(slot: Slot, nowMs: number, failed: RequestFailure | undefined, bytes: number): void {
    this.#pacer?.noteEvent();
    if (!slot.busy) return;
    slot.busy = false;
    slot.line.served = true;
    this.#inFlight--;
    if (failed) {
      this.#fail(failed);
      slot.sequence = undefined;
    } else {
      this.#failures = 0;
      const { plannedMs, startMs, sentMs, firstMs } = slot;
      // A decoupled request ends with its last output, and not with the empty answer behind it.
      const end = this.#decoupled && slot.firstMs !== 0 && slot.lastMs >= slot.firstMs ? slot.lastMs : nowMs;
      this.#recorder.done(plannedMs, startMs, sentMs, firstMs || nowMs, end, bytes);
      this.#counters.completed();
      if (this.#input.sequences && !slot.sequence) this.#recorder.sequenceDone();
    }
    this.#next(slot, failed);
    this.#noteEnd();
  }

  /** Sends the slot's next request: at once, or in a closed loop after many failures later and later. */
  #next(slot: Slot, failed: RequestFailure | undefined): void {
    if (!failed || this.#pacer || this.#failures < TOLERATED) {
      this.#onFree(slot);
      return;
    }
    const crowd = Math.ceil(this.#slots / 16);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.min(50, this.#failures) * crowd);
    setTimeout(() => this.#onFree(slot), pauseMs);
  }

  /** Tells when an open loop is at its end: every request was sent, and was answered or has failed. */
  #noteEnd(): void {
    const pacer = this.#pacer;
    if (pacer && pacer.due === undefined && this.#inFlight === 0 && this.#again.length === 0)
      this.#counters.exhausted();
  }

  /** The request is sent again as it was planned; a server that never looks at any is one that fails. */
  #onUnprocessed(slot: Slot, failed: RequestFailure): void {
    slot.busy = false;
    slot.sequence = undefined;
    this.#inFlight--;
    if (!slot.line.served) this.#fail(failed);
    else if (this.#pacer) this.#again.push(slot.plannedMs);
  }

  #fail(failed: RequestFailure): void {
    this.#failures++;
    this.#recorder.failed(failed);
    this.#counters.failed();
  }

  #onBroken(line: Line, failed: RequestFailure | undefined): void {
    this.#pacer?.noteEvent();
    const lost = line.slots.filter(({ busy }) => busy);
    for (const slot of lost) {
      slot.busy = false;
      slot.sequence = undefined;
      this.#inFlight--;
    }
    // A connection that could not be made at all counts once.
    if (failed) for (let count = Math.max(1, lost.length); count > 0; count--) this.#fail(failed);
    this.#noteEnd();
    for (let index = this.#free.length - 1; index >= 0; index--) {
      if (this.#free[index]!.line === line) this.#free.splice(index, 1);
    }
    if (!this.#running) return;
    // A server that closes every connection at once is not to be hammered with new ones.
    if (failed || !line.served) setTimeout(() => this.#running && this.#openLine(line), RECONNECT_MS);
    else this.#openLine(line);
  }

  /** Open loop: sends what is due, then waits for the next. */
  #dispatch(): void {
    const { shape } = this.#input;
    const pacer = this.#pacer;
    if (shape.kind !== 'open' || !pacer || !this.#running) return;
    const begun = performance.now();
    for (;;) {
      const planned = this.#again[0] ?? pacer.due;
      if (planned === undefined) return;
      const now = performance.now();
      if (planned > now) {
        this.#blocked = false;
        break;
      }
      if (now - begun > LOOK_MS) break;
      const slot = this.#free.pop();
      if (slot) this.#send(slot, planned, now, this.#blocked);
      else if (this.#slots < shape.most) {
        this.#addSlots(Math.min(this.#slots, shape.most - this.#slots));
        return;
      } else if (shape.whenFull === 'drop') this.#recorder.drop();
      else {
        this.#blocked = true;
        return;
      }
      if (this.#again.length > 0) this.#again.shift();
      else pacer.advance();
    }
    pacer.arm();
  }

  #checkTimeouts(): void {
    const oldest = performance.now() - this.#input.timeoutMs;
    for (const line of this.#lines) {
      for (const slot of line.slots) {
        if (!slot.busy || slot.startMs > oldest) continue;
        slot.busy = false;
        slot.sequence = undefined;
        this.#inFlight--;
        const failed = failure('timeout', `no answer within ${this.#input.timeoutMs / 1000} s`);
        this.#fail(failed);
        line.connection?.cancel(slot.place);
        this.#next(slot, failed);
      }
    }
    this.#noteEnd();
  }
}
