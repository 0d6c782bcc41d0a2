import { closestMatch } from 'leven';

/** `1 point`, `3 points`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;

/** So many letters in the middle of a name may mean it. */
const LEAST_PART = 4;

/** The known name closest to what was typed, or undefined when nothing is close enough to be meant. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const wanted = typed.toLowerCase().replaceAll('-', '_');
  const match = closestMatch(wanted, names, { maxDistance: Math.max(2, Math.floor(typed.length / 3)) });
  const within = wanted.length >= LEAST_PART ? names.find((name) => name.includes(wanted)) : undefined;
  return match ?? names.find((name) => name.startsWith(wanted) || wanted.startsWith(name)) ?? within;
}

/** `did you mean "x"?`, or a list of what there is when nothing is close. */
export function suggestion(typed: string, known: Iterable<string>): string {
  const names = [...known];
  const name = nearest(typed, names);
  return name ? `did you mean "${name}"?` : `known here: ${names.join(', ')}`;
}

/** `1.2 GB`, units of 10^3. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 10 ** (3 * step);
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}
