import { join } from 'node:path';
import type { Experiment, ModelPlan } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import type { Neighbours } from '../executor/neighbours.ts';
import { userError } from '../ground/errors.ts';
import { redactor, secretsOf, secretsOfHeaders } from '../ground/redact.ts';
import { within } from '../ground/timers.ts';
import { visible } from '../ground/wording.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { aggregateGpus, watchGpus } from '../measure/gpu.ts';
import type { GpuMonitor } from '../measure/gpu-state.ts';
import { withoutFillings } from '../model-config/compare.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { ServerRecord } from '../record/run.ts';
import type { RunListener } from '../run/events.ts';
import { hasGpu } from '../run/preparation.ts';
import { expandEnvironment } from '../server/arguments.ts';
import { callFailure } from '../server/call-failure.ts';
import { concernsAll } from '../server/failure.ts';
import { type Launcher, type Server, ServerFailure, type ServerIdentity } from '../server/launcher.ts';
import { loadModel } from '../server/load-model.ts';
import { runsOnGpu } from '../server/remote-gpus.ts';
import { type ModelFiles, TritonError } from '../server/triton.ts';
import { unloadModel } from '../server/unload-model.ts';
import type { BaseModel } from '../variant/base.ts';
import { makeCache } from '../variant/engine-cache.ts';
import { modelFiles } from '../variant/files.ts';

/** What every trial of a model shares. */
export interface TrialContext {
  readonly experiment: Experiment;
  readonly plan: ModelPlan;
  readonly base: BaseModel;
  readonly launcher: Launcher;
  readonly generator: LoadGenerator;
  /** The share of the machine that servers have. */
  readonly lane: Lane;
  /** The other lanes' measurements. */
  readonly neighbours: Neighbours;
  /** The driver's view of the GPUs, where there is one. */
  readonly monitor: GpuMonitor | undefined;
  readonly emit: Required<RunListener>;
  /** Ends everything at once. */
  readonly signal: AbortSignal;
  /** When loads have to be over, ms of `performance.now()`; undefined = whenever they are. */
  readonly deadlineMs: number | undefined;
  /** Called with the first server that comes up. */
  onServer(server: ServerRecord): void;
  readonly knowsServer: () => boolean;
}

/** Takes the values of a server's environment, of what it inherits from the shell, and of headers out of texts. */
export const redactorFor = ({ serverEnvironment, container, load }: ModelPlan): ((text: string) => string) =>
  redactor(
    expandEnvironment(serverEnvironment),
    expandEnvironment(container.environment),
    secretsOf(process.env),
    ...secretsOfHeaders(load.headers),
  );

/** What a server or a model says as it may be told: without secrets, and with nothing that acts on a terminal. */
export function tellableFor(plan: ModelPlan): (text: string) => string {
  const redact = redactorFor(plan);
  return (text) => visible(redact(text));
}

/** Where the log of a variant's server lies. */
export const logFileOf = ({ checkpointDirectory, launch }: Experiment, variant: string): string =>
  launch.outputPath ?? join(checkpointDirectory, 'logs', `${variant}.log`);

/** Files to send to a server that does not see the model's folder. */
export async function filesFor(
  server: Server,
  { plan, base }: TrialContext,
): Promise<ModelFiles | undefined> {
  if (await server.hasModel(plan.name)) return undefined;
  if (base.folder !== undefined) return modelFiles(base.folder);
  throw userError(
    `the server knows no model "${plan.name}"`,
    'give its files with --model-repository, and they are sent along',
    plan.place,
  );
}

