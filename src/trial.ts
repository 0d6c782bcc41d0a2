import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment, ModelPlan } from './config/experiment.ts';
import { messageOf, userError } from './errors.ts';
import type { RunListener } from './events.ts';
import { LoadFailure, type LoadGenerator } from './load/load-generator.ts';
import { aggregateGpus, watchGpus } from './measure/gpu.ts';
import { measurePoint } from './measure/measure.ts';
import { differences, wasCompleted } from './model-config/compare.ts';
import { type ModelConfig, maxBatchSize } from './model-config/config.ts';
import { type Launcher, type Server, ServerFailure } from './server/launcher.ts';
import { loadModel } from './server/load-model.ts';
import { decisiveLine } from './server/log.ts';
import type { ModelMetadata } from './server/triton.ts';
import type { Candidate, LoadPoint } from './space/space.ts';
import { pointKey } from './store/key.ts';
import type { PointRecord, ServerRecord, StepTimes, TrialEnd } from './store/run.ts';

/** What every trial of a model shares. */
export interface TrialContext {
  readonly experiment: Experiment;
  readonly plan: ModelPlan;
  readonly launcher: Launcher;
  readonly generator: LoadGenerator;
  readonly emit: Required<RunListener>;
  /** Ends everything at once. */
  readonly signal: AbortSignal;
  /** Whether the server has to complete configurations; the default's trial finds out. */
  autoComplete: boolean;
  /** Called with the first server that comes up. */
  onServer(server: ServerRecord): void;
  readonly knowsServer: () => boolean;
}

/** A candidate on a running server, or the failure to get it there. */
export interface OpenTrial {
  readonly candidate: Candidate;
  readonly failed: boolean;
  /** Measures one point; a failure of the load or the server is a record, too. */
  measure(point: LoadPoint): Promise<PointRecord>;
  /** Stops the server; answers how the trial went. */
  close(): Promise<TrialEnd>;
}

const TAIL_LINES = 30;

/** Where the log of a variant's server lies. */
export const logFileOf = ({ checkpointDirectory, launch }: Experiment, variant: string): string =>
  launch.outputPath ?? join(checkpointDirectory, 'logs', `${variant}.log`);

/** Starts a server for a candidate and loads it; a failure of either is kept in the trial, not thrown. */
export async function openTrial(
  context: TrialContext,
  candidate: Candidate,
  variantKey: string,
): Promise<OpenTrial> {
  const { experiment, plan, emit, generator, signal } = context;
  const logFile = logFileOf(experiment, candidate.name);
  if (!experiment.launch.outputPath) rmSync(logFile, { force: true });
  const steps = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };
  const warnings: string[] = [];
  let failure: { cause: string; logTail: readonly string[] } | undefined;
  let server: Server | undefined;
  let effective: ModelConfig | undefined;
  let model: ModelMetadata | undefined;
  try {
    emit.onPhase('starting the server', candidate.name);
    server = await timed(steps, 'startS', () => launchServer(context, logFile));
    emit.onPhase('loading the model', candidate.name);
    await timed(steps, 'loadS', () => load(server!));
  } catch (error) {
    if (!(error instanceof ServerFailure)) {
      await server?.stop();
      throw error;
    }
    failure = { cause: error.message, logTail: error.logTail };
  }
  return {
    candidate,
    get failed() {
      return failure !== undefined;
    },
    measure,
    close,
  };

  async function load(running: Server): Promise<void> {
    // The name of the folder it lies in; a config.pbtxt may leave it out, a load request may not.
    const asked: ModelConfig = { ...candidate.config, name: plan.name };
    await loadModel(running, plan.name, asked, {
      timeoutS: experiment.launch.loadTimeoutS,
      signal,
      onWait: (seconds, line) => emit.onLoadWait(candidate.name, seconds, line),
    });
    effective = await running.triton.config(plan.name);
    model = await running.triton.metadata(plan.name);
    for (const { path, asked: wanted, effective: found } of differences(asked, effective)) {
      warnings.push(
        `the server runs with ${path} = ${JSON.stringify(found) ?? 'nothing'}, asked was ${JSON.stringify(wanted)}`,
      );
    }
    if (candidate.isDefault) context.autoComplete = wasCompleted(asked, effective);
  }

  async function measure(point: LoadPoint): Promise<PointRecord> {
    const key = pointKey(variantKey, point, plan.load, generator.name);
    if (failure || !server || !model)
      return { state: 'failed', key, point, cause: failure?.cause ?? 'no server' };
    emit.onPhase('measuring', candidate.name, point);
    try {
      const start = performance.now();
      const measurement = await measurePoint({
        server,
        model,
        batching: maxBatchSize(effective ?? candidate.config) > 0,
        point,
        settings: plan.load,
        generator,
        monitoringIntervalS: experiment.monitoringIntervalS,
        signal,
        onWindow: (window) => emit.onWindow(candidate.name, point, window),
      });
      steps.warmupS += measurement.warmupS;
      steps.measureS += (performance.now() - start) / 1000 - measurement.warmupS;
      return { state: 'measured', key, measurement };
    } catch (error) {
      signal.throwIfAborted();
      const end = await Promise.race([server.ended, pause(300)]);
      if (end === undefined && !(error instanceof LoadFailure)) throw error;
      const cause = end === undefined ? messageOf(error) : `${end} under load`;
      const logTail = server.logTail(TAIL_LINES);
      if (end !== undefined)
        failure = { cause: `${cause}: ${decisiveLine(logTail) ?? 'its log is empty'}`, logTail };
      return { state: 'failed', key, point, cause: failure?.cause ?? cause };
    }
  }

  async function close(): Promise<TrialEnd> {
    emit.onPhase('stopping the server', candidate.name);
    await timed(steps, 'stopS', async () => server?.stop());
    return { ...failure, logFile, effective, warnings, steps };
  }
}

