import { isDeepStrictEqual } from 'node:util';
import type { Experiment, ModelPlan } from '../config/experiment.ts';
import { type Lane, machineFor, notesOfMachine, planLanes } from '../executor/lanes.ts';
import { LocalExecutor } from '../executor/local-executor.ts';
import { hasGpu } from '../executor/place.ts';
import { formatProblem, gatherMistakes, UserError, userError } from '../ground/errors.ts';
import { holds } from '../ground/paths.ts';
import { generatorFor } from '../load/generator-for.ts';
import type { LoadGenerator } from '../load/load-generator.ts';
import { GpuMonitor } from '../measure/gpu-monitor.ts';
import type { Comparison } from '../record/comparison.ts';
import type { Run } from '../record/run.ts';
import type { Earlier, Search } from '../search/search.ts';
import { searchedSpace } from '../search/search-for.ts';
import type { Launcher } from '../server/launcher.ts';
import { launcherFor } from '../server/launcher-for.ts';
import { missingServer } from '../server/locate.ts';
import type { Space } from '../space/space.ts';
import { makeHome } from '../store/home.ts';
import { Journal } from '../store/journal.ts';
import { CHECKPOINT_LOCK, lockFolder } from '../store/lock.ts';
import { readCheckpoint } from '../store/model-analyzer.ts';
import type { BaseModel } from '../variant/base.ts';
import {
  checkOutputRepository,
  OUTPUT_LOCK,
  type OutputRepository,
  prepareOutputRepository,
} from '../variant/output-repository.ts';
import { baseOf } from './base-of.ts';
import { type Baseline, readBaseline } from './baseline/baseline.ts';
import { targetsOf } from './baseline/targets.ts';
import { checkedSpace } from './checked-space.ts';
import { type Happening, mistakeTeller, type RunListener, tellAll } from './events.ts';
import { checkpointNotes } from './notes.ts';
import { ProfileRun } from './profile-run.ts';
import { type Ends, RunState } from './run-state.ts';

export interface ProfileOptions extends Ends {
  readonly listeners?: readonly RunListener[];
  /** Aborted: leave a server of somebody else's as it is by then. */
  readonly abandon?: AbortSignal;
  /** What perf_analyzer prints, where that was asked for without a file for it; absent: to the standard output. */
  readonly onOutput?: (text: string) => void;
  /** The command line to record. */
  readonly command?: readonly string[];
  readonly launcher?: Launcher;
  readonly generator?: LoadGenerator;
  readonly search?: (space: Space, earlier: readonly Earlier[]) => Search;
}

export interface ProfileResult {
  /** The trials of this experiment, whichever session measured them. */
  readonly run: Run;
  readonly interrupted: boolean;
  /** What ended the profiling of a model early, where others, or this one before, were measured all the same. */
  readonly mistakes: readonly UserError[];
  /** The run beside that of `baseline`; absent: none was asked for. */
  readonly comparison?: Comparison;
}

/**
 * Profiles every model of an experiment: asks the search what to measure, puts that variant on a server, measures,
 * records, tells the search. What the journal knows already is not measured again.
 * @throws UserError for mistakes in the models or the machine; a variant that fails is a result.
 */
export async function profile(experiment: Experiment, options: ProfileOptions = {}): Promise<ProfileResult> {
  const emit = tellAll(options.listeners ?? []);
  const tellMistake = mistakeTeller(emit);
  try {
    return await profiled(experiment, options, emit, tellMistake);
  } catch (error) {
    tellMistake(error);
    throw error;
  }
}

async function profiled(
  experiment: Experiment,
  options: ProfileOptions,
  emit: (happening: Happening) => void,
  tellMistake: (error: unknown) => void,
): Promise<ProfileResult> {
  const bases = new Map(
    await gatherMistakes(
      experiment.models,
      async (plan): Promise<[ModelPlan, BaseModel]> => [plan, await baseOf(experiment, plan)],
    ),
  );
  const baseline = readBaseline(experiment);
  const output = outputOf(experiment, [...bases.values()]);
  checkOutputRepository(output);
  const { launch, checkpointDirectory } = experiment;
  const generator = options.generator ?? (await generatorFor(experiment.generator, options.onOutput));
  const machine = await machineFor(launch, options.stop);
  const lanes = planLanes(launch, machine);
  await checkModels(experiment, bases, lanes, baseline);
  const command = options.command ?? [];
  // Before anything is written.
  const missing = options.launcher ? undefined : missingServer(experiment);
  if (missing) throw new UserError(missing);
  using _home = experiment.home === undefined ? undefined : makeHome(experiment.home);
  using _checkpoints = lockFolder({ ...CHECKPOINT_LOCK, folder: checkpointDirectory }, command);
  using _output = lockFolder({ ...OUTPUT_LOCK, folder: output.path }, command);
  const launchers = await Promise.all(lanes.map(() => options.launcher ?? launcherFor(launch)));
  const monitor = machine.gpus.length > 0 ? new GpuMonitor(experiment.monitoringIntervalS) : undefined;
  const executor = new LocalExecutor({ lanes, launchers, generator, monitor });
  let journal: Journal | undefined;
  const state = new RunState(experiment, options, emit, (server) =>
    journal?.append({ kind: 'server', ...server }),
  );
  try {
    prepareOutputRepository(output);
    journal = new Journal(checkpointDirectory);
    emit({ kind: 'run', models: experiment.models.map(({ name }) => name) });
    const checkpoint = readCheckpoint(checkpointDirectory);
    const ofModels = [...bases.values()].flatMap((base) => base.notes);
    const ofBaseline = (baseline?.read.warnings ?? []).map((text) => `baseline: ${text}`);
    const ofJournal = [...journal.warnings, ...checkpointNotes(checkpoint)];
    const notes = [...experiment.notes, ...notesOfMachine(machine), ...ofModels, ...ofJournal, ...ofBaseline];
    for (const text of notes) emit({ kind: 'note', text });
    const searchOf = options.search;
    const programs = { executor, lanes, journal, checkpoint, generator };
    const run = new ProfileRun({ state, ...programs, baseline, command, searchOf });
    const mistakes = await profileAll(run, bases, tellMistake);
    const comparison = baseline?.compare(run.result(), experiment);
    if (comparison) emit({ kind: 'comparison', comparison });
    return { run: run.result(), interrupted: state.interrupted, mistakes, ...(comparison && { comparison }) };
  } catch (error) {
    tellMistake(error);
    throw error;
  } finally {
    monitor?.close();
    const onNote = (text: string): void => emit({ kind: 'note', text });
    try {
      await executor.close({ signal: whileLeaving(options), onNote });
      emit({ kind: 'end', interrupted: state.interrupted });
    } finally {
      journal?.close();
    }
  }
}

