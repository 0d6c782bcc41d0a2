import type { ContainerOptions } from '../config/docker-args.ts';
import type { GpuChoice } from '../config/experiment.ts';
import type { ServerFlags } from '../config/server-flags.ts';
import type { Evidence } from './evidence.ts';
import { classify, type Failure } from './failure.ts';
import type { Endpoint, TritonClient } from './triton.ts';

/** What a launcher starts: one server without a model, explicit model control. */
export interface LaunchRequest {
  /** The variant it is for: part of the name of a container. */
  readonly name: string;
  /** undefined when a remote server has its own. */
  readonly modelRepository: string | undefined;
  /** Where the server's output goes; appended to. */
  readonly logFile: string;
  /** tritonserver's flags beside tma's own; the user's win. */
  readonly flags: ServerFlags;
  readonly environment: Readonly<Record<string, string>>;
  readonly container: ContainerOptions;
  readonly gpus: GpuChoice;
  /** Cores that the server may use, `0-3,8`; undefined = all. */
  readonly cpus: string | undefined;
  /** Folder that the server may keep built engines in. */
  readonly cacheDirectory: string | undefined;
  readonly signal: AbortSignal;
}

/** Where servers come from. */
export interface Launcher {
  readonly name: string;
  /**
   * Makes ready what all launches share: an image pulled, leftovers of a killed tma removed. Answers what runs: the
   * path of a program or the name of an image, and a hash that changes with it.
   * @throws UserError when nothing can be launched.
   */
  prepare(need: Preparation): Promise<ServerIdentity>;
  /**
   * Starts a server and waits until it is ready.
   * @throws ServerFailure when it does not get ready, UserError when it can't be started at all.
   */
  launch(request: LaunchRequest): Promise<Server>;
  /** Ends what the launcher keeps running beside the servers, and leaves a server of somebody else's as it was. */
  close(leaving?: Leaving): Promise<void>;
}

/** How a launcher is left. */
export interface Leaving {
  /** Aborted: what is not put back by now stays as it is. */
  readonly signal?: AbortSignal | undefined;
  /** Something worth one line: what could not be put back. */
  onNote?(text: string): void;
}

/** What a model's servers need before the first of them starts. */
export interface Preparation {
  readonly model: string;
  readonly container: ContainerOptions;
  /** Something worth one line, also the progress of something long. */
  onNote(text: string): void;
  readonly signal: AbortSignal;
}

/** A running server. Stopping twice is harmless. */
export interface Server extends AsyncDisposable {
  readonly triton: TritonClient;
  /** Where it takes inference requests; undefined for a protocol that it is not known to speak. */
  readonly http: Endpoint | undefined;
  readonly grpc: Endpoint | undefined;
  readonly metrics: Endpoint | undefined;
  /** Set where there is no server, but a library that whoever makes the load has in its own process. */
  readonly inProcess?: InProcess;
  /**
   * Whether other variants run on it before or after: then a model is unloaded when its variant is done, and
   * memory figures hold what others left.
   */
  readonly shared: boolean;
  /** Whether tma may load and unload models on it. */
  readonly controlled: boolean;
  /** Resolves with the reason when the server ends, whoever ended it. */
  readonly ended: Promise<string>;
  /** Set where tma cannot see its end, as it runs elsewhere: `ended` never resolves. */
  readonly endsUnseen?: true;
  /** Where its output goes; undefined where that is not ours to see. */
  readonly logFile: string | undefined;
  /** The last lines of its log. */
  logTail(lines: number): string[];
  /** What the server alone uses now; undefined where that is not known. */
  resources(): Promise<Resources | undefined>;
  /** Whether it sees the files of a model; those of one that it does not see are sent to it. */
  hasModel(model: string): Promise<boolean>;
  /** Whether one of its processes was killed for lack of memory since it started. */
  killedForMemory(): Promise<boolean>;
  /** Process ids of the server, as the machine counts them; undefined where they can't be known. */
  processes(): Promise<readonly number[] | undefined>;
  stop(): Promise<void>;
}

/** Triton as a library, and how it is to be loaded. */
export interface InProcess {
  /** Folder with lib/libtritonserver.so and backends/. */
  readonly installation: string;
  readonly modelRepository: string;
  /** The environment of the process; `environmentScript` completes it, and runs what stands behind it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly environmentScript: string | undefined;
  /** Where Triton's own words belong. */
  readonly logFile: string;
  /** Seconds that loading the model may take. */
  readonly loadTimeoutS: number;
  /** Has the process group of whoever loads it ended when tma is killed; answers how to say that it has ended. */
  guard(processGroup: number): () => void;
  /** To be called when it can't be loaded, or the model can't: no other load will do better. */
  onDead(reason: string): void;
}

/** Memory in MB (10^6 bytes) and CPU time since the start in seconds. */
export interface Resources {
  readonly usedMB: number;
  /** What the machine, or the container's limit, has left. */
  readonly availableMB: number | undefined;
  readonly cpuS: number;
}

/** A server that did not start, did not load a model, or died: a result, not a mistake of the user's. */
export class ServerFailure extends Error {
  readonly failure: Failure;
  readonly logTail: readonly string[];

  constructor(evidence: Evidence) {
    const failure = classify(evidence);
    super(failure.cause);
    this.name = 'ServerFailure';
    this.failure = failure;
    this.logTail = evidence.log;
  }
}

export interface ServerIdentity {
  readonly path: string;
  readonly hash: string;
  /** Whether it has GPUs, as far as it tells; the driver knows of those of this machine. */
  readonly gpus?: boolean;
  /** A hash of the packages that models with code in Python find, where that is no part of `hash`; undefined: no Python. */
  readonly packages?: () => Promise<string | undefined>;
}
