import type { Place } from '../ground/errors.ts';
import type { Criteria } from '../record/goal.ts';
import type { ContainerOptions } from './docker-args.ts';
import type { OutputFields } from './output-fields.ts';
import type { OutputFormat } from './output-formats.ts';
import type { PaperSize } from './paper-sizes.ts';
import type { PlotSettings } from './plot-settings.ts';
import type { SearchSettings } from './search-settings.ts';
import type { ServerFlags } from './server-flags.ts';

/**
 * One swept or fixed field of the model configuration.
 * `path` is written as in config.pbtxt: `dynamic_batching.max_queue_delay_microseconds`, `instance_group[0].count`.
 */
export interface Parameter {
  readonly path: string;
  /** The same path as keys and list positions. */
  readonly segments: readonly (string | number)[];
  readonly values: readonly unknown[];
  readonly place?: Place | undefined;
}

/** How the load of a point is made and when its measurement is done. */
export interface LoadSettings {
  /** Protocol of inference requests; absent = http. */
  readonly protocol?: 'grpc';
  /** Percentile whose latency must be known, too; undefined = the average. */
  readonly percentile: number | undefined;
  readonly stopRule: StopRule;
  /** Sizes of an input without the batch dimension, by input name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Where inputs come from; several files are taken one after the other. */
  readonly inputData: readonly InputSource[];
  readonly stringLength: number;
  readonly stringData: string | undefined;
  /** The same seed makes the same data, arrivals and sequences. */
  readonly seed: number;
  /** When requests of a request rate are due. */
  readonly arrivals: ArrivalSettings;
  /** Open loop: so many requests in flight at most; what is due then is dropped. */
  readonly maxInFlight?: number;
  /** Threads that share the load; absent = as many as are needed. */
  readonly threads?: number;
  /** Share of requests that may fail before the point does. */
  readonly failureLimit: number;
  /** A request without an answer for so long has failed. */
  readonly requestTimeoutMs: number;
  /** Sequences of a stateful model. */
  readonly sequences: SequenceSettings;
  /** ModelStreamInfer instead of ModelInfer. */
  readonly streaming: boolean;
  /** Inputs and outputs in system shared memory, so many bytes for each output of a request. */
  readonly sharedMemory?: { readonly outputBytes: number };
  /** Sent with every request. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly compression?: 'gzip' | 'deflate';
  /** Of a server that is spoken to over TLS. */
  readonly tls?: { readonly http?: TlsSettings; readonly grpc?: TlsSettings };
  /** How the requests are sent: on raw sockets, or through a library that is at home everywhere. */
  readonly engine: 'auto' | 'raw' | 'library';
  readonly modelVersion?: string;
  /** What was given, as perf_analyzer's own arguments. */
  readonly flags: readonly string[];
}

export type InputSource =
  | { readonly kind: 'random' | 'zero' }
  /** perf_analyzer's JSON. */
  | { readonly kind: 'file'; readonly path: string }
  /** A file with the raw bytes of each input, named like it. */
  | { readonly kind: 'folder'; readonly path: string };

export type ArrivalSettings =
  | { readonly kind: 'constant' | 'poisson' }
  /** Gaps in ms, again and again. */
  | { readonly kind: 'intervals'; readonly gapsMs: readonly number[] }
  /** Times in ms from the start, once. */
  | { readonly kind: 'trace'; readonly timesMs: readonly number[] };

/** How many requests a sequence has, by how much of that it varies, and which ids sequences get. */
export interface SequenceSettings {
  /** Sequences under way at a time in an open loop; in a closed loop that is the concurrency. */
  readonly count: number;
  readonly length: number;
  /** The length was asked for; where it was not, each stream of a file with input data is one whole sequence. */
  readonly lengthGiven?: true;
  readonly variation: number;
  readonly idStart: number;
  readonly idEnd: number;
}

/** TLS to the server; files are PEM or DER. */
export interface TlsSettings {
  readonly caFile?: string;
  readonly keyFile?: string;
  readonly certificateFile?: string;
  /** Whether the server's certificate must be signed by who is trusted, and name the host. */
  readonly verifyPeer: boolean;
  readonly verifyHost: boolean;
}

