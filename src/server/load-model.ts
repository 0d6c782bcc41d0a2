import { messageOf } from '../ground/errors.ts';
import { timerMs } from '../ground/timers.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { callFailure, serverFailure } from './call-failure.ts';
import { type Server, ServerFailure } from './launcher.ts';
import { whenSilent } from './silence.ts';
import type { ModelFiles, ModelMetadata } from './triton.ts';

/** How a load is waited for. */
export interface LoadPatience {
  readonly timeoutS: number;
  readonly signal: AbortSignal;
  /** Files to send along, for a server that has no model of that name; path below the model's folder -> base64. */
  readonly files?: ModelFiles | undefined;
  /** Called about every second with the seconds so far and the server's last log line. */
  onWait?(seconds: number, lastLine: string | undefined): void;
}

/**
 * Loads a model with a configuration and waits until it is ready. A TensorRT engine may be built meanwhile, so
 * the wait is long; it ends at once when the server dies, and soon when it answers nobody any more.
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
  let late = false;
  const timer = setTimeout(
    () => {
      late = true;
      giveUp.abort();
    },
    timerMs(timeoutS * 1000),
  );
  const until = AbortSignal.any([signal, giveUp.signal]);
  // The timer ends it, so that what ended it is known.
  const loading = server.triton.load(model, config, { files, signal: until, timeoutMs: timeoutS * 2000 });
  loading.catch(() => {});
  try {
    const over = [loading.then(() => undefined), server.ended, whenSilent(server, until)];
    const ended = await Promise.race(over);
    if (ended !== undefined) throw await serverFailure(server, 'load', { message: '', ended });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ServerFailure) throw error;
    if (late) throw await serverFailure(server, 'load', { message: messageOf(error), timeoutS });
    throw await callFailure(server, 'load', error);
  } finally {
    clearInterval(ticker);
    clearTimeout(timer);
    giveUp.abort();
  }
}

/** What a server says of a model that it has loaded. */
export interface LoadedModel {
  /** The configuration in effect, completed by the server. */
  readonly config: ModelConfig;
  readonly metadata: ModelMetadata;
}

/**
 * Asks for what the server runs a model with.
 * @throws ServerFailure when it does not tell, or not what Triton would.
 */
export async function askForLoaded(server: Server, model: string, signal: AbortSignal): Promise<LoadedModel> {
  try {
    return {
      config: await server.triton.config(model, { signal }),
      metadata: await server.triton.metadata(model, { signal }),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw await callFailure(server, 'load', error);
  }
}
