import { isIP } from 'node:net';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { ChannelCredentials, Client, status } from '@grpc/grpc-js';
import { configOfServer, type ModelConfig } from '../model-config/config.ts';
import {
  ModelConfigRequestSchema,
  ModelConfigResponseSchema,
  ModelMetadataRequestSchema,
  ModelMetadataResponseSchema,
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
  RepositoryIndexRequestSchema,
  RepositoryIndexResponseSchema,
  RepositoryModelLoadRequestSchema,
  RepositoryModelLoadResponseSchema,
  RepositoryModelUnloadRequestSchema,
  RepositoryModelUnloadResponseSchema,
  ServerLiveRequestSchema,
  ServerLiveResponseSchema,
  ServerMetadataRequestSchema,
  ServerMetadataResponseSchema,
  ServerReadyRequestSchema,
  ServerReadyResponseSchema,
  type StatisticDuration,
  SystemSharedMemoryRegisterRequestSchema,
  SystemSharedMemoryRegisterResponseSchema,
  SystemSharedMemoryUnregisterRequestSchema,
  SystemSharedMemoryUnregisterResponseSchema,
} from '../model-config/gen/grpc_service_pb.ts';
import { ModelConfigSchema } from '../model-config/gen/model_config_pb.ts';
import { tlsFiles } from './tls.ts';
import {
  type Counter,
  type Endpoint,
  type IndexEntry,
  type ModelFiles,
  type ModelMetadata,
  type ModelStatistics,
  type TritonClient,
  TritonError,
} from './triton.ts';

const SERVICE = '/inference.GRPCInferenceService/';
const PATIENCE_MS = 30_000;

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** undefined = as long as it takes. */
  readonly timeoutMs?: number;
}

/** `host:port` as gRPC names it. */
export const grpcTarget = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Any size goes: a model's files, a batch of pictures. */
export const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
} as const;

/** How a channel to an endpoint is secured, and the channel's options that go with it. */
export function grpcCredentials({ tls }: Endpoint): {
  credentials: ChannelCredentials;
  options: Record<string, string>;
} {
  if (!tls) return { credentials: ChannelCredentials.createInsecure(), options: {} };
  const { ca, key, cert } = tlsFiles(tls);
  return {
    credentials: ChannelCredentials.createSsl(ca ?? null, key ?? null, cert ?? null, {
      rejectUnauthorized: tls.verifyPeer,
      ...(!tls.verifyHost && { checkServerIdentity: () => undefined }),
    }),
    // The endpoint is a number; the certificate is for a name.
    options: isIP(tls.serverName) === 0 ? { 'grpc.ssl_target_name_override': tls.serverName } : {},
  };
}

/** Triton's API by gRPC. */
export class GrpcTriton implements TritonClient {
  readonly #client: Client;
  readonly #onLoad: ((model: string) => void) | undefined;

  /** @param onLoad told of every model that is asked to be loaded. */
  constructor(endpoint: Endpoint, onLoad?: (model: string) => void) {
    const { credentials, options } = grpcCredentials(endpoint);
    this.#client = new Client(grpcTarget(endpoint), credentials, { ...GRPC_OPTIONS, ...options });
    this.#onLoad = onLoad;
  }

