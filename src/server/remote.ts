import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, LaunchSettings } from '../config/experiment.ts';
import { messageOf, userError } from '../errors.ts';
import type { Launcher, LaunchRequest, Preparation, Server } from './launcher.ts';
import { type Endpoint, Triton, type TritonClient } from './triton.ts';
import { GrpcTriton } from './triton-grpc.ts';

const POLL_MS = 250;

/** A server that somebody else runs: nothing is started or stopped, models are loaded and unloaded by its API. */
export class RemoteLauncher implements Launcher {
  readonly name = 'remote';
  readonly #settings: LaunchSettings;
  /** Models that were ready before tma came: loaded again as they were when it leaves. */
  #ready = new Set<string>();
  #touched = new Set<string>();

  constructor(settings: LaunchSettings) {
    this.#settings = settings;
  }

  async prepare({ onNote, signal }: Preparation) {
    const { reload } = this.#settings.remote;
    const where = this.#where();
    const triton = await this.#client();
    try {
      await this.#untilReady(triton, where, signal);
      const { name, version } = await triton.server();
      const index = await triton.repositoryIndex().catch(() => []);
      if (this.#touched.size === 0) {
        this.#ready = new Set(index.filter(({ state }) => state === 'READY').map((entry) => entry.name));
        if (this.#ready.size > 0 && reload) {
          onNote(
            `ready on ${where} already: ${[...this.#ready].join(', ')}; what else runs there takes its share of what is measured`,
          );
        }
      }
      const hash = createHash('sha256').update(`${where} ${name} ${version}`).digest('hex').slice(0, 16);
      return { path: where, hash };
    } finally {
      triton.close();
    }
  }

  async launch({ signal }: LaunchRequest): Promise<Server> {
    signal.throwIfAborted();
    const { http, grpc, metrics, reload } = this.#settings.remote;
    const triton = await this.#client((model) => this.#touched.add(model));
    await this.#untilReady(triton, this.#where(), signal);
    const server: Server = {
      triton,
      http: http && (await resolveAddress(http, 'triton-http-endpoint')),
      grpc: grpc && (await resolveAddress(grpc, 'triton-grpc-endpoint')),
      metrics: await resolveAddress(metrics, 'triton-metrics-url'),
      shared: true,
      controlled: reload,
      logFile: undefined,
      ended: new Promise(() => {}),
      logTail: () => [],
      hasModel: async (model) => (await triton.repositoryIndex()).some(({ name }) => name === model),
      resources: async () => undefined,
      killedForMemory: async () => false,
      processes: async () => undefined,
      stop: async () => triton.close(),
      [Symbol.asyncDispose]: () => server.stop(),
    };
    return server;
  }

  /** Loads what was ready before, with the server's own configuration. */
  async close(): Promise<void> {
    const models = [...this.#touched].filter((model) => this.#ready.has(model));
    if (models.length === 0) return;
    const triton = await this.#client();
    await Promise.allSettled(models.map((model) => triton.load(model, undefined)));
    triton.close();
  }

  #where(): string {
    const { http, grpc } = this.#settings.remote;
    return http ? `http://${http.host}:${http.port}` : `grpc://${grpc?.host}:${grpc?.port}`;
  }

  async #client(onLoad?: (model: string) => void): Promise<TritonClient> {
    const { http, grpc } = this.#settings.remote;
    if (http) return new Triton(await resolveAddress(http, 'triton-http-endpoint'), onLoad);
    return new GrpcTriton(await resolveAddress(grpc!, 'triton-grpc-endpoint'), onLoad);
  }

  async #untilReady(triton: TritonClient, where: string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.#settings.readyTimeoutS * 1000;
    while (!(await triton.isReady())) {
      // A server that answers, but is not ready, may have models that failed; loading works all the same.
      if (await triton.isLive()) return;
      if (performance.now() > deadline) {
        throw userError(
          `no Triton answers at ${where} (waited ${this.#settings.readyTimeoutS} s)`,
          'name it with --triton-http-endpoint or --triton-grpc-endpoint HOST:PORT; --client-max-retries sets how long to wait',
        );
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

async function resolveAddress({ host, port }: Address, option: string): Promise<Endpoint> {
  try {
    return { host: (await lookup(host)).address, port };
  } catch (error) {
    throw userError(`no host "${host}": ${messageOf(error)}`, `correct --${option}`);
  }
}
