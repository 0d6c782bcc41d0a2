import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { ModelConfig } from '../model-config/config.ts';
import { type Server, ServerFailure } from './launcher.ts';
import { decisiveLine } from './log.ts';

/** How a load is waited for. */
export interface LoadPatience {
  readonly timeoutS: number;
  readonly signal: AbortSignal;
  /** Called about every second with the seconds so far and the server's last log line. */
  onWait?(seconds: number, lastLine: string | undefined): void;
}

const TAIL_LINES = 30;

/**
 * Loads a model with a configuration and waits until it is ready. A TensorRT engine may be built meanwhile, so
 * the wait is long; it ends at once when the server dies.
 * @throws ServerFailure with the server's reason and log when the model does not load.
 */
export async function loadModel(
  server: Server,
  model: string,
  config: ModelConfig | undefined,
  { timeoutS, signal, onWait }: LoadPatience,
): Promise<void> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const giveUp = new AbortController();
  const ticker = setInterval(() => onWait?.(seconds(), server.logTail(1)[0]), 1000);
  const timer = setTimeout(() => giveUp.abort(), timeoutS * 1000);
  const loading = server.triton.load(model, config, AbortSignal.any([signal, giveUp.signal]));
  loading.catch(() => {});
  try {
    const end = await Promise.race([loading.then(() => undefined), server.ended]);
    if (end !== undefined) {
      const tail = server.logTail(TAIL_LINES);
      throw new ServerFailure(
        `${end} while loading the model: ${decisiveLine(tail) ?? 'its log is empty'}`,
        tail,
      );
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ServerFailure) throw error;
    const tail = server.logTail(TAIL_LINES);
    if (giveUp.signal.aborted) {
      throw new ServerFailure(`the model was not loaded after ${timeoutS} s (--model-load-timeout)`, tail);
    }
    // A dying server resets the connection a moment before its end is known.
    const died = await Promise.race([server.ended, sleep(500, undefined)]);
    if (died !== undefined) {
      throw new ServerFailure(
        `${died} while loading the model: ${decisiveLine(tail) ?? 'its log is empty'}`,
        tail,
      );
    }
    throw new ServerFailure(shortReason(messageOf(error)), tail);
  } finally {
    clearInterval(ticker);
    clearTimeout(timer);
    giveUp.abort();
  }
}

/** Triton's load error without what it repeats, on one line. */
export function shortReason(message: string): string {
  return message
    .replace(/^load failed for model '[^']*':\s*/, '')
    .replace(/^version \d+ is at UNAVAILABLE state:\s*/, '')
    .split('\n')
    .map((line) => line.trim().replace(/;$/, ''))
    .filter((line) => line !== '' && !line.startsWith('At:') && !/^\/.*\(\d+\):/.test(line))
    .join(' ');
}
