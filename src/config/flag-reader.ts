import { messageOf } from '../ground/errors.ts';
import { nearest } from '../ground/wording.ts';
import { lengthOfRange, MOST_IN_A_LIST, rangeOf, tooMany } from './limits.ts';
import { LOAD_FLAGS, type LoadFlag, type LoadFlagName } from './load-flags.ts';
import { withoutSecrets } from './secrets.ts';
import { readTextFile } from './text-file.ts';
import { isEmpty, show, textOf } from './written.ts';

/** Flags as given: by name, a value, a list of values, or true. */
export type GivenFlags = Readonly<Record<string, unknown>>;
/** Told of every mistake, with the flag it is in. */
export type Fail = (flag: string, message: string) => void;

/** A file of numbers, 10 million of them. */
const MOST_BYTES = 100_000_000;

/** Reads single flags, telling of values that are none of what was expected; an empty one is as if it were not there. */
export class FlagReader {
  readonly #flags: GivenFlags;
  readonly #fail: Fail;

  constructor(flags: GivenFlags, fail: Fail) {
    const isWrong = ([key, value]: [string, unknown]): boolean => {
      const { list }: Pick<LoadFlag, 'list'> = Object.hasOwn(LOAD_FLAGS, key)
        ? LOAD_FLAGS[key as LoadFlagName]
        : { list: true };
      const good = (item: unknown): boolean => textOf(item) !== undefined;
      return !(good(value) || (list && Array.isArray(value) && value.every(good)));
    };
    const given = Object.entries(flags).filter(([, value]) => value === '' || !isEmpty(value));
    for (const [key, value] of given.filter(isWrong))
      fail(key, `expected one value, found ${show(withoutSecrets(value, key))}`);
    this.#flags = Object.fromEntries(given.filter((entry) => !isWrong(entry)));
    this.#fail = fail;
  }

  fail(key: LoadFlagName, message: string): undefined {
    this.#fail(key, message);
    return undefined;
  }

  given(key: LoadFlagName): boolean {
    return this.#flags[key] !== undefined;
  }

  text(key: LoadFlagName): string | undefined {
    return textOf(this.#flags[key]);
  }

  list(key: LoadFlagName): string[] {
    const value = this.#flags[key];
    const texts = (Array.isArray(value) ? value : [value]).map(textOf);
    return texts.filter((text) => text !== undefined);
  }

  flag(key: LoadFlagName): boolean {
    const text = this.text(key)?.toLowerCase();
    if (text !== undefined && text !== 'true' && text !== 'false')
      this.fail(key, `expected true or false, found ${show(this.#flags[key])}`);
    return text === 'true';
  }

  number(key: LoadFlagName, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = Number(text);
    if (Number.isFinite(found) && found >= least && found <= most && text.trim() !== '') return found;
    const wanted = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    return this.fail(key, `expected a number ${wanted}, found ${show(this.#flags[key])}`);
  }

  /** A whole number. */
  count(key: LoadFlagName, least: number, most?: number): number | undefined {
    const found = this.number(key, least, most);
    if (found === undefined || Number.isInteger(found)) return found;
    return this.fail(key, `expected a whole number, found ${show(this.#flags[key])}`);
  }

  oneOf<const T extends string>(key: LoadFlagName, names: readonly T[], anyCase = false): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = names.find((name) => name === (anyCase ? text.toLowerCase() : text));
    if (found !== undefined) return found;
    const close = nearest(text, names);
    const hint = close === undefined ? '' : `: did you mean "${close}"?`;
    return this.fail(key, `expected ${names.join(' or ')}, found ${show(this.#flags[key])}${hint}`);
  }

  /** `start:end:step`, end and step optional. */
  range(key: LoadFlagName, whole: boolean): number[] | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const parts = text.split(':').map(Number);
    const [start = 0, stop = start, step = 1] = parts;
    const good = (part: number): boolean =>
      part > 0 && (whole ? Number.isInteger(part) : Number.isFinite(part));
    if (parts.length > 3 || !parts.every(good) || stop < start) {
      const numbers = whole ? 'whole numbers' : 'numbers';
      return this.fail(
        key,
        `expected start:end:step with ${numbers} above 0, found ${show(this.#flags[key])}`,
      );
    }
    const length = lengthOfRange(start, stop, step);
    return length > MOST_IN_A_LIST
      ? this.fail(key, `${show(this.#flags[key])} is ${tooMany(length)}`)
      : rangeOf(start, stop, step);
  }

  /** Numbers of a file, one a line. */
  numbersOf(key: LoadFlagName): number[] | undefined {
    const path = this.text(key);
    if (path === undefined) return undefined;
    let text: string;
    try {
      text = readTextFile(path, { most: MOST_BYTES });
    } catch (error) {
      return this.fail(key, messageOf(error));
    }
    const lines = text.split('\n').map((line) => line.trim());
    const wrong = lines.findIndex((line) => line !== '' && !(Number(line) >= 0));
    if (wrong >= 0)
      return this.fail(key, `${path}:${wrong + 1}: expected a number, found ${show(lines[wrong])}`);
    const numbers = lines.filter((line) => line !== '').map(Number);
    return numbers.length > 0 ? numbers : this.fail(key, `${path} holds no numbers`);
  }
}
