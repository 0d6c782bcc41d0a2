import { createHash } from 'node:crypto';
import { closeSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import type { GpuChoice, LaunchSettings } from '../config/experiment.ts';
import { cacheEnvironment, expandEnvironment, type Ports, serverArguments } from './arguments.ts';
import { Guard } from './guard.ts';
import { type Launcher, type LaunchRequest, type Server, ServerFailure } from './launcher.ts';
import { locateTritonServer } from './locate.ts';
import { openLog, readTail } from './log.ts';
import { choosePorts } from './ports.ts';
import {
  endGroup,
  killGroup,
  memoryKills,
  processesOfGroup,
  removeSharedMemory,
  resourcesOfGroup,
} from './process-group.ts';
import { whenReady } from './ready.ts';
import { type Endpoint, Triton } from './triton.ts';

const LOOPBACK = '127.0.0.1';
const STOP_GRACE_MS = 10_000;
const LAUNCH_ATTEMPTS = 3;

/** Runs tritonserver as a process of this machine, bound to the loopback address only. */
export class LocalLauncher implements Launcher {
  readonly name = 'local';
  readonly #settings: LaunchSettings;
  readonly #path: string;
  readonly #guard = new Guard();

  /** @throws UserError when there is no tritonserver. */
  constructor(settings: LaunchSettings) {
    this.#settings = settings;
    this.#path = locateTritonServer(settings.serverPath);
  }

  async prepare() {
    const hash = createHash('sha256').update(readFileSync(this.#path)).digest('hex').slice(0, 16);
    return { path: this.#path, hash };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#launchOnce(request);
      } catch (error) {
        // Between choosing a free port and binding it, somebody else may have taken it.
        const lostPort = error instanceof ServerFailure && error.failure.kind === 'port taken';
        if (!lostPort || attempt === LAUNCH_ATTEMPTS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#guard.close();
  }

  async #launchOnce(request: LaunchRequest): Promise<Server> {
    const ports = await choosePorts(this.#settings.ports);
    const server = startProcess(this.#path, request, ports, this.#guard);
    return await whenReady(server, this.#settings.readyTimeoutS, request.signal);
  }
}

function startProcess(path: string, request: LaunchRequest, ports: Ports, guard: Guard): Server {
  const log = openLog(request.logFile);
  // Detached: a group of its own, so that Ctrl-C reaches tma only and the whole group can be ended.
  const sharedMemory = sharedMemoryPrefix(ports);
  const flags = serverArguments(request, { address: LOOPBACK, ports, sharedMemory });
  // The cores are taken before tritonserver starts, so that it counts only these.
  const [command, args] = request.cpus ? ['taskset', ['-c', request.cpus, path, ...flags]] : [path, flags];
  const child = execa(command as string, args as string[], {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    // A file descriptor of ours; execa's types know the standard ones only.
    stdout: log as 1,
    stderr: log as 2,
    extendEnv: false,
    env: serverEnvironment(request),
  });
  closeSync(log);
  const group = child.pid;
  const killsBefore = memoryKills();
  if (group !== undefined) guard.watch(group, sharedMemory);
  let running = true;
  const ended = child.then(async (result) => {
    running = false;
    if (group !== undefined) await endGroup(group);
    removeSharedMemory(sharedMemory);
    if (group !== undefined) guard.forget(group);
    if (group === undefined) return `${path} can't be started: ${result.shortMessage}`;
    return result.signal
      ? `tritonserver was ended by ${result.signal}`
      : `tritonserver exited with code ${result.exitCode}`;
  });
  const address = (port: number): Endpoint => ({ host: LOOPBACK, port });
  const triton = new Triton(address(ports.http));
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    triton.close();
    if (running && group !== undefined) killGroup(group, 'SIGTERM');
    const timer = setTimeout(() => group !== undefined && killGroup(group, 'SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(timer);
  };
  const server: Server = {
    triton,
    http: address(ports.http),
    grpc: address(ports.grpc),
    metrics: address(ports.metrics),
    ended,
    logTail: (lines) => readTail(request.logFile, lines),
    shared: false,
    logFile: request.logFile,
    hasModel: async () => true,
    controlled: true,
    resources: async () => (group === undefined ? undefined : resourcesOfGroup(group)),
    killedForMemory: async () => memoryKills() > killsBefore,
    processes: async () => (group === undefined ? undefined : processesOfGroup(group)),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
  return server;
}

/** tma's own environment, the user's over it, and the GPUs the server may see. */
export const serverEnvironment = ({
  environment,
  gpus,
  cacheDirectory,
}: LaunchRequest): NodeJS.ProcessEnv => ({
  ...process.env,
  ...visibleDevices(gpus),
  ...cacheEnvironment(cacheDirectory),
  ...expandEnvironment(environment),
});

function visibleDevices(gpus: GpuChoice): Record<string, string> {
  switch (gpus.kind) {
    case 'all':
      return {};
    case 'count':
      return { CUDA_VISIBLE_DEVICES: Array.from({ length: gpus.count }, (_, index) => index).join(',') };
    case 'ids':
      return { CUDA_VISIBLE_DEVICES: gpus.ids.join(',') };
  }
}

/** A port belongs to one server at a time, so this names its shared memory. */
const sharedMemoryPrefix = ({ http }: Ports): string => `tma_${process.pid}_${http}_`;
