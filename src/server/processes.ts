import { readdirSync, readFileSync } from 'node:fs';

/** A process as the kernel shows it in /proc/PID/stat. */
export interface ProcessState {
  readonly pid: number;
  /** The beginning of its program's name. */
  readonly name: string;
  /** `R`, `S`, `D`; `T` = stopped by a signal, `Z` and `X` = ended. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Ticks since boot: with the pid it tells a process from a later one of the same number. */
  readonly start: string;
}

/** Every process that can be seen; [] where there is no /proc. */
export const listProcesses = (): ProcessState[] =>
  pids().flatMap((pid) => {
    const state = processState(pid);
    return state ? [state] : [];
  });

/** undefined when there is no such process. */
export function processState(pid: number): ProcessState | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The name in parentheses may hold blanks and parentheses; what follows it is: state, parent, group ...
  const end = stat.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  return {
    pid,
    name: stat.slice(stat.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    start: fields[19] ?? '',
  };
}

/** Whether it still runs, stopped or not. */
export const isAlive = ({ state }: ProcessState): boolean => state !== 'Z' && state !== 'X';

/** Processes that got this variable in their environment, from us or from one that did. */
export const processesWith = (variable: string, value: string): number[] =>
  pids().filter((pid) => `\0${readOrEmpty(`/proc/${pid}/environ`)}`.includes(`\0${variable}=${value}\0`));

/** The values that living processes have of a variable. */
export function valuesOf(variable: string): Map<number, string> {
  const found = pids().map((pid) => {
    const environment = readOrEmpty(`/proc/${pid}/environ`).split('\0');
    const entry = environment.find((item) => item.startsWith(`${variable}=`));
    return [pid, entry?.slice(variable.length + 1) ?? ''] as const;
  });
  return new Map(found.filter(([, value]) => value !== ''));
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The text of a file that may be gone, or not be ours to read. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
