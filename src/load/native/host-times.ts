import { readFile } from 'node:fs/promises';

/** A tick of the counters is a hundredth of a second on every Linux. */
const TICK_MS = 10;

/** What a core did since the machine started, ms. */
export interface CoreTimes {
  readonly allMs: number;
  readonly idleMs: number;
  /** Given to other machines by the hypervisor. */
  readonly stolenMs: number;
}

/** What the cores of this machine did; [] where the system does not tell. */
export async function readHostTimes(): Promise<readonly CoreTimes[]> {
  const text = await readFile('/proc/stat', 'latin1').catch(() => '');
  return coreTimes(text);
}

/** The lines of each core: user, nice, system, idle, waiting for disks, interrupts (two), stolen; guests are in user. */
export const coreTimes = (text: string): CoreTimes[] =>
  [...text.matchAll(/^cpu\d+ (.*)$/gm)].map(([, numbers]) => {
    const ticks = numbers!.trim().split(/\s+/).slice(0, 8).map(Number);
    const [, , , idle = 0, disk = 0, , , stolen = 0] = ticks;
    return {
      allMs: TICK_MS * ticks.reduce((sum, value) => sum + value, 0),
      idleMs: TICK_MS * (idle + disk),
      stolenMs: TICK_MS * stolen,
    };
  });

/** What happened between two looks: the most that was stolen from one core, and the share in which all had nothing to do. */
export function hostSigns(
  before: readonly CoreTimes[],
  after: readonly CoreTimes[],
): { readonly stolenMs?: number; readonly idle?: number } {
  // A core that was switched on or off meanwhile changes which line is whose.
  if (before.length === 0 || before.length !== after.length) return {};
  const between = (read: (core: CoreTimes) => number): number[] =>
    after.map((core, index) => Math.max(0, read(core) - read(before[index]!)));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const all = sum(between(({ allMs }) => allMs));
  return {
    stolenMs: Math.max(...between(({ stolenMs }) => stolenMs)),
    ...(all > 0 && { idle: sum(between(({ idleMs }) => idleMs)) / all }),
  };
}
