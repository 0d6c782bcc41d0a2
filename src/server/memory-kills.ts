import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { codeOf } from '../ground/errors.ts';
import { fieldIn, groupFolders } from './control-group.ts';
import { readOrEmpty } from './processes.ts';

/** What is known of processes that the kernel killed for lack of memory while a server ran. */
export interface KillEvidence {
  /** The processes that the kernel's log names as killed; undefined where it can't be read. */
  readonly told: readonly number[] | undefined;
  /** Whether the kernel counted a kill in the server's control group, or where that does not tell, on this machine. */
  readonly counted: boolean;
  /** Every process that the server had. */
  readonly own: ReadonlySet<number>;
  /** One of the server's processes was seen to be killed, and not by tma. */
  readonly lost: boolean;
}

/**
 * Whether one of the server's own was killed for lack of memory. Others on the machine are killed, too: the kernel's
 * log names whom; without it, a kill counts only together with a process that the server lost.
 */
export const wasKilledForMemory = ({ told, counted, own, lost }: KillEvidence): boolean =>
  counted && (told ? told.some((pid) => own.has(pid)) : lost);

/**
 * How many processes were killed for lack of memory in the control group of a process (version 2 or 1 of the kernel's
 * groups); where that does not tell, on the whole machine; 0 where that does not either.
 */
export const countKills = (pid: number | 'self' = 'self'): number => killsOfGroup(pid) ?? killsOfMachine();

/**
 * undefined where the control group does not tell.
 * @param id part of the group's name, where the number of the process alone does not say that it is the one meant.
 */
export function killsOfGroup(pid: number | 'self', id = ''): number | undefined {
  const folders = groupFolders(pid, 'memory', id);
  return fieldIn(folders, 'memory.events', 'oom_kill') ?? fieldIn(folders, 'memory.oom_control', 'oom_kill');
}

const killsOfMachine = (): number => Number(/^oom_kill (\d+)$/m.exec(readOrEmpty('/proc/vmstat'))?.[1] ?? 0);

const RECORD_BYTES = 8192;
/** The namespace of processes that the kernel's log counts them in (PROC_PID_INIT_INO). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

/** Processes that the kernel's log tells of as killed for lack of memory; undefined where it can't be read. */
export function killsInKernelLog(): number[] | undefined {
  let log: number;
  try {
    if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return undefined;
    log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return parseKills(readRecords(log));
  } catch {
    return undefined;
  } finally {
    closeSync(log);
  }
}

/**
 * Everything that is in the kernel's log now. Each read gives one record, and fails where it would have to wait for
 * the next.
 */
function readRecords(log: number): string {
  const buffer = Buffer.alloc(RECORD_BYTES);
  let text = '';
  for (;;) {
    try {
      text += buffer.toString('utf8', 0, readSync(log, buffer, 0, buffer.length, null));
    } catch (error) {
      // EPIPE: records were overwritten meanwhile; the next call goes on behind them.
      if (codeOf(error) === 'EPIPE') continue;
      if (codeOf(error) === 'EAGAIN') return text;
      throw error;
    }
  }
}

/** Pids in lines as `Memory cgroup out of memory: Killed process 1234 (python3) total-vm:...`. */
export const parseKills = (log: string): number[] =>
  [...log.matchAll(/out of memory[^\n]*: Kill(?:ed)? process (\d+)/gi)].map(([, pid]) => Number(pid));