/** A ready server; the first of a run is described, and failing to get that one ends the run. */
export async function launchServer(context: TrialContext, name: string, logFile: string): Promise<Server> {
  const { experiment, plan, launcher, lane, signal } = context;
  const { modelRepository, launch } = experiment;
  const redact = tellableFor(plan);
  makeCache(launch.cacheDirectory);
  let server: Server | undefined;
  try {
    server = await launcher.launch({
      name,
      modelRepository,
      logFile,
      flags: plan.serverFlags,
      environment: plan.serverEnvironment,
      container: plan.container,
      gpus: lane.gpus,
      cpus: lane.cpus,
      cacheDirectory: launch.cacheDirectory,
      signal,
    });
    if (!context.knowsServer()) context.onServer(await describeServer(server, experiment));
    return server;
  } catch (error) {
    // It was started, and could not be described or recorded.
    await server?.stop();
    if (!(error instanceof ServerFailure)) throw error;
    // A first server that does not start, and what every other would meet, too: there is nothing to measure.
    if (context.knowsServer() && !concernsAll(error.failure)) throw error;
    const { kind, cause, advice } = error.failure;
    const tail = error.logTail.slice(-10).map((line) => `  | ${redact(line)}`);
    const log = tail.length > 0 ? [`the end of its log ${logFile}:`, ...tail] : [];
    const what = kind === 'other' ? '' : `${kind}: `;
    throw userError(`the server does not start: ${what}${redact(cause)}`, [advice, ...log].join('\n'));
  }
}

/** Leaves a server: one that goes on for others is freed of the model. */
export async function leaveServer(server: Server, model: string, signal: AbortSignal): Promise<void> {
  if (server.shared && server.controlled) await unloadModel(server, model, signal);
  await server.stop();
}

/** Name and version of a server without a model, and its GPUs at rest where it has some. */
async function describeServer(
  server: Server,
  { serverOnlyS, monitoringIntervalS }: Experiment,
): Promise<ServerRecord> {
  const { name, version } = await server.triton.server().catch(async (error: unknown) => {
    throw await callFailure(server, 'start', error);
  });
  const gpus = watchGpus(server.metrics, monitoringIntervalS);
  await within(serverOnlyS * 1000, gpus.ended);
  return { name, version, gpus: aggregateGpus((await gpus.stop()).map(({ gauges }) => gauges)).gpus };
}

/**
 * The configuration that the server has or completes for a model without a config.pbtxt of ours; undefined when the
 * run was stopped meanwhile.
 */
export async function completedConfig(context: TrialContext): Promise<ModelConfig | undefined> {
  try {
    return withoutFillings(await askForConfig(context));
  } catch (error) {
    if (!context.signal.aborted) throw error;
    return undefined;
  }
}

/**
 * Whether instances can be put on a GPU. A remote server is asked where it matters, as an automatic search sets their
 * kind: by what it shows or the model's configuration says, else by where it puts the model's instances when it loads it.
 */
export async function findsGpu(
  context: TrialContext,
  { gpus }: Pick<ServerIdentity, 'gpus'>,
  config: ModelConfig,
): Promise<boolean> {
  const { plan, lane, experiment } = context;
  const asks = experiment.launch.mode === 'remote' && plan.automatic && !plan.cpuOnly;
  if (!asks) return hasGpu([lane], experiment.launch);
  const known = gpus ?? runsOnGpu(config);
  if (known !== undefined) return known;
  try {
    return runsOnGpu(await askForConfig(context)) ?? true;
  } catch {
    // The default's trial says what is wrong.
    return true;
  }
}

async function askForConfig(context: TrialContext): Promise<ModelConfig> {
  const { plan, experiment, signal } = context;
  const name = `${plan.name}_config_default`;
  const server = await launchServer(context, name, logFileOf(experiment, name));
  try {
    if (server.controlled) {
      const files = await filesFor(server, context);
      await loadModel(server, plan.name, files && { name: plan.name }, {
        timeoutS: experiment.launch.loadTimeoutS,
        signal,
        files,
      });
    }
    // Awaited here: the server is left when this ends.
    return await server.triton.config(plan.name, { signal });
  } catch (error) {
    if (error instanceof TritonError) {
      throw userError(
        `the server does not serve model "${plan.name}": ${error.message}`,
        error.kind === 'refused'
          ? 'load it there first, or leave --reload-model-disable out'
          : 'is that really Triton, and is it well?',
      );
    }
    if (!(error instanceof ServerFailure)) throw error;
    const reason = tellableFor(plan)(error.message);
    throw userError(
      `model "${plan.name}" has no config.pbtxt, and the server can't complete one: ${error.failure.kind}: ${reason}`,
      `write a config.pbtxt for it; ${error.failure.advice}`,
    );
  } finally {
    await leaveServer(server, plan.name, signal);
  }
}
