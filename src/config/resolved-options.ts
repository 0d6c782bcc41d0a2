import type { Place } from '../ground/errors.ts';
import type { GivenOptions } from './given-options.ts';
import { type Command, OPTIONS, type Option, type OptionKey } from './options.ts';
import { addressWithoutSecrets, withoutSecrets } from './secrets.ts';

/** An option with the value that holds, and who said so. */
export interface ResolvedOption {
  readonly key: OptionKey;
  /** null: there is none, or none that could be said beforehand; `text` says more then. */
  readonly value: unknown;
  readonly text?: string;
  readonly source: 'command line' | 'default' | Place;
}

/**
 * Every option of a command; those without effect only where they were given.
 * @param layout defaults that depend on what lies in the working directory.
 */
export function resolvedOptions(
  given: GivenOptions,
  command: Command,
  layout: Partial<Record<OptionKey, string>> = {},
): ResolvedOption[] {
  const rows = Object.entries(OPTIONS) as [OptionKey, Option][];
  return rows
    .filter(
      ([key, option]) =>
        option.commands.includes(command) && (!(option.withoutEffect ?? option.refused) || given.has(key)),
    )
    .map(([key, option]): ResolvedOption => {
      const place = given.placeOf(key);
      const standard = key in layout ? { value: layout[key] } : standardOf(option);
      if (!place) return { key, ...standard, source: 'default' };
      return { key, value: understood(key, given), source: place };
    });
}

/** The value of an option that was not given. What is written in words has no value beforehand. */
export function standardOf({ fallback, value, flags }: Option): { value: unknown; text?: string } {
  if (fallback === undefined) return { value: flags !== undefined && value === undefined ? false : null };
  if (/\s/.test(fallback)) return { value: null, text: fallback };
  return { value: /^\d+(\.\d+)?$/.test(fallback) ? Number(fallback) : fallback };
}

/** As it was understood where that is a plain value or a list of such, else as it was written, but for secrets. */
function understood(key: OptionKey, given: GivenOptions): unknown {
  if (key === 'on_finish') return given.values.on_finish && addressWithoutSecrets(given.values.on_finish);
  const value: unknown = given.values[key];
  const written = given.written(key);
  // A time is understood as a number of a unit that nobody would see.
  if (typeof value === 'number' && typeof written === 'string' && Number.isNaN(Number(written)))
    return written;
  const plain = (item: unknown): boolean => item === null || typeof item !== 'object';
  return plain(value) || (Array.isArray(value) && value.every(plain)) ? value : withoutSecrets(written, key);
}
