import { z } from 'zod';
import { whyNoFileName } from '../ground/paths.ts';
import { grouped, nearest, suggestion } from '../ground/wording.ts';
import { lengthOfRange, MOST_IN_A_LIST, MOST_SECONDS, rangeOf, tooMany } from './limits.ts';
import { isEmpty, isMapping, kindOf, plainOf, shorten, show, textOf } from './written.ts';

/**
 * The forms that values take in perf.yaml and on the command line. Each accepts both: a number from YAML or
 * the digits typed behind a flag. Messages say what was expected and what was found.
 */

/** Why a value is none, where more can be said than what was expected. */
class Wrong {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/**
 * A value with a description of what it may be; `parse` answers undefined for anything else.
 * @param json the same for editors, as JSON Schema, as it stands in perf.yaml.
 */
function form<T>(
  expected: string,
  json: Readonly<Record<string, unknown>>,
  parse: (value: unknown) => T | Wrong | undefined,
): z.ZodType<T, unknown> {
  const schema = z.unknown().transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== undefined && !(parsed instanceof Wrong)) return parsed;
    const message = parsed instanceof Wrong ? parsed.message : `expected ${expected}, found ${show(value)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  return schema.meta(json);
}

const TEXT = { type: ['string', 'number'] };
const TEXTS = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };
/** One of something, or several. */
const listOf = (items: Readonly<Record<string, unknown>>) => ({ anyOf: [items, { type: 'array', items }] });
const positive = { type: 'integer', minimum: 1 };

const asNumber = (written: unknown): number | undefined => {
  const value = plainOf(written);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^\s*-?\d{1,300}(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
};

const asInteger = (value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined => {
  const number = asNumber(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= least && number <= most
    ? number
    : undefined;
};

/** The text of a scalar that may stand for one: a truth value is none. */
const asText = (value: unknown): string | undefined =>
  typeof plainOf(value) === 'boolean' ? undefined : textOf(value);

export const text = form('a text', TEXT, asText);

/** An address to send to. What was found is not repeated: who knows such an address may send there. */
export const webAddress = form(
  'an address that begins with http:// or https://',
  { type: 'string', pattern: '^https?://' },
  (value) => {
    const address = asText(value)?.trim() ?? '';
    const isAddress = /^https?:\/\/[^\s/?#]/i.test(address) && !/\s/.test(address) && URL.canParse(address);
    return isAddress ? address : new Wrong('expected an address that begins with http:// or https://');
  },
);

export const integer = (least = 0, most?: number) =>
  form(
    most === undefined ? `an integer of ${least} or more` : `an integer from ${least} to ${most}`,
    { type: 'integer', minimum: least, ...(most !== undefined && { maximum: most }) },
    (value) => asInteger(value, least, most),
  );

export const decimal = form('a number above 0', { type: 'number', exclusiveMinimum: 0 }, (value) => {
  const number = asNumber(value);
  return number !== undefined && number > 0 ? number : undefined;
});

/** What is more is a slip of a digit in any currency. */
const HIGHEST_PRICE = 1e9;

/** A price, without the sign of a currency. */
export const price = form(
  'a price above 0, as a plain number such as 2.5',
  { type: 'number', exclusiveMinimum: 0, maximum: HIGHEST_PRICE },
  (value) => {
    const number = asNumber(value);
    if (number === undefined || !(number > 0)) return undefined;
    return number <= HIGHEST_PRICE
      ? number
      : new Wrong(`expected a price of ${grouped(HIGHEST_PRICE)} at most, found ${show(value)}`);
  },
);

/** The name or sign of a currency. */
export const currency = form(
  'a currency of at most 12 characters, such as EUR',
  { type: 'string', minLength: 1, maxLength: 12 },
  (value) => {
    const name = asText(value)?.trim();
    return name !== undefined && /^[\p{L}\p{Sc}\p{N}. ]{1,12}$/u.test(name) ? name : undefined;
  },
);

/** A time that something may take. */
export const seconds = (least: 0 | 1) => integer(least, MOST_SECONDS);

/** Up to so much, 0 included. */
export const fromZeroUpTo = (most: number) =>
  form(`a number from 0 to ${most}`, { type: 'number', minimum: 0, maximum: most }, (value) => {
    const number = asNumber(value);
    return number !== undefined && number >= 0 && number <= most ? number : undefined;
  });

/** The same, with fractions. */
export const decimalUpTo = (most: number) =>
  form(`a number above 0, up to ${most}`, { type: 'number', exclusiveMinimum: 0, maximum: most }, (value) => {
    const number = asNumber(value);
    return number !== undefined && number > 0 && number <= most ? number : undefined;
  });

const AGE_UNITS_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** How long ago something may be, in ms: `7d`, `12h`, `30m`, `2w`. */
export const age = form(
  'a time such as 7d, 12h or 30m',
  { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?[mhdw]$' },
  (value) => {
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([mhdw])$/.exec(value.trim()) : undefined;
    return match ? Number(match[1]) * AGE_UNITS_MS[match[2]!]! : undefined;
  },
);

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
  const number = plainOf(value);
  const match = /^(\d{1,20}(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(
    typeof number === 'object' ? '' : String(number).trim(),
  );
  const bytes = match ? Math.round(Number(match[1]) * BYTE_UNITS[match[2]!.toLowerCase()]!) : undefined;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
});

export const flag = form('true or false', { type: 'boolean' }, (written) => {
  const value = plainOf(written);
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' && /^(true|false)$/i.test(value)
    ? value.toLowerCase() === 'true'
    : undefined;
});

export const oneOf = <const T extends string>(...names: readonly T[]) =>
  form(
    `one of ${names.join(', ')}`,
    { enum: names },
    (value) => names.find((name) => name === value) ?? unlike(value, names, 'one'),
  );

/** Says which of the names may be meant. */
function unlike(value: unknown, names: readonly string[], howMany: 'one' | 'some'): Wrong {
  const close = typeof value === 'string' ? nearest(value, names) : undefined;
  const hint = close === undefined ? '' : `: did you mean "${close}"?`;
  return new Wrong(`expected ${howMany} of ${names.join(', ')}, found ${show(value)}${hint}`);
}

/** One of these names or several, as a list or with commas. */
export const someOf = <const T extends string>(...choices: readonly T[]) =>
  form(`some of ${choices.join(', ')}`, listOf({ enum: choices }), (value) => {
    const list = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    if (!Array.isArray(list) || list.length === 0) return undefined;
    const wrong = list.find((item) => !choices.includes(item));
    return wrong === undefined ? (list as T[]) : unlike(wrong, choices, 'some');
  });

/** `a,b` or a list of texts; blanks around names do not count. */
export const names = form('a name, a list of names, or names with commas', listOf(TEXT), (value) => {
  const list = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  const texts = list.map(asText);
  return allDefined(texts)
    ?.map((item) => item.trim())
    .filter((item) => item !== '');
});

/** A list of texts, or a single one; nothing is split. */
export const words = form('a text or a list of texts', listOf({ type: 'string' }), (value) =>
  allDefined((Array.isArray(value) ? value : [value]).map(asText)),
);

/** A number of workers, or `auto`. */
export const countOrAuto = form(
  'auto or an integer of 1 or more',
  { anyOf: [{ const: 'auto' }, positive] },
  (value) => (value === 'auto' ? 'auto' : asInteger(value, 1)),
);

/** What else is written into the folder of the tables, so that no table may have this name. */
const BESIDE_TABLES = [
  'results.json',
  'best',
  'junit.xml',
  'summary.md',
  'benchmark-bigger-is-better.json',
  'benchmark-smaller-is-better.json',
  'metrics.prom',
];

/** The file names of tables: no folder in them, and nothing that leads out of the export path. */
export const fileName = form('a file name without a folder', { type: 'string' }, (value) => {
  if (typeof value !== 'string' || !isFileName(value)) return undefined;
  const reason = BESIDE_TABLES.includes(value) ? 'tma writes it beside the tables' : whyNoFileName(value);
  return reason === undefined ? value : new Wrong(`${show(value)} can't be a table's name: ${reason}`);
});

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
    return list instanceof Wrong ? list : list && [...new Set(list)].sort((a, b) => a - b);
  },
);

function listOfIntegers(value: unknown): number[] | Wrong | undefined {
  if (Array.isArray(value)) return allDefined(value.map((item) => asInteger(item, 1)));
  if (isMapping(value)) {
    const { start, stop, step = 1, ...others } = value;
    const [first, last, by] = [asInteger(start, 1), asInteger(stop, 1), asInteger(step, 1)];
    if (first === undefined || last === undefined || by === undefined) return undefined;
    if (first > last || Object.keys(others).length > 0) return undefined;
    const length = lengthOfRange(first, last, by);
    return length > MOST_IN_A_LIST
      ? new Wrong(`${show(value)} is ${tooMany(length)}`)
      : rangeOf(first, last, by);
  }
  if (typeof value === 'string' && value.includes(',')) return listOfIntegers(value.split(','));
  const single = asInteger(value, 1);
  return single === undefined ? undefined : [single];
}

const allDefined = <T>(values: readonly (T | undefined)[]): T[] | undefined =>
  values.every((value): value is T => value !== undefined) ? [...values] : undefined;

/**
 * A mapping with exactly these keys, all optional, and empty ones as if they were not there; an unknown one is
 * answered with the nearest.
 * @param elsewhere where a key belongs that is known at another place.
 */
export const keys = <Shape extends z.ZodRawShape>(
  shape: Shape,
  elsewhere: (key: string, known: readonly string[]) => string | undefined = () => undefined,
) =>
  z.preprocess(
    (value) =>
      isMapping(value)
        ? Object.fromEntries(
            Object.entries(value).filter(([key, item]) => !Object.hasOwn(shape, key) || !isEmpty(item)),
          )
        : plainOf(value),
    z.strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys
              .map(
                (key) =>
                  `unknown key ${show(key)}: ${elsewhere(key, Object.keys(shape)) ?? suggestion(key, Object.keys(shape))}`,
              )
              .join('\n')
          : `expected a mapping with ${Object.keys(shape).join(', ')}, found ${show(issue.input)}`,
    }),
  );

/** The mistakes that a form found, each unknown key by itself, where it stands. */
export const mistakesIn = (error: z.ZodError): { path: PropertyKey[]; message: string }[] =>
  error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: messages[index]! }));
  });

/** A mapping of free names to texts; numbers and booleans are taken as they are written. */
export const texts = form('a mapping of names to values', TEXTS, (value) => {
  // What was found is not repeated: it may be secret.
  if (!isMapping(value)) return new Wrong(`expected a mapping of names to values, found ${kindOf(value)}`);
  const given = Object.entries(value).filter(([, item]) => item !== null);
  const entries = given.map(([key, item]) => [key, textOf(item)] as const);
  const wrong = given.find(([, item]) => textOf(item) === undefined);
  return wrong
    ? new Wrong(`expected a text for ${shorten(wrong[0])}, found ${kindOf(wrong[1])}`)
    : (Object.fromEntries(entries) as Record<string, string>);
});

/** A value that is accepted and not looked at. */
export const anything = z.unknown();
