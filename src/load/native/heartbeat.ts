import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** A beat costs a thread some microseconds, so that so many take less than a thousandth of its time. */
const BEAT_MS = 5;
/** How long this thread has waited for a core, in ns, is the second of its numbers (Linux). */
const SCHEDULE = '/proc/thread-self/schedstat';

/** By how much a thread woke up too late at most, ms of `performance.now()`, and how long it waited for a core meanwhile. */
export interface Lateness {
  readonly lateMs: number;
  readonly lateAtMs: number;
  /** undefined where the system does not tell. */
  readonly waitedMs: number | undefined;
}

/** A clock in the loop of a thread, which is late when the thread stood still: then answers were read late, too. */
export class Heartbeat {
  #lastMs = performance.now();
  #lateMs = 0;
  #lateAtMs = this.#lastMs;
  #waitedMs = waitedMs();
  readonly #timer = setInterval(() => this.#beat(), BEAT_MS).unref();

  /** What was since it was last asked. */
  take(): Lateness {
    // The timer of a beat that is due may come only after what asks.
    this.#beat();
    const now = waitedMs();
    const before = this.#waitedMs;
    const found = {
      lateMs: this.#lateMs,
      lateAtMs: this.#lateAtMs,
      waitedMs: now === undefined || before === undefined ? undefined : now - before,
    };
    this.#waitedMs = now;
    this.#lateMs = 0;
    this.#lateAtMs = this.#lastMs;
    return found;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = performance.now();
    const late = now - this.#lastMs - BEAT_MS;
    this.#lastMs = now;
    if (late <= this.#lateMs) return;
    this.#lateMs = late;
    this.#lateAtMs = now;
  }
}

function waitedMs(): number | undefined {
  try {
    const ns = Number(readFileSync(SCHEDULE, 'latin1').split(' ')[1]);
    return Number.isFinite(ns) ? ns / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
