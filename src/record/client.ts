/** How the client itself fared. */
export interface ClientReport {
  /** What made the load, such as `HTTP/1.1 on raw sockets`. */
  readonly engine: string;
  readonly threads?: number;
  /** Share of the time that the busiest thread had something to do, 0 to 1. */
  readonly busy?: number;
  /** CPU time for one request, microseconds, all threads. */
  readonly cpuUs?: number;
  /** Share of the time that went into collecting garbage. */
  readonly gc?: number;
  /** What it can do against a server that answers at once; only where it was busy enough to ask. */
  readonly floor?: { readonly rate: number; readonly latencyMs: number };
  /** Open loop: how late requests were sent for which there was room, ms; how many were asked for a second, and how many never sent. */
  readonly lateness?: {
    readonly p50: number;
    readonly p99: number;
    /** The lower end of the 95 % interval of the p95; absent where too few were sent. */
    readonly p95Low?: number;
  };
  readonly asked?: number;
  readonly dropped?: number;
  /** Open loop: requests that waited as too many were in flight. */
  readonly waited?: number;
  /** Open loop: as many requests were in flight as may be, so that others waited. */
  readonly full?: boolean;
}

/** Who set the figures of a point. */
export interface Bottleneck {
  readonly who: 'server' | 'client';
  /** Why it is the client, in words; [] for the server. */
  readonly reasons: readonly string[];
}
