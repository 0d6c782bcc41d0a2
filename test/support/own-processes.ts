import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * A test tells its own processes from whatever else runs on the machine by a mark in the environment, which
 * everything that is started with it inherits.
 */
const VARIABLE = 'TMA_TEST_MARK';

export interface Mark {
  /** What to start a process with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Living processes that carry the mark, as `PID COMMAND`. */
  processes(): string[];
}

export function newMark(): Mark {
  const value = randomUUID();
  return {
    environment: { [VARIABLE]: value },
    processes: () =>
      pids()
        .filter((pid) => contents(`/proc/${pid}/environ`).includes(`${VARIABLE}=${value}`))
        .map((pid) => `${pid} ${contents(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`),
  };
}

/** Names in /dev/shm that tma gives while it is one of these processes. */
export function sharedMemoryOf(owners: readonly number[]): string[] {
  if (!existsSync('/dev/shm')) return [];
  return readdirSync('/dev/shm').filter((name) =>
    owners.some((pid) => new RegExp(`^tma_(load_)?${pid}_`).test(name)),
  );
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Empty for what is gone or belongs to somebody else; a process that has ended has no environment. */
function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
