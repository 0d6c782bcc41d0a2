import type { ModelPlan } from '../config/experiment.ts';
import { goalOfPlan } from '../config/goals.ts';
import type { Executor } from '../executor/executor.ts';
import type { Lane } from '../executor/lanes.ts';
import { hasGpu, placeOf } from '../executor/place.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { withoutFillings } from '../model-config/compare.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { isSamePoint, type LoadPoint } from '../record/load-point.ts';
import type { Run, Trial } from '../record/run.ts';
import { withFailureMemory } from '../search/failure-memory.ts';
import type { Earlier, Search } from '../search/search.ts';
import { looksAtAll, type SearchedSpace, searchedSpace, searchFor } from '../search/search-for.ts';
import { type WatchedSearch, withSentinel } from '../search/sentinel/sentinel.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import { runsOnGpu } from '../server/remote-gpus.ts';
import { earlierNotes, earlierOf } from '../store/earlier.ts';
import type { Journal } from '../store/journal.ts';
import type { Checkpoint } from '../store/model-analyzer.ts';
import type { BaseModel } from '../variant/base.ts';
import type { Baseline } from './baseline/baseline.ts';
import { withLooks, withRoom } from './baseline/looks.ts';
import { suspicionsOf } from './baseline/suspicion.ts';
import { type Target, targetNotes, targetsOf } from './baseline/targets.ts';
import { checkedSpace } from './checked-space.ts';
import { withClosing } from './closing.ts';
import { ModelLedger } from './model-ledger.ts';
import { ModelRun } from './model-run.ts';
import { changeNotes, notesOf } from './notes.ts';
import { ofExperiment } from './of-experiment.ts';
import { outlookOf } from './outlook-of.ts';
import type { RunState } from './run-state.ts';
import { sessionEntry } from './session.ts';
import { specOf } from './spec-of.ts';
import { surroundingsOf } from './surroundings.ts';
import { type Turn, turnsOf } from './turns.ts';
import { warningsOf } from './warnings.ts';

/** What a run works with. */
export interface RunParts {
  readonly state: RunState;
  readonly executor: Executor;
  readonly lanes: readonly Lane[];
  readonly journal: Journal;
  /** Model Analyzer's, of the same folder. */
  readonly checkpoint: Checkpoint | undefined;
  readonly generator: LoadGenerator;
  /** What the run is compared with; undefined: nothing. */
  readonly baseline: Baseline | undefined;
  /** The command line to record. */
  readonly command: readonly string[];
  readonly searchOf?: ((space: SearchedSpace, earlier: readonly Earlier[]) => Search) | undefined;
}

/** One call of `profile`: one model after the other. */
export class ProfileRun {
  readonly #parts: RunParts;
  readonly #ledgers: ModelLedger[] = [];
  /** What is measured for the comparison, of all models so far. */
  readonly #targets: Target[] = [];
  /** The session in the journal; undefined before the first model is ready. */
  #session: string | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** What each model is given of the time, before any has begun. */
  turnsOf(bases: ReadonlyMap<ModelPlan, BaseModel>): Turn[] {
    const { state, lanes, journal, baseline } = this.#parts;
    const before = journal.history.whole();
    return turnsOf(
      [...bases].map(([plan, base]) => outlookOf(plan, base, state.experiment, { lanes, before, baseline })),
    );
  }

