import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { LoadFlagName } from './load-flags.ts';
import { show } from './yaml.ts';

/** Flags as given: by name, a value, a list of values, or true. */
export type GivenFlags = Readonly<Record<string, unknown>>;
/** Told of every mistake, with the flag it is in. */
export type Fail = (flag: string, message: string) => void;

/** Reads single flags, telling of values that are none of what was expected. */
export class FlagReader {
  readonly #flags: GivenFlags;
  readonly #fail: Fail;

  constructor(flags: GivenFlags, fail: Fail) {
    this.#flags = flags;
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
    const value = this.#flags[key];
    return value === undefined ? undefined : String(value);
  }

  list(key: LoadFlagName): string[] {
    const value = this.#flags[key];
    return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(String);
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

  oneOf<const T extends string>(key: LoadFlagName, names: readonly T[], anyCase = false): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = names.find((name) => name === (anyCase ? text.toLowerCase() : text));
    return found ?? this.fail(key, `expected ${names.join(' or ')}, found ${show(this.#flags[key])}`);
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
    return Array.from(
      { length: Math.floor((stop - start) / step + 1e-9) + 1 },
      (_, index) => start + index * step,
    );
  }

  /** Numbers of a file, one a line. */
  numbersOf(key: LoadFlagName): number[] | undefined {
    const path = this.text(key);
    if (path === undefined) return undefined;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      return this.fail(key, `cannot read ${path}: ${messageOf(error)}`);
    }
    const lines = text.split('\n').map((line) => line.trim());
    const wrong = lines.findIndex((line) => line !== '' && !(Number(line) >= 0));
    if (wrong >= 0)
      return this.fail(key, `${path}:${wrong + 1}: expected a number, found ${show(lines[wrong])}`);
    const numbers = lines.filter((line) => line !== '').map(Number);
    return numbers.length > 0 ? numbers : this.fail(key, `${path} holds no numbers`);
  }
}
