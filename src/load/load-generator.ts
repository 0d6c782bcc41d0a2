import type { LoadSettings } from '../config/experiment.ts';
import type { Endpoint, ModelMetadata } from '../server/triton.ts';
import type { LoadPoint } from '../space/space.ts';

/** One point to put load on; `Scrape` is whatever the caller reads from the server between two windows. */
export interface LoadJob<Scrape> {
  /** Where requests go, by the protocol that the settings name. */
  readonly http: Endpoint | undefined;
  readonly grpc?: Endpoint | undefined;
  readonly model: ModelMetadata;
  /** Whether requests carry a batch dimension (max_batch_size above 0). */
  readonly batching: boolean;
  readonly point: LoadPoint;
  readonly settings: LoadSettings;
  /** Called at the edge of every window; its result goes with the windows on both sides. */
  scrape(): Promise<Scrape>;
  readonly signal: AbortSignal;
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

/** Every request that ended in one stretch of time; times in ms of one clock, arrays of equal length. */
export interface Window<Scrape> {
  readonly startMs: number;
  readonly endMs: number;
  readonly samples: Samples;
  readonly failures: Failures;
  readonly before: Scrape;
  readonly after: Scrape;
}

/** Successful requests, an index each: when it ended, how long it took, how much of that was sending and receiving. */
export interface Samples {
  readonly endMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly sendRecvMs: Float64Array;
}

/** Failed requests by their message. */
export type Failures = Readonly<Record<string, number>>;

/** What a generator brings back. */
export interface LoadResult<Scrape> {
  readonly windows: readonly Window<Scrape>[];
  /** Whether the windows that count agree within the rule's stability. */
  readonly stable: boolean;
  /** How many of the last windows count. */
  readonly counted: number;
  readonly warmupS: number;
}

/** Makes load and times it. */
export interface LoadGenerator {
  readonly name: string;
  /**
   * Puts the load of one point on a model until the windows are steady or used up.
   * @throws LoadFailure when requests do not get through.
   */
  run<Scrape>(job: LoadJob<Scrape>): Promise<LoadResult<Scrape>>;
}

/** Load that could not be measured: a result of the point. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}
