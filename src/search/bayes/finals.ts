import type { Candidate } from '../../space/space.ts';
import { normalProbability } from '../../statistics/gaussian-process.ts';
import { expectedGain } from './explore.ts';
import type { Knowledge, Spot } from './knowledge.ts';

/** How many are in the end held against each other, and how often each is measured on a server of its own. */
export const FINALISTS = 2;
export const LOOKS = 3;
/** A finalist that is so improbable to be the best, or to hold, is out. */
const HOPELESS = 0.05;

/** The best and a rival, measured again in turn, each time on a fresh server, until one is left or the budget is used. */
export class Finals {
  readonly entered: readonly Spot[];
  readonly #knowledge: Knowledge;
  #standing: readonly Spot[];
  #round: Spot[];
  #last: Spot | undefined;
  #left: number;

  /** @param measurements that may be used. */
  constructor(knowledge: Knowledge, isDropped: (candidate: Candidate) => boolean, measurements: number) {
    this.#knowledge = knowledge;
    this.entered = enter(
      knowledge,
      knowledge.seen.filter(({ candidate }) => !isDropped(candidate)),
    );
    this.#standing = this.entered;
    this.#round = this.entered.flatMap(turn);
    this.#left = measurements;
  }

  /** Who is next, and whether on a server of its own; undefined when it is decided. */
  next(): { readonly spot: Spot; readonly afresh: boolean } | undefined {
    if (this.#left === 0) return undefined;
    if (this.#round.length === 0) {
      this.#standing = this.#contenders();
      if (this.#standing.length < 2) return undefined;
      this.#round = this.#standing.flatMap(turn);
    }
    const spot = this.#round.shift()!;
    const afresh = spot !== this.#last;
    this.#last = spot;
    this.#left--;
    return { spot, afresh };
  }

  /** Those that may still be the best. */
  #contenders(): Spot[] {
    const [best] = byStanding(this.#knowledge, this.#standing);
    return this.#standing.filter((spot) => {
      if (spot === best) return true;
      const [look, other] = [this.#knowledge.look(spot), this.#knowledge.look(best!)];
      const apart = Math.sqrt(look.worth.variance + other.worth.variance);
      const better = normalProbability((look.worth.mean - other.worth.mean) / apart);
      return better > HOPELESS && look.holds > HOPELESS;
    });
  }
}

const turn = (spot: Spot): Spot[] => Array.from({ length: LOOKS }, () => spot);

/** A challenger that is not expected to gain so much by being measured again is none, as a share of the best. */
const LEAST_CHANCE = 0.006;

/** The best that probably holds, and whoever has most to gain over it: by being better, or by holding after all. */
export function enter(knowledge: Knowledge, known: readonly Spot[]): Spot[] {
  const [champion] = byStanding(knowledge, known);
  if (!champion) return [];
  const { worth, nearly } = knowledge.look(champion);
  // Where not even the best can keep the limits there is nothing to confirm.
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
