import type { Experiment, LaunchSettings, ModelPlan } from '../config/experiment.ts';
import { type Lane, parseCores } from '../executor/lanes.ts';
import { userError } from '../ground/errors.ts';
import { redactor, secretsOf } from '../ground/redact.ts';
import { counted } from '../ground/wording.ts';
import { checkInputs, guessesOf } from '../load/check-inputs.ts';
import { canonicalJson } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { type Entry, trialOf } from '../record/entry.ts';
import type { Measurement } from '../record/measurement.ts';
import { type Environment, type PointRecord, type Run, SCHEMA_VERSION } from '../record/run.ts';
import type { Outcome } from '../search/search.ts';
import { budgetOf, choiceFor, looksAtAll, searchedSpace, sizeOf } from '../search/search-for.ts';
import { concernsAll, wantsRoom } from '../server/failure.ts';
import type { ServerIdentity } from '../server/launcher.ts';
import { isHttpName, whyNotByHttp } from '../server/model-path.ts';
import { isOfPlan } from '../space/loads.ts';
import {
  buildSpace,
  type Candidate,
  isEnsemble,
  leavesOutPreferences,
  type SkippedPoints,
  type Space,
} from '../space/space.ts';
import { relativeHalfWidth } from '../statistics/intervals.ts';
import type { Journal } from '../store/journal.ts';
import type { Checkpoint } from '../store/model-analyzer.ts';
import { type BaseModel, modelElsewhere, readBaseModel } from '../variant/base.ts';
import { writeVariant } from '../variant/repository.ts';
import { changedLoad, changedParts } from './changes.ts';
import { describeEnvironment, machineFacts } from './environment.ts';
import { type Generator, loadParts, type Place, pointKey, variantKey } from './key.ts';

/** A model of the repository; without one it is the remote server's. */
export async function baseOf({ modelRepository, launch }: Experiment, plan: ModelPlan): Promise<BaseModel> {
  checkName(plan, launch);
  if (modelRepository === undefined || (launch.mode === 'remote' && !launch.remote.reload))
    return modelElsewhere(plan.name);
  const base = await readBaseModel(modelRepository, plan);
  if (!base.config && launch.mode === 'c_api') {
    throw userError(
      `model "${plan.name}" has no config.pbtxt, and with triton_launch_mode: c_api there is no server to complete one`,
      'write a config.pbtxt for it',
      plan.place,
    );
  }
  return base;
}

/** @throws UserError for a name that HTTP can't carry, where it would have to. */
function checkName({ name, load, place }: ModelPlan, { mode }: LaunchSettings): void {
  if (mode !== 'c_api' && load.protocol !== 'grpc' && !isHttpName(name))
    throw userError(whyNotByHttp(name), 'write client_protocol: grpc', place);
}

/** How a session begins in the journal. */
export function sessionEntry(
  { models, reports }: Experiment,
  lanes: readonly Lane[],
  {
    generator,
    ...programs
  }: Pick<Environment, 'launcher' | 'server' | 'command'> & { readonly generator: Generator },
): Entry {
  const gpus = lanes.flatMap(({ devices }) => devices ?? []);
  return {
    kind: 'session',
    schemaVersion: SCHEMA_VERSION,
    startedAt: new Date().toISOString(),
    environment: describeEnvironment({
      ...programs,
      command: programs.command.map(redactor(secretsOf(process.env))),
      generator: generator.name,
      ...(generator.version !== undefined && { generatorVersion: generator.version }),
      gpus: gpus.map(({ name }) => name),
      driver: gpus[0]?.driver,
      protocol: models[0]?.load.protocol,
    }),
    goals: models.map(({ name, objectives, constraints }) => ({ name, objectives, constraints })),
    overall: reports.acrossModels.goal,
    load: Object.fromEntries(models.map(({ name, load }) => [name, loadParts(load, generator)])),
  };
}

/**
 * The space of a model, with its inputs checked where the configuration names them.
 * @throws UserError for parameters that are no configuration, and for shapes and data that do not fit the inputs.
 */
export function spaceOf(plan: ModelPlan, config: ModelConfig, gpu = true): Space {
  checkInputs(config, plan);
  return buildSpace(plan, config, gpu);
}

/** Whether instances can be put on a GPU: one of this machine that servers may use, or whatever a remote server has. */
export const hasGpu = (lanes: readonly Lane[], { mode }: LaunchSettings): boolean =>
  mode === 'remote' || (lanes[0]?.devices ?? []).length > 0;

