import { messageOf } from '../errors.ts';
import type { ModelConfig } from '../model-config/config.ts';
import { howItEnded } from './death.ts';
import { type Server, ServerFailure } from './launcher.ts';
import type { ModelFiles } from './triton.ts';

/** How a load is waited for. */
export interface LoadPatience {
  readonly timeoutS: number;
  readonly signal: AbortSignal;
  /** Files to send along, for a server that has no model of that name; path below the model's folder -> base64. */
  readonly files?: ModelFiles | undefined;
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
  { timeoutS, signal, files, onWait }: LoadPatience,
): Promise<void> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  const giveUp = new AbortController();
  const ticker = setInterval(() => onWait?.(seconds(), server.logTail(1)[0]), 1000);
  const timer = setTimeout(() => giveUp.abort(), timeoutS * 1000);
  const loading = server.triton.load(model, config, {
    files,
    signal: AbortSignal.any([signal, giveUp.signal]),
  });
  loading.catch(() => {});
  const fail = async (message: string, ended: string | undefined): Promise<ServerFailure> => {
    const killedForMemory = await server.killedForMemory();
    const log = server.logTail(TAIL_LINES);
    const timeout = giveUp.signal.aborted && !ended ? { timeoutS } : {};
    return new ServerFailure({ step: 'load', message, log, ended, killedForMemory, ...timeout });
  };
  try {
    const ended = await Promise.race([loading.then(() => undefined), server.ended]);
    if (ended !== undefined) throw await fail('', ended);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ServerFailure) throw error;
    // A dying server resets the connection a moment before its end is known.
    const ended = giveUp.signal.aborted ? undefined : await howItEnded(server);
    throw await fail(messageOf(error), ended);
  } finally {
    clearInterval(ticker);
    clearTimeout(timer);
    giveUp.abort();
  }
}
