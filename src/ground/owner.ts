import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A process, unmistakably: boot, process namespace, pid, start. What tma makes where others look, too, carries it in a
 * name or a label, so that what a killed tma left behind can be told from what is in use.
 */
export const ownerOf = (pid = process.pid): string =>
  [bootId().replaceAll('-', '').slice(0, 12), namespace(), pid, startOf(pid)].join('.');

/** An owner anywhere in a name. */
export const OWNER = /[0-9a-f]{0,12}\.\d*\.\d+\.\d+/;

/**
 * Whether the process of that name lives; undefined where this process can't know: another machine's, or another
 * process namespace's.
 */
export function ownerLives(owner: string): boolean | undefined {
  const [boot, itsNamespace, pid, start] = owner.split('.');
  const [ownBoot, ownNamespace] = ownerOf().split('.');
  // Of another boot: it may be of another machine, too, as folders can be shared.
  if (boot !== ownBoot || itsNamespace !== ownNamespace || !pid || !start) return undefined;
  return startOf(Number(pid)) === start;
}

/** When a process started, in the kernel's ticks since boot; empty when there is none. */
export function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const bootId = (): string => read('/proc/sys/kernel/random/boot_id').trim();

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