/** When a point is done. */
export type StopRule =
  /** When the 95 % interval of the throughput is within this share of it, or the time is up. */
  | { readonly kind: 'precision'; readonly precision: number; readonly limitMs: number }
  /** perf_analyzer's rule: when three windows in a row agree. */
  | ({ readonly kind: 'windows' } & WindowRule);

/** When a window closes and when the windows are steady enough. */
export interface WindowRule {
  /** Shortest window, milliseconds. */
  readonly intervalMs: number;
  /** Fewest completed requests in a window. */
  readonly minRequests: number;
  /** Largest spread, max/min - 1, over the last three windows. */
  readonly stability: number;
  readonly maxWindows: number;
}

/** Everything about one model to profile. */
export interface ModelPlan extends Criteria {
  readonly name: string;
  readonly search: SearchSettings;
  readonly cpuOnly: boolean;
  readonly parameters: readonly Parameter[];
  /** Requests in flight to measure at; empty where request rates are measured. */
  readonly concurrency: readonly number[];
  /** Requests a second to measure at. */
  readonly requestRates: readonly number[];
  /** What is tried where no parameters are listed; absent: the default configuration alone. */
  readonly automatic?: { readonly instanceCounts: readonly number[]; readonly batchSizes: readonly number[] };
  /** Raise a listed max_batch_size only while that makes the configuration better. */
  readonly earlyExit: boolean;
  /** Looks for the largest load that keeps the limits, between those that were measured; absent: does not. */
  readonly refine?: { readonly steps: number; readonly configurations: number };
  /** Whether higher loads of a configuration are left out once throughput no longer grows. */
  readonly stopAtPlateau: boolean;
  readonly batchSizes: readonly number[];
  readonly load: LoadSettings;
  readonly serverFlags: ServerFlags;
  readonly serverEnvironment: Readonly<Record<string, string>>;
  /** What a container of this model's server gets, the global options and the model's own together. */
  readonly container: ContainerOptions;
  readonly place?: Place | undefined;
  /** Where its perf_analyzer_flags stand. */
  readonly flagsPlace?: Place | undefined;
}

/** GPUs that servers may use: all there are, so many, or these indices or UUIDs ([] = none). */
export type GpuChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'ids'; readonly ids: readonly string[] };

/** Which server runs the variants, and how long to be patient with it. */
export interface LaunchSettings {
  readonly mode: 'local' | 'docker' | 'remote' | 'c_api';
  readonly serverPath: string | undefined;
  /** c_api: the Triton installation whose library is loaded. */
  readonly installPath: string | undefined;
  /** Fixed ports; a port that is not given is chosen freely. */
  readonly ports: { readonly http?: number; readonly grpc?: number; readonly metrics?: number };
  readonly docker: DockerSettings;
  readonly remote: RemoteSettings;
  /** One log for all variants; undefined = a log per variant. */
  readonly outputPath: string | undefined;
  /** Seconds until the server itself (without a model) must be ready. */
  readonly readyTimeoutS: number;
  /** Seconds that loading the model may take. */
  readonly loadTimeoutS: number;
  readonly gpus: GpuChoice;
  /** One server for all variants instead of one for each. */
  readonly reuse: boolean;
  /** Variants profiled at once, each on one GPU; auto = one for each GPU of the commonest kind. */
  readonly parallel: number | 'auto';
  /** Where engines that backends build are kept. */
  readonly cacheDirectory: string | undefined;
}

export interface DockerSettings {
  /** Unless a model's container options name another. */
  readonly image: string;
  /** Address of the engine's host that ports are published on. */
  readonly publishAddress: string;
}

/** A host by name or number, and a port; with TLS if any. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings;
}

/** A server that somebody else runs. */
export interface RemoteSettings {
  /** One of the two at least; models are loaded by HTTP where that is known. */
  readonly http: Address | undefined;
  readonly grpc: Address | undefined;
  readonly metrics: Address;
  /** Whether tma may load and unload models there. */
  readonly reload: boolean;
}

