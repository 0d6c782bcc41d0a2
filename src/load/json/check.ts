import { decodeText } from './decode-text.ts';
import { CHAR, endOfScalar, endOfText, isNumber, skipBlanks } from './scan.ts';

/** Lists and maps inside each other; perf_analyzer's format needs five, and a tensor has no more than a few sizes. */
const MOST_LEVELS = 64;
/** Keys of one map. */
const MOST_KEYS = 100_000;
/** Ends of longer values are kept, so that they need not be looked for again. */
const LONG = 1024;
/** As JSON has them, and numbers as Python and perf_analyzer know them. */
const WORDS = /^(?:true|false|null|-?NaN|-?Inf(?:inity)?)$/;

/** Bytes of the file that a message repeats. */
const EXCERPT = 30;

type Fail = (at: number, message: string, hint?: string) => never;

/**
 * Reads JSON once from end to end.
 * @param fail is told of the first mistake. @param where says where something else stands.
 */
export function checkJson(
  bytes: Buffer,
  fail: Fail,
  where: (at: number) => { line: number; column: number },
): { root: number; ends: Map<number, number> } {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    fail(0, 'the text is UTF-16', 'save it as UTF-8');
  const checker = new Checker(bytes, fail, (at) => {
    const { line, column } = where(at);
    return `${line}:${column}`;
  });
  const root = skipBlanks(bytes, startOfJson(bytes));
  if (root === bytes.length) fail(root, 'the file is empty', 'expected {"data": [...]}');
  const end = skipBlanks(bytes, checker.value(root, 0));
  if (end < bytes.length)
    fail(end, 'more text behind the end of the JSON', 'put all steps into one {"data": [step, step]}');
  return { root, ends: checker.ends };
}

/** Behind a mark that says UTF-8, if there is one. */
export const startOfJson = (bytes: Buffer): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;

class Checker {
  readonly #bytes: Buffer;
  readonly #fail: Fail;
  readonly #where: (at: number) => string;
  readonly ends = new Map<number, number>();

  constructor(bytes: Buffer, fail: Fail, where: (at: number) => string) {
    this.#bytes = bytes;
    this.#fail = fail;
    this.#where = where;
  }

  /** Where the value that starts at `at` ends. */
  value(at: number, level: number): number {
    const char = this.#bytes[at];
    if (char === CHAR.openBrace || char === CHAR.openBracket) {
      if (level === MOST_LEVELS) this.#fail(at, `nested more than ${MOST_LEVELS} levels deep`);
      const end = char === CHAR.openBrace ? this.#map(at, level + 1) : this.#list(at, level + 1);
      if (end - at > LONG) this.ends.set(at, end);
      return end;
    }
    return char === CHAR.quote ? this.#text(at) : this.#scalar(at);
  }

