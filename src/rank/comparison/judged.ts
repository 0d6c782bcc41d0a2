import { metric } from '../../ground/metric.ts';
import type { Change, Judgement } from '../../record/comparison.ts';
import { sureOnes } from '../../statistics/holm.ts';
import { chanceOfShift, percentOf, type Shift } from './shift.ts';

/** A change that is asked about, and for how much of the mistakes that are allowed. */
interface Asked {
  readonly tag: string;
  readonly shift: Shift;
  readonly weight: number;
}

/** Answers what a change comes to. */
export type Judge = (tag: string, shift: Shift) => Change;

/**
 * Collects every change that is looked at in a comparison, and then judges them together: of many that are no changes some
 * look like one.
 */
export class Panel {
  readonly #asked: Asked[] = [];
  readonly #margin: number;

  /** @param margin percent; a change that surely is smaller is none. */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** @param weight relative to all others; a change that was asked about keeps the weight of the first time. */
  ask(tag: string, shift: Shift | undefined, weight: number): void {
    if (shift) this.#asked.push({ tag, shift, weight });
  }

  /** To be called when everything was asked. What was not asked about is never sure. */
  judge(): Judge {
    const sure = sureOnes(this.#asked.map(({ shift, weight }) => ({ chance: chanceOfShift(shift), weight })));
    const isSure = new Set(this.#asked.flatMap(({ shift }, index) => (sure[index] ? [shift] : [])));
    return (tag, shift) => {
      const percents = percentOf(shift);
      return { tag, ...percents, verdict: this.#verdict(tag, percents, isSure.has(shift)) };
    };
  }

  #verdict(tag: string, { percent, low, high }: ReturnType<typeof percentOf>, isSure: boolean): Judgement {
    if (low >= -this.#margin && high <= this.#margin) return 'same';
    if (!isSure) return 'unknown';
    return percent > 0 === (metric(tag).better === 'higher') ? 'better' : 'worse';
  }
}

/** A change of which nothing is known. */
export const noChange = (tag: string, why: string): Change => ({
  tag,
  percent: null,
  low: null,
  high: null,
  verdict: 'unknown',
  why,
});
