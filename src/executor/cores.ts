import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** The cores that this process may use. */
export function usableCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return parseCores(list);
  } catch {
    return cpus().map((_, index) => index);
  }
}

/** `0-3,8` as numbers. */
export const parseCores = (list: string): number[] =>
  list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
