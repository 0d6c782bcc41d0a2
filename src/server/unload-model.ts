import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './launcher.ts';

const POLL_MS = 50;
const PATIENCE_MS = 30_000;
/** When everything is to end at once, what is somebody else's is still asked to be tidied up, but not for long. */
const LITTLE_PATIENCE_MS = 5000;

/**
 * Unloads a model from a server that goes on running, and waits until its memory is free again.
 * @param signal ends the wait.
 */
export async function unloadModel(
  { triton }: Pick<Server, 'triton'>,
  model: string,
  signal: AbortSignal,
): Promise<void> {
  const until = signal.aborted
    ? AbortSignal.timeout(LITTLE_PATIENCE_MS)
    : AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    await triton.unload(model, { signal: until });
    for (;;) {
      const index = await triton.repositoryIndex({ signal: until });
      const loaded = index.some(
        ({ name, state }) => name === model && (state === 'UNLOADING' || state === 'READY'),
      );
      if (!loaded) return;
      await sleep(POLL_MS, undefined, { signal: until });
    }
  } catch {
    // A server that is gone has no model loaded.
  }
}
