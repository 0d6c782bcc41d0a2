import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The living processes of a process group, by /proc; empty where there is no /proc. */
export function processesOfGroup(group: number): number[] {
  return listProcesses().filter((pid) => {
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    // The command in parentheses may hold blanks; what follows it is: state, parent, group ...
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group && state !== 'Z';
  });
}

/**
 * Memory that would be freed if the processes ended (unique set size: private pages), and what the machine has
 * left, both in MB of 10^6 bytes. undefined where the kernel does not tell.
 */
export function memoryOfGroup(group: number): { usedMB: number; availableMB: number } | undefined {
  const available = kilobytes(readOrEmpty('/proc/meminfo'), 'MemAvailable');
  const used = processesOfGroup(group).map((pid) => {
    const rollup = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    return kilobytes(rollup, 'Private_Clean') + kilobytes(rollup, 'Private_Dirty');
  });
  const total = used.reduce((sum, value) => sum + value, 0);
  if (available === 0 || total === 0) return undefined;
  return { usedMB: (total * 1024) / 1e6, availableMB: (available * 1024) / 1e6 };
}

function listProcesses(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const kilobytes = (text: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);

const GRACE_MS = 3000;

/** Lets what is left of a group (a Python model's interpreter frees its shared memory) end, then ends it. */
export async function endGroup(group: number): Promise<void> {
  const deadline = performance.now() + GRACE_MS;
  while (processesOfGroup(group).length > 0 && performance.now() < deadline) await sleep(20);
  killGroup(group, 'SIGKILL');
}

export function killGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nothing of the group is left.
  }
}

/** Removes POSIX shared memory whose owner was not left the time to. */
export function removeSharedMemory(prefix: string): void {
  if (!existsSync('/dev/shm')) return;
  for (const name of readdirSync('/dev/shm')) {
    if (name.startsWith(prefix)) rmSync(join('/dev/shm', name), { force: true });
  }
}
