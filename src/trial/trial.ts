import { messageOf } from '../ground/errors.ts';
import { measurePoint } from '../measure/measure.ts';
import { additions, differences } from '../model-config/compare.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { Constraint } from '../record/goal.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import type { PointOutcome, StepTimes, TrialEnd } from '../record/run.ts';
import type { Server, ServerFailure } from '../server/launcher.ts';
import { type Life, watchLife } from '../server/life.ts';
import { askForLoaded, loadModel } from '../server/load-model.ts';
import { removeLog } from '../server/log.ts';
import { peakMemoryMB } from '../server/peak-memory.ts';
import type { ModelMetadata } from '../server/triton.ts';
import { withEngineCache } from '../variant/engine-cache.ts';
import { filesFor, launchServer, leaveServer } from './serving.ts';
import { tellableFor } from './tellable.ts';
import type { Tools } from './tools.ts';
import type { OnTrialEvent, Phase } from './trial-event.ts';
import { failureOf } from './trial-failure.ts';
import type { TrialSpec } from './trial-spec.ts';

/** A load to measure, as plain data. */
export interface PointRequest {
  readonly point: LoadPoint;
  /** What the point must keep to be of interest: one of these surely broken is enough to know. */
  readonly matters?: readonly Constraint[];
  /** Limits of which is counted how many requests are beyond them. */
  readonly limits?: readonly Constraint[];
  /** Seconds from now by which the load has to be over. */
  readonly withinS?: number;
}

/** What ended a trial; texts hold no secrets. */
export interface TrialFailed
  extends Required<Pick<TrialEnd, 'kind' | 'cause' | 'lines' | 'advice' | 'logTail'>> {
  /** Whether a server had come up by then. */
  readonly started: boolean;
}

/** A variant on a running server, or the failure to get it there. */
export interface OpenTrial {
  readonly spec: TrialSpec;
  /** What ended it; undefined while it goes on. */
  readonly failure: TrialFailed | undefined;
  /** Measures one load; a failure of the load or the server is an outcome, too. */
  measure(request: PointRequest): Promise<PointOutcome>;
  /** Stops the server; answers how the trial went. */
  close(): Promise<TrialEnd>;
}

/**
 * Starts a server for a spec and loads its model; a failure of either is kept in the trial, not thrown.
 * @param signal ends everything at once.
 * @throws UserError, or what ended the run.
 */
export async function openTrial(
  spec: TrialSpec,
  tools: Tools,
  on: OnTrialEvent,
  signal: AbortSignal,
): Promise<OpenTrial> {
  const trial = new ServerTrial(spec, tools, on, signal);
  await trial.open();
  return trial;
}

class ServerTrial implements OpenTrial {
  readonly spec: TrialSpec;
  readonly #tools: Tools;
  readonly #on: OnTrialEvent;
  readonly #signal: AbortSignal;
  readonly #redact: (text: string) => string;
  readonly #steps = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };
  readonly #warnings: string[] = [];
  #failure: TrialFailed | undefined;
  #server: Server | undefined;
  #model: ModelMetadata | undefined;
  #effective: ModelConfig | undefined;
  #life: Life | undefined;

  constructor(spec: TrialSpec, tools: Tools, on: OnTrialEvent, signal: AbortSignal) {
    this.spec = spec;
    this.#tools = tools;
    this.#on = on;
    this.#signal = signal;
    this.#redact = tellableFor(spec.settings);
  }

  get failure(): TrialFailed | undefined {
    return this.#failure;
  }

