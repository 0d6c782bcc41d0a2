import { closestMatch } from 'leven';

/** A whole number as it is read: `12,345`. Intl does the same and takes 20 ms to be ready for it. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 point`, `3 points`. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** So many letters in the middle of a name may mean it. */
const LEAST_PART = 4;
/** And so many at its beginning. */
const LEAST_START = 3;
/** Nobody means a name by more letters than these. */
const LONGEST = 100;
/** Names that a message can list. */
const MOST_LISTED = 50;

/** Upper and lower case, `-` and `_` are easily mistaken. */
const plain = (name: string): string => name.toLowerCase().replaceAll('-', '_');

/** The known name closest to what was typed, or undefined when nothing is close enough to be meant. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  if (typed === '' || typed.length > LONGEST) return undefined;
  const names = new Map([...known].map((name) => [plain(name), name]));
  const wanted = plain(typed);
  const keys = [...names.keys()];
  // A name of which no letter is left is another name.
  const maxDistance = Math.min(typed.length - 1, Math.max(2, Math.floor(typed.length / 3)));
  const within = wanted.length >= LEAST_PART ? keys.find((key) => key.includes(wanted)) : undefined;
  const found =
    (names.has(wanted) ? wanted : undefined) ??
    closestMatch(wanted, keys, { maxDistance }) ??
    // The end of a name with a common beginning: `cpu` of KIND_CPU.
    keys.find((key) => key.endsWith(`_${wanted}`)) ??
    (wanted.length >= LEAST_START
      ? keys.find((key) => key.startsWith(wanted) || wanted.startsWith(key))
      : undefined) ??
    within;
  return found === undefined ? undefined : names.get(found);
}

/** `did you mean "x"?`, or a list of what there is when nothing is close. */
export function suggestion(typed: string, known: Iterable<string>): string {
  const names = [...known];
  const name = nearest(typed, names);
  if (name !== undefined) return `did you mean "${name}"?`;
  return names.length > MOST_LISTED ? 'nothing known here is like it' : `known here: ${names.join(', ')}`;
}

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** `1.2 GB`, units of 10^3. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 10 ** (3 * step);
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}

/** Letters that move a terminal's cursor, or turn round or hide what stands beside them; halves of letters. */
const HIDDEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A text of somebody else's, its escape sequences and hidden letters written out (`\\x1b`, `\\u202e`): nothing in it
 * acts on a terminal, or shows otherwise than it is. Tabs and ends of lines stay.
 */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (letter) => {
    const code = letter.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });

/** Bold, dim and colours, as tma's own texts have them. */
const COLOURS = /(\x1b\[(?:[0-2]|2[2-4]|3\d|9\d)m)/;

/** A text for a terminal: `visible`, but for colours, which are tma's own. */
export const shown = (text: string): string =>
  text
    .split(COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('');

/** When something was, by two times of the clock: `between 02:09 and 02:14 UTC`, or `at 02:09 UTC` where they are the same. */
export const whenText = (from: string, until: string): string =>
  from === until ? `at ${from} UTC` : `between ${from} and ${until} UTC`;

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
