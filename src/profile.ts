import { rmSync } from 'node:fs';
import type { Experiment, ModelPlan } from './config/experiment.ts';
import { type RunListener, tellAll } from './events.ts';
import { type Lane, planLanes } from './lanes.ts';
import { completedConfig, type ModelFacts, type TrialContext } from './launch.ts';
import { generatorFor } from './load/choose.ts';
import type { LoadGenerator } from './load/load-generator.ts';
import { GpuMonitor } from './measure/gpu-state.ts';
import { Neighbours } from './neighbours.ts';
import {
  baseOf,
  declareVariants,
  notesOf,
  outcomeOf,
  placeOf,
  sessionEntry,
  skipNotes,
  spaceOf,
} from './preparation.ts';
import { type FailureMemory, withFailureMemory } from './search/failure-memory.ts';
import { gridSearch } from './search/grid.ts';
import type { Ask, Search } from './search/search.ts';
import { launcherFor } from './server/choose.ts';
import { listGpus } from './server/gpu/list.ts';
import type { Launcher, ServerIdentity } from './server/launcher.ts';
import type { Candidate, SkippedPoints, Space } from './space/space.ts';
import { Journal } from './store/journal.ts';
import { pointKey, variantKey } from './store/key.ts';
import type { PointRecord, Run } from './store/run.ts';
import { type OpenTrial, openTrial } from './trial.ts';
import type { BaseModel } from './variant/base.ts';
import { prepareOutputRepository } from './variant/repository.ts';

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
  for (const plan of experiment.models) bases.set(plan, await baseOf(experiment, plan));
  // Every mistake in every model is told before the first server starts.
  for (const [plan, base] of bases) if (base.config) spaceOf(plan, base.config);
  const { launch } = experiment;
  const generator = options.generator ?? (await generatorFor(experiment.generator));
  const gpus = launch.mode === 'remote' ? [] : await listGpus();
  const lanes = planLanes(launch, gpus);
  const launchers = lanes.map(() => options.launcher ?? launcherFor(launch));
  const monitor = gpus.length > 0 ? new GpuMonitor(experiment.monitoringIntervalS) : undefined;
  let journal: Journal | undefined;
  let run: ProfileRun | undefined;
  try {
    const { path, override } = experiment.outputModelRepository;
    prepareOutputRepository(path, override, experiment.modelRepository);
    journal = new Journal(experiment.checkpointDirectory);
    emit.onRunStart(experiment);
    for (const note of [...experiment.notes, ...journal.warnings]) emit.onNote(note);
    run = new ProfileRun(experiment, options, { emit, lanes, launchers, journal, monitor, generator });
    for (const [plan, base] of bases) await run.profileModel(plan, base);
    return { run: run.result(), interrupted: run.interrupted };
  } finally {
    emit.onRunEnd(run?.interrupted ?? false);
    monitor?.close();
    await Promise.all(launchers.map((launcher) => launcher.close()));
    journal?.close();
  }
}

interface Parts {
  readonly emit: Required<RunListener>;
  readonly lanes: readonly Lane[];
  /** One for each lane. */
  readonly launchers: readonly Launcher[];
  readonly journal: Journal;
  readonly monitor: GpuMonitor | undefined;
  readonly generator: LoadGenerator;
}

/** What the lanes share while a model is profiled. */
interface ModelRun {
  readonly plan: ModelPlan;
  readonly search: FailureMemory;
  /** The journal's key of each variant. */
  readonly keys: ReadonlyMap<Candidate, string>;
  /** What each lane works on. */
  readonly busy: Map<Lane, Candidate>;
}

/** One call of `profile`: the loop and the counts it keeps. */
class ProfileRun {
  readonly #experiment: Experiment;
  readonly #options: ProfileOptions;
  readonly #parts: Parts;
  readonly #generator: LoadGenerator;
  readonly #neighbours = new Neighbours();
  readonly #keys = new Set<string>();
  #started = false;
  #broken = false;
  #knowsServer = false;
  #done = 0;
  #reused = 0;

  constructor(experiment: Experiment, options: ProfileOptions, parts: Parts) {
    this.#experiment = experiment;
    this.#options = options;
    this.#parts = parts;
    this.#generator = parts.generator;
  }

  get interrupted(): boolean {
    return this.#options.finish?.aborted === true || this.#options.stop?.aborted === true;
  }

