import { expectedGain } from './explore.ts';
import type { Knowledge, Spot } from './knowledge.ts';

/** How many are in the end held against each other, and how often each is measured on a server of its own, at most. */
export const FINALISTS = 2;
export const LOOKS = 3;
/** How often where the limits are kept for sure, and how probable that is to be. */
const FEWER_LOOKS = 2;
const SURE = 0.99;
/** Where the best is so improbable to keep the limits there are no finals. */
const HOPELESS = 0.05;

/** The best and a rival, and how they are measured again: each on a fresh server, a few times in a row. */
export interface Finals {
  readonly entered: readonly Spot[];
  /** What is still to be measured, in order, and whether on a server of its own. */
  readonly turns: { readonly spot: Spot; readonly afresh: boolean }[];
}

/** @param known what was measured and can be again. @param measurements that may be used. */
export function finalsOf(knowledge: Knowledge, known: readonly Spot[], measurements: number): Finals {
  const entered = enter(knowledge, known);
  const turns = entered.flatMap((spot) =>
    Array.from({ length: looksAt(knowledge, spot) }, (_, index) => ({ spot, afresh: index === 0 })),
  );
  return { entered, turns: turns.slice(0, measurements) };
}

/** How often a finalist is measured. */
export const looksAt = (knowledge: Knowledge, spot: Spot): number =>
  knowledge.look(spot).nearly > SURE ? FEWER_LOOKS : LOOKS;

/** A challenger that is not expected to gain so much by being measured again is none, as a share of the best. */
const LEAST_CHANCE = 0.008;

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
