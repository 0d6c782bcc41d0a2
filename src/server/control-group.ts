import { readOrEmpty } from './processes.ts';

/** What a control group used: bytes of memory without what the kernel only caches, CPU time of all cores. */
export interface Usage {
  readonly usedBytes: number;
  /** Bytes that it may use; undefined where it is not limited. */
  readonly limitBytes: number | undefined;
  readonly cpuS: number;
}

/** Where the kernel shows processes and their groups. */
export interface Roots {
  readonly processes: string;
  readonly groups: string;
}

type Controller = 'memory' | 'cpuacct';

const ROOTS: Roots = { processes: '/proc', groups: '/sys/fs/cgroup' };
/** Version 1 has a number of its own for no limit: the largest one, in whole pages. */
const NO_LIMIT = 2 ** 60;

/**
 * Folders that may be those of the control group that a process is in, for one controller; version 2 of the kernel's
 * groups has one folder for all controllers.
 * @param id part of the group's name, where the number of the process alone does not say that it is the one meant.
 */
export const groupFolders = (
  pid: number | 'self',
  controller: Controller,
  id = '',
  { processes, groups }: Roots = ROOTS,
): string[] =>
  readOrEmpty(`${processes}/${pid}/cgroup`)
    .split('\n')
    .flatMap((line) => {
      const [, controllers, path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (controllers === undefined || !path.includes(id)) return [];
      if (controllers === '') return [`${groups}${path}`, `${groups}/unified${path}`];
      return controllers.split(',').includes(controller)
        ? [`${groups}/${controllers}${path}`, `${groups}/${controller}${path}`]
        : [];
    });

/**
 * What the control group of a process used, as the kernel counts it at this moment; undefined where it does not tell.
 */
export function usageOfGroup(pid: number, id: string, roots: Roots = ROOTS): Usage | undefined {
  const memory = groupFolders(pid, 'memory', id, roots);
  const used = numberIn(memory, 'memory.current') ?? numberIn(memory, 'memory.usage_in_bytes');
  const cpu = cpuSeconds(groupFolders(pid, 'cpuacct', id, roots));
  if (used === undefined || cpu === undefined) return undefined;
  const cached =
    fieldIn(memory, 'memory.stat', 'total_inactive_file') ?? fieldIn(memory, 'memory.stat', 'inactive_file');
  const limit = numberIn(memory, 'memory.max') ?? numberIn(memory, 'memory.limit_in_bytes');
  return {
    usedBytes: used - (cached ?? 0),
    limitBytes: limit !== undefined && limit < NO_LIMIT ? limit : undefined,
    cpuS: cpu,
  };
}

function cpuSeconds(folders: readonly string[]): number | undefined {
  const microseconds = fieldIn(folders, 'cpu.stat', 'usage_usec');
  if (microseconds !== undefined) return microseconds / 1e6;
  const nanoseconds = numberIn(folders, 'cpuacct.usage');
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9;
}

/** The number that a file holds; undefined for `max`, which means no limit. */
const numberIn = (folders: readonly string[], file: string): number | undefined =>
  firstNumber(folders, file, /^(\d+)$/m);

/** A line of a file with a name and a number. */
export const fieldIn = (folders: readonly string[], file: string, name: string): number | undefined =>
  firstNumber(folders, file, new RegExp(`^${name} (\\d+)$`, 'm'));

function firstNumber(folders: readonly string[], file: string, form: RegExp): number | undefined {
  for (const folder of folders) {
    const found = form.exec(readOrEmpty(`${folder}/${file}`))?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}
