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
