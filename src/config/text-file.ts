import { readFileSync, statSync } from 'node:fs';
import { reasonOf, userError } from '../ground/errors.ts';
import { formatBytes } from '../ground/wording.ts';

/**
 * Reads a text file that the user names: a regular file, of a size that can be meant, in UTF-8 or in UTF-16 with its
 * mark.
 * @throws UserError for anything else.
 */
export function readTextFile(file: string, { most, hint }: { most: number; hint?: string }): string {
  const fail = (reason: string): never => {
    throw userError(`cannot read ${file}: ${reason}`, hint);
  };
  let bytes: Buffer;
  try {
    const found = statSync(file);
    // A pipe that nobody writes to would be waited for without end.
    if (!found.isFile()) return fail(found.isDirectory() ? 'it is a folder' : 'it is no regular file');
    if (found.size > most)
      return fail(`it has ${formatBytes(found.size)}, and at most ${formatBytes(most)} are read`);
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'problems' in error) throw error;
    return fail(reasonOf(error));
  }
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return fail('it is no text in UTF-8');
  }
}

function encodingOf([first, second]: Buffer): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}