  /** @throws UserError where there is nothing to measure for this model. */
  async profileModel(plan: ModelPlan, base: BaseModel, { share, later }: Turn): Promise<void> {
    const { state, executor, journal, searchOf = searchFor } = this.#parts;
    if (state.interrupted) return;
    state.time.beginModel(share);
    state.later = later;
    const begun = await this.#begin(plan, base).catch((error: unknown) => {
      if (!state.stop.aborted) throw error;
    });
    if (!begun) return;
    const { space, ledger, identity, targets, hasGpu } = begun;
    const [first] = space.candidates;
    const earlier = earlierOf(
      plan.name,
      journal.history.whole(),
      ledger.enter(first!),
      state.experiment.warmStart,
      plan.prices,
    );
    const search = this.#searchOf(searchOf, earlier, { space, targets });
    // What a search may never come to is not written.
    if (looksAtAll(space)) for (const candidate of space.candidates) ledger.enter(candidate);
    state.emit({
      kind: 'model',
      goal: goalOfPlan(plan),
      configurations: space.most,
      points: search.remaining(),
      progress: state.progress(search.remaining()),
    });
    const notes = [
      ...warningsOf(space, hasGpu),
      ...notesOf(space, first!.models[0].config),
      ...(looksAtAll(space) ? [] : earlierNotes(plan.name, earlier)),
      ...changeNotes(plan, ledger.changed, journal.history.whole(), this.#parts.generator),
      ...targetNotes(plan, targets, this.#parts.baseline),
    ];
    for (const text of notes) state.emit({ kind: 'note', text });
    const record = await new ModelRun({ state, executor, space, search, ledger, base, identity }).run();
    journal.append({ kind: 'search', ...record });
    state.emit({ kind: 'search', record });
  }

  /** The search of a model, with all that goes on beside it. */
  #searchOf(
    searchOf: NonNullable<RunParts['searchOf']>,
    earlier: readonly Earlier[],
    { space, targets }: { readonly space: SearchedSpace; readonly targets: readonly Target[] },
  ): WatchedSearch {
    const { state, baseline } = this.#parts;
    const { experiment } = state;
    const result = (): Run => this.result();
    const own = withRoom(space, targets);
    const remembering = withFailureMemory(searchOf(own, earlier), own);
    const watched = withSentinel(withClosing(remembering, own, result), own, {
      minutes: experiment.sentinelMinutes,
    });
    if (!baseline) return watched;
    const suspicions = (run: Run): ReturnType<typeof suspicionsOf> =>
      suspicionsOf(baseline.compare(run, experiment, space.plan.name), baseline.conditions);
    return withLooks(watched, { targets, space, result, suspicions });
  }

  /** What the session at hand tells, of it the trials of this experiment, with what it wants of each. */
  result(): Run {
    const { journal, state, generator } = this.#parts;
    const keys = new Set(this.#ledgers.flatMap((ledger) => ledger.keys));
    const isTarget = (trial: Trial, wanted: LoadPoint): boolean =>
      this.#targets.some(
        ({ candidate, point }) => candidate.name === trial.name && isSamePoint(point, wanted),
      );
    return ofExperiment(journal.run, state.experiment.models, keys, generator, isTarget);
  }

  /** Makes the executor ready for a model, and finds out what there is to measure. */
  async #begin(
    plan: ModelPlan,
    base: BaseModel,
  ): Promise<{
    space: SearchedSpace;
    ledger: ModelLedger;
    identity: ServerIdentity;
    targets: readonly Target[];
    hasGpu: boolean;
  }> {
    const { state, lanes, journal, checkpoint, generator, baseline } = this.#parts;
    const identity = await this.#prepare(plan);
    const config = base.config ?? withoutFillings(await this.#askConfig(plan, base));
    const hasGpu = await this.#findsGpu(plan, base, { identity, config });
    const space = searchedSpace(checkedSpace(plan, config, hasGpu));
    const { launch } = state.experiment;
    const place = placeOf(lanes[0]!, launch, plan);
    const surroundings = await surroundingsOf(launch, lanes[0]!, plan, base, identity);
    const output = state.experiment.outputModelRepository.path;
    const ledger = new ModelLedger({
      space,
      base,
      identity,
      place,
      surroundings,
      journal,
      session: this.#session!,
      reuse: state.experiment.reuse,
      checkpoint,
      generator,
      output,
    });
    this.#ledgers.push(ledger);
    const targets = baseline ? targetsOf(baseline, space, state.experiment) : [];
    for (const target of targets) ledger.measureAnew(target);
    this.#targets.push(...targets);
    return { space, ledger, identity, targets, hasGpu };
  }

  /** Makes the executor ready for a model; with the first model the session begins. */
  async #prepare(plan: ModelPlan): Promise<ServerIdentity> {
    const { state, executor, journal, lanes, generator, command } = this.#parts;
    const identity = await executor.prepare({
      model: plan.name,
      container: plan.container,
      onNote: (text) => state.emit({ kind: 'note', text }),
      signal: state.stop,
    });
    if (this.#session === undefined) {
      const programs = { launcher: executor.name, server: identity.path, generator, command };
      const session = sessionEntry(state.experiment, lanes, programs, journal.history);
      journal.append(session);
      this.#session = session.id;
    }
    return identity;
  }

  async #askConfig(plan: ModelPlan, base: BaseModel): Promise<ModelConfig> {
    const { state, executor } = this.#parts;
    const describe = !state.knowsServer;
    const spec = specOf(state.experiment, plan, base, { candidate: undefined, describe });
    return await executor.askConfig(spec, state.listenerOf('0'), state.stop);
  }

  /**
   * Whether instances can be put on a GPU. A remote server is asked where it matters, as an automatic search sets their
   * kind: by what it shows or the model's configuration says, else by where it puts the model's instances when it loads
   * it.
   */
  async #findsGpu(
    plan: ModelPlan,
    base: BaseModel,
    { identity, config }: { identity: ServerIdentity; config: ModelConfig },
  ): Promise<boolean> {
    const { state, lanes } = this.#parts;
    const { launch } = state.experiment;
    const asks = launch.mode === 'remote' && plan.automatic && !plan.cpuOnly;
    if (!asks) return hasGpu(lanes, launch, plan);
    const known = identity.gpus ?? runsOnGpu(config);
    if (known !== undefined) return known;
    try {
      return runsOnGpu(await this.#askConfig(plan, base)) ?? true;
    } catch {
      // The default's trial says what is wrong.
      return true;
    }
  }
}
