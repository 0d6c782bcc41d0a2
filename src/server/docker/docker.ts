import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import type { GpuChoice, LaunchSettings } from '../../config/experiment.ts';
import { userError } from '../../errors.ts';
import { ownerOf } from '../../owner.ts';
import { counted } from '../../wording.ts';
import { listGpus } from '../gpu/list.ts';
import {
  type Launcher,
  type LaunchRequest,
  type Preparation,
  type Server,
  ServerFailure,
} from '../launcher.ts';
import { openLog } from '../log.ts';
import { checkPorts, choosePorts } from '../ports.ts';
import { whenReady } from '../ready.ts';
import {
  type ContainerPlan,
  containerName,
  containerSpec,
  type Network,
  publishedPorts,
} from './container.ts';
import { connect, type Engine, engineError, engineMessage, locateEngine } from './engine.ts';
import { type DeviceRequest, deviceRequests, type GpuPassing, gpuPassing } from './gpus.ts';
import { ensureImage } from './image.ts';
import { LABEL, removeLeftovers } from './leftovers.ts';
import { type OwnContainer, ownContainer } from './own-container.ts';
import { ContainerServer, type MemoryWatch, type StartedContainer } from './server.ts';

const NO_GPU: GpuChoice = { kind: 'ids', ids: [] };

/** What the engine told about itself. */
interface Facts {
  readonly own: OwnContainer | undefined;
  readonly passing: GpuPassing;
}

/** Runs a container per server on a Docker (or Podman) engine. */
export class DockerLauncher implements Launcher {
  readonly name = 'docker';
  readonly #settings: LaunchSettings;
  readonly #engine: Engine;
  readonly #run = randomBytes(4).toString('hex');
  #facts: Facts | undefined;
  /** GPUs were asked for by default only, and the engine has no way to give one. */
  #withoutGpus = false;
  #count = 0;
  #note: (text: string) => void = () => {};

  /** @throws UserError when there is no engine to talk to. */
  constructor(settings: LaunchSettings) {
    this.#settings = settings;
    this.#engine = connect(locateEngine());
  }

  async prepare({ container, onNote }: Preparation) {
    this.#note = onNote;
    const { docker } = this.#engine;
    if (!this.#facts) {
      this.#facts = await this.#learn();
      const removed = await removeLeftovers(docker);
      if (removed > 0) onNote(`removed ${counted(removed, 'container')} that an earlier tma left behind`);
    }
    const image = container.image ?? this.#settings.docker.image;
    const id = await ensureImage(docker, image, { platform: container.platform, onProgress: onNote });
    return { path: image, hash: id.replace('sha256:', '').slice(0, 16) };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    this.#facts ??= await this.#learn();
    const facts = this.#facts;
    const wanted = this.#withoutGpus ? NO_GPU : request.gpus;
    try {
      return await this.#launchWith({ ...request, gpus: wanted }, facts);
    } catch (error) {
      const noGpus = error instanceof ServerFailure && error.failure.kind === 'no such device';
      // `all` is what is asked for when nothing is said: without any GPU that means none.
      if (!noGpus || wanted.kind !== 'all' || error.logTail.length > 0) throw error;
      this.#withoutGpus = true;
      this.#note(`the engine gives no GPU to containers (${error.message}): servers run without`);
      return await this.#launchWith({ ...request, gpus: NO_GPU }, facts);
    }
  }

  async close(): Promise<void> {}

