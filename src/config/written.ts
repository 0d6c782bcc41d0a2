/**
 * A number or truth value of a file that would be printed differently from how it is written there: `1.0`, `1e-3`,
 * `0x10`,
 * `yes`, an integer beyond 2^53. What wants a number takes `value`; what wants a text takes what stands in the file.
 */
export class Written {
  readonly value: number | boolean;
  readonly text: string;

  constructor(value: number | boolean, text: string) {
    this.value = value;
    this.text = text;
  }

  /** In messages and lists of options it stands as it was written. */
  toJSON(): string {
    return this.text;
  }
}

/** Whether a value is a mapping, and no list. */
export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Written);

/** A value with plain numbers and truth values, however they are written, at every depth. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Written) return value.value;
  if (Array.isArray(value)) return value.map(plainOf);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]));
}

/** The text of a scalar as it stands in the file; undefined for what is no scalar. */
export function textOf(value: unknown): string | undefined {
  if (value instanceof Written) return value.text;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

/** Whether a key is there with nothing behind it (`key:`, `[]`, `{}`, `''`): as if it were not there. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMapping(value) && Object.keys(value).length === 0;
}

/** What a value is, where it is not to be shown. */
export const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : isMapping(value) ? 'a mapping' : 'a single value';

const LONGEST_SHOWN = 60;

/** A value as it would stand in the file, shortened, for "found ...". */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Written) return shorten(value.text);
  // The rest of a long text would be escaped for nothing.
  const shown = typeof value === 'string' ? value.slice(0, LONGEST_SHOWN + 1) : value;
  return shorten(JSON.stringify(shown) ?? String(shown));
}

/** A text of the user's, cut where it is too long for a message. */
export const shorten = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
