const BINS = 16_384;

/**
 * How many events ended when: counts in bins of one width. The width doubles when the time no longer fits, so that
 * the size stays the same however long it goes on.
 */
export class Timeline {
  readonly startMs: number;
  /** Milliseconds. */
  width = 1;
  #counts = new Float64Array(BINS);

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  add(timeMs: number, count: number): void {
    const since = timeMs - this.startMs;
    if (since < 0) return;
    while (since / this.width >= BINS) this.#halve();
    this.#counts[Math.floor(since / this.width)]! += count;
  }

  /** Counts in equal slices of a stretch of time; bins at its edges count by the part that lies inside. */
  slices(fromMs: number, toMs: number, slices: number): number[] {
    const sliceMs = (toMs - fromMs) / slices;
    return Array.from({ length: slices }, (_, index) =>
      this.#between(fromMs + index * sliceMs, fromMs + (index + 1) * sliceMs),
    );
  }

  /** The longest time of a stretch in which no event ended, to a bin. */
  longestGap(fromMs: number, toMs: number): number {
    let [longest, since] = [0, fromMs];
    for (let bin = this.#binOf(fromMs); bin < Math.min(BINS, this.#binOf(toMs)); bin++) {
      if (this.#counts[bin] === 0) continue;
      longest = Math.max(longest, this.startMs + bin * this.width - since);
      since = this.startMs + (bin + 1) * this.width;
    }
    return Math.max(longest, toMs - since);
  }

  /** One without events, its bins as wide. */
  emptyFrom(startMs: number): Timeline {
    const empty = new Timeline(startMs);
    empty.width = this.width;
    return empty;
  }

  /** Adds the events of a stretch to another one, so many ms later; bins at its edges count by the part that lies inside. */
  copyInto(other: Timeline, fromMs: number, toMs: number, byMs: number): void {
    for (let bin = this.#binOf(fromMs); bin <= Math.min(BINS - 1, this.#binOf(toMs)); bin++) {
      const count = this.#counts[bin]!;
      if (count === 0) continue;
      const low = this.startMs + bin * this.width;
      const [from, to] = [Math.max(fromMs, low), Math.min(toMs, low + this.width)];
      if (to > from) other.add((from + to) / 2 + byMs, (count * (to - from)) / this.width);
    }
  }

  #binOf(ms: number): number {
    return Math.floor(Math.max(0, ms - this.startMs) / this.width);
  }

  #between(fromMs: number, toMs: number): number {
    const [from, to] = [fromMs, toMs].map((ms) => Math.max(0, (ms - this.startMs) / this.width)) as [
      number,
      number,
    ];
    let sum = 0;
    for (let bin = Math.floor(from); bin < Math.min(BINS, Math.ceil(to)); bin++) {
      const part = Math.min(to, bin + 1) - Math.max(from, bin);
      sum += this.#counts[bin]! * part;
    }
    return sum;
  }

  #halve(): void {
    const old = this.#counts;
    this.#counts = new Float64Array(BINS);
    for (let bin = 0; bin < BINS; bin++) this.#counts[bin >> 1]! += old[bin]!;
    this.width *= 2;
  }
}
