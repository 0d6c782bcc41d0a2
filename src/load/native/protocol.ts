import type { Endpoint } from '../../server/triton.ts';
import type { Failures } from '../load-generator.ts';

/** What a worker starts with. */
export interface WorkerInput {
  readonly endpoint: Endpoint;
  readonly protocol: 'http' | 'grpc';
  /** Whole requests, sent in turn; in shared memory. */
  readonly requests: readonly Uint8Array[];
  readonly concurrency: number;
  /** Two Int32 counters that both threads see, at the positions below. */
  readonly counters: SharedArrayBuffer;
}

export const COMPLETED = 0;
export const FAILED = 1;

/** What a worker hands over at a cut. */
export interface CutMessage {
  readonly startMs: number;
  readonly endMs: number;
  readonly samples: {
    readonly endMs: Float64Array<ArrayBuffer>;
    readonly latencyMs: Float64Array<ArrayBuffer>;
    readonly sendRecvMs: Float64Array<ArrayBuffer>;
  };
  readonly failures: Failures;
}
