import { readFileSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Experiment, LaunchSettings } from '../config/experiment.ts';
import { DEFAULT_IMAGE } from '../config/options.ts';
import { machineFor, planLanes } from '../executor/lanes.ts';
import { codeOf, environmentError, UserError } from '../ground/errors.ts';
import { isFolder, statOf } from '../ground/paths.ts';
import { within } from '../ground/timers.ts';
import { findCommand } from '../install/find-command.ts';
import { findPerfAnalyzer } from '../load/perf-analyzer/find.ts';
import { parseConfigText } from '../model-config/config.ts';
import { findBrowser } from '../report/browser.ts';
import { backendNeededBy, backendsOf, lackingBackend } from '../server/backends.ts';
import { locateInstallation } from '../server/c-api.ts';
import type { Gpu } from '../server/gpu/list.ts';
import { visibleGpus } from '../server/gpu/visible.ts';
import { locateTritonServer } from '../server/locate.ts';
import { checkPorts } from '../server/ports.ts';
import {
  type Check,
  check,
  lacking,
  memoryCheck,
  sharedMemoryCheck,
  toldVersion,
  whyNotRunning,
} from './machine-check.ts';

/**
 * Looks at everything on this machine that a run needs, and changes nothing: no server is started, no image pulled.
 * @param experiment what is to run here; without one a tritonserver or an engine is needed, and what else is not there is only told.
 */
export async function examine(experiment?: Experiment): Promise<Check[]> {
  const launch = experiment?.launch;
  const mode = launch?.mode;
  const engine = await engineCheck(experiment);
  const isServerNeeded = mode === 'local' || (mode === undefined && engine.state !== 'ok');
  const server =
    mode === 'remote'
      ? await remoteCheck(experiment!)
      : mode === 'c_api'
        ? await check('Triton library', true, () => locateInstallation(launch!.installPath))
        : await serverCheck(launch, isServerNeeded);
  return [
    server,
    ...backendChecks(experiment),
    engine,
    // Those of another machine are not ours to see.
    ...(mode === 'remote' ? [] : await gpuChecks(launch)),
    await check('perf_analyzer', experiment?.generator.kind === 'perf_analyzer' || mode === 'c_api', () =>
      perfAnalyzerText(experiment),
    ),
    await check('browser', false, browserText),
    await check('ports', true, () => portsText(launch)),
    memoryCheck(
      process.availableMemory(),
      Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    ),
    sharedMemoryCheck(freeSharedMemory()),
  ];
}

const serverCheck = (launch: LaunchSettings | undefined, needed: boolean): Promise<Check> =>
  check('tritonserver', needed, async () => {
    const path = locateTritonServer(launch?.serverPath);
    const why = await whyNotRunning(path, ['--help'], /^Usage/m);
    if (why !== undefined)
      throw environmentError(
        `${path} does not run here: ${why}`,
        '`tma install triton` brings one that does',
      );
    return path;
  });

/** What runs the models of a perf.yaml, for a server of this machine whose backends are known. */
function backendChecks(experiment: Experiment | undefined): Check[] {
  const { launch, models = [], modelRepository } = experiment ?? {};
  if (launch && launch.mode !== 'local') return [];
  if (models.some(({ serverFlags }) => 'backend-directory' in serverFlags)) return [];
  const has = backendsOfServer(launch);
  if (!has) return [];
  const needs = models.flatMap(({ name }) => {
    const needed = modelRepository === undefined ? undefined : neededIn(modelRepository, name);
    return needed === undefined || has.includes(needed) ? [] : [lackingBackend(name, needed, has)];
  });
  return needs.length > 0
    ? needs.map((problem) => lacking('backends', true, problem))
    : [{ name: 'backends', state: 'ok', text: has.join(', ') }];
}

