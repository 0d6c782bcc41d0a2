import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { LaunchSettings } from '../config/experiment.ts';
import { codeOf, messageOf, userError } from '../errors.ts';
import { Guard } from './guard.ts';
import { type Launcher, type LaunchRequest, type Server, ServerFailure } from './launcher.ts';
import { locateTritonServer } from './locate.ts';
import { decisiveLine, readTail } from './log.ts';
import { fixedPort, freePort } from './ports.ts';
import { endGroup, killGroup, memoryOfGroup, removeSharedMemory } from './process-group.ts';
import { type Endpoint, Triton } from './triton.ts';

const READY_POLL_MS = 50;
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

  async describe() {
    const hash = createHash('sha256').update(readFileSync(this.#path)).digest('hex').slice(0, 16);
    return { path: this.#path, hash };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#launchOnce(request);
      } catch (error) {
        // Between choosing a free port and binding it, somebody else may have taken it.
        const lostPort =
          error instanceof ServerFailure && /address already in use/i.test(error.logTail.join('\n'));
        if (!lostPort || attempt === LAUNCH_ATTEMPTS) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#guard.close();
  }

  async #launchOnce(request: LaunchRequest): Promise<Server> {
    const { ports } = this.#settings;
    const [http, grpc, metrics] = await Promise.all([
      ports.http ? fixedPort(ports.http, 'triton-http-endpoint') : freePort(),
      ports.grpc ? fixedPort(ports.grpc, 'triton-grpc-endpoint') : freePort(),
      ports.metrics ? fixedPort(ports.metrics, 'triton-metrics-url') : freePort(),
    ]);
    const server = startProcess(this.#path, request, this.#settings, { http, grpc, metrics }, this.#guard);
    try {
      await waitUntilReady(server, this.#settings.readyTimeoutS, request);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }
}

type Ports = Readonly<Record<'http' | 'grpc' | 'metrics', number>>;

function startProcess(
  path: string,
  request: LaunchRequest,
  settings: LaunchSettings,
  ports: Ports,
  guard: Guard,
): Server {
  mkdirSync(dirname(request.logFile), { recursive: true });
  const log = openLog(request.logFile);
  // Detached: a group of its own, so that Ctrl-C reaches tma only and the whole group can be ended.
  const child = execa(path, serverArguments(request, ports), {
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    // A file descriptor of ours; execa's types know the standard ones only.
    stdout: log as 1,
    stderr: log as 2,
    extendEnv: false,
    env: serverEnvironment(request.environment, settings.gpus),
  });
  closeSync(log);
  const group = child.pid;
  if (group !== undefined) guard.watch(group, sharedMemoryPrefix(ports));
  let running = true;
  const ended = child.then(async (result) => {
    running = false;
    if (group !== undefined) await endGroup(group);
    removeSharedMemory(sharedMemoryPrefix(ports));
    if (group !== undefined) guard.forget(group);
    if (group === undefined) return `${path} can't be started: ${result.shortMessage}`;
    return result.signal
      ? `tritonserver was ended by ${result.signal}`
      : `tritonserver exited with code ${result.exitCode}`;
  });
  const address = (port: number): Endpoint => ({ host: '127.0.0.1', port });
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
    metrics: address(ports.metrics),
    ended,
    logTail: (lines) => readTail(request.logFile, lines),
    memory: () => (group === undefined ? undefined : memoryOfGroup(group)),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
  return server;
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw userError(
      `cannot write the server's log ${file}: ${messageOf(error)}`,
      codeOf(error) === 'ENOSPC' ? 'free some space' : undefined,
    );
  }
}

/** tma's flags, then the user's over them; names with `_` or `-`. */
export function serverArguments(request: LaunchRequest, ports: Ports): string[] {
  const flags = new Map<string, string>([
    ['model-repository', request.modelRepository],
    ['model-control-mode', 'explicit'],
    ['http-address', '127.0.0.1'],
    ['grpc-address', '127.0.0.1'],
    ['metrics-address', '127.0.0.1'],
    ['http-port', String(ports.http)],
    ['grpc-port', String(ports.grpc)],
    ['metrics-port', String(ports.metrics)],
    ['metrics-interval-ms', '500'],
    // Nothing is in flight when a server is stopped; without it the server waits by whole seconds.
    ['exit-timeout-secs', '0'],
  ]);
  for (const [name, value] of Object.entries(request.flags)) {
    flags.set(name.replace(/^--/, '').replaceAll('_', '-'), value);
  }
  const list = [...flags].map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`));
  // A Python model's shared memory, findable by us when its interpreter was not left the time to free it.
  list.push(`--backend-config=python,shm-region-prefix-name=${sharedMemoryPrefix(ports)}`);
  const decided = flags.has('strict-model-config') || flags.has('disable-auto-complete-config');
  return request.autoComplete || decided ? list : [...list, '--disable-auto-complete-config'];
}

/** tma's own environment, the user's over it with `$NAME` replaced, and the GPUs the server may see. */
function serverEnvironment(
  user: Readonly<Record<string, string>>,
  gpus: readonly string[] | undefined,
): NodeJS.ProcessEnv {
  const expand = (value: string): string =>
    value.replace(/\$(\w+|\{\w+\})/g, (_match, name: string) => process.env[name.replace(/[{}]/g, '')] ?? '');
  const given = Object.entries(user).map(([name, value]) => [name, expand(value)]);
  return {
    ...process.env,
    ...(gpus && { CUDA_VISIBLE_DEVICES: gpus.join(',') }),
    ...Object.fromEntries(given),
  };
}

async function waitUntilReady(server: Server, timeoutS: number, { signal }: LaunchRequest): Promise<void> {
  const deadline = performance.now() + timeoutS * 1000;
  let end: string | undefined;
  void server.ended.then((reason) => {
    end = reason;
  });
  for (;;) {
    signal.throwIfAborted();
    if (await server.triton.isReady()) return;
    const tail = server.logTail(20);
    if (end !== undefined) {
      const line = decisiveLine(tail);
      throw new ServerFailure(`${end} before it was ready${line ? `: ${line}` : ''}`, tail);
    }
    if (performance.now() > deadline) {
      throw new ServerFailure(`tritonserver was not ready after ${timeoutS} s`, tail);
    }
    await sleep(READY_POLL_MS, undefined, { signal });
  }
}

/** A port belongs to one server at a time, so this names its shared memory. */
const sharedMemoryPrefix = ({ http }: Ports): string => `tma_${process.pid}_${http}_`;
