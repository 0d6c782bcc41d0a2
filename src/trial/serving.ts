import { userError } from '../ground/errors.ts';
import { within } from '../ground/timers.ts';
import { aggregateGpus, watchGpus } from '../measure/gpu.ts';
import type { ServerRecord } from '../record/run.ts';
import { callFailure } from '../server/call-failure.ts';
import type { Launcher, Server } from '../server/launcher.ts';
import type { ModelFiles } from '../server/triton.ts';
import { unloadModel } from '../server/unload-model.ts';
import { makeCache } from '../variant/engine-cache.ts';
import { modelFiles } from '../variant/files.ts';
import type { OnTrialEvent } from './trial-event.ts';
import type { ServedModel, TrialSpec } from './trial-spec.ts';

/**
 * A ready server, described where the spec asks for that.
 * @throws ServerFailure when it does not get ready or does not describe itself, UserError when it can't be started at all.
 */
export async function launchServer(
  spec: TrialSpec,
  launcher: Launcher,
  on: OnTrialEvent,
  signal: AbortSignal,
): Promise<Server> {
  const { settings, place } = spec;
  makeCache(settings.launch.cacheDirectory);
  const server = await launcher.launch({
    name: spec.variant,
    modelRepository: spec.modelRepository,
    logFile: spec.logFile,
    flags: settings.serverFlags,
    environment: settings.serverEnvironment,
    container: settings.container,
    gpus: place.gpus,
    cpus: place.cpus,
    cacheDirectory: settings.launch.cacheDirectory,
    signal,
  });
  try {
    if (settings.describeS !== undefined) {
      on({ kind: 'phase', variant: spec.variant, phase: 'describing the server' });
      on({ kind: 'server', server: await describeServer(server, settings.describeS, spec) });
    }
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Name and version of a server without a model, and its GPUs at rest where it has some. */
async function describeServer(
  server: Server,
  seconds: number,
  { settings }: TrialSpec,
): Promise<ServerRecord> {
  const { name, version } = await server.triton.server().catch(async (error: unknown) => {
    throw await callFailure(server, 'start', error);
  });
  const gpus = watchGpus(server.metrics, settings.monitoringIntervalS);
  await within(seconds * 1000, gpus.ended);
  return { name, version, gpus: aggregateGpus((await gpus.stop()).map(({ gauges }) => gauges)).gpus };
}

/** Files to send to a server that does not see the model's folder; undefined: it does. @throws UserError */
export async function filesFor(
  server: Server,
  { name, folder, place }: Pick<ServedModel, 'name' | 'folder' | 'place'>,
): Promise<ModelFiles | undefined> {
  if (await server.hasModel(name)) return undefined;
  if (folder !== undefined) return modelFiles(folder);
  throw userError(
    `the server knows no model "${name}"`,
    'give its files with --model-repository, and they are sent along',
    place,
  );
}

/** Leaves a server: one that goes on for others is freed of the model. */
export async function leaveServer(server: Server, model: string, signal: AbortSignal): Promise<void> {
  if (server.shared && server.controlled) await unloadModel(server, model, signal);
  await server.stop();
}
