import type { ModelConfig } from '../model-config/model-config.ts';
import type { EndpointTls } from './tls.ts';

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

/** A count and the nanoseconds spent, ever growing while a model is loaded; a number would not hold a year of them. */
export interface Counter {
  readonly count: bigint;
  readonly ns: bigint;
}

/** The part of Triton's statistics that tma reads; counters that an old server lacks are absent. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  readonly inference_count: bigint;
  readonly execution_count: bigint;
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

/** Name, version and extensions of a server. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** refused: the server said no; no answer: none, or not in time; bad answer: not what Triton would say. */
export type TritonErrorKind = 'refused' | 'no answer' | 'bad answer';

/** A call of Triton's API that failed, whoever is to blame. */
export class TritonError extends Error {
  readonly status: number;
  readonly kind: TritonErrorKind;

  /** @param status of the answer, by HTTP or gRPC; 0 where there is none. */
  constructor(status: number, message: string, kind: TritonErrorKind = 'refused') {
    super(message);
    this.name = 'TritonError';
    this.status = status;
    this.kind = kind;
  }
}

/** Milliseconds that a call may take, unless it is given another limit. */
export const PATIENCE_MS = 30_000;
/** A load, in which engines may be built. */
export const LOAD_MS = 1_800_000;
/** One that Triton answers at once, whatever it is busy with. */
export const SHORT_MS = 10_000;
/** And one that only asks whether somebody is there. */
export const HEALTH_MS = 2000;

/** How long a call may take, and what ends it before. */
export interface CallLimits {
  /** Milliseconds, from the connection to the last byte of the answer. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Triton's API, as far as tma needs it, by whichever protocol. Every call ends by its limits, whatever the server does,
 * and answers are checked: what comes back can be relied on. Every call throws TritonError when it brings nothing, and
 * the signal's reason when that ended it.
 */
export interface TritonClient {
  isReady(limits?: CallLimits): Promise<boolean>;
  /** Whether it runs, its models being ready or not. */
  isLive(limits?: CallLimits): Promise<boolean>;
  server(limits?: CallLimits): Promise<ServerMetadata>;
  /** Loads a model with a configuration, and files if any; resolves when it is ready. */
  load(model: string, config: ModelConfig | undefined, more?: LoadLimits): Promise<void>;
  /** Asks for a model to be unloaded; the server does it once nothing is in flight. */
  unload(model: string, limits?: CallLimits): Promise<void>;
  /** Every model that the server knows of, loaded or not. */
  repositoryIndex(limits?: CallLimits): Promise<readonly IndexEntry[]>;
  /** The configuration in effect, completed by the server. */
  config(model: string, limits?: CallLimits): Promise<ModelConfig>;
  metadata(model: string, limits?: CallLimits): Promise<ModelMetadata>;
  /** Statistics of the model's versions. */
  statistics(model: string, limits?: CallLimits): Promise<readonly ModelStatistics[]>;
  /** Statistics of all models that are loaded, version by version. */
  allStatistics(limits?: CallLimits): Promise<readonly ModelStatistics[]>;
  /** Tells the server of a POSIX shared memory region of this name, on its own machine. */
  registerSharedMemory(name: string, bytes: number): Promise<void>;
  unregisterSharedMemory(name: string): Promise<void>;
  close(): void;
}

/** A load has half an hour, unless whoever asks for it says otherwise. */
export interface LoadLimits extends CallLimits {
  readonly files?: ModelFiles | undefined;
}
