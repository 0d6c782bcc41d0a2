import type { FailureCount } from '../../record/request-failures.ts';
import { Histogram, histogramData } from '../../statistics/histogram.ts';
import type { RequestFailure } from './connection.ts';
import type { Lateness } from './heartbeat.ts';
import type { ClientTimes, CutMessage } from './protocol.ts';

const FIRST_BINS = 4096;

/** What the requests of one thread brought since the last cut, in a space that does not grow with their number. */
export class Recorder {
  readonly #open: boolean;
  readonly #decoupled: boolean;
  /** From `performance.now()` to the times that are handed over. */
  readonly #offsetMs: number;
  #latency = new Histogram();
  #service = new Histogram();
  #lateness = new Histogram();
  #first = new Histogram();
  #inter = new Histogram();
  #sendMs = 0;
  #receiveMs = 0;
  #bytes = 0;
  #responses = 0;
  #sequences = 0;
  #dropped = 0;
  #waited = 0;
  #sent = 0;
  #bins = new Uint32Array(FIRST_BINS);
  #failures = new Map<string, FailureCount>();
  #cutMs: number;
  #lastMs = 0;

  constructor(options: {
    readonly open: boolean;
    readonly decoupled: boolean;
    readonly offsetMs: number;
    nowMs: number;
  }) {
    this.#open = options.open;
    this.#decoupled = options.decoupled;
    this.#offsetMs = options.offsetMs;
    this.#cutMs = options.nowMs;
  }

  sent(plannedMs: number, startMs: number, waited: boolean): void {
    this.#sent++;
    if (waited) this.#waited++;
    else if (this.#open) this.#lateness.record(startMs - plannedMs);
  }

  /** @param sinceMs since the request was sent, or since the answer before. */
  response(sinceMs: number, isFirst: boolean): void {
    this.#responses++;
    (isFirst ? this.#first : this.#inter).record(sinceMs);
  }

  /** A request was answered well; times in ms of `performance.now()`. */
  done(
    plannedMs: number,
    startMs: number,
    sentMs: number,
    firstMs: number,
    endMs: number,
    bytes: number,
  ): void {
    this.#bytes += bytes;
    this.#latency.record(endMs - plannedMs);
    if (this.#open) this.#service.record(endMs - startMs);
    this.#sendMs += sentMs - startMs;
    this.#receiveMs += endMs - firstMs;
    this.#lastMs = endMs;
    const bin = Math.floor(endMs - this.#cutMs);
    if (bin >= this.#bins.length) this.#grow(bin);
    this.#bins[bin]!++;
  }

  failed({ class: name, message }: RequestFailure): void {
    const known = this.#failures.get(name);
    this.#failures.set(name, { count: (known?.count ?? 0) + 1, message: known?.message ?? message });
  }

  sequenceDone(): void {
    this.#sequences++;
  }

  drop(): void {
    this.#dropped++;
  }

  /**
   * Hands over a window. It reaches from the last answer of the one before to the last of this: a rate counted
   * between two answers does not jump when a batch of answers falls just before or after a fixed edge.
   */
  cut(nowMs: number, client: ClientTimes, clock: Lateness): CutMessage {
    const endMs = this.#latency.count > 0 ? this.#lastMs : nowMs;
    const message: CutMessage = {
      kind: 'cut',
      startMs: this.#cutMs + this.#offsetMs,
      endMs: endMs + this.#offsetMs,
      latency: histogramData(this.#latency),
      ...(this.#open && { service: histogramData(this.#service), lateness: histogramData(this.#lateness) }),
      ...(this.#decoupled && {
        firstResponse: histogramData(this.#first),
        interResponse: histogramData(this.#inter),
      }),
      sendMs: this.#sendMs,
      receiveMs: this.#receiveMs,
      bytes: this.#bytes,
      responses: this.#responses,
      sequences: this.#sequences,
      bins: this.#bins.slice(0, Math.floor(endMs - this.#cutMs) + 1),
      failures: Object.fromEntries(this.#failures),
      dropped: this.#dropped,
      waited: this.#waited,
      sent: this.#sent,
      client,
      clock: { ...clock, lateAtMs: clock.lateAtMs + this.#offsetMs },
    };
    this.#latency = new Histogram();
    this.#service = new Histogram();
    this.#lateness = new Histogram();
    this.#first = new Histogram();
    this.#inter = new Histogram();
    this.#sendMs = 0;
    this.#receiveMs = 0;
    this.#bytes = 0;
    this.#responses = 0;
    this.#sequences = 0;
    this.#dropped = 0;
    this.#waited = 0;
    this.#sent = 0;
    this.#bins.fill(0);
    this.#failures = new Map();
    this.#cutMs = endMs;
    return message;
  }

  #grow(bin: number): void {
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(bin + 2)));
    larger.set(this.#bins);
    this.#bins = larger;
  }
}

/** The memory of a cut, to be moved to the other thread instead of copied. */
export const buffersOf = (cut: CutMessage): ArrayBuffer[] => [
  ...[cut.latency, cut.service, cut.lateness, cut.firstResponse, cut.interResponse].flatMap((data) =>
    data ? [data.counts.buffer] : [],
  ),
  cut.bins.buffer,
];
