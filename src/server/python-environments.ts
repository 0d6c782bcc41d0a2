import { lstatSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from '../ground/paths.ts';
import { listProcesses, readOrEmpty } from './processes.ts';

/**
 * Triton's Python backend makes a folder /tmp/python_env_XXXXXX in every process that loads it, at this very place, and
 * removes it only when that process ends in good order, which would take seconds for every server. So they are
 * removed here. Nothing in such a folder says whose it is: it is a server's when it appeared while that server ran,
 * and no other living process can have made it.
 */
export interface EnvironmentWatch {
  /** When the server was about to start, ms since 1970. */
  readonly sinceMs: number;
  /** Processes that had the backend loaded then already, and their folders with it. */
  readonly others: readonly string[];
}

/** A living process that has the backend loaded. */
export interface BackendUser {
  /** Its pid and start. */
  readonly id: string;
  /** When it started, ms since 1970. */
  readonly startMs: number;
}

const PLACE = '/tmp';
const NAME = /^python_env_\w{6}$/;
const BACKEND = 'libtriton_python.so';
/** By this much the times that file systems and the kernel tell may be off, ms. */
const CLOCK_MS = 50;
const TICKS_PER_S = 100;

/** To be called before a server is started. */
export const watchEnvironments = (users = usersOfBackend()): EnvironmentWatch => ({
  sinceMs: Date.now(),
  others: users.map(({ id }) => id),
});

/**
 * Servers that have ended, of which it is not certain yet whether some folders were theirs or those of a server that
 * still runs.
 */
let undecided: readonly EnvironmentWatch[] = [];

/**
 * To be called when all processes of the server have ended. What may be another's is left until that has ended, too,
 * and looked at again when the next of our servers ends.
 */
export function removeEnvironments(watch: EnvironmentWatch, place = PLACE, list = usersOfBackend): void {
  const watches = [...undecided, watch];
  const folders = foldersSince(place, Math.min(...watches.map(({ sinceMs }) => sinceMs)));
  const users = folders.length > 0 ? list() : [];
  undecided = watches.filter(({ sinceMs, others }) => {
    const own = folders.filter(({ bornMs }) => bornMs >= sinceMs - CLOCK_MS);
    const doubtful = own.filter(({ bornMs }) =>
      users.some(({ id, startMs }) => startMs <= bornMs + CLOCK_MS && !others.includes(id)),
    );
    for (const { path } of own.filter((folder) => !doubtful.includes(folder)))
      rmSync(path, { recursive: true, force: true });
    return doubtful.length > 0;
  });
}

function foldersSince(place: string, sinceMs: number): { path: string; bornMs: number }[] {
  return namesIn(place)
    .filter((name) => NAME.test(name))
    .flatMap((name) => {
      const path = join(place, name);
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) return [];
      // Where a file system does not know when a file was made, when it last changed will do.
      const bornMs = stats.birthtimeMs > 0 ? stats.birthtimeMs : stats.ctimeMs;
      return bornMs >= sinceMs - CLOCK_MS ? [{ path, bornMs }] : [];
    });
}

function seesOurFiles(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
  } catch {
    // A process of another user, whose namespace can't be read.
    return true;
  }
}

function usersOfBackend(): BackendUser[] {
  const bootMs = Date.now() - Number(readOrEmpty('/proc/uptime').split(' ')[0]) * 1000;
  return (
    listProcesses()
      // One that has a /tmp of its own, in a container, makes no folder in ours.
      .filter(({ pid }) => seesOurFiles(pid) && readOrEmpty(`/proc/${pid}/maps`).includes(BACKEND))
      .map(({ pid, start }) => ({
        id: `${pid}.${start}`,
        startMs: bootMs + (Number(start) / TICKS_PER_S) * 1000,
      }))
  );
}
