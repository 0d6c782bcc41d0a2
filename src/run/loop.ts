import type { Experiment, ModelPlan } from '../config/experiment.ts';
import type { Lane } from '../executor/lanes.ts';
import { Neighbours } from '../executor/neighbours.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import type { GpuMonitor } from '../measure/gpu-state.ts';
import type { PointRecord, Run } from '../record/run.ts';
import { type FailureMemory, withFailureMemory } from '../search/failure-memory.ts';
import { type Answer, type Ask, type Earlier, isAsk, type Search } from '../search/search.ts';
import { looksAtAll, searchFor } from '../search/search-for.ts';
import type { Launcher, ServerIdentity } from '../server/launcher.ts';
import { type Candidate, illegalSince, type SkippedPoints, type Space } from '../space/space.ts';
import { earlierNotes, earlierOf } from '../store/earlier.ts';
import type { Journal } from '../store/journal.ts';
import type { Checkpoint } from '../store/model-analyzer.ts';
import { completedConfig, findsGpu, type TrialContext } from '../trial/serving.ts';
import { type OpenTrial, openTrial } from '../trial/trial.ts';
import type { BaseModel } from '../variant/base.ts';
import { Bell } from './bell.ts';
import { closingAsk, mostMeasurements } from './closing.ts';
import type { RunListener } from './events.ts';
import { pointKey } from './key.ts';
import {
  changeNotes,
  notesOf,
  ofExperiment,
  outcomeOf,
  placeOf,
  sessionEntry,
  skipNotes,
  spaceOf,
  variantKeys,
} from './preparation.ts';
import { type Cut, Tally } from './search-tally.ts';
import { TimeBudget } from './time-budget.ts';

const NEVER = new AbortController().signal;

/** What a run works with. */
export interface Parts {
  readonly emit: Required<RunListener>;
  readonly lanes: readonly Lane[];
  /** One for each lane. */
  readonly launchers: readonly Launcher[];
  readonly journal: Journal;
  /** Model Analyzer's, of the same folder. */
  readonly checkpoint: Checkpoint | undefined;
  readonly monitor: GpuMonitor | undefined;
  readonly generator: LoadGenerator;
}

/** What the lanes share while a model is profiled. */
interface ModelRun {
  readonly plan: ModelPlan;
  readonly space: Space;
  readonly search: FailureMemory;
  readonly tally: Tally;
  /** What became known to be illegal since it was last asked. */
  readonly illegal: () => readonly SkippedPoints[];
  /** The key of a candidate; the first time it is wanted its files and its entry in the journal are written. */
  readonly keyOf: (candidate: Candidate) => string;
  /** What each lane works on. */
  readonly busy: Map<Lane, Candidate>;
  /** Lets lanes that wait for another's outcome ask again. */
  readonly bell: Bell;
  /** How often each point was asked for. */
  readonly looks: Map<string, number>;
  /** What was measured for the verdict when the search had come to its end. */
  readonly added: Ask[];
}