/** What makes the load. */
export type GeneratorSettings =
  | { readonly kind: 'native' }
  | {
      readonly kind: 'perf_analyzer';
      /** undefined = the installed one, or the one on PATH. */
      readonly path: string | undefined;
      /** Seconds that one run may take. */
      readonly timeoutS: number;
      /** Percent of one core that it may use. */
      readonly cpuPercent: number;
      /** How often windows may be made longer. */
      readonly maxAdjusts: number;
      /** Where its command and output are told: a file, or the standard output; absent: nowhere. */
      readonly output?: { readonly file: string | undefined };
    };

/** A perf.yaml with its command line and defaults, fully resolved and frozen. */
export interface Experiment {
  readonly models: readonly ModelPlan[];
  /** undefined with a remote server that has its own. */
  readonly modelRepository: string | undefined;
  readonly outputModelRepository: { readonly path: string; readonly override: boolean };
  readonly checkpointDirectory: string;
  readonly exportPath: string;
  /** The folder for what was told no other place, which is made for this run; undefined: everything lies elsewhere. */
  readonly home: string | undefined;
  readonly launch: LaunchSettings;
  /** Where triton_server_path stands in perf.yaml; undefined: nowhere. */
  readonly serverPathPlace?: Place | undefined;
  readonly generator: GeneratorSettings;
  /** Seconds between two looks at the server's gauges. */
  readonly monitoringIntervalS: number;
  /** Time for all models together, after which the best so far is reported; undefined = as long as it takes. */
  readonly maxMinutes: number | undefined;
  /** Of the run between two looks at the sentinel, which tells whether the machine is as it was; 0: there are none. */
  readonly sentinelMinutes: number;
  /** Checkpoint directories of earlier runs, whose figures say where to look first. */
  readonly warmStart: readonly string[];
  /** What of earlier sessions is taken over instead of being measured. */
  readonly reuse: ReuseSettings;
  /** Seconds of watching the server without a model (GPU hosts only). */
  readonly serverOnlyS: number;
  readonly reports: ReportSettings;
  /** The run to compare with; undefined: none. */
  readonly baseline: BaselineSettings | undefined;
  /** Address that is told when the run ends. It may be a secret itself. */
  readonly onFinish: string | undefined;
  /** What was asked for and has no effect, in words, for one line each. */
  readonly notes: readonly string[];
}

/** An earlier run to compare with. */
export interface BaselineSettings {
  /** What it is read from. */
  readonly path: string;
  /** As it was written. */
  readonly asked: string;
  /** When the session meant began; undefined: the last one. */
  readonly session: string | undefined;
  /** Conditions of --fail-on, as they were written. */
  readonly failOn: readonly string[];
  readonly failOnUnknown: boolean;
  /** Where in perf.yaml it stands, and the conditions. */
  readonly place: Place | undefined;
  readonly conditionsPlace: Place | undefined;
}

/** What of a journal's earlier sessions is taken over. */
export interface ReuseSettings {
  /** Nothing is: everything is measured anew, beside what is there. */
  readonly fresh: boolean;
  /** Only what is no older; undefined = whatever its age. */
  readonly maxAgeMs: number | undefined;
}

/** What is written after a run. */
export interface ReportSettings {
  /** What there is a file of; none: nothing is written but the journal. */
  readonly formats: readonly OutputFormat[];
  /** What PDFs are made for; A4 where nothing is said. */
  readonly paper?: PaperSize | undefined;
  readonly skipDetailed: boolean;
  readonly numConfigsPerModel: number;
  /** The best of all models together: how many (0 = no page of them), and what they are judged by. */
  readonly acrossModels: { readonly most: number; readonly goal: Criteria };
  /** Plots to draw instead of the usual ones. */
  readonly plots?: readonly PlotSettings[];
  /** Columns of the tables, where others than the usual ones are asked for. */
  readonly fields: Partial<OutputFields>;
  readonly fileNames: { readonly inference: string; readonly gpu: string; readonly server: string };
  /** Exit with a code of its own when no configuration meets the constraints, or when that is not known. */
  readonly failOnUnmetConstraints: boolean;
}
