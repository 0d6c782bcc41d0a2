import { createWriteStream } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import { ServerFailure } from '../launcher.ts';
import { openLog } from '../log.ts';
import { publishedPorts } from './container.ts';
import { engineMessage } from './engine.ts';
import { ask, type Limits, type Patience } from './patience.ts';
import type { MemoryWatch, StartedContainer } from './started-container.ts';

/** How an engine is waited for, and who sees to a container when tma is killed. */
interface Care {
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** Called once there is a container; answers how to say that it is gone. */
  guard(id: string): () => void;
}

/**
 * Creates and starts a container, its output going to a log from the first line on.
 * @throws ServerFailure with the engine's reason; nothing of the container is left then.
 */
export async function startContainer(
  docker: Docker,
  spec: Docker.ContainerCreateOptions,
  logFile: string,
  { patience, signal, guard }: Care,
): Promise<StartedContainer> {
  const { descriptor, begin } = openLog(logFile);
  const log = createWriteStream('', { fd: descriptor });
  const limits: Limits = { seconds: patience.callS, signal };
  let container: Container | undefined;
  let forget = (): void => {};
  let stream: NodeJS.ReadWriteStream | undefined;
  let oom: MemoryWatch | undefined;
  try {
    const made = await ask('create', limits, (abortSignal) =>
      docker.createContainer({ ...spec, abortSignal }),
    );
    container = made;
    forget = guard(made.id);
    stream = await ask('attach', limits, (abortSignal) =>
      made.attach({ stream: true, stdout: true, stderr: true, abortSignal }),
    );
    docker.modem.demuxStream(stream, log, log);
    const output = finished(stream)
      .catch(() => {})
      .then(() => new Promise<void>((resolve) => log.end(resolve)));
    oom = await watchMemoryKills(docker, made.id, limits);
    await ask('start', limits, (abortSignal) => made.start({ abortSignal }));
    return { container, output, oom, begin, forget, ...(await placeOf(made, limits)) };
  } catch (error) {
    // What stays open would keep tma from ending.
    oom?.close();
    (stream as Duplex | undefined)?.destroy();
    log.end();
    if (container && (await removeContainer(container, patience.detailS))) forget();
    if (!container) await removeByName(docker, spec.name, patience.detailS);
    signal.throwIfAborted();
    throw new ServerFailure({ step: 'create', message: engineMessage(error), log: [] });
  }
}

/** Also one that still runs; what does not go now goes when the next tma starts. */
export const removeContainer = (container: Container, seconds: number): Promise<unknown> =>
  ask('remove', { seconds }, (abortSignal) => container.remove({ force: true, v: true, abortSignal })).catch(
    () => {},
  );

/** An engine that did not answer in time may have made the container all the same. */
async function removeByName(docker: Docker, name: string | undefined, seconds: number): Promise<void> {
  if (name !== undefined) await removeContainer(docker.getContainer(name), seconds);
}

/**
 * Tells when a process of a container is killed for lack of memory: the engine itself tells it in a container's
 * state only once its main process has ended.
 */
async function watchMemoryKills(docker: Docker, id: string, limits: Limits): Promise<MemoryWatch> {
  const events = await ask('events', limits, (abortSignal) =>
    docker.getEvents({ filters: { container: [id], event: ['oom'] }, abortSignal }),
  ).catch(() => undefined);
  let killed = false;
  events?.on('data', () => {
    killed = true;
  });
  events?.on('error', () => {});
  return {
    killed: () => killed,
    close: () => (events as Readable | undefined)?.destroy(),
  };
}

/** Where the engine has put a container's ports, and its main process; one that has ended already has neither. */
async function placeOf(
  container: Container,
  limits: Limits,
): Promise<Pick<StartedContainer, 'published' | 'pid'>> {
  const { NetworkSettings, State } = await ask('inspect', limits, (abortSignal) =>
    container.inspect({ abortSignal }),
  );
  return { published: publishedPorts(NetworkSettings.Ports ?? {}), pid: State.Pid };
}
