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
export const isTooDeep = (value: unknown): boolean => reaches(value, DEEPEST + 1);

/** Whether something lies so many levels down. */
function reaches(value: unknown, levels: number): boolean {
  if (levels === 0) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => reaches(item, levels - 1));
  for (const key in value) if (reaches((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}

/** So many things of a kind are named one by one. */
const MOST_NAMED = 5;

/** The first few lines, and one that counts the others. */
export const firstFew = (lines: readonly string[], others: (left: number) => string): string[] =>
  lines.length > MOST_NAMED ? [...lines.slice(0, MOST_NAMED), others(lines.length - MOST_NAMED)] : [...lines];
