import type { Process } from './process.ts';

/** Ctrl-C as signals: the first asks to finish the point in flight, the second to stop at once. */
export interface Interruption extends Disposable {
  readonly finish: AbortSignal;
  readonly stop: AbortSignal;
}

/** Listens for Ctrl-C and for `kill`; a third one ends the process as if nobody listened. */
export function watchInterruption(process: Process, onFirst: () => void): Interruption {
  const finish = new AbortController();
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) {
      leave();
    } else if (finish.signal.aborted) {
      stop.abort(new Error('stopped'));
    } else {
      finish.abort();
      onFirst();
    }
  };
  const terminate = (): void => {
    finish.abort();
    stop.abort(new Error('stopped'));
  };
  const leave = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return { finish: finish.signal, stop: stop.signal, [Symbol.dispose]: leave };
}
