import { rmSync } from 'node:fs';
import type { Experiment, ModelPlan } from './config/experiment.ts';
import { type RunListener, tellAll } from './events.ts';
import { inputsOfConfig, makePayloads, resolveShapes } from './load/inputs.ts';
import type { LoadGenerator } from './load/load-generator.ts';
import { nativeGenerator } from './load/native/native.ts';
import { withoutFillings } from './model-config/compare.ts';
import type { ModelConfig } from './model-config/config.ts';
import { gridSearch } from './search/grid.ts';
import type { Ask, Outcome, Search } from './search/search.ts';
import type { Launcher, ServerIdentity } from './server/launcher.ts';
import { LocalLauncher } from './server/local.ts';
import { buildSpace, type Candidate, type Space } from './space/space.ts';
import { describeEnvironment } from './store/environment.ts';
import { Journal } from './store/journal.ts';
import { pointKey, variantKey } from './store/key.ts';
import { type PointRecord, type Run, SCHEMA_VERSION } from './store/run.ts';
import { completedConfig, type OpenTrial, openTrial, type TrialContext } from './trial.ts';
import { type BaseModel, readBaseModel } from './variant/base.ts';
import { prepareOutputRepository, writeVariant } from './variant/repository.ts';
import { counted } from './wording.ts';

export interface ProfileOptions {
  readonly listeners?: readonly RunListener[];
  /** Aborted: finish the point in flight, then end. */
  readonly finish?: AbortSignal;
  /** Aborted: end now; the point in flight is lost. */
  readonly stop?: AbortSignal;
  /** The command line to record. */
  readonly command?: readonly string[];
  readonly launcher?: Launcher;
  readonly generator?: LoadGenerator;
  readonly search?: (space: Space) => Search;
}

export interface ProfileResult {
  /** The trials of this experiment, whichever session measured them. */
  readonly run: Run;
  readonly interrupted: boolean;
}

const NEVER = new AbortController().signal;

/**
 * Profiles every model of an experiment: asks the search what to measure, puts that variant on a server, measures,
 * records, tells the search. What the journal knows already is not measured again.
 * @throws UserError for mistakes in the models or the machine; a variant that fails is a result.
 */
export async function profile(experiment: Experiment, options: ProfileOptions = {}): Promise<ProfileResult> {
  const emit = tellAll(options.listeners ?? []);
  const bases = new Map<ModelPlan, BaseModel>();
  for (const plan of experiment.models)
    bases.set(plan, await readBaseModel(experiment.modelRepository, plan));
  // Every mistake in every model is told before the first server starts.
  for (const [plan, base] of bases) if (base.config) spaceOf(plan, base.config);
  const launcher = options.launcher ?? new LocalLauncher(experiment.launch);
  let journal: Journal | undefined;
  let run: ProfileRun | undefined;
  try {
    const server = await launcher.describe();
    const { path, override } = experiment.outputModelRepository;
    prepareOutputRepository(path, override, experiment.modelRepository);
    journal = new Journal(experiment.checkpointDirectory);
    emit.onRunStart(experiment);
    for (const note of [...experiment.notes, ...journal.warnings]) emit.onNote(note);
    run = new ProfileRun(experiment, options, { emit, launcher, journal, server });
    run.start();
    for (const [plan, base] of bases) await run.profileModel(plan, base);
    return { run: run.result(), interrupted: run.interrupted };
  } finally {
    emit.onRunEnd(run?.interrupted ?? false);
    await launcher.close();
    journal?.close();
  }
}

interface Parts {
  readonly emit: Required<RunListener>;
  readonly launcher: Launcher;
  readonly journal: Journal;
  readonly server: ServerIdentity;
}

/** One call of `profile`: the loop and the counts it keeps. */
class ProfileRun {
  readonly #experiment: Experiment;
  readonly #options: ProfileOptions;
  readonly #parts: Parts;
  readonly #generator: LoadGenerator;
  readonly #keys = new Set<string>();
  #knowsServer = false;
  #done = 0;
  #reused = 0;

  constructor(experiment: Experiment, options: ProfileOptions, parts: Parts) {
    this.#experiment = experiment;
    this.#options = options;
    this.#parts = parts;
    this.#generator = options.generator ?? nativeGenerator;
  }

  get interrupted(): boolean {
    return this.#options.finish?.aborted === true || this.#options.stop?.aborted === true;
  }

