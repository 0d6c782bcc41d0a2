import { timerMs } from '../../ground/timers.ts';

/** How long an engine is waited for, seconds. */
export interface Patience {
  /** For one answer. */
  readonly callS: number;
  /** For the next word about an image that is being pulled. */
  readonly pullS: number;
  /** For an answer that the run can do without: figures, and how something ended. */
  readonly detailS: number;
}

export const PATIENCE: Patience = { callS: 60, pullS: 300, detailS: 10 };

/** Thrown when the engine does not answer in time. */
export class EngineSilent extends Error {}

/** When to give a call up. */
export interface Limits {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the engine answers to a call, unless it takes too long or the signal comes: then the connection is closed.
 * @param what the call, in a word.
 * @param call gets the signal to hand on to the engine's client.
 * @throws EngineSilent, the signal's reason, or what the engine refused.
 */
export async function ask<T>(
  what: string,
  { seconds, signal }: Limits,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const own = new AbortController();
  const timer = setTimeout(
    () => own.abort(new EngineSilent(`the engine did not answer within ${seconds} s: ${what}`)),
    timerMs(seconds * 1000),
  );
  const stop = (): void => own.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const givenUp = new Promise<never>((_, reject) => {
    own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true });
  });
  try {
    const work = call(own.signal);
    // What comes of it after it was given up is nobody's concern.
    work.catch(() => {});
    return await Promise.race([work, givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** A signal that comes so many seconds after another: what ends in good order may take so long, and no longer. */
export function after(signal: AbortSignal, seconds: number): AbortSignal {
  const late = new AbortController();
  const begin = (): void => {
    setTimeout(() => late.abort(signal.reason), seconds * 1000).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return late.signal;
}
