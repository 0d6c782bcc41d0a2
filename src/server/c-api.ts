import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LaunchSettings } from '../config/experiment.ts';
import { environmentError } from '../ground/errors.ts';
import { makeScratch, removeScratch } from '../ground/scratch.ts';
import { installedLibrary } from '../install/cache.ts';
import { printConfigText } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { Guard } from './guard.ts';
import { installationHash, scriptIn } from './installation.ts';
import type { Launcher, LaunchRequest, Server } from './launcher.ts';
import { openLog, readTail } from './log.ts';
import { removeEnvironments, watchEnvironments } from './python-environments.ts';
import { pythonPackages } from './python-packages.ts';
import { serverEnvironment } from './server-environment.ts';
import { clearAbandoned, endMarked, newMark } from './traces.ts';
import { type ModelMetadata, type TritonClient, TritonError } from './triton.ts';

/** Where NVIDIA's images have Triton. */
const USUAL_INSTALLATION = '/opt/tritonserver';

/**
 * No server at all: whoever makes the load has Triton's library in its own process (perf_analyzer's
 * `--service-kind triton_c_api`). That serves every model of its repository, so each variant gets a repository of its
 * own: links to the files of the model, and of the models that an ensemble is composed of.
 */
export class CApiLauncher implements Launcher {
  readonly name = 'c_api';
  readonly #installation: string;
  readonly #loadTimeoutS: number;
  readonly #guard = new Guard();

  /** @throws UserError when there is no Triton to be loaded. */
  constructor({ installPath, loadTimeoutS }: LaunchSettings) {
    this.#installation = locateInstallation(installPath);
    this.#loadTimeoutS = loadTimeoutS;
  }

  async prepare() {
    clearAbandoned();
    const packages = () => pythonPackages(scriptIn(this.#installation));
    return { path: this.#installation, hash: installationHash(this.#installation), packages };
  }

  async launch(request: LaunchRequest): Promise<Server> {
    request.signal.throwIfAborted();
    const log = openLog(request.logFile);
    closeSync(log.descriptor);
    const mark = newMark();
    const environments = watchEnvironments();
    const guard = (group: number, folder: string): void =>
      this.#guard.watch({ group, mark, folders: [folder], environments });
    const repository = makeScratch('c_api', (folder) => guard(0, folder));
    let onDead = (_reason: string): void => {};
    let dead = false;
    const ended = new Promise<string>((resolve) => {
      onDead = (reason) => {
        dead = true;
        resolve(reason);
      };
    });
    const server: Server = {
      triton: inProcessTriton(this.#installation, request.modelRepository ?? '', repository, () => !dead),
      inProcess: {
        installation: this.#installation,
        modelRepository: repository,
        environment: serverEnvironment(request, mark),
        environmentScript: scriptIn(this.#installation),
        logFile: request.logFile,
        loadTimeoutS: this.#loadTimeoutS,
        guard: (group) => {
          guard(group, repository);
          return () => guard(0, repository);
        },
        onDead,
      },
      http: undefined,
      grpc: undefined,
      metrics: undefined,
      shared: false,
      controlled: true,
      ended,
      logFile: request.logFile,
      logTail: (lines) => readTail(request.logFile, lines, log.begin),
      resources: async () => undefined,
      hasModel: async () => true,
      killedForMemory: async () => false,
      processes: async () => undefined,
      stop: async () => {
        await endMarked(mark);
        removeScratch(repository);
        removeEnvironments(environments);
        this.#guard.forget({ mark });
      },
      [Symbol.asyncDispose]: () => server.stop(),
    };
    return server;
  }

  async close(): Promise<void> {
    this.#guard.close();
  }
}

const libraryIn = (installation: string): string => join(installation, 'lib', 'libtritonserver.so');

/**
 * The Triton to load: the one asked for, else the usual one, else the one of `tma install triton`.
 * @throws UserError naming what is missing.
 */
export function locateInstallation(
  asked: string | undefined,
  usual: readonly string[] = [USUAL_INSTALLATION, installedLibrary()],
): string {
  const places = asked === undefined ? usual : [asked];
  const found = places.find((place) => existsSync(libraryIn(place)));
  if (found) return found;
  const missing = asked === undefined || existsSync(asked) ? ` with lib/libtritonserver.so` : '';
  throw environmentError(
    `triton_launch_mode: c_api needs a Triton installation${missing}, and there is none at ${places.join(' or ')}`,
    asked === undefined
      ? 'name one with --triton-install-path, or bring one with `tma install triton`'
      : 'correct --triton-install-path, or leave it out for /opt/tritonserver or the one of `tma install triton`',
  );
}

/** As much of Triton's API as can be said of a library that nobody has loaded yet. */
function inProcessTriton(
  installation: string,
  source: string,
  repository: string,
  isLive: () => boolean,
): TritonClient {
  let loaded: { name: string; config: ModelConfig } | undefined;
  const nothing = async (): Promise<void> => {};
  const known = (model: string): ModelConfig => {
    if (loaded?.name !== model) throw new TritonError(400, `unknown model "${model}"`);
    return loaded.config;
  };
  const version = join(installation, 'TRITON_VERSION');
  return {
    isReady: async () => isLive(),
    isLive: async () => isLive(),
    server: async () => ({
      name: 'triton',
      version: existsSync(version) ? readFileSync(version, 'utf8').trim() : 'unknown',
      extensions: [],
    }),
    load: async (name, config = {}) => {
      placeModel(source, repository, name, config);
      loaded = { name, config };
    },
    config: async (model) => known(model),
    metadata: async (model) => metadataOf(model, known(model)),
    statistics: async () => [],
    allStatistics: async () => [],
    repositoryIndex: async () => (loaded ? [{ name: loaded.name, state: 'READY' }] : []),
    unload: nothing,
    registerSharedMemory: nothing,
    unregisterSharedMemory: nothing,
    close: () => {},
  };
}

/** Puts a model into a repository with this configuration, and behind it the models that it is composed of. */
function placeModel(source: string, repository: string, name: string, config: ModelConfig): void {
  const folder = join(repository, name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(join(source, name))) {
    if (file !== 'config.pbtxt') symlinkSync(join(source, name, file), join(folder, file));
  }
  writeFileSync(join(folder, 'config.pbtxt'), printConfigText(config));
  const { step = [] } = (config['ensemble_scheduling'] ?? {}) as { step?: { model_name?: string }[] };
  for (const { model_name: part } of step) {
    if (part === undefined || existsSync(join(repository, part)) || !existsSync(join(source, part))) continue;
    symlinkSync(join(source, part), join(repository, part));
  }
}

/** What a server would tell of a model with this configuration. */
function metadataOf(name: string, config: ModelConfig): ModelMetadata {
  const batch = Number(config['max_batch_size'] ?? 0) > 0 ? [-1] : [];
  const tensors = (key: 'input' | 'output') =>
    ((config[key] ?? []) as { name?: string; data_type?: string; dims?: string[] }[]).map((tensor) => ({
      name: tensor.name ?? '',
      datatype: (tensor.data_type ?? '').replace('TYPE_STRING', 'BYTES').replace('TYPE_', ''),
      shape: [...batch, ...(tensor.dims ?? []).map(Number)],
    }));
  return {
    name,
    platform: String(config['platform'] ?? config['backend'] ?? ''),
    inputs: tensors('input'),
    outputs: tensors('output'),
  };
}