/** Relative standard deviations, by intervals of 95 %. */
const deviationsOf = (intervals: Measurement['intervals']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(intervals).flatMap(([tag, interval]) => {
      const width = relativeHalfWidth(interval);
      return width === undefined ? [] : [[tag, width / 1.96]];
    }),
  );

/** A record as a search is told of it. */
export const outcomeOf = (record: PointRecord, started: boolean): Outcome =>
  record.state === 'measured'
    ? {
        state: 'measured',
        started,
        values: record.measurement.values,
        deviations: deviationsOf(record.measurement.intervals),
      }
    : {
        state: 'failed',
        started,
        kind: record.state === 'failed' ? (record.kind ?? 'other') : 'other',
        cause: record.state === 'failed' ? record.cause : '',
        wantsRoom: record.state === 'failed' && record.kind !== undefined && wantsRoom(record.kind),
        concernsAll:
          record.state === 'failed' && record.kind !== undefined && concernsAll({ kind: record.kind }),
      };

/** What a lane's servers have of the machine, for the key of what is measured there. */
export function placeOf(lane: Lane, launch: LaunchSettings, { container }: ModelPlan): Place {
  const { gpus, devices, cpus } = lane;
  const chosen = gpus.kind === 'ids' ? gpus.ids : gpus.kind === 'count' ? [`count=${gpus.count}`] : undefined;
  const { labels: _, name: __, ignored: ___, ...room } = container;
  return {
    machine: machineFacts(),
    gpus: devices && devices.length > 0 ? devices.map(({ name }) => name) : chosen,
    driver: devices?.[0]?.driver,
    cores: cpus === undefined ? undefined : parseCores(cpus).length,
    container: launch.mode === 'docker' ? room : undefined,
  };
}

/** What is worth a line before a model starts. */
export function notesOf(space: Space, config: ModelConfig): string[] {
  const notes = [...guessesOf(config, space.plan.load), ...skipNotes(space.skipped)];
  for (const { name, key } of space.candidates) {
    if (key.endsWith('-again') && looksAtAll(space))
      notes.push(`${name} is the default configuration again: what is between the two is noise`);
  }
  if (space.duplicates > 0) {
    notes.push(`${counted(space.duplicates, 'combination')} left out: the configuration is listed already`);
  }
  if (leavesOutPreferences(space)) {
    notes.push(
      `${space.plan.name}: a preferred_batch_size above the max_batch_size that is tried is left out`,
    );
  }
  const choice = choiceFor(space);
  if (isEnsemble(config)) {
    notes.push(
      `${space.plan.name} is an ensemble: it is measured as it is, neither its own configuration nor its members' are varied in this version`,
    );
  }
  if (!looksAtAll(space) && choice !== 'quick') {
    const all = counted(sizeOf(searchedSpace(space)), 'point');
    const { measurements } = budgetOf(space);
    notes.push(
      `${space.plan.name}: ${all}; ${choice} looks for the best of them in up to ${measurements} measurements (run_config_search_mode: brute measures them all)`,
    );
  } else if (space.automatic && choice === 'brute') {
    const { instanceCounts, batchSizes } = space.automatic;
    const upTo = (list: readonly number[]): string => `${list[0]} to ${list.at(-1)}`;
    const sizes = batchSizes.length > 0 ? `, with max_batch_size ${upTo(batchSizes)}` : '';
    notes.push(
      `${space.plan.name} has no model_config_parameters: ${upTo(instanceCounts)} instances are tried${sizes}, as long as throughput grows`,
    );
  } else if (space.plan.parameters.length === 0 && choice !== 'quick' && !isEnsemble(config)) {
    notes.push(
      `${space.plan.name} has no model_config_parameters: its default configuration alone is measured`,
    );
  }
  return notes;
}

/** A line for each reason that points are skipped. */
export const skipNotes = (skipped: readonly SkippedPoints[]): string[] =>
  [...Map.groupBy(skipped, (item) => item.reason)].map(([reason, items]) => {
    const points = items.reduce((sum, item) => sum + item.points.length, 0);
    const [only, ...others] = items;
    const where = others.length > 0 ? counted(items.length, 'configuration') : only!.candidate.name;
    return `skipped: ${reason} (${counted(points, 'point')} of ${where})`;
  });

/**
 * The trials of these models and keys, each with the points alone that its model's plan may come to, measured as it wants
 * them: what another plan measured on the same variant decides nothing.
 */
