import { randomBytes } from 'node:crypto';
import type { GpuChoice, LaunchSettings } from '../../config/experiment.ts';
import { userError } from '../../ground/errors.ts';
import { ownerOf } from '../../ground/owner.ts';
import { counted } from '../../ground/wording.ts';
import { listGpus } from '../gpu/list.ts';
import { Guard } from '../guard.ts';
import {
  type Launcher,
  type LaunchRequest,
  type Preparation,
  type Server,
  ServerFailure,
} from '../launcher.ts';
import { checkPorts, choosePorts } from '../ports.ts';
import { whenReady } from '../ready.ts';
import { type ContainerPlan, containerName, containerSpec, type Network } from './container.ts';
import { connect, type Engine, engineError, locateEngine } from './engine.ts';
import { type DeviceRequest, deviceRequests, type GpuPassing, gpuPassing } from './gpus.ts';
import { ensureImage } from './image.ts';
import { LABEL, removeLeftovers } from './leftovers.ts';
import { type OwnContainer, ownContainer } from './own-container.ts';
import { ask, PATIENCE, type Patience } from './patience.ts';
import { ContainerServer } from './server.ts';
import { startContainer } from './start.ts';

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
  readonly #patience: Patience;
  readonly #guard = new Guard();
  #facts: Facts | undefined;
  /** Set once the engine turned out to have no way to give GPUs that nobody asked for by name. */
  #withoutGpus = false;
  #count = 0;
  #note: (text: string) => void = () => {};

  /** @throws UserError when there is no engine to talk to. */
  constructor(settings: LaunchSettings, patience: Patience = PATIENCE) {
    this.#settings = settings;
    this.#patience = patience;
    this.#engine = connect(locateEngine());
  }

  async prepare({ container, onNote, signal }: Preparation) {
    this.#note = onNote;
    const { docker } = this.#engine;
    const patience = this.#patience;
    if (!this.#facts) {
      this.#facts = await this.#learn(signal);
      const removed = await removeLeftovers(docker, { seconds: patience.callS, signal });
      if (removed > 0) onNote(`removed ${counted(removed, 'container')} that an earlier tma left behind`);
    }
    const image = container.image ?? this.#settings.docker.image;
    const { platform } = container;
    const id = await ensureImage(docker, image, { platform, onProgress: onNote, patience, signal });
    return { path: image, hash: id.replace('sha256:', '').slice(0, 16) };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    this.#facts ??= await this.#learn(request.signal);
    const facts = this.#facts;
    const wanted = this.#withoutGpus ? NO_GPU : request.gpus;
    try {
      return await this.#launchWith({ ...request, gpus: wanted }, facts);
    } catch (error) {
      const noGpus = error instanceof ServerFailure && error.failure.kind === 'no such device';
      // `all` is the default: on a machine without GPUs it means none.
      if (!noGpus || wanted.kind !== 'all' || error.logTail.length > 0) throw error;
      this.#withoutGpus = true;
      this.#note(`the engine gives no GPU to containers (${error.message}): servers run without`);
      return await this.#launchWith({ ...request, gpus: NO_GPU }, facts);
    }
  }

  async close(): Promise<void> {
    this.#guard.close();
  }

  async #learn(signal: AbortSignal): Promise<Facts> {
    const { docker, address } = this.#engine;
    const limits = { seconds: this.#patience.callS, signal };
    try {
      const info = await ask('info', limits, () => docker.info());
      return { own: await ownContainer(docker, limits), passing: gpuPassing(info ?? {}) };
    } catch (error) {
      signal.throwIfAborted();
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
    const { signal } = request;
    const running = await startContainer(docker, spec, request.logFile, {
      patience: this.#patience,
      signal,
      guard: (id) => {
        this.#guard.watchContainer({ engine: this.#engine.address, id });
        return () => this.#guard.forgetContainer(id);
      },
    });
    const server = new ContainerServer(running, {
      host: joined ? '127.0.0.1' : reachable(network.address, host),
      // In a joined network nothing is published, and all three were chosen by us.
      ports: { ...running.published, ...wanted },
      logFile: request.logFile,
      local: host === undefined,
      patience: this.#patience,
      signal,
    });
    return await whenReady(server, this.#settings.readyTimeoutS, signal);
  }

  async #devices({ gpus }: LaunchRequest, { passing }: Facts): Promise<DeviceRequest[]> {
    const known = passing.by === 'cdi' && gpus.kind === 'ids' ? await listGpus() : [];
    return deviceRequests(gpus, passing, known);
  }
}

/** The address to call for ports published on another one. */
const reachable = (published: string, engineHost: string | undefined): string =>
  published === '0.0.0.0' || published === '::' ? (engineHost ?? '127.0.0.1') : published;
