import type { FieldType } from '../model-config/schema.ts';
import { lengthOfRange, rangeOf } from './limits.ts';
import { isMapping, plainOf, textOf } from './written.ts';

type IntegerType = Extract<FieldType, { kind: 'integer' }>;

/** Whether a value is of a type by its outer shape; what is inside a message is checked on the way down. */
export function hasType(type: FieldType, value: unknown): boolean {
  switch (type.kind) {
    case 'message':
      return isMapping(value);
    case 'map':
      return isMapping(value) || isEntryList(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => hasType(type.of, item));
    case 'enum':
      return type.names.includes(textOf(value) ?? '');
    case 'boolean':
      return booleanOf(value) !== undefined;
    case 'string':
      return textOf(value) !== undefined;
    case 'integer':
      return integerOf(type, value) !== undefined;
    case 'number':
      return numberOf(value) !== undefined;
  }
}

/** A scalar as its field takes it; a text stays as it stands in the file. */
export function scalarValue(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'string':
    case 'enum':
      return textOf(value);
    case 'boolean':
      return booleanOf(value);
    case 'integer':
      return integerOf(type, value);
    case 'number':
      return numberOf(value);
    default:
      return value;
  }
}

function booleanOf(value: unknown): boolean | undefined {
  const plain = plainOf(value);
  if (typeof plain === 'boolean') return plain;
  return plain === 'true' ? true : plain === 'false' ? false : undefined;
}

function numberOf(value: unknown): number | undefined {
  const plain = plainOf(value);
  const number = typeof plain === 'string' && plain.trim() !== '' ? Number(plain) : plain;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** An integer that the field can hold; beyond 2^53, where numbers are no longer exact, by its digits. */
function integerOf(type: IntegerType, value: unknown): number | string | undefined {
  const text = typeof plainOf(value) === 'boolean' ? undefined : textOf(value)?.trim();
  if (text === undefined || text.length > LONGEST) return undefined;
  const number = numberOf(value);
  const exact = /^[-+]?(0|[1-9]\d*)$/.test(text)
    ? BigInt(text.replace('+', ''))
    : Number.isSafeInteger(number)
      ? BigInt(number!)
      : undefined;
  if (exact === undefined) return undefined;
  const bits = BigInt(type.bits);
  const [least, most] = type.signed ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
  if (exact < least || exact > most) return undefined;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : String(exact);
}

/** No field holds an integer of more digits. */
const LONGEST = 40;

/** `{start, stop, step}`, `stop` included. */
export interface Range {
  readonly length: number;
  values(): number[];
}

/** The numbers of `{start, stop, step}`; undefined for anything else. */
export function integerRange(type: FieldType, value: unknown): Range | undefined {
  if (type.kind !== 'integer' || !isMapping(value)) return undefined;
  const { start, stop, step = 1, ...others } = value;
  const [first, last, by] = [start, stop, step].map((item) => integerOf(type, item));
  const isCount = (item: unknown): item is number => typeof item === 'number' && item >= 0;
  if (!isCount(first) || !isCount(last) || !isCount(by)) return undefined;
  if (by === 0 || first > last || Object.keys(others).length > 0) return undefined;
  return { length: lengthOfRange(first, last, by), values: () => rangeOf(first, last, by) };
}

/** An entry of a map as config.pbtxt writes it: `{key: K, value: V}`. */
const isEntry = (value: unknown): value is { key: unknown; value: unknown } =>
  isMapping(value) &&
  Object.keys(value).length === 2 &&
  textOf(value['key']) !== undefined &&
  Object.hasOwn(value, 'value');

/** Whether a mapping looks like an entry `{key, value}` and is none, as it holds more or its key is no name. */
export const isNearlyEntry = (value: unknown): boolean =>
  isMapping(value) && Object.hasOwn(value, 'key') && Object.hasOwn(value, 'value') && !isEntry(value);

/**
 * The position of the mapping that is no entry in a list of a map's entries; undefined where there is none, or the
 * list has no entries at all.
 */
export function strayItem(items: readonly unknown[]): number | undefined {
  const stray = items.findIndex((item) => isMapping(item) && !isEntry(item));
  return stray >= 0 && items.some(isEntry) ? stray : undefined;
}

const isEntryList = (value: unknown): value is { key: unknown; value: unknown }[] =>
  Array.isArray(value) && value.length > 0 && value.every(isEntry);

/** The entries of a map, and where in the file the value of each stands: as a mapping, or as in config.pbtxt. */
export function entriesOfMap(value: unknown): { key: string; value: unknown; below: (string | number)[] }[] {
  const entry = (item: { key: unknown; value: unknown }, path: (string | number)[]) => ({
    key: textOf(item.key)!,
    value: item.value,
    below: [...path, 'value'],
  });
  if (isEntryList(value)) return value.map((item, index) => entry(item, [index]));
  if (isEntry(value)) return [entry(value, [])];
  return isMapping(value)
    ? Object.entries(value).map(([key, item]) => ({ key, value: item, below: [key] }))
    : [];
}