/** @throws UserError with every mistake in every model: they are told before the first server starts. */
async function checkModels(
  experiment: Experiment,
  bases: ReadonlyMap<ModelPlan, BaseModel>,
  lanes: readonly Lane[],
  baseline: Baseline | undefined,
): Promise<void> {
  await gatherMistakes([...bases], ([plan, base]) => {
    if (!base.config) return;
    const space = checkedSpace(plan, base.config, hasGpu(lanes, experiment.launch, plan));
    if (baseline) targetsOf(baseline, searchedSpace(space), experiment);
  });
}

/**
 * One model after the other: a mistake in one is no reason to leave the others out.
 * @throws UserError with all mistakes when nothing was measured, so that there is nothing to tell but them.
 */
async function profileAll(
  run: ProfileRun,
  bases: ReadonlyMap<ModelPlan, BaseModel>,
  tellMistake: (error: unknown) => void,
): Promise<readonly UserError[]> {
  const mistakes: UserError[] = [];
  const turns = run.turnsOf(bases);
  for (const [index, [plan, base]] of [...bases].entries()) {
    try {
      await run.profileModel(plan, base, turns[index]!);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // What ends every model, as a disk that is full, is told once.
      if (mistakes.some((known) => isSame(known, error))) continue;
      mistakes.push(error);
      tellMistake(error);
    }
  }
  const isMeasured = run.result().trials.some(({ state }) => state === 'measured');
  if (!isMeasured && mistakes.length > 0) throw new UserError(mistakes.flatMap(({ problems }) => problems));
  return mistakes;
}

/** Whether two mistakes have the same problems; what is told beside them, as the end of a log, differs with the model. */
function isSame(one: UserError, other: UserError): boolean {
  const told = ({ problems }: UserError): string[] =>
    problems.map(({ message, place }) => formatProblem({ message, place }));
  return isDeepStrictEqual(told(one), told(other));
}

/** What ends the putting back of what was ready elsewhere: the next signal that comes. */
function whileLeaving({ stop, abandon }: ProfileOptions): AbortSignal | undefined {
  const signals = [...(stop && !stop.aborted ? [stop] : []), ...(abandon ? [abandon] : [])];
  return signals.length > 0 ? AbortSignal.any(signals) : undefined;
}

/**
 * Where variants are written, with all that lies near it.
 * @throws UserError when something would be written into a model's own folder: what is measured holds for its files.
 */
function outputOf(experiment: Experiment, bases: readonly BaseModel[]): OutputRepository {
  const { outputModelRepository, modelRepository, checkpointDirectory, exportPath, launch, generator } =
    experiment;
  const modelFolders = bases.flatMap(({ folder }) => folder ?? []);
  const written = {
    'output-model-repository-path': outputModelRepository.path,
    'checkpoint-directory': checkpointDirectory,
    'export-path': exportPath,
    'triton-output-path': launch.mode === 'remote' ? undefined : launch.outputPath,
    'perf-output-path': generator.kind === 'perf_analyzer' ? generator.output?.file : undefined,
  };
  for (const [option, path] of Object.entries(written)) {
    const model = path === undefined ? undefined : modelFolders.find((folder) => holds(folder, path));
    if (model === undefined) continue;
    throw userError(
      `${path} lies in the folder of a model, ${model}: every run would change the model that is measured`,
      `name a place elsewhere with --${option}`,
    );
  }
  const beside = [checkpointDirectory, exportPath, launch.cacheDirectory ?? []].flat();
  return { ...outputModelRepository, modelRepository, modelFolders, beside };
}
