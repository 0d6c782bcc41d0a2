import { z } from 'zod';
import { whyNoFileName } from '../ground/paths.ts';

/** Deeper than any configuration, and shallow enough for every function that goes down into one. */
const DEEPEST = 100;

/** A name of a model or a variant, which becomes a part of paths. */
export const name = z
  .string()
  .refine((text) => whyNoFileName(text) === undefined, { error: 'it can be no file name' });

/** A metric's tag, which values are looked up by: nothing that every object has. */
export const tag = z.string().refine((text) => !(text in {}), { error: 'no metric' });

export const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** Whether lists and objects are nested deeper than anything that tma writes. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap((item) => (isObject(item) ? Object.values(item as object) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** So many things of a kind are named one by one. */
const MOST_NAMED = 5;

/** The first few lines, and one that counts the others. */
export const firstFew = (lines: readonly string[], others: (left: number) => string): string[] =>
  lines.length > MOST_NAMED ? [...lines.slice(0, MOST_NAMED), others(lines.length - MOST_NAMED)] : [...lines];