export function ofExperiment(
  run: Run,
  models: readonly ModelPlan[],
  keys: ReadonlySet<string>,
  generator: Generator,
): Run {
  const trials = run.trials.flatMap((trial) => {
    const plan = models.find(({ name }) => name === trial.model);
    if (!plan || !keys.has(trial.key)) return [];
    const belongs = (record: PointRecord): boolean => {
      if (record.state === 'skipped') return true;
      const point = record.state === 'measured' ? record.measurement.point : record.point;
      return isOfPlan(plan, point) && record.key === pointKey(trial.key, point, plan.load, generator);
    };
    return trialOf(trial, belongs) ?? [];
  });
  return { ...run, trials };
}

/** What the keys of a model's variants and points are made of. */
interface KeyParts {
  readonly space: Space;
  readonly base: BaseModel;
  readonly identity: ServerIdentity;
  readonly place: Place;
  readonly journal: Journal;
  readonly checkpoint: Checkpoint | undefined;
  readonly generator: Generator;
}

/**
 * The keys of variants. The first time that a key is asked for, the variant's files are written and, unless it is there,
 * its entry in the journal, with the points that are illegal on it and those that Model Analyzer measured.
 */
export function variantKeys(
  parts: KeyParts,
  { output, onKey }: { output: string; onKey(key: string, changed: readonly string[]): void },
): (candidate: Candidate) => string {
  const { space, base, identity, place, journal } = parts;
  const keys = new Map<Candidate, string>();
  return (candidate) => {
    const known = keys.get(candidate);
    if (known !== undefined) return known;
    const { key, parts: made } = variantKey(candidate, base, space.plan, identity, place);
    keys.set(candidate, key);
    const { configText, diff } = writeVariant(output, base, candidate, space.candidates[0]!);
    const { model, name, isDefault, assignment, config } = candidate;
    const what = { key, parts: made, model, name, isDefault, assignment, config, configText, diff };
    const { run } = journal;
    onKey(key, changedParts(run, what));
    if (run.trials.findLast((trial) => trial.name === name)?.key !== key) {
      journal.append({ kind: 'variant', ...what });
      for (const { candidate: skipped, points, reason } of space.skipped) {
        if (skipped !== candidate) continue;
        journal.append({ kind: 'point', variant: key, record: { state: 'skipped', points, reason } });
      }
    }
    adoptMeasured(parts, candidate, key);
    return key;
  };
}

/**
 * Takes over what Model Analyzer measured on a variant: the same model, configuration and load. Its checkpoint says
 * nothing of the model's files or of the machine.
 */
function adoptMeasured(
  { checkpoint, journal, space, generator }: KeyParts,
  candidate: Candidate,
  variant: string,
): void {
  const same = (config: ModelConfig): string => canonicalJson({ ...config, name: candidate.model });
  const { points: known = [] } = journal.run.trials.find(({ key }) => key === variant) ?? {};
  const keys = new Set(known.flatMap((record) => (record.state === 'measured' ? [record.key] : [])));
  for (const { model, config, points, isDefault } of checkpoint?.run.trials ?? []) {
    if (model !== candidate.model || isDefault !== candidate.isDefault) continue;
    if (same(config) !== same(candidate.config)) continue;
    for (const record of points) {
      if (record.state !== 'measured') continue;
      const key = pointKey(variant, record.measurement.point, space.plan.load, generator);
      if (!keys.has(key)) journal.append({ kind: 'point', variant, record: { ...record, key } });
    }
  }
}

/** Why what the journal has of a model is not taken. */
export function changeNotes(
  { name, load: settings }: ModelPlan,
  changed: ReadonlySet<string>,
  run: Run,
  generator: Generator,
): string[] {
  // An earlier session's load may be back: what it measured is taken.
  const known = run.trials.some(({ model, key, points }) =>
    points.some(
      (record) =>
        record.state === 'measured' &&
        model === name &&
        record.key === pointKey(key, record.measurement.point, settings, generator),
    ),
  );
  const load = known ? [] : changedLoad(run, name);
  const since = (what: string, parts: readonly string[]): string =>
    `${name} is measured again: ${what} changed since the journal's last session (${parts.join(', ')})`;
  return [
    ...(changed.size > 0 ? [since('what is served', [...changed])] : []),
    ...(load.length > 0 ? [since('its load', load)] : []),
  ];
}

/** What is worth a line about a checkpoint of Model Analyzer's. */
export const checkpointNotes = (checkpoint: Checkpoint | undefined): readonly string[] =>
  checkpoint
    ? [
        `what Model Analyzer measured is taken over from ${checkpoint.file}: name another --checkpoint-directory to measure anew`,
        ...checkpoint.warnings,
      ]
    : [];
