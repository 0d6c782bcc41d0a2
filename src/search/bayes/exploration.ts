import { counted } from '../../ground/wording.ts';
import type { Candidate } from '../../space/space.ts';
import type { Budget } from './budget.ts';
import { nextSpot, type Proposal, WORTHWHILE } from './explore.ts';
import { enter, looksAt } from './finals.ts';
import type { Knowledge, Spot } from './knowledge.ts';
import type { Usage } from './usage.ts';

/**
 * Exploration ends when no point is expected to gain so much beyond what is worth going on for, as a share of the best;
 * where nothing keeps the limits, when none has so much of a chance to. Tuned with `npm run bench:search`.
 */
const LEAST_GAIN = 0.0015;

/**
 * Configurations that are tried at the same time cannot learn from each other: where twice as many
 * slots are at work, so many more starts are worth it. Tuned with `npm run bench:search -- --slots 8`.
 */
const STARTS_A_DOUBLING = 2;

/** A point to measure, or why there is none that is worth it. */
export type Step =
  | { readonly spot: Spot }
  | {
      readonly why: string;
      /** It is the budget that ends it, and not what is known. */
      readonly isUsed: boolean;
    };

/** What a step is decided on. */
export interface Situation {
  /** What the asking slot's server runs. */
  readonly on: Candidate | undefined;
  /** Whether the slot may measure a point now. */
  readonly isFree: (spot: Spot) => boolean;
  /** What was measured and can be again. */
  readonly open: readonly Spot[];
  /** So many measurements in a row were not better than the best before. */
  readonly vain: number;
}

/** Decides where a better point is most to be expected, as long as that is worth it and enough is left for the finals. */
export class Exploration {
  readonly #knowledge: Knowledge;
  readonly #budget: Budget;
  readonly #usage: Usage;
  readonly #byThroughput: boolean;

  constructor(knowledge: Knowledge, budget: Budget, usage: Usage, byThroughput: boolean) {
    this.#knowledge = knowledge;
    this.#budget = budget;
    this.#usage = usage;
    this.#byThroughput = byThroughput;
  }

  step({ on, isFree, open, vain }: Situation): Step {
    const { measurements, least = 0, patience } = this.#budget;
    const starts = this.#starts;
    const finalists = enter(this.#knowledge, open);
    const looks = finalists.reduce((sum, spot) => sum + looksAt(this.#knowledge, spot), 0);
    const kept = Math.min(looks, Math.floor(measurements / 3));
    if (this.#usage.measurements >= measurements - kept)
      return { why: `its budget of ${counted(measurements, 'measurement')} is used`, isUsed: true };
    const mayEnd = this.#usage.measurements >= least;
    if (mayEnd && patience !== undefined && vain >= patience)
      return {
        why: `${counted(vain, 'measurement')} in a row were not better than the best before`,
        isUsed: false,
      };
    const mayStart = !mayEnd || this.#usage.starts < Math.max(2, starts - finalists.length);
    const isAffordable = (spot: Spot): boolean =>
      isFree(spot) && (spot.candidate === on || (mayStart && this.#mayBegin(spot)));
    const proposal = this.#proposal(on, isAffordable);
    if (proposal && (!mayEnd || proposal.gain >= LEAST_GAIN)) return { spot: proposal.spot };
    const dearer = this.#proposal(on, isFree);
    if (!dearer) return { why: 'everything is measured that can be better', isUsed: false };
    if (dearer.gain < LEAST_GAIN) return { why: this.#calmText(open), isUsed: false };
    return { why: mayStart ? this.#variantsText() : 'its budget of starts is used', isUsed: true };
  }

  /** Starts that may be made in all. */
  get #starts(): number {
    return this.#budget.starts + Math.round(STARTS_A_DOUBLING * Math.log2(this.#usage.mostInFlight));
  }

  #mayBegin({ candidate }: Spot): boolean {
    const { variants } = this.#budget;
    return variants === undefined || this.#usage.configurations < variants || this.#usage.hasBegun(candidate);
  }

  #proposal(on: Candidate | undefined, isAllowed: (spot: Spot) => boolean): Proposal | undefined {
    if (this.#knowledge.seen.length === 0) return this.#likeliest(isAllowed);
    const starts = this.#starts;
    const pending = this.#usage.inFlight();
    return nextSpot(this.#knowledge, { on, pending, isAllowed, starts, byThroughput: this.#byThroughput });
  }

  /** While nothing works: the point of the configuration that is least like those that failed. */
  #likeliest(isAllowed: (spot: Spot) => boolean): Proposal | undefined {
    const chance = this.#knowledge.chances();
    const spot = this.#knowledge.spots
      .filter(isAllowed)
      .reduce<Spot | undefined>(
        (best, item) => (best && chance(best.candidate) >= chance(item.candidate) ? best : item),
        undefined,
      );
    return spot && { spot, gain: 1 };
  }

  #calmText(open: readonly Spot[]): string {
    return open.some((spot) => this.#knowledge.holds(spot))
      ? `nothing else is likely to be better by more than ${WORTHWHILE * 100} %`
      : 'nothing else is likely to keep the limits';
  }

  #variantsText(): string {
    return `its budget of ${counted(this.#budget.variants ?? 0, 'configuration')} is used`;
  }
}
