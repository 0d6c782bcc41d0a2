import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './launcher.ts';

const POLL_MS = 50;
const PATIENCE_MS = 60_000;

/** Unloads a model from a server that goes on running, and waits until its memory is free again. */
export async function unloadModel({ triton }: Server, model: string): Promise<void> {
  try {
    await triton.unload(model);
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      const entries = (await triton.repositoryIndex()).filter(({ name }) => name === model);
      if (!entries.some(({ state }) => state === 'UNLOADING' || state === 'READY')) return;
      await sleep(POLL_MS);
    }
  } catch {
    // A server that is gone has no model loaded.
  }
}
