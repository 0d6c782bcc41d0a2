import { type Place, UserError } from '../../ground/errors.ts';
import { checkJson, startOfJson } from './check.ts';
import { decodeText } from './decode-text.ts';
import { CHAR, endOfScalar, endOfText, skipBlanks } from './scan.ts';

export type JsonKind = 'map' | 'list' | 'text' | 'number' | 'word';

/**
 * JSON as it stands in a file. A value is known by where it starts, so that every number and text can be read exactly
 * as it was written, every mistake has its line and column, and a large file takes no more room than its bytes.
 * NaN, Infinity and -Infinity, as Python writes them, are numbers.
 */
export class JsonText {
  readonly #bytes: Buffer;
  readonly #file: string;
  /** Where the values of some length end, by where they start. */
  readonly #ends: ReadonlyMap<number, number>;
  /** The whole value. */
  readonly root: number;

  /** @throws UserError with line and column when the bytes are no JSON, too deep, or name a key twice. */
  constructor(bytes: Buffer, file: string) {
    this.#bytes = bytes;
    this.#file = file;
    const fail = (at: number, message: string, hint?: string): never => this.fail(at, message, hint);
    const { root, ends } = checkJson(bytes, fail, (at) => this.#lineAndColumn(at));
    this.root = root;
    this.#ends = ends;
  }

  kind(at: number): JsonKind {
    const char = this.#bytes[at]!;
    if (char === CHAR.openBrace) return 'map';
    if (char === CHAR.openBracket) return 'list';
    if (char === CHAR.quote) return 'text';
    return char === CHAR.t || char === CHAR.f || char === CHAR.n ? 'word' : 'number';
  }

  /** The values of a list, in turn. */
  eachItem(list: number, visit: (item: number, index: number) => void): void {
    this.#mustBe(list, 'list');
    let at = skipBlanks(this.#bytes, list + 1);
    for (let index = 0; this.#bytes[at] !== CHAR.closeBracket; index++) {
      visit(at, index);
      at = this.#behind(at);
    }
  }

  items(list: number): number[] {
    const found: number[] = [];
    this.eachItem(list, (item) => found.push(item));
    return found;
  }

  /** The values of a map by their keys. */
  entries(map: number): Map<string, number> {
    this.#mustBe(map, 'map');
    const found = new Map<string, number>();
    let at = skipBlanks(this.#bytes, map + 1);
    while (this.#bytes[at] !== CHAR.closeBrace) {
      const key = this.text(at).toString('utf8');
      // Behind the key stand blanks, a colon and blanks.
      const value = skipBlanks(this.#bytes, skipBlanks(this.#bytes, endOfText(this.#bytes, at)) + 1);
      found.set(key, value);
      at = this.#behind(value);
    }
    return found;
  }

  /** A text's bytes: those of the file, escapes written out. */
  text(at: number): Buffer {
    this.#mustBe(at, 'text');
    return decodeText(this.#bytes, at);
  }

  /** What stands in the file for a value, as it is. */
  source(at: number): string {
    return this.#bytes.toString('utf8', at, this.#endOf(at));
  }

  /** The same, for messages: not longer than a line bears. */
  excerpt(at: number): string {
    const end = this.#endOf(at);
    const most = 60;
    const text = this.#bytes.toString('utf8', at, Math.min(end, at + most));
    return end - at > most ? `${text}...` : text;
  }

  place(at: number): Place {
    return { file: this.#file, ...this.#lineAndColumn(at) };
  }

  fail(at: number, message: string, hint?: string): never {
    throw new UserError({ message, hint, place: this.place(at) });
  }

  #mustBe(at: number, kind: JsonKind): void {
    if (this.kind(at) !== kind) throw new TypeError(`no ${kind} of JSON starts at ${at}`);
  }

  /** Where the next key or value starts, or the list or map ends. */
  #behind(at: number): number {
    const next = skipBlanks(this.#bytes, this.#endOf(at));
    return this.#bytes[next] === CHAR.comma ? skipBlanks(this.#bytes, next + 1) : next;
  }

  #endOf(at: number): number {
    const kind = this.kind(at);
    if (kind === 'text') return endOfText(this.#bytes, at);
    if (kind === 'number' || kind === 'word') return endOfScalar(this.#bytes, at);
    return this.#ends.get(at) ?? this.#endOfNested(at);
  }

  #endOfNested(start: number): number {
    let depth = 0;
    let at = start;
    for (;;) {
      const char = this.#bytes[at]!;
      if (char === CHAR.quote) {
        at = endOfText(this.#bytes, at);
        continue;
      }
      if (char === CHAR.openBrace || char === CHAR.openBracket) depth++;
      else if (char === CHAR.closeBrace || char === CHAR.closeBracket) depth--;
      at++;
      if (depth === 0) return at;
    }
  }

  /** Both count from 1; the column counts letters, not bytes. */
  #lineAndColumn(at: number): { line: number; column: number } {
    let line = 1;
    let start = startOfJson(this.#bytes);
    for (;;) {
      const end = this.#bytes.indexOf(CHAR.newline, start);
      if (end < 0 || end >= at) break;
      line++;
      start = end + 1;
    }
    let column = 1;
    for (let byte = start; byte < at; byte++) if ((this.#bytes[byte]! & 0xc0) !== 0x80) column++;
    return { line, column };
  }
}
