import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, environmentError, messageOf, UserError } from '../ground/errors.ts';
import { takeLock } from '../ground/file-lock.ts';
import { cacheFolder } from './cache.ts';

const POLL_MS = 200;

/**
 * Makes a folder whole or not at all: `build` fills a temporary one beside it, which then takes its place. Two
 * that do this at once both succeed, and one result is kept.
 * @returns false when the folder was there already.
 */
export async function buildFolder(
  folder: string,
  build: (temporary: string) => Promise<void>,
): Promise<boolean> {
  if (existsSync(folder)) return false;
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    await build(temporary);
    renameSync(temporary, folder);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
    return false;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Who is told how an installation gets on. */
export interface Install {
  onProgress?(text: string): void;
}

/**
 * Does what installs a program. What an operating system or a program that is started says against it is told as missing
 * where tma runs.
 * @throws UserError
 */
export async function installing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A program that failed tells more than its own words, which come last.
    const program = error instanceof Error && 'shortMessage' in error;
    const isOfTheSystem = /^E[A-Z0-9]+$/.test(codeOf(error) ?? '');
    if (error instanceof UserError || !(program || isOfTheSystem)) throw error;
    const reason = messageOf(error).trim().split('\n').at(-1);
    throw environmentError(
      `${what} could not be installed: ${reason}`,
      `is there room, and permission to write, in ${cacheFolder()}? XDG_CACHE_HOME names another place`,
    );
  }
}

/** Replaces a script in one step, so that whoever starts it meanwhile gets the old or the new one whole. */
export function writeScript(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o755 });
  renameSync(temporary, path);
}

/** A symbolic link at `path` to `target`, whatever was there. */
export function replaceLink(target: string, path: string): void {
  const temporary = `${path}.${process.pid}`;
  symlinkSync(target, temporary);
  renameSync(temporary, path);
}

/** Runs `work` while holding a lock file, for which it waits; a lock whose process is gone is taken over. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    const lock = takeLock(file, 'tma install');
    if ('isSeen' in lock) await sleep(POLL_MS);
    else {
      using _held = lock;
      return await work();
    }
  }
}