  async open(): Promise<void> {
    const { spec } = this;
    if (spec.ownLog) removeLog(spec.logFile);
    try {
      this.#tell('starting the server');
      const launch = () => launchServer(spec, this.#tools.launcher, this.#on, this.#signal);
      this.#server = await timed(this.#steps, 'startS', launch);
      this.#tell('loading the model');
      await timed(this.#steps, 'loadS', () => this.#load(this.#server!));
    } catch (error) {
      try {
        this.#signal.throwIfAborted();
        const scene = { step: 'load' as const, server: this.#server, lost: undefined, redact: this.#redact };
        this.#fail((await failureOf(error, scene)).failure);
      } catch (thrownOn) {
        if (this.#server) await this.#leave(this.#server);
        throw thrownOn;
      }
    }
  }

  async #load(server: Server): Promise<void> {
    const { models, settings, variant } = this.spec;
    const [{ name, config, assignment, fingerprint }] = models;
    // The name of the folder it lies in; a config.pbtxt may leave it out, a load request may not.
    const asked = withEngineCache({ ...config, name }, settings.launch.cacheDirectory, { name, fingerprint });
    if (server.controlled) {
      const thrown: unknown[] = [];
      await loadModel(server, name, asked, {
        timeoutS: settings.launch.loadTimeoutS,
        signal: this.#signal,
        files: await filesFor(server, models[0]),
        onWait: (seconds, line) => {
          try {
            const told = line === undefined ? {} : { line: this.#redact(line) };
            this.#on({ kind: 'loading', variant, seconds, ...told });
          } catch (error) {
            // Out of a timer it would end the process, and leave the server running.
            thrown.push(error);
          }
        },
      });
      if (thrown.length > 0) throw thrown[0];
    }
    const { config: effective, metadata } = await askForLoaded(server, name, this.#signal);
    this.#effective = effective;
    this.#model = metadata;
    this.#life = await watchLife(server);
    for (const { path, asked: wanted, effective: found } of differences(asked, effective)) {
      this.#warnings.push(
        `the server runs with ${path} = ${JSON.stringify(found) ?? 'nothing'}, asked was ${JSON.stringify(wanted)}`,
      );
    }
    for (const { path, effective: found } of additions(assignment, asked, effective)) {
      this.#warnings.push(`the server completed ${path} = ${JSON.stringify(found)}, asked was none`);
    }
  }

  async measure(request: PointRequest): Promise<PointOutcome> {
    const { point } = request;
    const [server, model] = [this.#server, this.#model];
    if (this.#failure || !server || !model) return this.#failedAt(point);
    this.#tell('measuring', point);
    try {
      const start = performance.now();
      const measurement = await this.#measureOn(server, model, request);
      this.#steps.warmupS += measurement.warmupS;
      this.#steps.measureS += (performance.now() - start) / 1000 - measurement.warmupS;
      return { state: 'measured', measurement: withoutSecrets(measurement, this.#redact) };
    } catch (error) {
      this.#signal.throwIfAborted();
      const scene = { step: 'inference' as const, server, lost: this.#life?.lost, redact: this.#redact };
      const { failure, over } = await failureOf(error, scene);
      if (over) {
        this.#fail(failure);
        return this.#failedAt(point);
      }
      const { kind, cause } = failure.failure;
      return { state: 'failed', point, kind, cause };
    }
  }

  #failedAt(point: LoadPoint): PointOutcome {
    const { kind, cause = 'no server' } = this.#failure ?? {};
    return { state: 'failed', point, cause, ...(kind && { kind }) };
  }

  async #measureOn(server: Server, model: ModelMetadata, request: PointRequest): Promise<Measurement> {
    const { point, matters, limits, withinS } = request;
    const { models, settings, place, variant } = this.spec;
    const { generator, monitor } = this.#tools;
    const life = this.#life;
    return await measurePoint({
      server,
      models: [{ metadata: model, config: this.#effective ?? models[0].config ?? {} }],
      point,
      settings: settings.load,
      matters,
      limits,
      generator,
      monitoringIntervalS: settings.monitoringIntervalS,
      driver: monitor && place.uuids.length > 0 ? { monitor, uuids: place.uuids } : undefined,
      visibleGpus: settings.launch.mode === 'remote' ? undefined : place.uuids.length,
      signal: life ? AbortSignal.any([this.#signal, life.over]) : this.#signal,
      deadlineMs: withinS === undefined ? undefined : performance.now() + withinS * 1000,
      onWindow: (window) => this.#on({ kind: 'window', variant, point, ...window }),
    });
  }

  async close(): Promise<TrialEnd> {
    let peakMB: number | undefined;
    try {
      this.#tell('stopping the server');
      // What it had since its start, loading included: it goes with the processes.
      peakMB = peakMemoryMB((await this.#server?.processes()) ?? []);
    } finally {
      // Also when whoever is told throws.
      await this.#stop();
    }
    const { started: _, ...failure } = this.#failure ?? { started: true };
    const logFile = this.#server ? this.#server.logFile : this.spec.logFile;
    return {
      ...failure,
      ...(logFile && { logFile }),
      effective: this.#effective,
      warnings: this.#warnings.map(this.#redact),
      steps: this.#steps,
      ...(peakMB !== undefined && { peakMemoryMB: peakMB }),
    };
  }

  async #stop(): Promise<void> {
    this.#life?.[Symbol.dispose]();
    try {
      await timed(this.#steps, 'stopS', async () => {
        if (this.#server) await this.#leave(this.#server);
      });
    } catch (error) {
      // What was measured is no worse for it.
      this.#warnings.push(`the server could not be stopped in good order: ${messageOf(error)}`);
    }
  }

  #fail({ failure: { kind, cause, lines, advice }, logTail }: ServerFailure): void {
    this.#failure = {
      kind,
      cause: this.#redact(cause),
      lines: lines.map(this.#redact),
      advice,
      logTail: logTail.map(this.#redact),
      started: this.#server !== undefined,
    };
  }

  #tell(phase: Phase, point?: LoadPoint): void {
    this.#on({ kind: 'phase', variant: this.spec.variant, phase, ...(point && { point }) });
  }

  #leave(server: Server): Promise<void> {
    return leaveServer(server, this.spec.models[0].name, this.#signal);
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
