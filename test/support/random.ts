import { randomSource } from '../../src/statistics/random-source.ts';

/** Chance that can be repeated. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** The chance of one case, equal for an equal seed and number, whatever cases were made before. */
export function randomOf(seed: number, number: number): Random {
  const next = randomSource(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const below = (end: number): number => Math.floor(next() * end);
  return { below, chance: (share) => next() < share, pick: (list) => list[below(list.length)]! };
}
