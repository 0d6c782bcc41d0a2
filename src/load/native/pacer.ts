import { performance } from 'node:perf_hooks';
import { timerMs } from '../../ground/timers.ts';
import type { Schedule } from '../../statistics/arrivals.ts';

/**
 * Timers fire up to a millisecond late. So the loop sleeps until this long before a request is due, and then looks at
 * the
 * clock again and again (spins). `npm run bench:load -- rates` measures how late requests are sent with it.
 */
const SPIN_MS = 1.6;

/** Wakes the loop when the next request is due, to the microsecond where the loop has nothing else to do. */
export class Pacer {
  readonly #schedule: Schedule;
  readonly #startMs: number;
  readonly #onDue: () => void;
  #dueMs: number | undefined;
  #armed = false;
  #spunAt = Number.NaN;
  #events = 0;
  #eventsAtSpin = 0;
  /** Milliseconds spent spinning in which nothing else was to be done. */
  spunMs = 0;

  /** @param onDue sends what is due, then arms the pacer again. */
  constructor(schedule: Schedule, startMs: number, onDue: () => void) {
    this.#schedule = schedule;
    this.#startMs = startMs;
    this.#onDue = onDue;
    this.#dueMs = schedule();
  }

  /** When the next request is due, ms of `performance.now()`; undefined when there are no more. */
  get due(): number | undefined {
    return this.#dueMs === undefined ? undefined : this.#startMs + this.#dueMs;
  }

  /** The next request was sent, or given up. */
  advance(): void {
    this.#dueMs = this.#schedule();
  }

  /** Something came while the loop was spinning: that time was not idle. */
  noteEvent(): void {
    this.#events++;
  }

  arm(): void {
    if (this.#armed || this.due === undefined) return;
    this.#armed = true;
    const wait = this.due - performance.now();
    if (wait > SPIN_MS) {
      this.#spunAt = Number.NaN;
      setTimeout(() => this.#wake(), timerMs(Math.max(1, Math.floor(wait - SPIN_MS + 0.5))));
    } else {
      setImmediate(() => this.#wake());
    }
  }

  #wake(): void {
    this.#armed = false;
    const now = performance.now();
    if (this.#events === this.#eventsAtSpin && this.#spunAt > 0) this.spunMs += now - this.#spunAt;
    this.#spunAt = now;
    this.#eventsAtSpin = this.#events;
    if (this.due !== undefined && this.due > now) this.arm();
    else this.#onDue();
  }
}