  #list(start: number, level: number): number {
    let at = skipBlanks(this.#bytes, start + 1);
    if (this.#bytes[at] === CHAR.closeBracket) return at + 1;
    for (;;) {
      this.#notEnded(at, start, 'list');
      at = skipBlanks(this.#bytes, this.value(at, level));
      this.#notEnded(at, start, 'list');
      if (this.#bytes[at] === CHAR.closeBracket) return at + 1;
      at = this.#next(at, start, 'list', CHAR.closeBracket);
    }
  }

  #map(start: number, level: number): number {
    const bytes = this.#bytes;
    const seen = new Map<string, { key: number; value: number }>();
    let at = skipBlanks(bytes, start + 1);
    if (bytes[at] === CHAR.closeBrace) return at + 1;
    for (;;) {
      this.#notEnded(at, start, 'map');
      const key = at;
      if (bytes[key] !== CHAR.quote)
        this.#fail(key, `expected a key in double quotes, found ${this.#word(key)}`);
      at = skipBlanks(bytes, this.#text(key));
      if (bytes[at] !== CHAR.colon)
        this.#fail(at, `expected a colon behind the key, found ${this.#word(at)}`);
      const value = skipBlanks(bytes, at + 1);
      this.#notEnded(value, start, 'map');
      const end = this.value(value, level);
      this.#once(seen, key, value, end);
      at = skipBlanks(bytes, end);
      this.#notEnded(at, start, 'map');
      if (bytes[at] === CHAR.closeBrace) return at + 1;
      at = this.#next(at, start, 'map', CHAR.closeBrace);
    }
  }

  /** A key may stand twice only with the very same value. */
  #once(seen: Map<string, { key: number; value: number }>, key: number, value: number, end: number): void {
    const name = decodeText(this.#bytes, key).toString('utf8');
    const first = seen.get(name);
    if (first) {
      const same = this.#bytes.subarray(first.value, first.value + end - value);
      const behind = this.#bytes[first.value + end - value]!;
      const isEnd = behind <= CHAR.space || behind === CHAR.comma;
      if (isEnd && same.equals(this.#bytes.subarray(value, end))) return;
      this.#fail(
        key,
        `the key ${this.#word(key)} stands twice, first at ${this.#where(first.key)}`,
        'keep one of the two',
      );
    }
    if (seen.size === MOST_KEYS) this.#fail(key, `more than ${MOST_KEYS} keys in one map`);
    seen.set(name, { key, value });
  }

  /** Behind the comma. */
  #next(at: number, start: number, what: 'list' | 'map', close: number): number {
    if (this.#bytes[at] !== CHAR.comma)
      this.#fail(at, `expected a comma or the end of the ${what}, found ${this.#word(at)}`);
    const next = skipBlanks(this.#bytes, at + 1);
    this.#notEnded(next, start, what);
    if (this.#bytes[next] === close) this.#fail(at, `a comma before the end of the ${what}`, 'take it away');
    return next;
  }

  #notEnded(at: number, start: number, what: 'list' | 'map'): void {
    if (at >= this.#bytes.length)
      this.#fail(at, `the file ends within the ${what} that begins at ${this.#where(start)}`);
  }

  #scalar(at: number): number {
    const end = endOfScalar(this.#bytes, at);
    if (isNumber(this.#bytes, at, end)) return end;
    const text = this.#bytes.toString('latin1', at, Math.min(end, at + EXCERPT));
    if (!WORDS.test(text)) this.#fail(at, `${this.#word(at)} is no JSON`, adviceFor(text));
    return end;
  }

  #text(start: number): number {
    const bytes = this.#bytes;
    let at = start + 1;
    for (;;) {
      const char = bytes[at];
      if (char === undefined) this.#fail(start, 'the text that begins here never ends', 'close it with "');
      if (char === CHAR.quote) return at + 1;
      if (char < CHAR.space)
        this.#fail(at, 'a control character within a text', 'write \\n for a line break, \\t for a tab');
      if (char === CHAR.backslash) at = this.#escape(at);
      else at++;
    }
  }

  /** Behind an escape; both halves of a letter that takes two. */
  #escape(at: number): number {
    const letter = String.fromCharCode(this.#bytes[at + 1] ?? 0);
    if ('"\\/bfnrt'.includes(letter)) return at + 2;
    const unit = this.#unit(at);
    if (unit === undefined)
      this.#fail(at, `${this.#word(at)} is no escape of JSON`, 'write \\\\ for a backslash');
    const [isFirst, isSecond] = [unit >= 0xd800 && unit < 0xdc00, unit >= 0xdc00 && unit < 0xe000];
    const next = isFirst ? this.#unit(at + 6) : undefined;
    const paired = next !== undefined && next >= 0xdc00 && next < 0xe000;
    if (isSecond || (isFirst && !paired))
      this.#fail(
        at,
        'half of a letter that takes two escapes',
        'give bytes that are no text as {"b64": "..."}',
      );
    return at + (isFirst ? 12 : 6);
  }

  /** The number of a \uXXXX. */
  #unit(at: number): number | undefined {
    const text = this.#bytes.toString('latin1', at, at + 6);
    return /^\\u[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text.slice(2), 16) : undefined;
  }

  /** What stands at a place, for messages. */
  #word(at: number): string {
    if (at >= this.#bytes.length) return 'the end of the file';
    const isText = this.#bytes[at] === CHAR.quote;
    const end = isText ? endOfText(this.#bytes, at) : Math.max(at + 1, endOfScalar(this.#bytes, at));
    const text = this.#bytes.toString('utf8', at, Math.min(end, at + EXCERPT));
    return isText ? text : JSON.stringify(text);
  }
}

/** What other languages write, and what JSON does. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['true', 'true'],
  ['false', 'false'],
  ['none', 'null'],
  ['nan', 'NaN'],
  ['inf', 'Infinity'],
  ['+inf', 'Infinity'],
  ['infinity', 'Infinity'],
  ['+infinity', 'Infinity'],
  ['-inf', '-Infinity'],
  ['-infinity', '-Infinity'],
]);

/** What to write instead of what other languages know. */
function adviceFor(text: string): string | undefined {
  const word = MEANT.get(text.toLowerCase());
  if (word) return `write ${word}`;
  if (text.startsWith("'")) return 'texts stand in double quotes';
  if (/^(?:\/[/*]|#)/.test(text)) return 'JSON has no comments';
  if (/^[+-]?[\d.]/.test(text)) return 'a number is written like 5, -0.5 or 1e-3, a text in double quotes';
  return 'a text stands in double quotes';
}
