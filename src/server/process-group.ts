import { setTimeout as sleep } from 'node:timers/promises';
import type { Resources } from './launcher.ts';
import { isAlive, listProcesses, readOrEmpty } from './processes.ts';

/** The living processes of a process group, by /proc; empty where there is no /proc. */
export const processesOfGroup = (group: number): number[] =>
  listProcesses()
    .filter((item) => group > 1 && item.group === group && isAlive(item))
    .map(({ pid }) => pid);

/**
 * What a process group uses: memory that would be freed if its processes ended (unique set size: private pages),
 * what the machine has left, and CPU time so far. undefined where the kernel does not tell.
 */
export function resourcesOfGroup(group: number): Resources | undefined {
  const available = availableMemoryMB();
  const processes = processesOfGroup(group);
  const used = processes.map((pid) => {
    const rollup = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    return kilobytes(rollup, 'Private_Clean') + kilobytes(rollup, 'Private_Dirty');
  });
  const total = used.reduce((sum, value) => sum + value, 0);
  if (available === undefined || total === 0) return undefined;
  const cpuS = processes.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  return { usedMB: (total * 1024) / 1e6, availableMB: available, cpuS };
}

/** What the machine has left, MB of 10^6 bytes. */
export function availableMemoryMB(): number | undefined {
  const available = kilobytes(readOrEmpty('/proc/meminfo'), 'MemAvailable');
  return available === 0 ? undefined : (available * 1024) / 1e6;
}

/** The kernel counts CPU time in ticks; there are 100 in a second on every Linux that runs Triton. */
const TICKS_PER_S = 100;

/** CPU time of a process and of its children that ended. */
function cpuSecondsOf(pid: number): number {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_S;
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
  // kill() takes 0 for the caller's own group, and -1 for every process there is.
  if (group <= 1) return;
  try {
    process.kill(-group, signal);
  } catch {
    // Nothing of the group is left.
  }
}