  async isReady(): Promise<boolean> {
    const call = this.#call(
      'ServerReady',
      ServerReadyRequestSchema,
      ServerReadyResponseSchema,
      {},
      { timeoutMs: 2000 },
    );
    return await call.then(({ ready }) => ready).catch(() => false);
  }

  async isLive(): Promise<boolean> {
    const call = this.#call(
      'ServerLive',
      ServerLiveRequestSchema,
      ServerLiveResponseSchema,
      {},
      { timeoutMs: 2000 },
    );
    return await call.then(({ live }) => live).catch(() => false);
  }

  server = async (): Promise<{ name: string; version: string; extensions: string[] }> =>
    await this.#call('ServerMetadata', ServerMetadataRequestSchema, ServerMetadataResponseSchema, {});

  async load(
    model: string,
    config: ModelConfig | undefined,
    { files = {}, signal }: { files?: ModelFiles | undefined; signal?: AbortSignal } = {},
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
    const request = { modelName: model, parameters };
    await this.#call(
      'RepositoryModelLoad',
      RepositoryModelLoadRequestSchema,
      RepositoryModelLoadResponseSchema,
      request,
      { signal, timeoutMs: Number.POSITIVE_INFINITY },
    );
  }

  async unload(model: string, signal?: AbortSignal): Promise<void> {
    const request = { modelName: model };
    await this.#call(
      'RepositoryModelUnload',
      RepositoryModelUnloadRequestSchema,
      RepositoryModelUnloadResponseSchema,
      request,
      { signal },
    );
  }

  async registerSharedMemory(name: string, bytes: number): Promise<void> {
    await this.#call(
      'SystemSharedMemoryRegister',
      SystemSharedMemoryRegisterRequestSchema,
      SystemSharedMemoryRegisterResponseSchema,
      { name, key: `/${name}`, offset: 0n, byteSize: BigInt(bytes) },
    );
  }

  async unregisterSharedMemory(name: string): Promise<void> {
    await this.#call(
      'SystemSharedMemoryUnregister',
      SystemSharedMemoryUnregisterRequestSchema,
      SystemSharedMemoryUnregisterResponseSchema,
      { name },
    );
  }

  async repositoryIndex(): Promise<readonly IndexEntry[]> {
    const { models } = await this.#call(
      'RepositoryIndex',
      RepositoryIndexRequestSchema,
      RepositoryIndexResponseSchema,
      {},
    );
    return models.map(({ name, version, state, reason }) => ({
      name,
      ...(version && { version }),
      ...(state && { state }),
      ...(reason && { reason }),
    }));
  }

  async config(model: string): Promise<ModelConfig> {
    const { config } = await this.#call('ModelConfig', ModelConfigRequestSchema, ModelConfigResponseSchema, {
      name: model,
    });
    return configOfServer(config ? toJson(ModelConfigSchema, config, { useProtoFieldName: true }) : {});
  }

  async metadata(model: string): Promise<ModelMetadata> {
    const answer = await this.#call(
      'ModelMetadata',
      ModelMetadataRequestSchema,
      ModelMetadataResponseSchema,
      { name: model },
    );
    const tensors = (list: typeof answer.inputs) =>
      list.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(Number) }));
    const { name, versions, platform } = answer;
    return { name, versions, platform, inputs: tensors(answer.inputs), outputs: tensors(answer.outputs) };
  }

  async statistics(model: string): Promise<readonly ModelStatistics[]> {
    const { modelStats } = await this.#call(
      'ModelStatistics',
      ModelStatisticsRequestSchema,
      ModelStatisticsResponseSchema,
      { name: model },
    );
    return modelStats.map(({ name, version, inferenceCount, executionCount, inferenceStats }) => ({
      name,
      version,
      inference_count: Number(inferenceCount),
      execution_count: Number(executionCount),
      inference_stats: counters({
        success: inferenceStats?.success,
        fail: inferenceStats?.fail,
        queue: inferenceStats?.queue,
        compute_input: inferenceStats?.computeInput,
        compute_infer: inferenceStats?.computeInfer,
        compute_output: inferenceStats?.computeOutput,
      }),
    }));
  }

  close(): void {
    this.#client.close();
  }

  #call<Request extends DescMessage, Answer extends DescMessage>(
    method: string,
    request: Request,
    answer: Answer,
    body: MessageInitShape<Request>,
    { signal, timeoutMs = PATIENCE_MS }: CallOptions = {},
  ): Promise<MessageShape<Answer>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const call = this.#client.makeUnaryRequest<MessageShape<Request>, MessageShape<Answer>>(
        `${SERVICE}${method}`,
        (message) => Buffer.from(toBinary(request, message)),
        (bytes) => fromBinary(answer, bytes),
        create(request, body),
        { deadline: Date.now() + timeoutMs },
        (error, value) => {
          signal?.removeEventListener('abort', cancel);
          if (value !== undefined) resolve(value);
          else if (error?.code === status.UNAVAILABLE || error?.code === status.CANCELLED)
            reject(new Error(error.details));
          else reject(new TritonError(error?.code ?? 0, error?.details ?? 'no answer'));
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

const counters = (all: Readonly<Record<string, StatisticDuration | undefined>>): Record<string, Counter> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, item]) =>
      item ? [[name, { count: Number(item.count), ns: Number(item.ns) }]] : [],
    ),
  );
