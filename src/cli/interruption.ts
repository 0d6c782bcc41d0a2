import { EXIT, type Process } from './process.ts';

/** Ctrl-C and `kill` as signals: the first Ctrl-C asks to finish the point in flight, the second to stop at once, the third to leave. */
export interface Interruption extends Disposable {
  readonly finish: AbortSignal;
  readonly stop: AbortSignal;
  /** Not even what is somebody else's is put back as it was; the process ends in a moment, whatever hangs. */
  readonly abandon: AbortSignal;
  /** From now on there is nothing to be finished: the first Ctrl-C stops. */
  nothingToFinish(): void;
}

/** So long it may take to say what is left as it is. */
const LEAVING_MS = 1000;

/**
 * Listens for Ctrl-C, for `kill`, which stops at once, and for a terminal that is closed, which does so, too. Whoever
 * asks once more when all was told to stop ends the process: the guard clears away what it started.
 */
export function watchInterruption(process: Process, onFirst: () => void): Interruption {
  const finish = new AbortController();
  const stop = new AbortController();
  const abandon = new AbortController();
  let finishing = true;
  const terminate = (): void => {
    if (abandon.signal.aborted) {
      process.exit(EXIT.interrupted);
    } else if (stop.signal.aborted) {
      setTimeout(() => process.exit(EXIT.interrupted), LEAVING_MS).unref();
      abandon.abort(new Error('stopped'));
    } else {
      finish.abort();
      stop.abort(new Error('stopped'));
    }
  };
  const interrupt = (): void => {
    if (finish.signal.aborted || !finishing) {
      terminate();
    } else {
      finish.abort();
      onFirst();
    }
  };
  const leave = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
    process.off('SIGHUP', terminate);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  process.on('SIGHUP', terminate);
  return {
    finish: finish.signal,
    stop: stop.signal,
    abandon: abandon.signal,
    nothingToFinish: () => {
      finishing = false;
    },
    [Symbol.dispose]: leave,
  };
}