/** undefined where there is no server, which is told by itself. */
function backendsOfServer(launch: LaunchSettings | undefined): readonly string[] | undefined {
  try {
    return backendsOf(locateTritonServer(launch?.serverPath));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** The backend of a model, as its files say; a model that is not there, or wrong, is told by the run. */
function neededIn(repository: string, name: string): string | undefined {
  const [folder, file] = [join(repository, name), join(repository, name, 'config.pbtxt')];
  if (!isFolder(folder)) return undefined;
  try {
    const config = statOf(file)?.isFile() ? parseConfigText(readFileSync(file, 'utf8'), file) : undefined;
    return backendNeededBy(config, folder);
  } catch (error) {
    if (error instanceof UserError || codeOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** A server that has come up answers at once. */
const REMOTE_MS = 20_000;

const remoteCheck = ({ launch, models }: Experiment): Promise<Check> =>
  check('server', true, async () => {
    const { RemoteLauncher } = await import('../server/remote.ts');
    const settings = { ...launch, readyTimeoutS: Math.min(launch.readyTimeoutS, 5) };
    const signal = AbortSignal.timeout(REMOTE_MS);
    const [first] = models;
    const request = { model: first!.name, container: first!.container, onNote: () => {}, signal };
    const { path } = await new RemoteLauncher(settings).prepare(request).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw environmentError(
        `the server does not answer within ${REMOTE_MS / 1000} s`,
        'is it the server that is meant, and not overloaded?',
      );
    });
    return `${path} answers`;
  });

const ENGINE_MS = 5000;

/** The engine, and whether it has the image. */
const engineCheck = (experiment: Experiment | undefined): Promise<Check> =>
  check('engine', experiment?.launch.mode === 'docker', async () => {
    const { connect, engineError, locateEngine } = await import('../server/docker/engine.ts');
    const address = locateEngine();
    const { docker } = connect(address);
    const image = experiment?.launch.docker.image ?? DEFAULT_IMAGE;
    const version = await within(ENGINE_MS, docker.version()).catch((error: unknown) => {
      throw engineError(`the engine at ${address.url}`, 'create', error);
    });
    if (!version)
      throw environmentError(
        `the engine at ${address.url} (${address.saidBy}) did not answer within ${ENGINE_MS / 1000} s`,
        'restart it',
      );
    const found = docker
      .getImage(image)
      .inspect()
      .catch(() => undefined);
    const has = (await within(ENGINE_MS, found)) !== undefined;
    return `${version.Version} at ${address.url}; the image ${image} ${has ? 'is there' : 'is pulled when it is needed'}`;
  });

/** `2 x NVIDIA H100 80GB HBM3`. */
const kindsOf = (gpus: readonly Gpu[]): string =>
  [...Map.groupBy(gpus, ({ name }) => name)].map(([name, list]) => `${list.length} x ${name}`).join(', ');

/** The GPUs that servers may use, and their driver. */
async function gpuChecks(launch: LaunchSettings | undefined): Promise<Check[]> {
  const isAsked =
    launch !== undefined &&
    (launch.gpus.kind === 'count'
      ? launch.gpus.count > 0
      : launch.gpus.kind === 'ids' && launch.gpus.ids.length > 0);
  const machine = await machineFor(launch ?? { mode: 'local' });
  const { gpus, cuda } = machine;
  const [first] = gpus;
  if (first) {
    const usable = (): string => {
      if (launch) planLanes(launch, machine);
      const { gpus: visible, isLimited } = visibleGpus(gpus, cuda);
      const list = `CUDA_VISIBLE_DEVICES=${cuda.CUDA_VISIBLE_DEVICES}`;
      if (visible.length > 0)
        return kindsOf(visible.map(({ gpu }) => gpu)) + (isLimited ? `, of ${kindsOf(gpus)} by ${list}` : '');
      throw environmentError(
        `${list} leaves none of ${kindsOf(gpus)}: models are served on the CPU`,
        'unset it, or name GPUs that there are',
      );
    };
    return [
      await check('GPU', isAsked || (launch !== undefined && launch.parallel !== 1), usable),
      { name: 'driver', state: 'ok', text: first.driver },
    ];
  }
  const nvidiaSmi = findCommand('nvidia-smi');
  const message = nvidiaSmi
    ? 'nvidia-smi is here and shows no GPU'
    : 'none is seen (no nvidia-smi): models are served on the CPU';
  const hint = nvidiaSmi
    ? '`nvidia-smi` says why; a driver that was just updated needs a restart'
    : "if this machine has an NVIDIA GPU, install NVIDIA's driver";
  return [lacking('GPU', isAsked, { message, hint })];
}

async function perfAnalyzerText(experiment: Experiment | undefined): Promise<string> {
  const generator = experiment?.generator;
  const { path, version } = await findPerfAnalyzer(
    generator?.kind === 'perf_analyzer' ? generator.path : undefined,
  );
  return `${path}, ${toldVersion(version)}`;
}

async function browserText(): Promise<string> {
  const path = await findBrowser();
  if (path === undefined)
    throw environmentError(
      'none: there will be no PDF, and plots as SVG',
      '`tma install chromium` brings one',
    );
  const why = await whyNotRunning(path, ['--version'], /chrom/i);
  if (why !== undefined)
    throw environmentError(
      `${path} does not run here: ${why}`,
      '`tma install chromium` brings one that does',
    );
  return path;
}

async function portsText(launch: LaunchSettings | undefined): Promise<string> {
  const isOurs = launch?.mode === 'local' || launch?.mode === 'docker';
  const fixed = isOurs ? launch.ports : {};
  await checkPorts(fixed);
  const named = Object.values(fixed);
  return named.length > 0 ? `${named.join(', ')} are free` : 'free ones are chosen';
}

function freeSharedMemory(): number | undefined {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
