import { readOrEmpty } from './processes.ts';

/**
 * The most memory that processes ever had, MB of 10^6 bytes: the peak of what each had resident (VmHWM), added up. That is
 * more than a control group would charge them at one moment, as they reached it at different ones, and share files that are
 * mapped and memory. What the kernel keeps of files that were only read is no part of it: it gives that back before it kills.
 * @returns undefined where the kernel does not tell.
 */
export function peakMemoryMB(pids: readonly number[], root = '/proc'): number | undefined {
  const kilobytes = pids.reduce(
    (sum, pid) => sum + Number(/^VmHWM:\s+(\d+) kB/m.exec(readOrEmpty(`${root}/${pid}/status`))?.[1] ?? 0),
    0,
  );
  return kilobytes === 0 ? undefined : (kilobytes * 1024) / 1e6;
}
