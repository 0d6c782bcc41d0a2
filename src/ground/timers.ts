import { setTimeout as sleep } from 'node:timers/promises';

/** Node takes a longer delay for one of a millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** A delay that Node's timers keep: 24 days stand for whatever is longer. */
export const timerMs = (ms: number): number => Math.min(LONGEST_MS, Math.max(0, ms));

/** What a promise gives within that time, undefined when it takes longer; no timer is left behind either way. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const late = sleep(timerMs(ms), undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}
