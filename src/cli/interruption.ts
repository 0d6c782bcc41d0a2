import process from 'node:process';
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

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Until a command watches for itself, and for those that leave nothing behind: a signal ends tma at once. */
const leaveAtOnce = (): void => process.exit(EXIT.interrupted);

export function leaveOnSignals(): void {
  for (const signal of SIGNALS) process.on(signal, leaveAtOnce);
}

/** So long it may take to say what is left as it is. */
const LEAVING_MS = 1000;

/**
 * Listens for Ctrl-C, for `kill`, which stops at once, and for a terminal that is closed, which does so, too. Whoever
 * asks once more when all was told to stop ends the process: the guard clears away what it started.
 */
export function watchInterruption(watched: Process, onFirst: () => void): Interruption {
  const finish = new AbortController();
  const stop = new AbortController();
  const abandon = new AbortController();
  let finishing = true;
  const terminate = (): void => {
    if (abandon.signal.aborted) {
      watched.exit(EXIT.interrupted);
    } else if (stop.signal.aborted) {
      setTimeout(() => watched.exit(EXIT.interrupted), LEAVING_MS).unref();
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
    watched.off('SIGINT', interrupt);
    watched.off('SIGTERM', terminate);
    watched.off('SIGHUP', terminate);
  };
  watched.on('SIGINT', interrupt);
  watched.on('SIGTERM', terminate);
  watched.on('SIGHUP', terminate);
  for (const signal of SIGNALS) watched.off(signal, leaveAtOnce);
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
