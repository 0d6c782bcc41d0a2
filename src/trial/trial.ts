import { suffering } from '../executor/neighbours.ts';
import { messageOf } from '../ground/errors.ts';
import { measurePoint } from '../measure/measure.ts';
import { additions, differences } from '../model-config/compare.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import { isClientBound, type Measurement } from '../record/measurement.ts';
import type { PointRecord, StepTimes, TrialEnd } from '../record/run.ts';
import { pointKey } from '../run/key.ts';
import type { Ask } from '../search/search.ts';
import type { Server, ServerFailure } from '../server/launcher.ts';
import { type Life, watchLife } from '../server/life.ts';
import { askForLoaded, loadModel } from '../server/load-model.ts';
import { removeLog } from '../server/log.ts';
import type { ModelMetadata } from '../server/triton.ts';
import type { Candidate } from '../space/space.ts';
import { withEngineCache } from '../variant/engine-cache.ts';
import { filesFor, launchServer, leaveServer, logFileOf, type TrialContext, tellableFor } from './serving.ts';
import { failureOf } from './trial-failure.ts';

/** A candidate on a running server, or the failure to get it there. */
export interface OpenTrial {
  readonly candidate: Candidate;
  readonly failed: boolean;
  /** Measures one point; a failure of the load or the server is a record, too. */
  measure(point: LoadPoint, matters?: Ask['matters']): Promise<PointRecord>;
  /** Stops the server; answers how the trial went. */
  close(): Promise<TrialEnd>;
}

/**
 * Starts a server for a candidate and loads it; a failure of either is kept in the trial, not thrown.
 * @throws UserError, or what ended the run.
 */
export async function openTrial(
  context: TrialContext,
  candidate: Candidate,
  variantKey: string,
): Promise<OpenTrial> {
  const { experiment, plan, base, emit, generator, signal, lane, monitor, neighbours, deadlineMs } = context;
  const logFile = logFileOf(experiment, candidate.name);
  if (!experiment.launch.outputPath) removeLog(logFile);
  const redact = tellableFor(plan);
  const steps = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };
  const warnings: string[] = [];
  let failure: Pick<TrialEnd, 'kind' | 'cause' | 'lines' | 'advice' | 'logTail'> | undefined;
  let server: Server | undefined;
  let effective: ModelConfig | undefined;
  let model: ModelMetadata | undefined;
  let life: Life | undefined;
  const fail = ({ failure: { kind, cause, lines, advice }, logTail }: ServerFailure): void => {
    failure = {
      kind,
      cause: redact(cause),
      lines: lines.map(redact),
      advice,
      logTail: logTail.map(redact),
    };
  };
  try {
    emit.onPhase('starting the server', candidate.name);
    server = await timed(steps, 'startS', () => launchServer(context, candidate.name, logFile));
    emit.onPhase('loading the model', candidate.name);
    await timed(steps, 'loadS', () => load(server!));
  } catch (error) {
    try {
      signal.throwIfAborted();
      fail((await failureOf(error, { step: 'load', server, lost: undefined, redact })).failure);
    } catch (thrownOn) {
      if (server) await leaveServer(server, plan.name, signal);
      throw thrownOn;
    }
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
    const asked: ModelConfig = withEngineCache(
      { ...candidate.config, name: plan.name },
      experiment.launch.cacheDirectory,
      base,
    );
    if (running.controlled) {
      await loadModel(running, plan.name, asked, {
        timeoutS: experiment.launch.loadTimeoutS,
        signal,
        files: await filesFor(running, context),
        onWait: (seconds, line) => emit.onLoadWait(candidate.name, seconds, line && redact(line)),
      });
    }
    ({ config: effective, metadata: model } = await askForLoaded(running, plan.name, signal));
    life = await watchLife(running);
    for (const { path, asked: wanted, effective: found } of differences(asked, effective)) {
      warnings.push(
        `the server runs with ${path} = ${JSON.stringify(found) ?? 'nothing'}, asked was ${JSON.stringify(wanted)}`,
      );
    }
    for (const { path, effective: found } of additions(candidate.assignment, asked, effective)) {
      warnings.push(`the server completed ${path} = ${JSON.stringify(found)}, asked was none`);
    }
  }

  async function measure(point: LoadPoint, matters?: Ask['matters']): Promise<PointRecord> {
    const key = pointKey(variantKey, point, plan.load, generator);
    const failed = (): PointRecord => {
      const { kind, cause = 'no server' } = failure ?? {};
      return { state: 'failed', key, point, cause, ...(kind && { kind }) };
    };
    if (failure || !server || !model) return failed();
    emit.onPhase('measuring', candidate.name, point);
    try {
      const start = performance.now();
      const measurement = await measureBesideOthers(server, model, point, matters);
      steps.warmupS += measurement.warmupS;
      steps.measureS += (performance.now() - start) / 1000 - measurement.warmupS;
      return { state: 'measured', key, measurement: withoutSecrets(measurement, redact) };
    } catch (error) {
      signal.throwIfAborted();
      const found = await failureOf(error, { step: 'inference', server, lost: life?.lost, redact });
      if (found.over) {
        fail(found.failure);
        return failed();
      }
      const { kind, cause } = found.failure.failure;
      return { state: 'failed', key, point, kind, cause };
    }
  }

  /** Measures a point beside the other lanes, and once more alone when it seems to have suffered from them. */
  async function measureBesideOthers(
    running: Server,
    metadata: ModelMetadata,
    point: LoadPoint,
    matters: Ask['matters'],
  ): Promise<Measurement> {
    const uuids = lane.devices?.map(({ uuid }) => uuid) ?? [];
    const once = (): Promise<Measurement> =>
      measurePoint({
        server: running,
        model: metadata,
        config: effective ?? candidate.config,
        point,
        settings: plan.load,
        matters,
        generator,
        monitoringIntervalS: experiment.monitoringIntervalS,
        driver: monitor && uuids.length > 0 ? { monitor, uuids } : undefined,
        signal: life ? AbortSignal.any([signal, life.over]) : signal,
        deadlineMs,
        onWindow: (window) => emit.onWindow(candidate.name, point, window),
      });
    const { result, company } = await neighbours.together(once);
    const reason = suffering(company, { stable: result.stable, clientBound: isClientBound(result) });
    if (reason === undefined) return result;
    emit.onPhase('measuring again alone', candidate.name, point);
    return { ...(await neighbours.alone(once)), againAlone: reason };
  }

  async function close(): Promise<TrialEnd> {
    emit.onPhase('stopping the server', candidate.name);
    life?.[Symbol.dispose]();
    try {
      await timed(steps, 'stopS', async () => {
        if (server) await leaveServer(server, plan.name, signal);
      });
    } catch (error) {
      // What was measured is no worse for it.
      warnings.push(`the server could not be stopped in good order: ${messageOf(error)}`);
    }
    const file = server ? server.logFile : logFile;
    return { ...failure, ...(file && { logFile: file }), effective, warnings: warnings.map(redact), steps };
  }
}

/** What requests failed with is the model's own words, which may hold what it was given. */
const withoutSecrets = (measurement: Measurement, redact: (text: string) => string): Measurement => ({
  ...measurement,
  failures: Object.fromEntries(
    Object.entries(measurement.failures).map(([name, { count, message }]) => [
      name,
      { count, message: redact(message) },
    ]),
  ),
  warnings: measurement.warnings.map(redact),
});

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
