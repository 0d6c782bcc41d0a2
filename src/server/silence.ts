import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './launcher.ts';
import type { CallLimits } from './triton.ts';
import { fetchMetrics } from './triton-http.ts';

/** How a server is asked whether it is there, milliseconds. */
export interface Asking {
  /** How long it may answer nobody before it counts as gone. */
  readonly silentMs: number;
  /** How long each question waits: a server with a lot to do answers late. */
  readonly answerMs: number;
  readonly pauseMs: number;
}

const ASKING: Asking = { silentMs: 45_000, answerMs: 10_000, pauseMs: 2000 };
/** A machine that slept was not asking: so many questions in a row must stay without an answer. */
const FEWEST_QUESTIONS = 3;

export const DOES_NOT_ANSWER = 'the server does not answer any more';

/**
 * Resolves with a reason once a server has answered nothing for so long, and never before the signal ends the wait.
 * Triton answers while it loads a model: by its other HTTP threads, and where there is only one, by its metrics page.
 */
export async function whenSilent(
  server: Pick<Server, 'triton' | 'metrics'>,
  signal: AbortSignal,
  { silentMs, answerMs, pauseMs }: Asking = ASKING,
): Promise<string> {
  let answeredAt = performance.now();
  let inVain = 0;
  try {
    for (;;) {
      if (await answersAny(server, { signal, timeoutMs: answerMs })) {
        answeredAt = performance.now();
        inVain = 0;
      } else inVain++;
      if (inVain >= FEWEST_QUESTIONS && performance.now() - answeredAt >= silentMs) return DOES_NOT_ANSWER;
      await sleep(pauseMs, undefined, { signal });
    }
  } catch {
    return await new Promise(() => {});
  }
}

async function answersAny(
  { triton, metrics }: Pick<Server, 'triton' | 'metrics'>,
  limits: CallLimits,
): Promise<boolean> {
  const live = triton.isLive(limits).then((yes) => {
    if (!yes) throw new Error('not live');
  });
  const page = metrics ? fetchMetrics(metrics, limits) : Promise.reject(new Error('no metrics page'));
  return await Promise.any([live, page]).then(
    () => true,
    () => false,
  );
}
