/** Everything known at the moment of a failure. */
export interface Evidence {
  readonly step: 'image' | 'create' | 'start' | 'load' | 'inference';
  /** What the program said whose call failed: the engine, Triton's API, the load generator. */
  readonly message: string;
  /** The end of the server's log. */
  readonly log: readonly string[];
  /** How the server ended, if it did. */
  readonly ended?: string | undefined;
  /** A process of the server was killed for lack of memory. */
  readonly killedForMemory?: boolean;
  /** The wait that ran out, seconds. */
  readonly timeoutS?: number;
  /** tma itself is to blame; the log is the stack of what was thrown. */
  readonly bug?: boolean;
}