  async profileModel(plan: ModelPlan, base: BaseModel): Promise<void> {
    if (this.interrupted) return;
    const { emit, lanes, launchers, journal } = this.#parts;
    const identity = await this.#prepare(plan);
    const model: ModelFacts = { autoComplete: true };
    const contexts = lanes.map((lane, i) =>
      this.#context({ plan, base, lane, launcher: launchers[i]!, model }),
    );
    const config = base.config ?? (await completedConfig(contexts[0]!));
    if (!config) return;
    const space = spaceOf(plan, config);
    const search = withFailureMemory((this.#options.search ?? gridSearch)(space), space);
    const place = placeOf(lanes[0]!, this.#experiment.launch, plan);
    const output = this.#experiment.outputModelRepository.path;
    const keys = declareVariants(space, base, journal, output, (item) =>
      variantKey(item, base, plan, identity, place),
    );
    for (const key of keys.values()) this.#keys.add(key);
    emit.onModelStart(space, this.#progress(search));
    for (const note of notesOf(space, config)) emit.onNote(note);
    const shared: ModelRun = { plan, search, keys, busy: new Map() };
    const [first, ...others] = contexts;
    // The other lanes wait until the default is loaded: what that finds out holds for all, and if it fails nothing works.
    let onFirst = (): void => {};
    const begun = new Promise<void>((resolve) => {
      onFirst = resolve;
    });
    // An error in one lane ends the others after their point in flight; their servers are stopped by then.
    const ends = await Promise.allSettled([
      this.#runLane(first!, shared, onFirst).finally(onFirst),
      ...others.map((context) => begun.then(() => this.#runLane(context, shared))),
    ]);
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) throw broken.reason;
  }

  /** The loop: one lane's, taking what no other lane works on. */
  async #runLane(context: TrialContext, model: ModelRun, onOpen: () => void = () => {}): Promise<void> {
    const { emit, journal } = this.#parts;
    const { search, busy, keys, plan } = model;
    const { lane } = context;
    const next = (): Ask | undefined => {
      busy.delete(lane);
      const ask = this.interrupted || this.#broken ? undefined : search.ask(new Set(busy.values()));
      if (ask) busy.set(lane, ask.candidate);
      return ask;
    };
    let trial: OpenTrial | undefined;
    try {
      for (let ask = next(); ask; ask = next()) {
        const key = keys.get(ask.candidate)!;
        let record = this.#known(key, ask, plan);
        if (!record) {
          if (trial?.candidate !== ask.candidate) {
            await this.#close(trial);
            trial = undefined;
            trial = await openTrial(context, ask.candidate, key);
            if (!trial.failed) onOpen();
          }
          record = await trial.measure(ask.point);
          journal.append({ kind: 'point', variant: key, record });
        }
        const givenUp = search.tell(ask, outcomeOf(record));
        this.#done++;
        emit.onPoint(ask.candidate.name, record, this.#progress(search));
        this.#skip(givenUp, keys);
      }
    } catch (error) {
      this.#broken = true;
      if (!this.#options.stop?.aborted) throw error;
    } finally {
      busy.delete(lane);
      await this.#close(trial);
    }
  }

  /** Records what a failure rules out. */
  #skip(skipped: readonly SkippedPoints[], keys: ReadonlyMap<Candidate, string>): void {
    for (const { candidate, ...rest } of skipped) {
      const record: PointRecord = { state: 'skipped', ...rest };
      this.#parts.journal.append({ kind: 'point', variant: keys.get(candidate)!, record });
    }
    for (const note of skipNotes(skipped)) this.#parts.emit.onNote(note);
  }

  /** Makes the launchers ready for a model; with the first model the session begins. */
  async #prepare(plan: ModelPlan): Promise<ServerIdentity> {
    const { emit, launchers, journal, lanes } = this.#parts;
    const need = {
      container: plan.container,
      onNote: emit.onNote,
      signal: this.#options.stop ?? NEVER,
    };
    let identity: ServerIdentity | undefined;
    // One after the other, so that an image is pulled once.
    for (const launcher of launchers) identity = await launcher.prepare(need);
    if (this.#started) return identity!;
    this.#started = true;
    const { outputPath } = this.#experiment.launch;
    if (outputPath) rmSync(outputPath, { force: true });
    const command = this.#options.command ?? [];
    journal.append(
      sessionEntry(this.#experiment, lanes, {
        launcher: launchers[0]!.name,
        server: identity!.path,
        generator: this.#generator.name,
        command,
      }),
    );
    return identity!;
  }

  /** The trials of this experiment out of everything in the journal. */
  result(): Run {
    const { run } = this.#parts.journal;
    return { ...run, trials: run.trials.filter((trial) => this.#keys.has(trial.key)) };
  }

  #context(own: Pick<TrialContext, 'plan' | 'base' | 'lane' | 'launcher' | 'model'>): TrialContext {
    const { emit, journal, monitor } = this.#parts;
    return {
      experiment: this.#experiment,
      ...own,
      neighbours: this.#neighbours,
      monitor,
      generator: this.#generator,
      emit,
      signal: this.#options.stop ?? NEVER,
      knowsServer: () => this.#knowsServer,
      onServer: (server) => {
        this.#knowsServer = true;
        journal.append({ kind: 'server', ...server });
      },
    };
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

  #progress(search: Pick<Search, 'remaining'>) {
    return { done: this.#done, remaining: search.remaining(), reused: this.#reused };
  }
}
