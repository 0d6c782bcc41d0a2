import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, LaunchSettings, RemoteSettings } from '../config/experiment.ts';
import { environmentError, messageOf } from '../ground/errors.ts';
import { callFailure } from './call-failure.ts';
import type { Launcher, LaunchRequest, Leaving, Preparation, Server } from './launcher.ts';
import { gpusAt } from './remote-gpus.ts';
import { type Endpoint, PATIENCE_MS, type ServerMetadata, type TritonClient, TritonError } from './triton.ts';
import { tritonApi } from './triton-api.ts';

const POLL_MS = 250;
/** A name that takes longer to be resolved is none. */
const LOOKUP_MS = 10_000;

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

  async prepare({ model, onNote, signal }: Preparation) {
    const { remote, readyTimeoutS } = this.#settings;
    const { reload } = remote;
    const where = whereOf(remote);
    const triton = await clientOf(remote);
    try {
      await untilReady(triton, where, readyTimeoutS, signal);
      const { name, version } = await describe(triton, where, signal);
      const index = await triton.repositoryIndex({ signal }).catch(() => []);
      signal.throwIfAborted();
      if (this.#touched.size === 0) {
        this.#ready = new Set(index.filter(({ state }) => state === 'READY').map((entry) => entry.name));
        if (this.#ready.size > 0 && reload) {
          onNote(
            `ready on ${where} already: ${[...this.#ready].join(', ')}; what else runs there takes its share of what is measured`,
          );
        }
      }
      const hash = createHash('sha256').update(`${where} ${name} ${version}`).digest('hex').slice(0, 16);
      const metrics = await resolveAddress(remote.metrics, 'triton-metrics-url').catch(() => undefined);
      const gpus = await gpusAt({ triton, metrics, model, signal });
      return { path: where, hash, ...(gpus !== undefined && { gpus }) };
    } finally {
      triton.close();
    }
  }

  async launch({ signal }: Pick<LaunchRequest, 'signal'>): Promise<Server> {
    signal.throwIfAborted();
    const { remote, readyTimeoutS } = this.#settings;
    return await attach(remote, {
      readyTimeoutS,
      signal,
      onLoad: (model) => this.#touched.add(model),
    });
  }

  /** Loads what was ready before, with the server's own configuration; says what could not be. */
  async close({ signal, onNote }: Leaving = {}): Promise<void> {
    const models = [...this.#touched].filter((model) => this.#ready.has(model));
    if (models.length === 0) return;
    const { remote } = this.#settings;
    const triton = await clientOf(remote).catch(() => undefined);
    const limits = { signal, timeoutMs: PATIENCE_MS };
    const ends = await Promise.allSettled(
      models.map((model) => triton?.load(model, undefined, limits) ?? Promise.reject(new Error('no host'))),
    );
    triton?.close();
    const left = ends.flatMap((end, i) =>
      end.status === 'rejected'
        ? [`${models[i]} (${signal?.aborted ? 'stopped' : messageOf(end.reason)})`]
        : [],
    );
    if (left.length > 0)
      onNote?.(`not loaded again on ${whereOf(remote)}, where it was ready before: ${left.join(', ')}`);
  }
}

/** @throws UserError when what answers there is not Triton. */
async function describe(triton: TritonClient, where: string, signal: AbortSignal): Promise<ServerMetadata> {
  try {
    return await triton.server({ signal });
  } catch (error) {
    if (!(error instanceof TritonError)) throw error;
    throw environmentError(
      `what answers at ${where} can't be used as a Triton server: ${error.message}`,
      'correct --triton-http-endpoint or --triton-grpc-endpoint HOST:PORT',
    );
  }
}

/** Who reaches for a server that runs already. */
interface Attaching {
  readonly readyTimeoutS: number;
  readonly signal: AbortSignal;
  /** Told of every model that is asked to be loaded. */
  onLoad?(model: string): void;
}

/**
 * A server that runs already, as it is; stopping it only lets go of it.
 * @throws UserError when nothing answers there.
 */
export async function attach(remote: RemoteSettings, need: Attaching): Promise<Server> {
  const { http, grpc, metrics, reload } = remote;
  const triton = await clientOf(remote, need.onLoad);
  try {
    await untilReady(triton, whereOf(remote), need.readyTimeoutS, need.signal);
  } catch (error) {
    triton.close();
    throw error;
  }
  const server: Server = {
    triton,
    http: http && (await resolveAddress(http, 'triton-http-endpoint')),
    grpc: grpc && (await resolveAddress(grpc, 'triton-grpc-endpoint')),
    metrics: await resolveAddress(metrics, 'triton-metrics-url'),
    shared: true,
    controlled: reload,
    logFile: undefined,
    ended: new Promise(() => {}),
    endsUnseen: true,
    logTail: () => [],
    async hasModel(model) {
      const index = await triton.repositoryIndex({ signal: need.signal }).catch(async (error: unknown) => {
        need.signal.throwIfAborted();
        throw await callFailure(server, 'load', error);
      });
      return index.some(({ name }) => name === model);
    },
    resources: async () => undefined,
    killedForMemory: async () => false,
    processes: async () => undefined,
    stop: async () => triton.close(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
  return server;
}

const whereOf = ({ http, grpc }: RemoteSettings): string =>
  http ? `http${http.tls ? 's' : ''}://${http.host}:${http.port}` : `grpc://${grpc?.host}:${grpc?.port}`;

async function clientOf(
  { http, grpc }: RemoteSettings,
  onLoad?: (model: string) => void,
): Promise<TritonClient> {
  const endpoints = {
    http: http && (await resolveAddress(http, 'triton-http-endpoint')),
    grpc: grpc && (await resolveAddress(grpc, 'triton-grpc-endpoint')),
  };
  return tritonApi(endpoints, onLoad);
}

async function untilReady(
  triton: TritonClient,
  where: string,
  timeoutS: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutS * 1000;
  while (!(await triton.isReady({ signal }))) {
    // A server that answers, but is not ready, may have models that failed; loading works all the same.
    if (await triton.isLive({ signal })) return;
    if (performance.now() > deadline) {
      throw environmentError(
        `no Triton answers at ${where} (waited ${timeoutS} s)`,
        'name it with --triton-http-endpoint or --triton-grpc-endpoint HOST:PORT; --client-max-retries sets how long to wait',
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function resolveAddress({ host, port, tls }: Address, option: string): Promise<Endpoint> {
  const late = new AbortController();
  try {
    const { address } = await Promise.race([
      lookup(host),
      sleep(LOOKUP_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`not resolved within ${LOOKUP_MS / 1000} s`);
      }),
    ]);
    return { host: address, port, ...(tls && { tls: { ...tls, serverName: host } }) };
  } catch (error) {
    throw environmentError(`no host "${host}": ${messageOf(error)}`, `correct --${option}`);
  } finally {
    late.abort();
  }
}
