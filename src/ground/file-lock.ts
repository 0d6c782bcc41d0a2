import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { codeOf, userError } from './errors.ts';
import { ownerLives, ownerOf } from './owner.ts';
import { lstatOf, statOf } from './paths.ts';

/** How often a holder shows that it is there, and after how long a silent one that can't be looked for is gone, ms. */
const SIGN_OF_LIFE_MS = 10_000;
const SILENT_MS = 60_000;
/** A lock that is being written is read again so often before it counts as broken. */
const ATTEMPTS = 50;

/** Who holds a lock, so that others can tell whether it still runs. */
const holder = z.object({
  /** Of this lock alone. */
  id: z.string(),
  /** Its process, by `ownerOf`: a pid alone may be another process's by now. */
  owner: z.string(),
  pid: z.number(),
  host: z.string(),
  since: z.string(),
  command: z.string(),
});
export type LockHolder = z.infer<typeof holder>;

/** A lock that somebody else has. */
export interface TakenLock {
  /** undefined: what stands in the file is no holder, or not yet. */
  readonly holder: LockHolder | undefined;
  /** Whether its process was seen to live; it may be of another machine, where nobody can look. */
  readonly isSeen: boolean;
}

/**
 * Takes a lock for this process, until it is disposed of. One whose process is gone is taken over; where that can't be
 * known, one that has shown no sign of life for a minute. Needs nothing of the file system but that a file is made by
 * one of two only.
 * @param command what others are told of this process; must hold no secret.
 * @returns who has it, where somebody else does.
 * @throws UserError when something that is no file is in the way, Error when the file can't be written.
 */
export function takeLock(file: string, command: string): Disposable | TakenLock {
  const own: LockHolder = {
    id: randomUUID(),
    owner: ownerOf(),
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    command,
  };
  while (!create(file, own)) {
    const taken = takeOver(file);
    if (taken) return taken;
  }
  const timer = setInterval(() => showLife(file), SIGN_OF_LIFE_MS).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (read(file)?.id === own.id) rmSync(file, { force: true });
    },
  };
}

/** Whether the lock is this process's now. */
function create(file: string, own: LockHolder): boolean {
  try {
    writeFileSync(file, `${JSON.stringify(own)}\n`, { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // A disk without space makes the file, and leaves it empty.
    if (codeOf(error) === 'ENOSPC') rmSync(file, { force: true });
    throw error;
  }
  return read(file)?.id === own.id;
}

/** Removes a lock whose holder is gone; answers who has it when the holder is there, or may be. */
function takeOver(file: string): TakenLock | undefined {
  const other = readPatiently(file);
  if (other === 'none') return undefined;
  if (!lstatOf(file)?.isFile()) throw userError(`${file} is in the way`, 'remove it');
  const found = other === 'broken' ? undefined : other;
  const lives = found && ownerLives(found.owner);
  if (lives === true || (lives === undefined && !isSilent(file)))
    return { holder: found, isSeen: lives === true };
  // Renamed and looked at again: another may have taken it over in between, and the lock may be his now.
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const moved = read(aside);
  if (found && moved && moved.id !== found.id && !lstatOf(file)) renameSync(aside, file);
  else rmSync(aside, { force: true });
  return undefined;
}

/** Whether a lock shows no sign of life, by the clock of the file system that it lies on. */
function isSilent(file: string): boolean {
  const probe = `${file}.${randomUUID()}`;
  writeFileSync(probe, '', { flag: 'wx' });
  const now = statOf(probe)?.mtimeMs ?? Date.now();
  rmSync(probe, { force: true });
  const then = lstatOf(file)?.mtimeMs;
  return then !== undefined && now - then > SILENT_MS;
}

/** Writes its first byte anew, so that the file system's own clock says when. */
function showLife(file: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r+');
    writeSync(descriptor, '{', 0);
  } catch {
    // Whoever removed it knows why.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A lock's holder; one that was only just made may not be written yet. */
function readPatiently(file: string): LockHolder | 'none' | 'broken' {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!lstatOf(file)) return 'none';
    const found = read(file);
    if (found) return found;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  return 'broken';
}

function read(file: string): LockHolder | undefined {
  try {
    return lstatOf(file)?.isFile() ? holder.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  } catch {
    return undefined;
  }
}
