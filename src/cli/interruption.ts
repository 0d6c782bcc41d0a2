import type { Process } from './process.ts';

/** Ctrl-C as signals: the first asks to finish the point in flight, the second to stop at once, the third to leave at once. */
export interface Interruption extends Disposable {
  readonly finish: AbortSignal;
  readonly stop: AbortSignal;
  /** Not even what is somebody else's is put back as it was. */
  readonly abandon: AbortSignal;
}

/** Listens for Ctrl-C and for `kill`, which stops at once; after a third Ctrl-C or a second `kill` nobody listens any more. */
export function watchInterruption(process: Process, onFirst: () => void): Interruption {
  const finish = new AbortController();
  const stop = new AbortController();
  const abandon = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) {
      giveUp();
    } else if (finish.signal.aborted) {
      stop.abort(new Error('stopped'));
    } else {
      finish.abort();
      onFirst();
    }
  };
  const terminate = (): void => {
    if (stop.signal.aborted) {
      giveUp();
    } else {
      finish.abort();
      stop.abort(new Error('stopped'));
    }
  };
  const giveUp = (): void => {
    abandon.abort(new Error('stopped'));
    leave();
  };
  const leave = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return { finish: finish.signal, stop: stop.signal, abandon: abandon.signal, [Symbol.dispose]: leave };
}
