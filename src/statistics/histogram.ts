/** Buckets an octave is cut into: a value is known to half a bucket, 0.2 %. */
const SUB = 256;
const SUB_BITS = 8;
/** Values are counted in ticks of 1/16 microsecond, so that 20 us are as finely cut as 20 s. */
const TICKS_PER_MS = 16_000;
/** The longest time that is told from longer ones: 2^32 ticks, 268 s. */
const MOST_TICKS = 0xffff_ffff;
const BUCKETS = SUB * (32 - SUB_BITS) + SUB;

/**
 * Times in milliseconds, counted in buckets that grow with the value. Its size is fixed (26 kB) however much is
 * recorded; sum, least and most are exact, percentiles to 0.2 %.
 */
export class Histogram {
  readonly counts: Uint32Array<ArrayBuffer>;
  count = 0;
  /** Milliseconds. */
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = 0;

  constructor(counts: Uint32Array<ArrayBuffer> = new Uint32Array(BUCKETS)) {
    this.counts = counts;
  }

  record(ms: number): void {
    this.counts[bucketOf(ms)]!++;
    this.count++;
    this.sum += ms;
    if (ms < this.min) this.min = ms;
    if (ms > this.max) this.max = ms;
  }

  /** Takes in what another one holds. */
  add(other: Histogram): void {
    for (let index = 0; index < BUCKETS; index++) this.counts[index]! += other.counts[index]!;
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  copy(): Histogram {
    const same = new Histogram(this.counts.slice());
    return Object.assign(same, { count: this.count, sum: this.sum, min: this.min, max: this.max });
  }

  get mean(): number {
    return this.sum / this.count;
  }

  /**
   * How many values are above one. Of the bucket that it lies in, 0.4 % of it wide, those above it are a guess: as if the
   * bucket's values, between the least and the most that were seen, lay evenly in it.
   */
  countAbove(ms: number): number {
    if (this.count === 0 || ms >= this.max) return 0;
    if (ms < this.min) return this.count;
    const own = bucketOf(ms);
    let above = 0;
    for (let index = own + 1; index < BUCKETS; index++) above += this.counts[index]!;
    const [low, high] = edgesMs(own);
    const [from, to] = [Math.max(low, this.min), Math.min(high, this.max)];
    return above + (to > from ? this.counts[own]! * Math.min(1, (to - ms) / (to - from)) : 0);
  }

  /** The highest edge of a bucket that so many values at least are above or at; 0 where there are fewer. */
  edgeBelow(count: number): number {
    let above = 0;
    for (let index = BUCKETS - 1; index >= 0; index--) {
      above += this.counts[index]!;
      if (above >= count) return edgesMs(index)[0];
    }
    return 0;
  }

  /** The value at a rank, 0 = the least; NaN when there is no such rank. */
  atRank(rank: number): number {
    if (!(rank >= 0) || rank >= this.count) return Number.NaN;
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.counts[index]!;
      if (seen > rank) return Math.min(this.max, Math.max(this.min, middleMs(index)));
    }
    return this.max;
  }
}

function bucketOf(ms: number): number {
  const ticks = ms > 0 ? Math.min(MOST_TICKS, ms * TICKS_PER_MS) >>> 0 : 0;
  const shift = 32 - SUB_BITS - 1 - Math.clz32(ticks);
  return shift <= 0 ? ticks : shift * SUB + (ticks >>> shift);
}

/** Milliseconds at the two ends of a bucket. */
function edgesMs(index: number): readonly [low: number, high: number] {
  const shift = Math.max(0, Math.floor(index / SUB) - 1);
  const low = shift === 0 ? index : (index - shift * SUB) * 2 ** shift;
  return [low / TICKS_PER_MS, (low + 2 ** shift) / TICKS_PER_MS];
}

/** Milliseconds in the middle of a bucket. */
function middleMs(index: number): number {
  const [low, high] = edgesMs(index);
  return (low + high) / 2;
}

/** A histogram as plain data, to be handed from one thread to another. */
export type HistogramData = Pick<Histogram, 'counts' | 'count' | 'sum' | 'min' | 'max'>;

export const histogramOf = ({ counts, ...rest }: HistogramData): Histogram =>
  Object.assign(new Histogram(counts), rest);

export const histogramData = ({ counts, count, sum, min, max }: Histogram): HistogramData => ({
  counts,
  count,
  sum,
  min,
  max,
});
