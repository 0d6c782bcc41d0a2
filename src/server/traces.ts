import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OWNER, ownerLives, ownerOf } from '../ground/owner.ts';
import { removeAbandoned, removeScratch } from '../ground/scratch.ts';
import { endGroup, killGroup, processesOfGroup } from './process-group.ts';
import { processesWith, readOrEmpty, valuesOf } from './processes.ts';
import { type EnvironmentWatch, removeEnvironments } from './python-environments.ts';

/**
 * What a program that tma started may leave on this machine, and how to tell that it is ours. Plain data: the guard
 * gets it, too.
 */
export interface Traces {
  /** The process group that the program leads; 0 = its processes are known by their mark alone. */
  readonly group: number;
  /** What all its processes have in their environment under MARK, those that left the group, too. */
  readonly mark: string;
  /** Beginning of the names of its shared memory; absent = it can't be told how to name it. */
  readonly sharedMemory?: string;
  /** Folders that are its own. */
  readonly folders?: readonly string[];
  readonly environments?: EnvironmentWatch;
}

/** The variable that marks the processes of a program. */
export const MARK = 'TMA_SERVER';
const SHARED_MEMORY = '/dev/shm';
const LEFT_GRACE_MS = 500;

/** A mark that no other program has; it says whose the program is. */
export const newMark = (): string => `${ownerOf()}.${randomBytes(6).toString('hex')}`;

/** Ends what is left of a program whose end has come, and removes what it leaves. Never anybody else's. */
export async function clearAway(traces: Traces): Promise<void> {
  const { group, mark, sharedMemory, folders = [], environments } = traces;
  await endGroup(group);
  await endMarked(mark);
  if (sharedMemory !== undefined) removeSharedMemory(sharedMemory);
  for (const folder of folders) removeScratch(folder);
  if (environments) removeEnvironments(environments);
}

/** Ends what a model started in a session of its own, as a daemon does. */
export async function endMarked(mark: string): Promise<void> {
  const left = processesWith(MARK, mark);
  if (left.length === 0) return;
  signalEach(left, 'SIGTERM');
  signalEach(left, 'SIGCONT');
  const deadline = performance.now() + LEFT_GRACE_MS;
  while (processesWith(MARK, mark).length > 0 && performance.now() < deadline) await sleep(50);
  signalEach(processesWith(MARK, mark), 'SIGKILL');
}

function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Asks every process of a program to end; one that is stopped goes on first, to hear it. */
export function askToEnd({ group, mark }: Traces): void {
  for (const signal of ['SIGTERM', 'SIGCONT'] as const) {
    killGroup(group, signal);
    signalEach(processesWith(MARK, mark), signal);
  }
}

/** Removes POSIX shared memory whose names begin so and whose owner was not left the time to. */
export function removeSharedMemory(prefix: string): void {
  if (!existsSync(SHARED_MEMORY)) return;
  for (const name of readdirSync(SHARED_MEMORY)) {
    if (name.startsWith(prefix)) rmSync(join(SHARED_MEMORY, name), { force: true });
  }
}

/** Shared memory of Triton's Python models where Triton was not told how to name it; asked for while they live. */
export const pythonRegionsOf = (group: number): string[] =>
  processesOfGroup(group).flatMap((pid) => {
    const known = readOrEmpty(`/proc/${pid}/cmdline`) + readOrEmpty(`/proc/${pid}/maps`);
    const names = known.match(/triton_python_backend_shm_region_[\w-]+/g) ?? [];
    return names.map((name) => join(SHARED_MEMORY, name));
  });

/** Ends programs, and removes shared memory, of a tma that is gone and whose guard is, too. */
export function clearAbandoned(): void {
  for (const [pid, mark] of valuesOf(MARK)) {
    const owner = OWNER.exec(mark)?.[0];
    if (owner !== undefined && ownerLives(owner) === false) signalEach([pid], 'SIGKILL');
  }
  removeAbandoned(SHARED_MEMORY, 'tma_');
}