/** One call of `profile`: the loop and the counts it keeps. */
export class ProfileRun {
  readonly #experiment: Experiment;
  readonly #options: ProfileOptions;
  readonly #parts: Parts;
  readonly #generator: LoadGenerator;
  readonly #neighbours = new Neighbours();
  readonly #keys = new Set<string>();
  readonly #time: TimeBudget;
  #modelsLeft: number;
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
    this.#time = new TimeBudget(experiment.maxMinutes);
    this.#modelsLeft = experiment.models.length;
  }

  get interrupted(): boolean {
    return this.#options.finish?.aborted === true || this.#options.stop?.aborted === true;
  }

  async profileModel(plan: ModelPlan, base: BaseModel): Promise<void> {
    if (this.interrupted) return;
    this.#broken = false;
    this.#time.beginModel(this.#modelsLeft--);
    const { emit, lanes, launchers, journal, checkpoint } = this.#parts;
    const identity = await this.#prepare(plan).catch((error: unknown) => {
      if (!this.#options.stop?.aborted) throw error;
    });
    if (!identity) return;
    const contexts = lanes.map((lane, i) => this.#context({ plan, base, lane, launcher: launchers[i]! }));
    const config = base.config ?? (await completedConfig(contexts[0]!));
    if (!config) return;
    const space = spaceOf(plan, config, await findsGpu(contexts[0]!, identity, config));
    const place = placeOf(lanes[0]!, this.#experiment.launch, plan);
    const changed = new Set<string>();
    const keyOf = variantKeys(
      { space, base, identity, place, journal, checkpoint, generator: this.#generator },
      {
        output: this.#experiment.outputModelRepository.path,
        onKey: (key, parts) => {
          this.#keys.add(key);
          for (const part of parts) changed.add(part);
        },
      },
    );
    const earlier = earlierOf(
      plan.name,
      journal.run,
      keyOf(space.candidates[0]!),
      this.#experiment.warmStart,
    );
    const search = withFailureMemory((this.#options.search ?? searchFor)(space, earlier), space);
    const illegal = illegalSince(space);
    // What a search may never come to is not written.
    for (const item of looksAtAll(space) ? space.candidates : space.candidates.slice(0, 1)) keyOf(item);
    emit.onModelStart(space, this.#progress(search));
    const notes = [
      ...notesOf(space, config),
      ...(looksAtAll(space) ? [] : earlierNotes(plan.name, earlier)),
      ...changeNotes(plan, changed, journal.run, this.#generator),
    ];
    for (const note of notes) emit.onNote(note);
    const tally = new Tally(space);
    const shared: ModelRun = {
      ...{ plan, space, search, tally, illegal, keyOf },
      busy: new Map(),
      bell: new Bell(),
      looks: new Map(),
      added: [],
    };
    const [first, ...others] = contexts;
    // The other lanes wait while the default is loaded: a server that does not start at all is told once.
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
    const record = tally.record(search, this.#cutBy(), shared.added);
    journal.append({ kind: 'search', ...record });
    emit.onSearchEnd(record);
  }

  /** The loop: one lane's, taking what no other lane works on. */
  async #runLane(context: TrialContext, model: ModelRun, onOpen: () => void = () => {}): Promise<void> {
    const { emit, journal } = this.#parts;
    const { search, busy, bell, keyOf, tally } = model;
    const { lane } = context;
    /** What the lane's server runs, or would run if what was measured last had not been known already. */
    let on: Candidate | undefined;
    const next = async (): Promise<Ask | undefined> => {
      for (;;) {
        const rung = bell.rung();
        const answer = this.#next(lane, on, model);
        if (answer === 'done') return undefined;
        if (answer !== 'wait') return answer;
        await rung;
      }
    };
    let trial: OpenTrial | undefined;
    try {
      for (let ask = await next(); ask; ask = await next()) {
        const key = keyOf(ask.candidate);
        // What was known already counts as the start that it was then: a run that is repeated asks the same and ends there.
        let started = on !== ask.candidate || ask.again === 'afresh';
        let record = this.#known(key, ask, model);
        if (!record) {
          const begun = performance.now();
          started = trial?.candidate !== ask.candidate || ask.again === 'afresh';
          if (!trial || started) {
            await this.#close(trial);
            trial = undefined;
            trial = await openTrial(context, ask.candidate, key);
            onOpen();
          }
          record = await trial.measure(ask.point, ask.matters);
          if (ask.again && record.state === 'measured') record = { ...record, again: ask.again };
          this.#time.add(performance.now() - begun);
          journal.append({ kind: 'point', variant: key, record });
        }
        on = record.state === 'measured' ? (trial?.candidate ?? ask.candidate) : undefined;
        busy.delete(lane);
        if (!model.added.includes(ask)) search.tell(ask, outcomeOf(record, started));
        tally.told(ask);
        this.#done++;
        emit.onPoint(ask.candidate.name, record, this.#progress(search));
        bell.ring();
      }
    } catch (error) {
      this.#broken = true;
      if (!this.#options.stop?.aborted) throw error;
    } finally {
      busy.delete(lane);
      bell.ring();
      await this.#close(trial);
    }
  }

  /** What a lane is to do next. */
  #next(lane: Lane, on: Candidate | undefined, model: ModelRun): Answer {
    const { search, busy } = model;
    if (this.#time.left === 'little') search.wrapUp?.();
    if (this.#cutBy() || this.#broken) return 'done';
    const answer = search.ask({ on, busy: new Set(busy.values()) });
    const next = answer === 'done' ? (this.#closing(model) ?? answer) : answer;
    if (isAsk(next)) busy.set(lane, next.candidate);
    this.#skip(model);
    return next;
  }

  /** What the verdict lacks when the search has come to its end, as far as a limit of measurements allows. */
  #closing({ space, busy, tally, added }: ModelRun): Ask | undefined {
    // What is still being measured may lead.
    if (busy.size > 0 || tally.measurements >= mostMeasurements(space)) return undefined;
    const ask = closingAsk(this.result(), space, added);
    if (ask) added.push(ask);
    return ask;
  }

  /** Records what a failure rules out, and what turned out to be illegal. */
  #skip({ search, keyOf, tally, illegal }: ModelRun): void {
    const [skipped, news] = [search.givenUp(), illegal()];
    for (const { candidate } of news) keyOf(candidate);
    for (const item of skipped) {
      const { candidate, ...rest } = item;
      tally.skipped(item);
      const record: PointRecord = { state: 'skipped', ...rest };
      this.#parts.journal.append({ kind: 'point', variant: keyOf(candidate), record });
    }
    for (const note of skipNotes([...news, ...skipped])) this.#parts.emit.onNote(note);
  }

  /** Makes the launchers ready for a model; with the first model the session begins. */
  async #prepare(plan: ModelPlan): Promise<ServerIdentity> {
    const { emit, launchers, journal, lanes } = this.#parts;
    const need = {
      model: plan.name,
      container: plan.container,
      onNote: emit.onNote,
      signal: this.#options.stop ?? NEVER,
    };
    let identity: ServerIdentity | undefined;
    // One after the other, so that an image is pulled once.
    for (const launcher of launchers) identity = await launcher.prepare(need);
    if (this.#started) return identity!;
    this.#started = true;
    journal.append(
      sessionEntry(this.#experiment, lanes, {
        launcher: launchers[0]!.name,
        server: identity!.path,
        generator: this.#generator,
        command: this.#options.command ?? [],
      }),
    );
    return identity!;
  }

  /** The trials of this experiment out of everything in the journal, with what it wants of each. */
  result(): Run {
    const { models } = this.#experiment;
    return ofExperiment(this.#parts.journal.run, models, this.#keys, this.#generator);
  }

  #context(own: Pick<TrialContext, 'plan' | 'base' | 'lane' | 'launcher'>): TrialContext {
    const { emit, journal, monitor } = this.#parts;
    return {
      experiment: this.#experiment,
      ...own,
      neighbours: this.#neighbours,
      monitor,
      generator: this.#generator,
      emit,
      signal: this.#options.stop ?? NEVER,
      deadlineMs: this.#time.endMs,
      knowsServer: () => this.#knowsServer,
      onServer: (server) => {
        this.#knowsServer = true;
        journal.append({ kind: 'server', ...server });
      },
    };
  }

  /** What ends the search from outside. */
  #cutBy(): Cut | undefined {
    if (this.interrupted) return { why: 'it was interrupted', interrupted: true };
    if (this.#time.left !== 'none') return undefined;
    return { why: `its time of ${this.#experiment.maxMinutes} minutes is used`, interrupted: false };
  }

  /** A point that is in the journal already, as often as it was asked for; failures are tried again. */
  #known(variant: string, { point }: Ask, { plan, looks }: ModelRun): PointRecord | undefined {
    const key = pointKey(variant, point, plan.load, this.#generator);
    const look = looks.get(key) ?? 0;
    looks.set(key, look + 1);
    const trial = this.#parts.journal.run.trials.find((item) => item.key === variant);
    const known = trial?.points.filter((record) => record.state === 'measured' && record.key === key)[look];
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

export interface ProfileOptions {
  readonly listeners?: readonly RunListener[];
  /** Aborted: finish the point in flight, then end. */
  readonly finish?: AbortSignal;
  /** Aborted: end now; the point in flight is lost. */
  readonly stop?: AbortSignal;
  /** Aborted: leave a server of somebody else's as it is by then. */
  readonly abandon?: AbortSignal;
  /** The command line to record. */
  readonly command?: readonly string[];
  readonly launcher?: Launcher;
  readonly generator?: LoadGenerator;
  readonly search?: (space: Space, earlier: readonly Earlier[]) => Search;
}
