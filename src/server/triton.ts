import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { userError } from '../errors.ts';
import { configOfServer, type ModelConfig } from '../model-config/config.ts';
import { type EndpointTls, tlsOptions } from './tls.ts';

/** An address of a server, numeric, so that no name has to be resolved while measuring. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Spoken to over TLS. */
  readonly tls?: EndpointTls;
}

/** An input or output as `GET /v2/models/M` tells it; -1 stands for a variable size. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** A count and the nanoseconds spent, ever growing while a model is loaded. */
export interface Counter {
  readonly count: number;
  readonly ns: number;
}

/** The part of Triton's statistics that tma reads; counters that an old server lacks are absent. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Partial<
      Record<'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output', Counter>
    >
  >;
}

/** Files of a model, by their path below its folder, as base64. */
export type ModelFiles = Readonly<Record<string, string>>;

/** A model in the server's repositories; without a state it was never loaded. */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: string;
  readonly reason?: string;
}

/** An answer of the server other than 200. */
export class TritonError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'TritonError';
    this.status = status;
  }
}

interface RequestOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; undefined = as long as it takes. */
  readonly timeoutMs?: number;
}

const PATIENCE_MS = 30_000;

/** Triton's API, as far as tma needs it, by whichever protocol. Every call throws TritonError on an error answer. */
export interface TritonClient {
  isReady(): Promise<boolean>;
  /** Whether it runs, its models being ready or not. */
  isLive(): Promise<boolean>;
  /** Name, version and extensions of the server. */
  server(): Promise<{ name: string; version: string; extensions: string[] }>;
  /** Loads a model with a configuration, and files if any; resolves when it is ready, however long that takes. */
  load(
    model: string,
    config: ModelConfig | undefined,
    more?: { files?: ModelFiles | undefined; signal?: AbortSignal },
  ): Promise<void>;
  /** Asks for a model to be unloaded; the server does it once nothing is in flight. */
  unload(model: string, signal?: AbortSignal): Promise<void>;
  /** Every model that the server knows of, loaded or not. */
  repositoryIndex(): Promise<readonly IndexEntry[]>;
  /** The configuration in effect, completed by the server. */
  config(model: string): Promise<ModelConfig>;
  metadata(model: string): Promise<ModelMetadata>;
  /** Statistics of the model's versions. */
  statistics(model: string): Promise<readonly ModelStatistics[]>;
  /** Tells the server of a POSIX shared memory region of this name, on its own machine. */
  registerSharedMemory(name: string, bytes: number): Promise<void>;
  unregisterSharedMemory(name: string): Promise<void>;
  close(): void;
}

/** Triton's API by HTTP. */
export class Triton implements TritonClient {
  readonly endpoint: Endpoint;
  readonly #agent: Agent;

  readonly #onLoad: ((model: string) => void) | undefined;

  /** @param onLoad told of every model that is asked to be loaded. */
  constructor(endpoint: Endpoint, onLoad?: (model: string) => void) {
    this.endpoint = endpoint;
    const options = { keepAlive: true, maxSockets: 4 };
    this.#agent = endpoint.tls
      ? new SecureAgent({ ...options, ...tlsOptions(endpoint.tls) })
      : new Agent(options);
    this.#onLoad = onLoad;
  }

  isReady = (): Promise<boolean> => this.#answers('/v2/health/ready');

  isLive = (): Promise<boolean> => this.#answers('/v2/health/live');

  async #answers(path: string): Promise<boolean> {
    try {
      await this.#call('GET', path, { timeoutMs: 2000 });
      return true;
    } catch {
      return false;
    }
  }

  server = async (): Promise<{ name: string; version: string; extensions: string[] }> =>
    (await this.#json('GET', '/v2')) as { name: string; version: string; extensions: string[] };

  async load(
    model: string,
    config: ModelConfig | undefined,
    { files = {}, signal }: { files?: ModelFiles | undefined; signal?: AbortSignal } = {},
  ): Promise<void> {
    this.#onLoad?.(model);
    const contents = Object.entries(files).map(([path, base64]) => [`file:${path}`, base64]);
    const parameters = { ...(config && { config: JSON.stringify(config) }), ...Object.fromEntries(contents) };
    await this.#call('POST', `/v2/repository/models/${encodeURIComponent(model)}/load`, {
      body: Object.keys(parameters).length > 0 ? { parameters } : {},
      signal,
    });
  }

  async unload(model: string, signal?: AbortSignal): Promise<void> {
    const path = `/v2/repository/models/${encodeURIComponent(model)}/unload`;
    await this.#call('POST', path, { body: {}, signal, timeoutMs: PATIENCE_MS });
  }

  repositoryIndex = async (): Promise<readonly IndexEntry[]> =>
    JSON.parse(
      await this.#call('POST', '/v2/repository/index', { body: {}, timeoutMs: PATIENCE_MS }),
    ) as IndexEntry[];

  config = async (model: string): Promise<ModelConfig> =>
    configOfServer(await this.#json('GET', `/v2/models/${encodeURIComponent(model)}/config`));

  metadata = async (model: string): Promise<ModelMetadata> =>
    (await this.#json('GET', `/v2/models/${encodeURIComponent(model)}`)) as ModelMetadata;

  async statistics(model: string): Promise<readonly ModelStatistics[]> {
    const answer = await this.#json('GET', `/v2/models/${encodeURIComponent(model)}/stats`);
    return (answer as { model_stats: ModelStatistics[] }).model_stats;
  }

  async registerSharedMemory(name: string, bytes: number): Promise<void> {
    const path = `/v2/systemsharedmemory/region/${encodeURIComponent(name)}/register`;
    const body = { key: `/${name}`, offset: 0, byte_size: bytes };
    await this.#call('POST', path, { body, timeoutMs: PATIENCE_MS });
  }

  async unregisterSharedMemory(name: string): Promise<void> {
    const path = `/v2/systemsharedmemory/region/${encodeURIComponent(name)}/unregister`;
    await this.#call('POST', path, { body: {}, timeoutMs: PATIENCE_MS });
  }

  close(): void {
    this.#agent.destroy();
  }

  #json = async (method: string, path: string): Promise<unknown> =>
    JSON.parse(await this.#call(method, path, { timeoutMs: PATIENCE_MS }));

  #call = (method: string, path: string, options: RequestOptions): Promise<string> =>
    httpCall(this.endpoint, method, path, { ...options, agent: this.#agent });
}

/** The text of a metrics page (Prometheus format). */
export const fetchMetrics = (endpoint: Endpoint): Promise<string> =>
  httpCall(endpoint, 'GET', '/metrics', { timeoutMs: 5000 });

function httpCall(
  { host, port, tls }: Endpoint,
  method: string,
  path: string,
  { body, signal, timeoutMs, agent }: RequestOptions & { agent?: Agent },
): Promise<string> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = payload
      ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
      : {};
    const send = tls ? secureRequest : request;
    const call = send({ host, port, method, path, headers, agent, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status === 200) resolve(text);
        else reject(new TritonError(status, errorText(text) || `HTTP ${status} from ${path}`));
      });
    });
    call.on('error', reject);
    if (timeoutMs !== undefined) {
      call.setTimeout(timeoutMs, () =>
        call.destroy(userError(`no answer from the server within ${timeoutMs / 1000} s: ${method} ${path}`)),
      );
    }
    call.end(payload);
  });
}

function errorText(body: string): string {
  try {
    return String((JSON.parse(body) as { error?: unknown }).error ?? '').trim();
  } catch {
    return body.trim();
  }
}
