import { interpreterLost } from './family.ts';
import type { Server } from './launcher.ts';

/** Whether a model that was loaded can still be measured. */
export interface Life extends Disposable {
  /** Aborted when the server has ended, or a process that the model runs in. */
  readonly over: AbortSignal;
  /** What the model has lost, in words, where the server itself may live on. */
  readonly lost: string | undefined;
}

/** Watches a server from when a model is loaded until it is to be unloaded. */
export async function watchLife(server: Server): Promise<Life> {
  const over = new AbortController();
  const done = new AbortController();
  let lost: string | undefined;
  // Connections do not tell: a dead server's port goes on taking them while a Python model's process, which inherits
  // it, lives.
  void server.ended.then(() => over.abort());
  const processes = (await server.processes()) ?? [];
  void interpreterLost(processes, done.signal).then((what) => {
    lost = what;
    over.abort();
  });
  return {
    over: over.signal,
    get lost() {
      return lost;
    },
    [Symbol.dispose]: () => done.abort(),
  };
}
