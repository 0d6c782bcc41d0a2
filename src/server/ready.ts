import { setTimeout as sleep } from 'node:timers/promises';
import { type Server, ServerFailure } from './launcher.ts';

const POLL_MS = 50;
const TAIL_LINES = 30;

/**
 * Answers a server once it is ready; one that does not get ready is stopped.
 * @throws ServerFailure when it ends or is not ready in time.
 */
export async function whenReady(server: Server, timeoutS: number, signal: AbortSignal): Promise<Server> {
  try {
    await waitUntilReady(server, timeoutS, signal);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function waitUntilReady(server: Server, timeoutS: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + timeoutS * 1000;
  let ended: string | undefined;
  void server.ended.then((reason) => {
    ended = reason;
  });
  for (;;) {
    signal.throwIfAborted();
    if (await server.triton.isReady()) return;
    const log = server.logTail(TAIL_LINES);
    if (ended !== undefined) {
      const killedForMemory = await server.killedForMemory();
      throw new ServerFailure({ step: 'start', message: '', log, ended, killedForMemory });
    }
    if (performance.now() > deadline) throw new ServerFailure({ step: 'start', message: '', log, timeoutS });
    await sleep(POLL_MS, undefined, { signal });
  }
}
