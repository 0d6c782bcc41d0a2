import type { LoadSettings } from '../config/experiment.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { ClientReport } from '../record/client.ts';
import type { Constraint } from '../record/goal.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Beyond, HostStalls } from '../record/measurement.ts';
import type { Failures } from '../record/request-failures.ts';
import type { InProcess } from '../server/launcher.ts';
import type { Endpoint, ModelMetadata, TritonClient } from '../server/triton.ts';
import type { Interval } from '../statistics/intervals.ts';

/** A model that the server has loaded. */
export interface LoadedModel {
  readonly metadata: ModelMetadata;
  /** In effect on the server; {} where it is not known. */
  readonly config: ModelConfig;
}

/** One point to put load on; `Scrape` is whatever the caller reads from the server while it is measured. */
export interface LoadJob<Scrape> {
  /** Where requests go, by the protocol that the settings name. */
  readonly http: Endpoint | undefined;
  readonly grpc?: Endpoint | undefined;
  readonly metrics?: Endpoint | undefined;
  /** Instead of endpoints: a library to load. */
  readonly inProcess?: InProcess | undefined;
  /** The models that the streams of the point name. */
  readonly models: readonly [LoadedModel, ...LoadedModel[]];
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  /** Limits on which it depends whether the point matters; see `judgeOf`. */
  readonly matters?: readonly Constraint[] | undefined;
  /** Limits of which is counted how many requests are beyond them. */
  readonly limits?: readonly Constraint[] | undefined;
  /** Reads from the server what the caller wants to know of it; called at the beginning and the end of each window. */
  scrape(): Promise<Scrape>;
  /** The server's API, for shared memory to be registered; absent where that can't be. */
  readonly triton?: TritonClient | undefined;
  readonly signal: AbortSignal;
  /**
   * When the load has to be over, in ms of `performance.now()`: what was measured by then is the result, if it is
   * enough to be one.
   */
  readonly deadlineMs?: number | undefined;
  /** Called when a window has closed. */
  onWindow?(window: WindowSummary): void;
}

/** A closed window in two numbers, for whoever watches. */
export interface WindowSummary {
  /** Inferences a second. */
  readonly throughput: number;
  /** The latency that must be steady, ms. */
  readonly latencyMs: number;
}

/** What a generator brings back. */
export interface LoadResult<Scrape> {
  /** Metric tag -> value, as far as a client can tell. */
  readonly values: Readonly<Record<string, number>>;
  /** Metric tag -> 95 % interval, for those that have one. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** By the metrics of the job's limits on percentiles; absent where the generator does not count. */
  readonly beyond?: Readonly<Record<string, Beyond>> | undefined;
  /** Requests the values are made of, and those that failed meanwhile. */
  readonly requests: number;
  readonly failures: Failures;
  readonly durationS: number;
  readonly warmupS: number;
  /** Windows measured, and how many of them count: those behind the warm-up in which the host did not stand still. */
  readonly windows: number;
  readonly counted: number;
  /** Whether the rule that ends a point was met before its time was up. */
  readonly stable: boolean;
  /** Read from the server at the edges of the windows that count, in their order; two at least. */
  readonly edges: readonly Scrape[];
  readonly client: ClientReport;
  /** That the host stood still, where something told so. */
  readonly stalls?: HostStalls | undefined;
  /** What a reader should know before trusting it. */
  readonly warnings: readonly string[];
}

/** Makes load and times it. */
export interface LoadGenerator {
  readonly name: string;
  /** Its version, where it is a program that is not tma's. */
  readonly version?: string;
  /**
   * Puts the load of one point on a model until what it brings is sure enough or its time is up.
   * It ends by itself, whatever the server does, and at once when it is aborted.
   * @throws LoadFailure when requests do not get through.
   */
  run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>>;
}

/** The class of a load that had to end before it had brought anything. */
export const TIME_IS_UP = 'time is up';

/** Load that could not be measured: a result of the point. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
  /** The class of most failed requests, where requests failed; or that the time was up. */
  readonly class: string | undefined;

  constructor(message: string, failureClass?: string) {
    super(message);
    this.class = failureClass;
  }
}
