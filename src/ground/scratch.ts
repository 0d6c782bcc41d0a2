import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, environmentError, messageOf } from './errors.ts';
import { OWNER, ownerLives, ownerOf } from './owner.ts';
import { namesIn } from './paths.ts';

let cleared = false;

/**
 * A new folder for temporary files, for this user only. Its name says whose it is: those of a tma that was killed are
 * removed when the next one makes its first.
 * @throws UserError when there is no room for it, or no permission.
 * @param what a word for the name: what it is for.
 * @param onName told its path before it is there, so that whoever removes it for a tma that is killed is not told late.
 */
export function makeScratch(what: string, onName: (folder: string) => void = () => {}): string {
  if (!cleared) {
    cleared = true;
    removeAbandoned(tmpdir(), 'tma-');
  }
  const folder = join(tmpdir(), `tma-${what}-${ownerOf()}-${randomBytes(8).toString('hex')}`);
  onName(folder);
  try {
    // Fails where somebody was so quick as to make it first: it would be his.
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw environmentError(
      `cannot make a folder for temporary files in ${tmpdir()}: ${codeOf(error) ?? messageOf(error)}`,
      'TMPDIR names another place for them',
    );
  }
  return folder;
}

/** Removes a folder that `makeScratch` made. */
export const removeScratch = (folder: string): void =>
  // A program that is just ending may still write into it.
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });

/** Removes what stands in a folder under names that begin so, is this user's, and whose owner is seen to be gone. */
export function removeAbandoned(folder: string, prefix: string): void {
  for (const name of namesIn(folder)) {
    const owner = name.startsWith(prefix) ? OWNER.exec(name)?.[0] : undefined;
    if (owner === undefined || ownerLives(owner) !== false) continue;
    const path = join(folder, name);
    try {
      const stats = lstatSync(path);
      if (stats.uid !== process.getuid?.() || stats.isSymbolicLink()) continue;
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else was quicker.
    }
  }
}
