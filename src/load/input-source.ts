import { readFileSync, type Stats, statSync } from 'node:fs';
import { codeOf, reasonOf, userError } from '../ground/errors.ts';
import { formatBytes } from '../ground/wording.ts';

/** Most bytes that a JSON file may have. */
export const MOST_JSON_BYTES = 512 * 2 ** 20;

/** What lies at a path of the user's. */
export type Lying = { readonly kind: 'file'; readonly bytes: number } | { readonly kind: 'folder' };

/**
 * Looks at what is to be read, without opening it: what is neither file nor folder could keep a reader waiting.
 * @returns undefined where nothing is.
 * @throws UserError when it can't be looked at, or is something else.
 */
export function whatLiesAt(path: string): Lying | undefined {
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw userError(`input-data: cannot read ${path}: ${reasonOf(error)}`);
  }
  if (found.isFile()) return { kind: 'file', bytes: found.size };
  if (found.isDirectory()) return { kind: 'folder' };
  const what = found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
  throw userError(
    `input-data: ${path} is ${what}`,
    'data is read once for each load: write it to a file, or for raw bytes into a folder',
  );
}

/**
 * The bytes of a file whose size was looked at.
 * @throws UserError when it can't be read, or is larger than `most`.
 */
export function readInput(path: string, bytes: number, most: number): Buffer {
  if (bytes > most)
    throw userError(
      `input-data: ${path} has ${formatBytes(bytes)}, at most ${formatBytes(most)} are read`,
      'give large tensors as raw files in a folder, or fewer steps',
    );
  try {
    return readFileSync(path);
  } catch (error) {
    throw userError(`input-data: cannot read ${path}: ${reasonOf(error)}`);
  }
}
