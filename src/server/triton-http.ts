import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { ModelConfig } from '../model-config/model-config.ts';
import { configOf, indexOf, jsonOf, metadataOf, serverOf, statisticsOf } from './answers.ts';
import { type HttpRequest, httpCall } from './http-call.ts';
import { isHttpName, modelPath, whyNotByHttp } from './model-path.ts';
import { tlsOptions } from './tls.ts';
import {
  type CallLimits,
  type Endpoint,
  HEALTH_MS,
  type IndexEntry,
  LOAD_MS,
  type LoadLimits,
  type ModelMetadata,
  type ModelStatistics,
  PATIENCE_MS,
  type ServerMetadata,
  SHORT_MS,
  type TritonClient,
  TritonError,
} from './triton.ts';

/** Triton's API by HTTP. */
export class HttpTriton implements TritonClient {
  readonly endpoint: Endpoint;
  readonly #agent: Agent;
  readonly #tls: ConnectionOptions | undefined;
  readonly #onLoad: ((model: string) => void) | undefined;

  /** @param onLoad told of every model that is asked to be loaded. */
  constructor(endpoint: Endpoint, onLoad?: (model: string) => void) {
    this.endpoint = endpoint;
    const options = { keepAlive: true, maxSockets: 4 };
    this.#tls = endpoint.tls && tlsOptions(endpoint.tls);
    this.#agent = endpoint.tls ? new SecureAgent(options) : new Agent(options);
    this.#onLoad = onLoad;
  }

  isReady = (limits?: CallLimits): Promise<boolean> => this.#answers('/v2/health/ready', limits);

  isLive = (limits?: CallLimits): Promise<boolean> => this.#answers('/v2/health/live', limits);

  async #answers(path: string, limits?: CallLimits): Promise<boolean> {
    try {
      // A connection of its own: the thread behind one that is there may be busy with loading a model.
      await this.#call({ method: 'GET', path, timeoutMs: HEALTH_MS, ...limits, agent: false });
      return true;
    } catch {
      return false;
    }
  }

  async server(limits?: CallLimits): Promise<ServerMetadata> {
    return serverOf(jsonOf(await this.#get('/v2', limits), 'description of itself'));
  }

  async load(
    model: string,
    config: ModelConfig | undefined,
    { files = {}, timeoutMs = LOAD_MS, signal }: LoadLimits = {},
  ): Promise<void> {
    this.#onLoad?.(model);
    const contents = Object.entries(files).map(([path, base64]) => [`file:${path}`, base64]);
    const parameters = { ...(config && { config: JSON.stringify(config) }), ...Object.fromEntries(contents) };
    const body = Object.keys(parameters).length > 0 ? { parameters } : {};
    await this.#post(`${repositoryPath(model)}/load`, body, { timeoutMs, signal });
  }

  async unload(model: string, limits?: CallLimits): Promise<void> {
    await this.#post(`${repositoryPath(model)}/unload`, {}, { timeoutMs: SHORT_MS, ...limits });
  }

  async repositoryIndex(limits?: CallLimits): Promise<readonly IndexEntry[]> {
    const text = await this.#post('/v2/repository/index', {}, { timeoutMs: SHORT_MS, ...limits });
    return indexOf(jsonOf(text, 'list of models'));
  }

  async config(model: string, limits?: CallLimits): Promise<ModelConfig> {
    // Protobuf reads the digits of a 64-bit integer as well as the number.
    const text = await this.#get(`${pathOf(model)}/config`, limits);
    return configOf(jsonOf(text, `configuration of ${model}`, String), model);
  }

  async metadata(model: string, limits?: CallLimits): Promise<ModelMetadata> {
    return metadataOf(jsonOf(await this.#get(pathOf(model), limits), `metadata of ${model}`), model);
  }

  async statistics(model: string, limits?: CallLimits): Promise<readonly ModelStatistics[]> {
    const text = await this.#get(`${pathOf(model)}/stats`, limits);
    return statisticsOf(jsonOf(text, `statistics of ${model}`), model);
  }

  async allStatistics(limits?: CallLimits): Promise<readonly ModelStatistics[]> {
    return statisticsOf(jsonOf(await this.#get('/v2/models/stats', limits), 'statistics'));
  }

  async registerSharedMemory(name: string, bytes: number): Promise<void> {
    const body = { key: `/${name}`, offset: 0, byte_size: bytes };
    await this.#post(`/v2/systemsharedmemory/region/${name}/register`, body);
  }

  async unregisterSharedMemory(name: string): Promise<void> {
    await this.#post(`/v2/systemsharedmemory/region/${name}/unregister`, {});
  }

  close(): void {
    this.#agent.destroy();
  }

  #get = (path: string, limits?: CallLimits): Promise<string> =>
    this.#call({ method: 'GET', path, timeoutMs: PATIENCE_MS, ...limits });

  #post = (path: string, body: unknown, limits?: CallLimits): Promise<string> =>
    this.#call({ method: 'POST', path, body: JSON.stringify(body), timeoutMs: PATIENCE_MS, ...limits });

  #call = (asked: HttpRequest): Promise<string> =>
    httpCall(this.endpoint, { agent: this.#agent, tls: this.#tls, ...asked });
}

/** @throws TritonError for a name that HTTP can't carry. */
function pathOf(model: string): string {
  if (!isHttpName(model)) throw new TritonError(400, `${whyNotByHttp(model)}: gRPC can`);
  return modelPath(model);
}

const repositoryPath = (model: string): string => pathOf(model).replace('/v2/', '/v2/repository/');

const METRICS_MS = 5000;

/** The text of a metrics page (Prometheus format). */
export const fetchMetrics = (endpoint: Endpoint, limits?: CallLimits): Promise<string> =>
  httpCall(endpoint, { method: 'GET', path: '/metrics', timeoutMs: METRICS_MS, ...limits });