  async #learn(): Promise<Facts> {
    const { docker, address } = this.#engine;
    try {
      const own = await ownContainer(docker);
      return { own, passing: gpuPassing(await docker.info()) };
    } catch (error) {
      throw engineError(
        `the Docker engine at ${address.url} (by ${address.saidBy}) can't be used`,
        'create',
        error,
      );
    }
  }

  #network(request: LaunchRequest, { own }: Facts): Network {
    const asked = request.container.networkMode;
    if (asked === 'host') return { kind: 'joined', name: 'host' };
    if (asked === 'none' || asked?.startsWith('container:')) {
      throw userError(
        `triton_docker_args: a server in the network "${asked}" can't be reached`,
        'write host, bridge or the name of a network',
      );
    }
    // Beside tma in its own container: the loopback address of one is that of the other.
    if (own && asked === undefined) return { kind: 'joined', name: `container:${own.id}` };
    const address = this.#settings.docker.publishAddress;
    if (this.#engine.host !== undefined && /^(127\.|localhost$|::1$)/.test(address)) {
      throw userError(
        `the engine runs on ${this.#engine.host}: what its containers publish on ${address} can't be reached from here`,
        'give an address of that host with --triton-docker-publish-address, or run tma there',
      );
    }
    return { kind: 'published', name: asked, address };
  }

  async #launchWith(request: LaunchRequest, facts: Facts): Promise<Server> {
    const { docker, host } = this.#engine;
    const network = this.#network(request, facts);
    const { container } = request;
    const joined = network.kind === 'joined';
    const fixed = this.#settings.ports;
    // Ports of this machine are looked at beforehand, for a clear word; free ones the engine finds by itself.
    if (!joined && host === undefined) await checkPorts(fixed);
    const wanted = joined ? await choosePorts(fixed) : fixed;
    const plan: ContainerPlan = {
      image: container.image ?? this.#settings.docker.image,
      name: containerName(container.name ?? 'tma', this.#run, String(++this.#count), request.name),
      labels: {
        [LABEL.run]: this.#run,
        [LABEL.variant]: request.name,
        [LABEL.owner]: ownerOf(),
        ...(facts.own && { [LABEL.container]: facts.own.id }),
      },
      network,
      ports: wanted,
      devices: await this.#devices(request, facts),
      hostPath: (path) => facts.own?.hostPath(path) ?? path,
    };
    const spec = containerSpec(request, plan);
    const running = await start(docker, spec, openLogStream(request.logFile));
    const server = new ContainerServer(running, {
      host: joined ? '127.0.0.1' : reachable(network.address, host),
      // In a joined network nothing is published, and all three were chosen by us.
      ports: { ...running.published, ...wanted },
      logFile: request.logFile,
      local: host === undefined,
    });
    return await whenReady(server, this.#settings.readyTimeoutS, request.signal);
  }

  async #devices({ gpus }: LaunchRequest, { passing }: Facts): Promise<DeviceRequest[]> {
    const known = passing.by === 'cdi' && gpus.kind === 'ids' ? await listGpus() : [];
    return deviceRequests(gpus, passing, known);
  }
}

/**
 * Tells when a process of a container is killed for lack of memory: the engine itself tells it in a container's
 * state only once its main process has ended.
 */
async function watchMemoryKills(docker: Docker, id: string): Promise<MemoryWatch> {
  const events = await docker
    .getEvents({ filters: { container: [id], event: ['oom'] } })
    .catch(() => undefined);
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
async function placeOf(container: Container): Promise<Pick<StartedContainer, 'published' | 'pid'>> {
  const { NetworkSettings, State } = await container.inspect();
  return { published: publishedPorts(NetworkSettings.Ports ?? {}), pid: State.Pid };
}

/** The address to call for ports published on another one. */
const reachable = (published: string, engineHost: string | undefined): string =>
  published === '0.0.0.0' || published === '::' ? (engineHost ?? '127.0.0.1') : published;

const openLogStream = (file: string) => createWriteStream('', { fd: openLog(file).descriptor });

/**
 * Creates and starts a container, its output going to `log` from the first line on.
 * @throws ServerFailure with the engine's reason; nothing of the container is left then.
 */
async function start(
  docker: Docker,
  spec: Docker.ContainerCreateOptions,
  log: NodeJS.WritableStream,
): Promise<StartedContainer> {
  let container: Container | undefined;
  let stream: NodeJS.ReadWriteStream | undefined;
  let oom: MemoryWatch | undefined;
  try {
    container = await docker.createContainer(spec);
    stream = await container.attach({ stream: true, stdout: true, stderr: true });
    docker.modem.demuxStream(stream, log, log);
    const output = finished(stream)
      .catch(() => {})
      .then(() => new Promise<void>((resolve) => log.end(resolve)));
    oom = await watchMemoryKills(docker, container.id);
    await container.start();
    return { container, output, oom, ...(await placeOf(container)) };
  } catch (error) {
    // What stays open would keep tma from ending.
    oom?.close();
    (stream as Duplex | undefined)?.destroy();
    log.end();
    await container?.remove({ force: true, v: true }).catch(() => {});
    throw new ServerFailure({ step: 'create', message: engineMessage(error), log: [] });
  }
}
