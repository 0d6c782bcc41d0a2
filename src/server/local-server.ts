import { closeSync } from 'node:fs';
import { execa } from 'execa';
import { within } from '../ground/timers.ts';
import { type Ports, serverArguments } from './arguments.ts';
import { type Family, watchFamily } from './family.ts';
import type { Guard } from './guard.ts';
import type { LaunchRequest, Server } from './launcher.ts';
import { openLog, readTail } from './log.ts';
import { countKills, killsInKernelLog, wasKilledForMemory } from './memory-kills.ts';
import { killGroup, processesOfGroup, resourcesOfGroup } from './process-group.ts';
import { watchEnvironments } from './python-environments.ts';
import { serverEnvironment } from './server-environment.ts';
import { askToEnd, clearAway, newMark, type Traces } from './traces.ts';
import type { Endpoint } from './triton.ts';
import { tritonApi } from './triton-api.ts';

const LOOPBACK = '127.0.0.1';
const STOP_GRACE_MS = 10_000;
/** A process that the driver of a GPU holds may not even end when it is killed. */
const GIVE_UP_MS = 30_000;
const TAIL_LINES = 100;

/** Starts tritonserver; whether it gets ready is the caller's to see. */
export function startServer(path: string, request: LaunchRequest, ports: Ports, guard: Guard): Server {
  const { descriptor, begin } = openLog(request.logFile);
  const killsBefore = countKills();
  const started = startProcess(path, request, { ports, guard, descriptor });
  const { group, ended } = started;
  const address = (port: number): Endpoint => ({ host: LOOPBACK, port });
  const triton = tritonApi({ http: address(ports.http), grpc: address(ports.grpc) });
  const logTail = (lines: number): string[] => readTail(request.logFile, lines, begin);
  let stopping: Promise<void> | undefined;
  const server: Server = {
    triton,
    http: address(ports.http),
    grpc: address(ports.grpc),
    metrics: address(ports.metrics),
    ended,
    logTail,
    shared: false,
    logFile: request.logFile,
    hasModel: async () => true,
    controlled: true,
    resources: async () => (group === undefined ? undefined : resourcesOfGroup(group)),
    killedForMemory: async () =>
      wasKilledForMemory({
        counted: countKills() > killsBefore,
        told: killsInKernelLog(),
        own: started.seen(),
        lost: started.wasKilled() || logTail(TAIL_LINES).some(tellsOfLostStub),
      }),
    processes: async () => (group === undefined ? undefined : processesOfGroup(group)),
    stop: () => {
      if (!stopping) {
        triton.close();
        stopping = started.stop();
      }
      return stopping;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
  return server;
}

/** The process of a server. */
interface Started {
  /** Its process group; undefined when it could not be started. */
  readonly group: number | undefined;
  /** How it ended, in words; nothing of it is left then. */
  readonly ended: Promise<string>;
  /** Every process that it has had. */
  seen(): ReadonlySet<number>;
  /** Whether somebody else than tma has killed it. */
  wasKilled(): boolean;
  stop(): Promise<void>;
}

function startProcess(
  path: string,
  request: LaunchRequest,
  { ports, guard, descriptor }: { ports: Ports; guard: Guard; descriptor: number },
): Started {
  const mark = newMark();
  const sharedMemory = `tma_${process.pid}_${ports.http}_${mark}_`;
  const left = { mark, sharedMemory, environments: watchEnvironments() };
  guard.watch({ group: 0, ...left });
  const flags = serverArguments(request, { address: LOOPBACK, ports, sharedMemory });
  const child = spawnServer(path, flags, request, { descriptor, mark });
  closeSync(descriptor);
  const group = child.pid;
  const traces: Traces | undefined = group === undefined ? undefined : { group, ...left };
  if (traces) guard.watch(traces);
  else guard.forget(left);
  let running = true;
  let asked = false;
  let wasKilled = false;
  let stuck: string | undefined;
  const onStuck = (what: string): void => {
    stuck = what;
    if (group !== undefined) killGroup(group, 'SIGKILL');
  };
  const family: Family | undefined = group === undefined ? undefined : watchFamily(group, onStuck);
  const ended = child.then(async (result) => {
    running = false;
    wasKilled = result.signal === 'SIGKILL' && !asked && stuck === undefined;
    family?.[Symbol.dispose]();
    if (!traces) return `${path} can't be started: ${result.shortMessage}`;
    await clearAway(traces);
    guard.forget(traces);
    if (stuck !== undefined) return stuck;
    return result.signal
      ? `tritonserver was ended by ${result.signal}`
      : `tritonserver exited with code ${result.exitCode}`;
  });
  return {
    group,
    ended,
    seen: () => family?.seen ?? new Set(),
    wasKilled: () => wasKilled,
    async stop() {
      asked = true;
      if (running && traces) askToEnd(traces);
      const timer = setTimeout(() => group !== undefined && killGroup(group, 'SIGKILL'), STOP_GRACE_MS);
      await within(GIVE_UP_MS, ended);
      clearTimeout(timer);
    },
  };
}

function spawnServer(
  path: string,
  flags: readonly string[],
  request: LaunchRequest,
  { descriptor, mark }: { descriptor: number; mark: string },
) {
  // taskset sets the cores before tritonserver starts, so that it counts only these when it decides on its threads.
  const [command, args] = request.cpus
    ? ['taskset', ['-c', request.cpus, path, ...flags]]
    : [path, [...flags]];
  return execa(command as string, args as string[], {
    // A group of its own, so that Ctrl-C reaches tma only and the whole group can be ended.
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    // A file descriptor of ours; execa's types know the standard ones only.
    stdout: descriptor as 1,
    stderr: descriptor as 2,
    extendEnv: false,
    env: serverEnvironment(request, mark),
  });
}

/** Triton's words for a process of a Python model that has ended. */
const tellsOfLostStub = (line: string): boolean => /stub process .*(not |un)healthy/i.test(line);
