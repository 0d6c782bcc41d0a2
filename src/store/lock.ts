import { randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, userError } from '../ground/errors.ts';
import { ownerLives, ownerOf } from '../ground/owner.ts';
import { lstatOf, onDisk, statOf } from '../ground/paths.ts';
import { redactor, secretsOf } from '../ground/redact.ts';

/** How often a holder shows that it is there, and after how long a silent one that can't be looked for is gone, ms. */
const SIGN_OF_LIFE_MS = 10_000;
const SILENT_MS = 60_000;
/** A lock that is being written is read again so often before it counts as broken. */
const ATTEMPTS = 50;

/** Who holds a lock, so that others can tell whether it still runs. */
const holder = z.object({
  /** Of this lock alone. */
  id: z.string(),
  /** Its process, unmistakably. */
  owner: z.string(),
  pid: z.number(),
  host: z.string(),
  since: z.string(),
  command: z.string(),
});
type Holder = z.infer<typeof holder>;

/** What is locked, in the user's words. */
export interface Locked {
  readonly folder: string;
  /** Name of the lock's file in it. */
  readonly name: string;
  /** `the checkpoint directory` */
  readonly what: string;
  /** The option that names another. */
  readonly option: string;
}

/** Two tma that measure into one checkpoint directory would measure everything twice, and lose each other's logs. */
export const CHECKPOINT_LOCK = {
  name: 'tma.lock',
  what: 'the checkpoint directory',
  option: 'checkpoint-directory',
} as const;

/**
 * Takes a folder for this process alone, until it is disposed of; makes the folder if it is missing. A lock whose
 * process is gone is taken over. Needs nothing of the file system but that a file is made by one of two only.
 * @throws UserError naming the holder when another tma has it.
 */
export function lockFolder(locked: Locked, command: readonly string[]): Disposable {
  const { folder, what, option } = locked;
  const file = join(folder, locked.name);
  const own: Holder = {
    id: randomUUID(),
    owner: ownerOf(),
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    command: redactor(secretsOf(process.env))(command.join(' ')),
  };
  onDisk(`cannot write ${what} ${folder}`, `name another folder with --${option}`, () => {
    mkdirSync(folder, { recursive: true });
    while (!create(file, own)) takeOver(file, locked);
  });
  const timer = setInterval(() => showLife(file), SIGN_OF_LIFE_MS).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (read(file)?.id === own.id) rmSync(file, { force: true });
    },
  };
}

/** Whether the lock is this process's now. */
function create(file: string, own: Holder): boolean {
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

/** Puts a lock out of the way whose holder is gone. @throws UserError when it is there, or may be. */
function takeOver(file: string, { what, folder, option }: Locked): void {
  const other = readPatiently(file);
  if (other === 'none') return;
  if (!lstatOf(file)?.isFile()) throw userError(`${file} is in the way`, 'remove it');
  const isThere = other === 'broken' ? undefined : ownerLives(other.owner);
  if (isThere === true || (isThere === undefined && !isSilent(file))) {
    const who =
      other === 'broken'
        ? 'another tma'
        : `another tma, process ${other.pid} on ${other.host} since ${other.since}: ${other.command}`;
    throw userError(
      `${what} ${folder} is in use by ${who}`,
      `wait until it has ended, or name another folder with --${option}${isThere ? '' : `; if it was killed, this goes on a minute after that, or when ${file} is removed`}`,
    );
  }
  // Renamed and looked at again: another may have taken it over in between, and the lock may be his now.
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  if (other !== 'broken' && moved && moved.id !== other.id && !lstatOf(file)) renameSync(aside, file);
  else rmSync(aside, { force: true });
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

/** Written anew, so that the file system's own clock says when. */
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
function readPatiently(file: string): Holder | 'none' | 'broken' {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!lstatOf(file)) return 'none';
    const found = read(file);
    if (found) return found;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  return 'broken';
}

function read(file: string): Holder | undefined {
  try {
    return lstatOf(file)?.isFile() ? holder.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  } catch {
    return undefined;
  }
}
