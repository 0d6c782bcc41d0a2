import { sum } from 'simple-statistics';

/** What a model will probably take; undefined: nothing is known of it before its server was asked. */
export type Outlook =
  | {
      /** Minutes, without what is known already. */
      readonly minutes: number;
      /** Points, those that are known already among them. */
      readonly points: number;
    }
  | undefined;

/** What a model is given when its turn comes. */
export interface Turn {
  /** Its share of the time that is left then, above 0 and at most 1. */
  readonly share: number;
  /** Points of the models after it, as far as they are known. */
  readonly later: number;
}

/** Of the mean: what a model takes may be judged too low, and its first measurements say most. Not tuned. */
const LEAST = 0.1;

/**
 * Models share the time by what they will probably take, so that one with few points leaves most of it to the others. One of which
 * nothing is known counts as the mean of the others.
 * @returns one for each model, in their order.
 */
export function turnsOf(outlooks: readonly Outlook[]): Turn[] {
  const known = outlooks.flatMap((outlook) => outlook?.minutes ?? []);
  // Where nothing is known, or nothing is left to do, all are alike.
  const mean = sum(known) / known.length || 1;
  const minutes = outlooks.map((outlook) => Math.max(outlook?.minutes ?? mean, LEAST * mean));
  return minutes.map((own, index) => ({
    share: own / sum(minutes.slice(index)),
    later: sum(outlooks.slice(index + 1).map((outlook) => outlook?.points ?? 0)),
  }));
}
