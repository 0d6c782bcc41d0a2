import { quantile } from 'simple-statistics';
import { canonicalJson } from '../../model-config/config.ts';
import type { Trial } from '../../record/run.ts';
import { compactValue } from '../words.ts';

/** A field of the configuration that is not the same everywhere, and which of its values each configuration has. */
export interface Setting {
  /** Path as in config.pbtxt; of a model that another is made of, behind its name. */
  readonly path: string;
  /** As they are read, in their order. */
  readonly levels: readonly string[];
  /** Of each configuration, the index of its level. */
  readonly of: readonly number[];
}

/** More numbers than these are taken together by their size, a quarter each. */
const MOST_NUMBERS = 6;
const PARTS = 4;

/** What a field that is not set is told as. */
export const NOT_SET = 'not set';

/** The settings that differ between these configurations. */
export function settingsOf(trials: readonly Trial[]): Setting[] {
  const fields = new Map<string, { readonly model: number; readonly path: string }>();
  for (const { models } of trials) {
    for (const [model, { name, assignment }] of models.entries()) {
      for (const path of Object.keys(assignment))
        fields.set(model === 0 ? path : `${name}: ${path}`, { model, path });
    }
  }
  return [...fields].flatMap(([path, field]) => {
    const values = trials.map((trial) => settingAt(trial, field.model, field.path));
    const setting = leveled(field.path, values);
    return setting.levels.length > 1 ? [{ path, ...setting }] : [];
  });
}

/**
 * The value that a configuration has, set by tma or by the model itself; undefined where it is left to the server. What the
 * server writes into a message that nobody set, such as the pinned memory of `optimization`, is its own default.
 */
function settingAt({ models, end }: Trial, model: number, path: string): unknown {
  const own = models[model];
  if (own && Object.hasOwn(own.assignment, path)) return own.assignment[path];
  const found = at(own?.config, path);
  if (found !== undefined || model > 0) return found;
  const completed = at(end?.effective, path);
  return typeof completed === 'object' && !Array.isArray(completed) ? undefined : completed;
}

/** What lies at a path such as `dynamic_batching.preferred_batch_size` or `instance_group[0].count`. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}

function leveled(path: string, values: readonly unknown[]): Pick<Setting, 'levels' | 'of'> {
  const numbers = values.map(numberOf);
  const known = numbers.filter((number) => number !== undefined);
  const isNumeric = values.every((value, index) => value === undefined || numbers[index] !== undefined);
  if (isNumeric && new Set(known).size > MOST_NUMBERS) return byParts(numbers, known);
  // Numbers of 64 bits are texts in a configuration and numbers in an assignment.
  const keys = values.map((value, index) =>
    value === undefined ? NOT_SET : (numbers[index] ?? keyOf(path, value)),
  );
  const text = (index: number): string => {
    const compact = values[index] === undefined ? NOT_SET : compactValue(path, values[index]);
    return compact === '-' ? 'none' : compact;
  };
  const first = [...new Set(keys)].map((key) => keys.indexOf(key));
  const order = first.toSorted(
    (a, b) => compareValues(values[a], values[b]) || compareTexts(text(a), text(b)),
  );
  return {
    levels: order.map(text),
    of: keys.map((key) => order.findIndex((index) => keys[index] === key)),
  };
}

/** Instances are told by count and kind; what a server completes of them, such as the GPUs, is no other setting. */
const keyOf = (path: string, value: unknown): string =>
  path === 'instance_group' ? compactValue(path, value) : canonicalJson(value);

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
    ? Number(value)
    : undefined;

/** What is not set first, then numbers by size. */
function compareValues(a: unknown, b: unknown): number {
  if ((a === undefined) !== (b === undefined)) return a === undefined ? -1 : 1;
  return (numberOf(a) ?? 0) - (numberOf(b) ?? 0);
}

/** `2:GPU` before `10:GPU`. */
const compareTexts = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Many numbers, taken together by their size. */
function byParts(
  numbers: readonly (number | undefined)[],
  known: readonly number[],
): Pick<Setting, 'levels' | 'of'> {
  const distinct = [...new Set(known)].sort((a, b) => a - b);
  const ends = [
    ...new Set(Array.from({ length: PARTS }, (_, index) => quantile(distinct, (index + 1) / PARTS))),
  ];
  const partOf = (number: number): number => ends.findIndex((end) => number <= end);
  const parts = Map.groupBy(distinct, partOf);
  const order = [...parts.keys()].sort((a, b) => a - b);
  const hasUnset = numbers.some((number) => number === undefined);
  const shift = hasUnset ? 1 : 0;
  return {
    levels: [
      ...(hasUnset ? [NOT_SET] : []),
      ...order.map((part) => {
        const own = parts.get(part)!;
        return own.length === 1 ? String(own[0]) : `${own[0]} to ${own.at(-1)}`;
      }),
    ],
    of: numbers.map((number) => (number === undefined ? 0 : order.indexOf(partOf(number)) + shift)),
  };
}
