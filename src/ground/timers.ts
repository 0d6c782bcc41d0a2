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

/**
 * What an iterable gives, until a signal ends the waiting for it; then that is thrown, whatever the iterable waits for.
 * It is begun at once, not with the first item that is asked for: some give only what comes after they were begun.
 */
export function untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => itemsOf(iterator, signal) };
}

async function* itemsOf<T>(iterator: AsyncIterator<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  // It may come when nobody waits.
  aborted.catch(() => {});
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not waited for: one that waits for something itself would answer only then.
    iterator.return?.()?.catch(() => {});
  }
}
