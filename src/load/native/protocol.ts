import type { Failures } from '../../record/request-failures.ts';
import type { Endpoint } from '../../server/triton.ts';
import type { Arrivals } from '../../statistics/arrivals.ts';
import type { HistogramData } from '../../statistics/histogram.ts';
import type { Lateness } from './heartbeat.ts';
import type { Http2Options } from './http2/call.ts';
import type { UndiciOptions } from './library/undici-connection.ts';
import type { SequencePatch } from './request.ts';

/** How a worker talks to the server. */
export type EngineSettings =
  | { readonly kind: 'http1'; readonly endpoint: Endpoint }
  | { readonly kind: 'http2'; readonly endpoint: Endpoint; readonly http2: Http2Options }
  | ({ readonly kind: 'undici' } & UndiciOptions)
  | { readonly kind: 'grpc-js'; readonly endpoint: Endpoint; readonly http2: Http2Options };

/** A request to send, its bytes in memory that threads share. */
export interface SharedRequest {
  readonly bytes: Uint8Array;
  readonly sequence?: SequencePatch;
  /** Outputs that the answer must hold, as raw bytes. */
  readonly expected?: readonly ExpectedOutput[];
}

export interface ExpectedOutput {
  readonly name: string;
  readonly datatype: string;
  readonly data: Uint8Array;
}

/** An output as a model declares it, or an answer holds it; -1 = of any size. */
export interface OutputShape {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** Sequences of a stateful model: each slot runs one after the other. */
export interface SequenceSettings {
  /** Requests of a sequence, and by how much of it that varies (0.2 = a fifth); absent: as many as its stream has. */
  readonly length?: number;
  readonly variation: number;
  /** Ids are given out from here on, and again from the first one when `idEnd` is reached. */
  readonly idStart: number;
  readonly idEnd: number;
}

/** Requests in flight, always so many; or requests at their times. */
export type LoadShape =
  | { readonly kind: 'closed'; readonly slots: number }
  | {
      readonly kind: 'open';
      readonly arrivals: Arrivals;
      /** Most requests in flight; what is due then is dropped, or waits. */
      readonly most: number;
      readonly whenFull: 'drop' | 'wait';
    };

/** What a worker starts with. */
export interface WorkerInput {
  readonly engine: EngineSettings;
  /** Streams of requests, sent in turn (sequences take one stream each). */
  readonly streams: readonly (readonly SharedRequest[])[];
  /** What answers are to hold; none where that is not known. */
  readonly outputs: readonly OutputShape[];
  readonly shape: LoadShape;
  readonly sequences: SequenceSettings | undefined;
  readonly seed: number;
  readonly timeoutMs: number;
  /** This thread's place among those that share the load. */
  readonly index: number;
  readonly of: number;
  /** `process.hrtime.bigint()` at the zero of the times handed over. */
  readonly originNs: bigint;
  /** Int32 counters that both threads see, at the positions below. */
  readonly counters: SharedArrayBuffer;
}

export const COMPLETED = 0;
export const FAILED = 1;
/** 1 as soon as a trace has been sent and answered. */
export const EXHAUSTED = 2;
export const COUNTERS = 3;

/** What ended since the last cut, as a worker hands it over; times in ms since the origin. */
export interface CutMessage {
  readonly kind: 'cut';
  readonly startMs: number;
  readonly endMs: number;
  /** From the planned time to the last byte. */
  readonly latency: HistogramData;
  /** Open loop: from the actual send to the last byte. */
  readonly service?: HistogramData;
  /** Open loop: from the planned time to the actual send, of requests that found a free slot. */
  readonly lateness?: HistogramData;
  /** Decoupled: to the first answer, and from each to the next. */
  readonly firstResponse?: HistogramData;
  readonly interResponse?: HistogramData;
  /** Milliseconds spent in sending, and in receiving, over all requests. */
  readonly sendMs: number;
  readonly receiveMs: number;
  /** Bytes of the answers' bodies. */
  readonly bytes: number;
  readonly responses: number;
  readonly sequences: number;
  /** Requests that ended in each millisecond from `startMs` on. */
  readonly bins: Uint32Array<ArrayBuffer>;
  readonly failures: Failures;
  /** Open loop: requests that were never sent as too many were in flight. */
  readonly dropped: number;
  /** Open loop: requests that were sent late as too many were in flight. */
  readonly waited: number;
  /** Requests sent. */
  readonly sent: number;
  readonly client: ClientTimes;
  /** By how much its own clock was late at most. */
  readonly clock: Lateness;
}

/** What the thread did meanwhile, in ms. */
export interface ClientTimes {
  readonly elapsedMs: number;
  /** In the event loop's callbacks, waiting for a due time left out. */
  readonly busyMs: number;
  readonly cpuMs: number;
  readonly gcMs: number;
}

/** What a worker tells: that its load is on, what was asked for, and that it has stopped. */
export type WorkerMessage = CutMessage | { readonly kind: 'started' | 'stopped' };
