/** So many measurements' time is kept for the decision on the best, but no more than this share of all; not tuned. */
const KEPT = 8;
const KEPT_SHARE = 1 / 3;

/** What is left of the time that was given, judged by how long points have taken so far. */
export class TimeBudget {
  readonly #endMs: number;
  #modelEndMs = Number.POSITIVE_INFINITY;
  #keptMs = Number.POSITIVE_INFINITY;
  #spentMs = 0;
  #points = 0;

  /** @param minutes for all models; undefined = as long as it takes. */
  constructor(minutes: number | undefined) {
    this.#endMs = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  }

  /**
   * The next model begins.
   * @param share of what is left that it may take, above 0 and at most 1; what it does not take is left to those after it.
   */
  beginModel(share: number): void {
    const now = performance.now();
    const shareMs = (this.#endMs - now) * share;
    this.#modelEndMs = now + shareMs;
    this.#keptMs = KEPT_SHARE * shareMs;
  }

  /** A point took so long, its server's start included. */
  add(ms: number): void {
    this.#spentMs += ms;
    this.#points++;
  }

  /** Seconds until the time for all models is up; undefined = it never is. */
  get leftS(): number | undefined {
    return Number.isFinite(this.#endMs) ? (this.#endMs - performance.now()) / 1000 : undefined;
  }

  /** little: as much as measuring the best few again takes; none: not enough for another point. */
  get left(): 'enough' | 'little' | 'none' {
    const leftMs = this.#modelEndMs - performance.now();
    // Of the first point nobody knows how long it takes.
    if (this.#points === 0) return leftMs > 0 ? 'enough' : 'none';
    const each = this.#spentMs / this.#points;
    if (leftMs < each / 2) return 'none';
    return leftMs < Math.min(KEPT * each, this.#keptMs) ? 'little' : 'enough';
  }
}