/** A ready server; the first of a run is described, and failing to get that one ends the run. */
async function launchServer(context: TrialContext, logFile: string): Promise<Server> {
  const { experiment, plan, launcher, signal } = context;
  const request = {
    modelRepository: experiment.modelRepository,
    logFile,
    flags: plan.serverFlags,
    environment: plan.serverEnvironment,
    autoComplete: context.autoComplete,
    signal,
  };
  try {
    const server = await launcher.launch(request);
    if (!context.knowsServer()) context.onServer(await describeServer(server, experiment));
    return server;
  } catch (error) {
    if (!(error instanceof ServerFailure) || context.knowsServer()) throw error;
    const tail = error.logTail.slice(-10).map((line) => `  | ${line}`);
    throw userError(
      `the server does not start: ${error.message}`,
      [`the end of its log ${logFile}:`, ...tail].join('\n'),
    );
  }
}

/** Name and version of a server without a model, and its GPUs at rest where it has some. */
async function describeServer(
  server: Server,
  { serverOnlyS, monitoringIntervalS }: Experiment,
): Promise<ServerRecord> {
  const { name, version } = await server.triton.server();
  const gpus = watchGpus(server.metrics, monitoringIntervalS);
  await Promise.race([gpus.ended, pause(serverOnlyS * 1000)]);
  return { name, version, gpus: aggregateGpus(await gpus.stop()).gpus };
}

/** The configuration that the server completes for a model without a config.pbtxt. */
export async function completedConfig(context: TrialContext): Promise<ModelConfig> {
  const { plan, experiment, signal } = context;
  const logFile = logFileOf(experiment, `${plan.name}_config_default`);
  await using server = await launchServer(context, logFile);
  try {
    await loadModel(server, plan.name, undefined, { timeoutS: experiment.launch.loadTimeoutS, signal });
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    throw userError(
      `model "${plan.name}" has no config.pbtxt, and the server can't complete one: ${error.message}`,
      'write a config.pbtxt for it',
    );
  }
  // Awaited here: the server is stopped when this scope ends.
  return await server.triton.config(plan.name);
}

const pause = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));

/** Runs a step and adds its seconds, also when it fails. */
async function timed<T>(
  steps: { -readonly [Step in keyof StepTimes]: number },
  step: keyof StepTimes,
  run: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  try {
    return await run();
  } finally {
    steps[step] += (performance.now() - start) / 1000;
  }
}
