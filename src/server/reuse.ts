import type { Launcher, LaunchRequest, Leaving, Preparation, Server, ServerIdentity } from './launcher.ts';

/**
 * One server for many variants: the next launch that wants the same of a server gets the one that runs already,
 * and stopping it means leaving it. It really stops when it is wanted otherwise, or with the launcher.
 */
export class ReusingLauncher implements Launcher {
  readonly name: string;
  readonly #inner: Launcher;
  #kept: { server: Server; wants: string; over: boolean } | undefined;

  constructor(inner: Launcher) {
    this.#inner = inner;
    this.name = inner.name;
  }

  prepare = (need: Preparation): Promise<ServerIdentity> => this.#inner.prepare(need);

  async launch(request: LaunchRequest): Promise<Server> {
    const { signal, name: _, logFile: __, ...same } = request;
    signal.throwIfAborted();
    const wants = JSON.stringify(same);
    if (this.#kept && (this.#kept.over || this.#kept.wants !== wants)) await this.#drop();
    if (!this.#kept) {
      const kept = { server: await this.#inner.launch(request), wants, over: false };
      void kept.server.ended.then(() => {
        kept.over = true;
      });
      this.#kept = kept;
    }
    return shared(this.#kept.server);
  }

  async close(leaving?: Leaving): Promise<void> {
    await this.#drop();
    await this.#inner.close(leaving);
  }

  async #drop(): Promise<void> {
    await this.#kept?.server.stop();
    this.#kept = undefined;
  }
}

/** The same server, seen by one variant. */
const shared = (server: Server): Server => ({
  triton: server.triton,
  http: server.http,
  grpc: server.grpc,
  metrics: server.metrics,
  shared: true,
  controlled: server.controlled,
  ended: server.ended,
  logFile: server.logFile,
  logTail: (lines) => server.logTail(lines),
  hasModel: (model) => server.hasModel(model),
  resources: () => server.resources(),
  killedForMemory: () => server.killedForMemory(),
  processes: () => server.processes(),
  stop: async () => {},
  [Symbol.asyncDispose]: async () => {},
});