  start(): void {
    const { launcher, journal, server } = this.#parts;
    const { outputPath } = this.#experiment.launch;
    if (outputPath) rmSync(outputPath, { force: true });
    journal.append({
      kind: 'session',
      schemaVersion: SCHEMA_VERSION,
      startedAt: new Date().toISOString(),
      environment: describeEnvironment({
        launcher: launcher.name,
        server: server.path,
        generator: this.#generator.name,
        command: this.#options.command ?? [],
      }),
      goals: this.#experiment.models.map(({ name, objectives, constraints }) => ({
        name,
        objectives,
        constraints,
      })),
    });
  }

  /** The loop. */
  async profileModel(plan: ModelPlan, base: BaseModel): Promise<void> {
    if (this.interrupted) return;
    const { emit } = this.#parts;
    const context = this.#context(plan);
    const config = base.config ?? (await this.#completed(context));
    if (!config) return;
    const space = spaceOf(plan, config);
    const search = (this.#options.search ?? gridSearch)(space);
    const variants = new Map(space.candidates.map((item) => [item, this.#declare(item, space, base)]));
    emit.onModelStart(space, this.#progress(search));
    for (const note of notesOf(space)) emit.onNote(note);

    let trial: OpenTrial | undefined;
    try {
      for (let ask = search.ask(); ask && !this.interrupted; ask = search.ask()) {
        const key = variants.get(ask.candidate)!;
        let record = this.#known(key, ask, plan);
        if (!record) {
          if (trial?.candidate !== ask.candidate) {
            await this.#close(trial);
            trial = undefined;
            trial = await openTrial(context, ask.candidate, key);
          }
          record = await trial.measure(ask.point);
          this.#parts.journal.append({ kind: 'point', variant: key, record });
        }
        search.tell(ask, outcomeOf(record));
        this.#done++;
        emit.onPoint(ask.candidate.name, record, this.#progress(search));
      }
    } catch (error) {
      if (!this.#options.stop?.aborted) throw error;
    } finally {
      await this.#close(trial);
    }
  }

  /** What the server makes of a model without a config.pbtxt; undefined when the run was stopped meanwhile. */
  async #completed(context: TrialContext): Promise<ModelConfig | undefined> {
    try {
      return withoutFillings(await completedConfig(context));
    } catch (error) {
      if (!this.#options.stop?.aborted) throw error;
      return undefined;
    }
  }

  /** The trials of this experiment out of everything in the journal. */
  result(): Run {
    const { run } = this.#parts.journal;
    return { ...run, trials: run.trials.filter((trial) => this.#keys.has(trial.key)) };
  }

  #context(plan: ModelPlan): TrialContext {
    const { emit, launcher, journal } = this.#parts;
    return {
      experiment: this.#experiment,
      plan,
      launcher,
      generator: this.#generator,
      emit,
      signal: this.#options.stop ?? NEVER,
      autoComplete: true,
      knowsServer: () => this.#knowsServer,
      onServer: (server) => {
        this.#knowsServer = true;
        journal.append({ kind: 'server', ...server });
      },
    };
  }

  /** Writes a variant's files and, unless it is there, its entry in the journal; answers its key. */
  #declare(candidate: Candidate, space: Space, base: BaseModel): string {
    const { journal, server } = this.#parts;
    const { launch, outputModelRepository } = this.#experiment;
    const variant = writeVariant(outputModelRepository.path, base, candidate, space.candidates[0]!);
    const key = variantKey(candidate, base, space.plan, server, launch.gpus);
    this.#keys.add(key);
    const { model, name, isDefault, assignment, config } = candidate;
    if (journal.run.trials.findLast((trial) => trial.name === name)?.key !== key) {
      const { configText, diff } = variant;
      journal.append({ kind: 'variant', key, model, name, isDefault, assignment, config, configText, diff });
      for (const { candidate: skipped, points, reason } of space.skipped) {
        if (skipped !== candidate) continue;
        journal.append({ kind: 'point', variant: key, record: { state: 'skipped', points, reason } });
      }
    }
    return key;
  }

  /** A point that is in the journal already; failures are tried again. */
  #known(variant: string, { point }: Ask, plan: ModelPlan): PointRecord | undefined {
    const key = pointKey(variant, point, plan.load, this.#generator.name);
    const trial = this.#parts.journal.run.trials.find((item) => item.key === variant);
    const known = trial?.points.find((record) => record.state === 'measured' && record.key === key);
    if (known) this.#reused++;
    return known;
  }

  async #close(trial: OpenTrial | undefined): Promise<void> {
    if (!trial) return;
    const { journal, emit } = this.#parts;
    const end = await trial.close();
    const record = journal.run.trials.find(
      (item) => item.name === trial.candidate.name && this.#keys.has(item.key),
    );
    if (!record) return;
    journal.append({ kind: 'end', variant: record.key, end });
    emit.onTrialEnd({ ...record, end });
  }

  #progress(search: Search) {
    return { done: this.#done, remaining: search.remaining(), reused: this.#reused };
  }
}

/**
 * The space of a model, with its inputs checked where the configuration names them.
 * @throws UserError for parameters that are no configuration, and for shapes and data that do not fit the inputs.
 */
function spaceOf(plan: ModelPlan, config: ModelConfig): Space {
  const inputs = inputsOfConfig(config);
  if (inputs.length > 0) {
    resolveShapes(inputs, plan.load.shapes);
    // Read once for nothing, so that a wrong input file is told before a server starts.
    if (plan.load.inputData.kind === 'file') makePayloads(inputs, plan.load, { size: 1, dimension: true });
  }
  return buildSpace(plan, config);
}

const outcomeOf = (record: PointRecord): Outcome =>
  record.state === 'measured'
    ? { state: 'measured', values: record.measurement.values }
    : { state: 'failed' };

/** What is worth a line before a model starts. */
function notesOf(space: Space): string[] {
  const reasons = Map.groupBy(space.skipped, (item) => item.reason);
  const notes = [...reasons].map(([reason, items]) => {
    const points = items.reduce((sum, item) => sum + item.points.length, 0);
    return `skipped: ${reason} (${counted(points, 'point')} of ${counted(items.length, 'configuration')})`;
  });
  if (space.duplicates > 0) {
    notes.push(`${counted(space.duplicates, 'combination')} left out: the configuration is listed already`);
  }
  if (space.plan.parameters.length === 0) {
    notes.push(
      `${space.plan.name} has no model_config_parameters: its default configuration alone is measured`,
    );
  }
  return notes;
}
