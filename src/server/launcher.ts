import type { Endpoint, Triton } from './triton.ts';

/** What a launcher starts: one server without a model, explicit model control. */
export interface LaunchRequest {
  readonly modelRepository: string;
  /** Where the server's output goes; appended to. */
  readonly logFile: string;
  /** tritonserver's flags beside tma's own; the user's win. */
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Let the server complete configurations. */
  readonly autoComplete: boolean;
  readonly signal: AbortSignal;
}

/** Where servers come from. */
export interface Launcher {
  readonly name: string;
  /** What runs: the path of a program or the name of an image, and a hash that changes with it. */
  describe(): Promise<ServerIdentity>;
  /**
   * Starts a server and waits until it is ready.
   * @throws ServerFailure when it does not get ready, UserError when it can't be started at all.
   */
  launch(request: LaunchRequest): Promise<Server>;
  /** Ends what the launcher keeps running beside the servers. */
  close(): Promise<void>;
}

/** A running server. Stopping twice is harmless. */
export interface Server extends AsyncDisposable {
  readonly triton: Triton;
  readonly http: Endpoint;
  readonly metrics: Endpoint;
  /** Resolves with the reason when the server ends, whoever ended it. */
  readonly ended: Promise<string>;
  /** The last lines of its log. */
  logTail(lines: number): string[];
  /** Memory of the server alone, and what the machine has left, in MB (10^6); undefined where not known. */
  memory(): { readonly usedMB: number; readonly availableMB: number } | undefined;
  stop(): Promise<void>;
}

/** A server that did not start, did not load a model, or died: a result, not a mistake of the user's. */
export class ServerFailure extends Error {
  readonly logTail: readonly string[];

  constructor(cause: string, logTail: readonly string[]) {
    super(cause);
    this.name = 'ServerFailure';
    this.logTail = logTail;
  }
}

export interface ServerIdentity {
  readonly path: string;
  readonly hash: string;
}
