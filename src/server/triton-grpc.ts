import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { ModelConfigSchema } from '../model-config/gen/model_config_pb.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { configOf, indexOf, metadataOf, serverOf, statisticsOf } from './answers.ts';
import {
  CONFIG,
  INDEX,
  LIVE,
  LOAD,
  METADATA,
  type Method,
  READY,
  REGISTER,
  SERVER_METADATA,
  STATISTICS,
  UNLOAD,
  UNREGISTER,
} from './grpc-methods.ts';
import { MOST_ANSWER_BYTES } from './http-call.ts';
import { tlsFiles } from './tls.ts';
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

const SERVICE = '/inference.GRPCInferenceService/';
/** A model's files may be of any size; what Triton answers is small. */
const API_OPTIONS = { 'grpc.max_receive_message_length': MOST_ANSWER_BYTES } as const;

/** gRPC's own numbers. */
const STATUS = { CANCELLED: 1, UNKNOWN: 2, DEADLINE_EXCEEDED: 4, UNAVAILABLE: 14 } as const;

/** Triton's API by gRPC; its library is loaded with the first call. */
export class GrpcTriton implements TritonClient {
  readonly #endpoint: Endpoint;
  #client: Promise<Client> | undefined;
  readonly #onLoad: ((model: string) => void) | undefined;

  /**
   * @param onLoad told of every model that is asked to be loaded.
   * @throws UserError when a certificate can't be read.
   */
  constructor(endpoint: Endpoint, onLoad?: (model: string) => void) {
    if (endpoint.tls) tlsFiles(endpoint.tls);
    this.#endpoint = endpoint;
    this.#onLoad = onLoad;
  }

  async isReady(limits: CallLimits = {}): Promise<boolean> {
    const call = this.#call(READY, {}, { timeoutMs: HEALTH_MS, ...limits });
    return await call.then(({ ready }) => ready).catch(() => false);
  }

  async isLive(limits: CallLimits = {}): Promise<boolean> {
    const call = this.#call(LIVE, {}, { timeoutMs: HEALTH_MS, ...limits });
    return await call.then(({ live }) => live).catch(() => false);
  }

  server = async (limits?: CallLimits): Promise<ServerMetadata> =>
    serverOf(await this.#call(SERVER_METADATA, {}, limits));

  async load(
    model: string,
    config: ModelConfig | undefined,
    { files = {}, timeoutMs = LOAD_MS, signal }: LoadLimits = {},
  ): Promise<void> {
    this.#onLoad?.(model);
    type Parameter = {
      parameterChoice: { case: 'stringParam'; value: string } | { case: 'bytesParam'; value: Uint8Array };
    };
    const parameters: Record<string, Parameter> = {};
    if (config)
      parameters['config'] = { parameterChoice: { case: 'stringParam', value: JSON.stringify(config) } };
    for (const [path, base64] of Object.entries(files)) {
      parameters[`file:${path}`] = {
        parameterChoice: { case: 'bytesParam', value: Buffer.from(base64, 'base64') },
      };
    }
    await this.#call(LOAD, { modelName: model, parameters }, { timeoutMs, signal });
  }

  async unload(model: string, limits?: CallLimits): Promise<void> {
    await this.#call(UNLOAD, { modelName: model }, { timeoutMs: SHORT_MS, ...limits });
  }

  async registerSharedMemory(name: string, bytes: number): Promise<void> {
    await this.#call(REGISTER, { name, key: `/${name}`, offset: 0n, byteSize: BigInt(bytes) });
  }

  async unregisterSharedMemory(name: string): Promise<void> {
    await this.#call(UNREGISTER, { name });
  }

  repositoryIndex = async (limits?: CallLimits): Promise<readonly IndexEntry[]> =>
    indexOf((await this.#call(INDEX, {}, { timeoutMs: SHORT_MS, ...limits })).models);

  async config(model: string, limits?: CallLimits): Promise<ModelConfig> {
    const { config } = await this.#call(CONFIG, { name: model }, limits);
    return configOf(config ? toJson(ModelConfigSchema, config, { useProtoFieldName: true }) : {}, model);
  }

  metadata = async (model: string, limits?: CallLimits): Promise<ModelMetadata> =>
    metadataOf(await this.#call(METADATA, { name: model }, limits), model);

  statistics = (model: string, limits?: CallLimits): Promise<readonly ModelStatistics[]> =>
    this.#statistics(model, limits);

  allStatistics = (limits?: CallLimits): Promise<readonly ModelStatistics[]> =>
    this.#statistics(undefined, limits);

  /** Of a model, or of all. */
  async #statistics(model: string | undefined, limits?: CallLimits): Promise<readonly ModelStatistics[]> {
    const { modelStats } = await this.#call(STATISTICS, { name: model ?? '' }, limits);
    const stats = modelStats.map(
      ({ name, version, inferenceCount, executionCount, inferenceStats: stages }) => ({
        name,
        version,
        inference_count: inferenceCount,
        execution_count: executionCount,
        inference_stats: {
          success: stages?.success,
          fail: stages?.fail,
          queue: stages?.queue,
          compute_input: stages?.computeInput,
          compute_infer: stages?.computeInfer,
          compute_output: stages?.computeOutput,
        },
      }),
    );
    return statisticsOf({ model_stats: stats }, model);
  }

  close(): void {
    void this.#client?.then(
      (client) => client.close(),
      () => {},
    );
  }

  async #open(): Promise<Client> {
    const { openChannel } = await import('./grpc-channel.ts');
    return openChannel(this.#endpoint, API_OPTIONS);
  }

  async #call<Request extends DescMessage, Answer extends DescMessage>(
    { method, request, answer }: Method<Request, Answer>,
    body: MessageInitShape<Request>,
    { signal, timeoutMs = PATIENCE_MS }: CallLimits = {},
  ): Promise<MessageShape<Answer>> {
    this.#client ??= this.#open();
    const client = await this.#client;
    return await new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const call = client.makeUnaryRequest<MessageShape<Request>, MessageShape<Answer>>(
        `${SERVICE}${method}`,
        (message) => Buffer.from(toBinary(request, message)),
        (bytes) => fromBinary(answer, bytes),
        create(request, body),
        { deadline: Date.now() + timeoutMs },
        (error, value) => {
          signal?.removeEventListener('abort', cancel);
          if (value !== undefined) resolve(value);
          else if (signal?.aborted) reject(signal.reason);
          else reject(asTritonError(error, method, timeoutMs));
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

/** What Triton said, or why it said nothing. */
function asTritonError(error: ServiceError | null, method: string, timeoutMs: number): TritonError {
  const code = error?.code ?? STATUS.UNKNOWN;
  const details = error?.details || 'no answer';
  switch (code) {
    case STATUS.DEADLINE_EXCEEDED:
      return new TritonError(
        code,
        `no answer from the server within ${timeoutMs / 1000} s: ${method}`,
        'no answer',
      );
    case STATUS.UNAVAILABLE:
    case STATUS.CANCELLED:
      return new TritonError(code, `${details}: ${method}`, 'no answer');
    default: {
      const ours = OUR_WORDS.test(details);
      return new TritonError(code, details.slice(0, MOST_ERROR_TEXT), ours ? 'bad answer' : 'refused');
    }
  }
}

/** What gRPC's library, not Triton, says of an answer. */
const OUR_WORDS =
  /^(Response message parsing error|Received message larger than max|Received HTTP status code)/;
const MOST_ERROR_TEXT = 4000;
