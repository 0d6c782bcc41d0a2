import type { Container, ContainerStats } from 'dockerode';
import { within } from '../../ground/timers.ts';
import type { Ports } from '../arguments.ts';
import { type Usage, usageOfGroup } from '../control-group.ts';
import type { Resources, Server } from '../launcher.ts';
import { readTail } from '../log.ts';
import { killsOfGroup } from '../memory-kills.ts';
import { availableMemoryMB } from '../process-group.ts';
import type { Endpoint, TritonClient } from '../triton.ts';
import { tritonApi } from '../triton-api.ts';
import { engineMessage } from './engine.ts';
import { after, ask, type Patience } from './patience.ts';
import { removeContainer } from './start.ts';
import type { MemoryWatch, StartedContainer } from './started-container.ts';

const STOP_GRACE_S = 10;
/** A memory limit above this means that there is none. */
const NO_LIMIT = 2 ** 60;

/** Where a container's server is reached, and how its engine is waited for. */
interface Place {
  readonly host: string;
  readonly ports: Ports;
  readonly logFile: string;
  /** The engine runs on this machine. */
  readonly local: boolean;
  readonly patience: Patience;
  /** Aborted when the run is to end at once. */
  readonly signal: AbortSignal;
}

/** A server in a container. */
export class ContainerServer implements Server {
  readonly triton: TritonClient;
  readonly http: Endpoint;
  readonly grpc: Endpoint;
  readonly metrics: Endpoint;
  readonly shared = false;
  readonly controlled = true;
  readonly ended: Promise<string>;
  readonly #container: Container;
  readonly logFile: string;
  readonly #local: boolean;
  readonly #patience: Patience;
  readonly #signal: AbortSignal;
  readonly #begin: number;
  readonly #forget: () => void;
  readonly #oom: MemoryWatch;
  readonly #pid: number;
  #stopping: Promise<void> | undefined;

  constructor(
    { container, output, oom, pid, begin, forget }: StartedContainer,
    { host, ports, logFile, local, patience, signal }: Place,
  ) {
    this.#container = container;
    this.#oom = oom;
    this.#pid = pid;
    this.logFile = logFile;
    this.#local = local;
    this.#patience = patience;
    this.#signal = signal;
    this.#begin = begin;
    this.#forget = forget;
    this.http = { host, port: ports.http };
    this.grpc = { host, port: ports.grpc };
    this.metrics = { host, port: ports.metrics };
    this.triton = tritonApi({ http: this.http, grpc: ports.grpc ? this.grpc : undefined });
    this.ended = this.#watch(output);
  }

  logTail = (lines: number): string[] => readTail(this.logFile, lines, this.#begin);

  hasModel = async (): Promise<boolean> => true;

  async resources(): Promise<Resources | undefined> {
    // An engine needs a second for each look, in which a short point is over: the kernel is asked where it is ours.
    const usage = this.#local ? usageOfGroup(this.#pid, this.#container.id) : undefined;
    if (usage) return asResources(usage, availableMemoryMB());
    try {
      const stats = await this.#detail('stats', (abortSignal) => {
        const once = { stream: false as const, 'one-shot': true, abortSignal };
        return this.#container.stats(once);
      });
      return resourcesOf(stats, this.#local ? availableMemoryMB() : undefined);
    } catch {
      return undefined;
    }
  }

  async killedForMemory(): Promise<boolean> {
    const state = await this.#state().catch(() => undefined);
    if (this.#oom.killed() || state?.OOMKilled === true) return true;
    // Podman tells of its container's main process only; the kernel counts every one of the container's group.
    return this.#local && (killsOfGroup(this.#pid, this.#container.id) ?? 0) > 0;
  }

  async processes(): Promise<readonly number[] | undefined> {
    if (!this.#local) return undefined;
    try {
      const { Titles, Processes } = await this.#detail<{ Titles: string[]; Processes: string[][] }>(
        'top',
        (abortSignal) => this.#container.top({ abortSignal }),
      );
      const column = Titles.indexOf('PID');
      return column < 0 ? undefined : Processes.map((row) => Number(row[column]));
    } catch {
      return undefined;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose] = (): Promise<void> => this.stop();

  async #watch(output: Promise<void>): Promise<string> {
    const code = await this.#container
      .wait()
      .then(({ StatusCode }: { StatusCode: number }) => StatusCode)
      .catch(() => undefined);
    if (code === undefined) return await this.#whyUnknown();
    await within(this.#patience.detailS * 1000, output);
    const { Error: reason } = (await this.#state().catch(() => undefined)) ?? {};
    // 128 + the number of a signal, as shells count.
    const signal = SIGNALS[code - 128];
    const how = signal ? `was ended by ${signal}` : `exited with code ${code}`;
    return `tritonserver ${how}${reason ? ` (${reason})` : ''}`;
  }

  /** The engine does not tell of the end any more: the container is gone, or the engine is. */
  async #whyUnknown(): Promise<string> {
    try {
      return (await this.#state()) ? 'the engine lost sight of the container' : 'the container was removed';
    } catch (error) {
      return `the container was lost: ${engineMessage(error)}`;
    }
  }

  /** undefined when there is no such container. */
  async #state(): Promise<{ OOMKilled: boolean; Error: string } | undefined> {
    try {
      const inspect = (abortSignal: AbortSignal) => this.#container.inspect({ abortSignal });
      return (await this.#detail('inspect', inspect)).State;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return undefined;
      throw error;
    }
  }

  #detail = <T>(what: string, call: (abortSignal: AbortSignal) => Promise<T>): Promise<T> =>
    ask(what, { seconds: this.#patience.detailS }, call);

  /** Lets the server end in good order, and shortens the wait when the run is to end at once. */
  async #stop(): Promise<void> {
    this.triton.close();
    const { detailS } = this.#patience;
    const limits = { seconds: STOP_GRACE_S + detailS, signal: after(this.#signal, detailS / 2) };
    // 304: it has ended already; 404: it is gone.
    await ask('stop', limits, (abortSignal) => this.#container.stop({ t: STOP_GRACE_S, abortSignal })).catch(
      () => {},
    );
    await within(detailS * 1000, this.ended);
    this.#oom.close();
    if (await removeContainer(this.#container, detailS)) this.#forget();
  }
}

const SIGNALS: Readonly<Record<number, string>> = {
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** The engine's statistics as figures: memory without what the kernel only caches, CPU time of all cores. */
export function resourcesOf(stats: ContainerStats, machineMB: number | undefined): Resources | undefined {
  const { usage, limit, stats: details } = stats.memory_stats ?? {};
  if (usage === undefined) return undefined;
  const cached = details?.total_inactive_file ?? details?.inactive_file ?? 0;
  const limited = limit !== undefined && limit > 0 && limit < NO_LIMIT;
  const usedBytes = usage - cached;
  const cpuS = (stats.cpu_stats?.cpu_usage?.total_usage ?? 0) / 1e9;
  return asResources({ usedBytes, limitBytes: limited ? limit : undefined, cpuS }, machineMB);
}

function asResources({ usedBytes, limitBytes, cpuS }: Usage, machineMB: number | undefined): Resources {
  const left = limitBytes === undefined ? undefined : (limitBytes - usedBytes) / 1e6;
  // Without a limit the engine tells the machine's memory, of which others use some, too.
  const availableMB =
    machineMB === undefined ? left : left === undefined ? machineMB : Math.min(left, machineMB);
  return { usedMB: usedBytes / 1e6, availableMB, cpuS };
}
