import type { Candidate } from '../../space/space.ts';
import type { Standing } from '../search.ts';
import { expectedGain } from './explore.ts';
import type { Knowledge, Spot } from './knowledge.ts';

// The numbers of the finals were tuned with `npm run bench:search`.

/** How many points are held against each other in the end, and how often each is measured on a server of its own, at most. */
export const FINALISTS = 2;
export const LOOKS = 3;
/** A finalist that is so sure to keep the limits, or to miss them by less than 5 %, is measured less often. */
const FEWER_LOOKS = 2;
const SURE = 0.99;
/** There are no finals where the best is less probable than this to keep the limits, or to miss them by less than 5 %. */
const HOPELESS = 0.05;

/** A finalist: measured a few times in a row on a server of its own. */
interface Finalist {
  readonly spot: Spot;
  looksLeft: number;
  begun: boolean;
}

/** The next look at a finalist. */
export interface Look {
  readonly spot: Spot;
  readonly again: 'here' | 'afresh';
}

/** The best and a rival, measured again. Slots share them: each finalist stays with the slot that began with it. */
export class Finals {
  readonly #finalists: readonly Finalist[];

  /** @param known what was measured and can be again. */
  constructor(knowledge: Knowledge, known: readonly Spot[]) {
    this.#finalists = enter(knowledge, known).map((spot) => ({
      spot,
      looksLeft: looksAt(knowledge, spot),
      begun: false,
    }));
  }

  get entered(): readonly Spot[] {
    return this.#finalists.map(({ spot }) => spot);
  }

  /** @param isFree whether a slot may measure a point now. */
  next({ on }: Standing, isFree: (spot: Spot) => boolean): Look | undefined {
    const open = this.#finalists.filter(({ looksLeft, spot }) => looksLeft > 0 && isFree(spot));
    const mine = open.find(({ begun, spot }) => begun && spot.candidate === on);
    const next = mine ?? open[0];
    if (!next) return undefined;
    next.looksLeft--;
    next.begun = true;
    return { spot: next.spot, again: mine ? 'here' : 'afresh' };
  }

  /** A look that was withdrawn is still to be taken. */
  putBack(spot: Spot): void {
    const finalist = this.#finalists.find((item) => item.spot === spot);
    if (finalist) finalist.looksLeft++;
  }

  /** Whether a look is still to be taken at one that was not given up. */
  isOpen(dropped: ReadonlySet<Candidate>): boolean {
    return this.#finalists.some(({ looksLeft, spot }) => looksLeft > 0 && !dropped.has(spot.candidate));
  }
}

/** How often a finalist is measured. */
export const looksAt = (knowledge: Knowledge, spot: Spot): number =>
  knowledge.look(spot).nearly > SURE ? FEWER_LOOKS : LOOKS;

/** So much a rival must be expected to gain over the best, as a share of it, to be measured again beside it. */
const LEAST_CHANCE = 0.008;

/**
 * Who enters the finals: the best point that probably keeps the limits, and the one that may most likely turn out to be
 * better than it. [] where not even the best can keep the limits.
 */
export function enter(knowledge: Knowledge, known: readonly Spot[]): Spot[] {
  const [champion] = byStanding(knowledge, known);
  if (!champion) return [];
  const { worth, nearly } = knowledge.look(champion);
  if (nearly < HOPELESS) return [];
  const challengers = known
    .filter((spot) => spot !== champion)
    .map((spot) => {
      const look = knowledge.look(spot);
      const apart = Math.sqrt(worth.variance + look.worth.variance);
      return { spot, gain: expectedGain(look.worth.mean - worth.mean, apart) * look.nearly };
    })
    .filter(({ gain }) => gain >= LEAST_CHANCE)
    .sort((a, b) => b.gain - a.gain);
  return [champion, ...challengers.slice(0, FINALISTS - 1).map(({ spot }) => spot)];
}

/** The best first. */
export const byStanding = (knowledge: Knowledge, spots: readonly Spot[]): Spot[] =>
  spots
    .map((spot) => ({ spot, standing: knowledge.standing(spot) }))
    .sort((a, b) => b.standing - a.standing)
    .map(({ spot }) => spot);
