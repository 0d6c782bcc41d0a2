import { z } from 'zod';
import { suggestion } from '../wording.ts';
import { show } from './yaml.ts';

/**
 * The forms that values take in perf.yaml and on the command line. Each accepts both: a number from YAML or
 * the digits typed behind a flag. Messages say what was expected and what was found.
 */

/**
 * A value with a description of what it may be; `parse` answers undefined for anything else.
 * @param json the same for editors, as JSON Schema, as it stands in perf.yaml.
 */
function form<T>(
  expected: string,
  json: Readonly<Record<string, unknown>>,
  parse: (value: unknown) => T | undefined,
): z.ZodType<T, unknown> {
  const schema = z.unknown().transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `expected ${expected}, found ${show(value)}` });
    return z.NEVER;
  });
  return schema.meta(json);
}

/** Whether a value is a mapping, and no list. */
export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TEXT = { type: ['string', 'number'] };
const TEXTS = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };
/** One of something, or several. */
const listOf = (items: Readonly<Record<string, unknown>>) => ({ anyOf: [items, { type: 'array', items }] });
const positive = { type: 'integer', minimum: 1 };

const asNumber = (value: unknown): number | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
};

const asInteger = (value: unknown, least: number): number | undefined => {
  const number = asNumber(value);
  return number !== undefined && Number.isInteger(number) && number >= least ? number : undefined;
};

export const text = form('a text', TEXT, (value) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined,
);

export const integer = (least = 0) =>
  form(
    least > 0 ? `an integer of ${least} or more` : 'an integer of 0 or more',
    { type: 'integer', minimum: least },
    (value) => asInteger(value, least),
  );

export const decimal = form('a number above 0', { type: 'number', exclusiveMinimum: 0 }, (value) => {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
});

export const signedInteger = form('an integer', { type: 'integer' }, (value) =>
  asInteger(value, Number.MIN_SAFE_INTEGER),
);

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** Bytes as Docker writes them: `512m`, `1g`, `1073741824`. */
export const byteSize = form('a size such as 512m, 1g or a number of bytes', TEXT, (value) => {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(value).trim());
  return match ? Math.round(Number(match[1]) * BYTE_UNITS[match[2]!.toLowerCase()]!) : undefined;
});

export const flag = form('true or false', { type: 'boolean' }, (value) =>
  typeof value === 'boolean'
    ? value
    : typeof value === 'string' && /^(true|false)$/i.test(value)
      ? value.toLowerCase() === 'true'
      : undefined,
);

export const oneOf = <const T extends string>(...names: readonly T[]) =>
  form(`one of ${names.join(', ')}`, { enum: names }, (value) => names.find((name) => name === value));

/** One of these names or several, as a list or with commas. */
export const someOf = <const T extends string>(...choices: readonly T[]) =>
  form(`some of ${choices.join(', ')}`, listOf({ enum: choices }), (value) => {
    const list = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    return Array.isArray(list) && list.length > 0 && list.every((item) => choices.includes(item))
      ? (list as T[])
      : undefined;
  });

/** `a,b` or a list of texts; blanks around names do not count. */
export const names = form('a name, a list of names, or names with commas', listOf(TEXT), (value) => {
  const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  const texts = list.map((item) => (typeof item === 'number' ? String(item) : item));
  return texts.every((item): item is string => typeof item === 'string')
    ? texts.map((item) => item.trim()).filter((item) => item !== '')
    : undefined;
});

/** A list of texts, or a single one; nothing is split. */
export const words = form('a text or a list of texts', listOf({ type: 'string' }), (value) => {
  const list = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string') ? list : undefined;
});

/** A number of workers, or `auto`. */
export const countOrAuto = form(
  'auto or an integer of 1 or more',
  { anyOf: [{ const: 'auto' }, positive] },
  (value) => (value === 'auto' ? 'auto' : asInteger(value, 1)),
);

/** Names that become files and folders: one step, not up and not away. */
export const fileName = form('a file name without a folder', { type: 'string' }, (value) =>
  typeof value === 'string' && isFileName(value) ? value : undefined,
);

/** Whether a name stays in the folder it is put into. */
export const isFileName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

/** A number, `1,2,4`, a list, or `{start, stop, step}` with `stop` included; sorted, without repeats. */
export const integers = form(
  'a number, a list of numbers, "1,2,4", or {start, stop, step} with start <= stop',
  {
    anyOf: [
      positive,
      { type: 'array', items: positive },
      { type: 'string', pattern: '^\\s*\\d+(\\s*,\\s*\\d+)*\\s*$' },
      {
        type: 'object',
        properties: { start: positive, stop: positive, step: positive },
        required: ['start', 'stop'],
        additionalProperties: false,
      },
    ],
  },
  (value) => {
    const list = listOfIntegers(value);
    return list && [...new Set(list)].sort((a, b) => a - b);
  },
);

function listOfIntegers(value: unknown): number[] | undefined {
  if (Array.isArray(value)) return allDefined(value.map((item) => asInteger(item, 1)));
  if (typeof value === 'object' && value !== null) {
    const { start, stop, step = 1, ...others } = value as Record<string, unknown>;
    const [first, last, by] = [asInteger(start, 1), asInteger(stop, 1), asInteger(step, 1)];
    if (first === undefined || last === undefined || by === undefined) return undefined;
    if (first > last || Object.keys(others).length > 0) return undefined;
    return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
  }
  if (typeof value === 'string' && value.includes(',')) return listOfIntegers(value.split(','));
  const single = asInteger(value, 1);
  return single === undefined ? undefined : [single];
}

const allDefined = <T>(values: readonly (T | undefined)[]): T[] | undefined =>
  values.every((value): value is T => value !== undefined) ? [...values] : undefined;

/** A mapping with exactly these keys, all optional; an unknown one is answered with the nearest. */
export const keys = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys
            .map((key) => `unknown key ${show(key)}: ${suggestion(key, Object.keys(shape))}`)
            .join('; ')
        : `expected a mapping with ${Object.keys(shape).join(', ')}, found ${show(issue.input)}`,
  });

/** A mapping of free names to texts; numbers and booleans are taken as they are written. */
export const texts = form('a mapping of names to values', TEXTS, (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, item === null ? '' : item] as const);
  return entries.every(([, item]) => ['string', 'number', 'boolean'].includes(typeof item))
    ? (Object.fromEntries(entries.map(([key, item]) => [key, String(item)])) as Record<string, string>)
    : undefined;
});

/** A value that is accepted and not looked at. */
export const anything = z.unknown();
