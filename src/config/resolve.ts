import { resolve } from 'node:path';
import type { z } from 'zod';
import { type Place, type Problem, UserError } from '../errors.ts';
import { suggestion } from '../wording.ts';
import { mergeContainerOptions, NO_CONTAINER_OPTIONS } from './docker-args.ts';
import type { Experiment, ModelPlan, Parameter } from './experiment.ts';
import { generatorNotes, generatorSettings, usesPerfAnalyzer, withPrecision } from './generator.ts';
import { goalOf } from './goals.ts';
import { containerOptions, launchNotes, launchSettings, withTls } from './launch.ts';
import { type Command, OPTIONS, type Option, type OptionKey, type OptionValues } from './options.ts';

import type { ModelEntry } from './profile-models.ts';
import { NO_FLAGS } from './read-load-flags.ts';
import { reportSettings } from './report-settings.ts';
import { searchNotes, searchSettings } from './search-mode.ts';
import { searchPlan, searchProblems } from './search-plan.ts';
import { parametersOf, pathText } from './sweep.ts';
import { type Path, show, type YamlSource } from './yaml.ts';

/** Options as typed behind the command: key of the option -> text, or true for a switch. */
export type CommandLine = Readonly<Partial<Record<OptionKey, string | boolean>>>;

/** What the user gave, checked option by option; the command line has won over the file. */
export interface GivenOptions {
  readonly values: OptionValues;
  readonly source: YamlSource | undefined;
  /** Whether profile_models came from the file, so that places in it can be named. */
  readonly modelsFromFile: boolean;
  has(key: OptionKey): boolean;
  /** Where an option was given; undefined: nowhere. */
  placeOf(key: OptionKey): 'command line' | Place | undefined;
  /** An option as it was written. */
  written(key: OptionKey): unknown;
  readonly notes: readonly string[];
}

/**
 * Checks perf.yaml and the command line against the table of options.
 * @throws UserError with every problem found, each with its place.
 */
export function readOptions(
  source: YamlSource | undefined,
  commandLine: CommandLine,
  command: Command,
): GivenOptions {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, raw] of Object.entries(source?.data ?? {})) {
    if (!(key in OPTIONS)) {
      problems.push({
        message: `unknown key ${show(key)}`,
        place: source!.placeOfKey([key]),
        hint: suggestion(key, Object.keys(OPTIONS)),
      });
      continue;
    }
    parse(key as OptionKey, raw, (path, message, unknown) => {
      problems.push({
        message: `${pathText([key, ...path])}: ${message}`,
        place: placeOf(source!, [key, ...path, ...unknown]),
      });
    });
  }
  for (const [key, raw] of Object.entries(commandLine)) {
    if (key === 'profile_models' && values[key] !== undefined) {
      problems.push({
        message: 'profile_models is given on the command line and in the file',
        place: source!.placeOfKey([key]),
        hint: 'keep one of the two',
      });
    }
    parse(key as OptionKey, raw, (_path, message) => {
      problems.push({ message: `--${key.replaceAll('_', '-')}: ${message}` });
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  const unused = Object.keys(values).filter((key) => {
    const option = OPTIONS[key as OptionKey];
    return option.commands.some((name) => name === command) && 'withoutEffect' in option;
  });
  return {
    values: values as OptionValues,
    source,
    modelsFromFile: commandLine.profile_models === undefined,
    has: (key) => key in values,
    placeOf: (key) =>
      key in commandLine ? 'command line' : key in values ? source?.placeOfKey([key]) : undefined,
    written: (key) => commandLine[key] ?? source?.data[key],
    notes: unused.map(
      (key) => `${key} ${(OPTIONS[key as OptionKey] as { withoutEffect: string }).withoutEffect}`,
    ),
  };

  function parse(
    key: OptionKey,
    raw: unknown,
    fail: (path: Path, message: string, key: readonly string[]) => void,
  ): void {
    const schema: z.ZodType = OPTIONS[key].schema;
    const result = schema.safeParse(raw, { reportInput: true });
    if (result.success) values[key] = result.data;
    else {
      for (const issue of result.error.issues) {
        // An unknown key is where it stands, not where its mapping begins.
        const key = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
        fail(issue.path as Path, issue.message, key);
      }
    }
  }
}

/** A problem with the last step of a path: its key if the path ends at one, else the value. */
const placeOf = (source: YamlSource, path: Path): Place =>
  typeof path.at(-1) === 'string' ? source.placeOfKey(path) : source.placeOf(path);

/**
 * The experiment that options describe, paths resolved against `cwd`.
 * @throws UserError for what is missing, contradicts itself or can't be done.
 */
export function resolveExperiment(given: GivenOptions, cwd: string): Experiment {
  const { values, source } = given;
  const problems: Problem[] = [];
  const place = (key: OptionKey): Place | undefined =>
    source && key in source.data ? source.placeOfKey([key]) : undefined;
  const refuse = (key: OptionKey, message: string, hint?: string): void => {
    problems.push({ message, hint, place: place(key) });
  };
  const refuseValue = (key: OptionKey, message: string, hint?: string): void => {
    problems.push({ message, hint, place: source && key in source.data ? source.placeOf([key]) : undefined });
  };
  for (const [key, { refused }] of Object.entries(OPTIONS) as [OptionKey, Option][]) {
    const value = values[key];
    if (refused !== undefined && value !== undefined && value !== false) refuse(key, `${key}: ${refused}`);
  }
  if (values.model_type === 'LLM') {
    refuse('model_type', 'model_type: LLM is measured by genai-perf, which this version does not run');
  }
  if (values.dcgm_disable && values.triton_launch_mode !== 'remote') {
    refuse(
      'dcgm_disable',
      `dcgm_disable and triton_launch_mode: ${values.triton_launch_mode ?? 'local'} exclude each other: without DCGM no GPU of this machine would be known`,
      'leave it out, or write triton_launch_mode: remote',
    );
  }
  const placeOfModel = (entry: ModelEntry, ...path: string[]): Place | undefined =>
    source && given.modelsFromFile ? placeOf(source, ['profile_models', ...entry.path, ...path]) : undefined;
  problems.push(...searchProblems(values, place, placeOfModel));
  if (!values.profile_models) {
    problems.push({
      message: 'no model to profile',
      place: source?.placeOf([]),
      hint: 'profile_models: [NAME], or --profile-models NAME',
    });
  }
  const launch = launchSettings(values, cwd, refuseValue);
  if (!values.model_repository && launch.mode !== 'remote') {
    problems.push({
      message: 'no model repository',
      place: source?.placeOf([]),
      hint: 'model_repository: DIR, or --model-repository DIR',
    });
  }
  // A remote server of which only the gRPC endpoint is known takes everything by gRPC.
  const grpc =
    values.client_protocol === 'grpc' ||
    (launch.mode === 'remote' && !launch.remote.http && !values.client_protocol);
  const fixed = launch.mode === 'remote' && !launch.remote.reload;
  const models = (values.profile_models ?? [])
    .map((entry) => modelPlan(entry, given, problems))
    .map((plan) => (fixed ? asItRuns(plan) : plan))
    .map((plan) => (grpc ? { ...plan, load: { ...plan.load, protocol: 'grpc' as const } } : plan));
  if (problems.length > 0) throw new UserError(problems);

  const path = (value: string | undefined, fallback: string): string => resolve(cwd, value ?? fallback);
  const notes = [...given.notes, ...generatorNotes(values)];
  for (const { name, settings } of values.profile_models ?? []) {
    const flags = settings.perf_analyzer_flags ?? values.perf_analyzer_flags ?? NO_FLAGS;
    if (flags.theirs.length > 0 && !usesPerfAnalyzer(values)) {
      notes.push(`perf_analyzer_flags of ${name} without effect here: ${flags.theirs.join(', ')}`);
    }
    const unused = (['genai_perf_flags', 'weighting'] as const).filter((key) => settings[key] !== undefined);
    if (unused.length > 0) notes.push(`without effect here for ${name}: ${unused.join(', ')}`);
  }
  notes.push(...searchNotes(values));
  if (fixed)
    notes.push('reload_model_disable: what the server runs is measured as it is, no variants are tried');
  notes.push(...launchNotes(values, launch, models));
  return deepFreeze({
    models,
    modelRepository: values.model_repository && path(values.model_repository, ''),
    outputModelRepository: {
      path: path(values.output_model_repository_path, 'output_model_repository'),
      override: values.override_output_model_repository ?? false,
    },
    checkpointDirectory: path(values.checkpoint_directory, 'checkpoints'),
    exportPath: path(values.export_path, '.'),
    launch: withTls(launch, models),
    generator: generatorSettings(values, cwd),
    monitoringIntervalS: values.monitoring_interval ?? 1,
    maxMinutes: values.max_minutes,
    warmStart: (values.warm_start ?? []).map((directory) => path(directory, '')),
    serverOnlyS: values.duration_seconds ?? 3,
    reports: reportSettings(values),
    notes,
  });
}

/** A plan for a model that nobody may change. */
const asItRuns = ({ automatic: _, ...plan }: ModelPlan): ModelPlan => ({ ...plan, parameters: [] });

/** One model's plan: its own settings, else the global ones, else the defaults. */
function modelPlan(entry: ModelEntry, given: GivenOptions, problems: Problem[]): ModelPlan {
  const { values, source, modelsFromFile } = given;
  const { settings } = entry;
  const base: Path = ['profile_models', ...entry.path];
  const at = (path: Path): Place | undefined =>
    source && modelsFromFile ? placeOf(source, [...base, ...path]) : undefined;
  const flags = settings.perf_analyzer_flags ?? values.perf_analyzer_flags ?? NO_FLAGS;
  const parameters = sweptParameters(settings.model_config_parameters);
  return {
    ...goalOf(entry, values),
    cpuOnly: settings.cpu_only ?? values.cpu_only ?? false,
    parameters,
    ...searchPlan(entry, values, flags, parameters.length > 0),
    search: searchSettings(values),
    load: { ...flags.load, stopRule: withPrecision(flags.load.stopRule, values) },
    serverFlags: settings.triton_server_flags ?? values.triton_server_flags ?? {},
    serverEnvironment: settings.triton_server_environment ?? values.triton_server_environment ?? {},
    container: mergeContainerOptions(
      containerOptions(values),
      settings.triton_docker_args ?? NO_CONTAINER_OPTIONS,
    ),
    place: source && modelsFromFile ? source.placeOf(base) : undefined,
  };

  function sweptParameters(value: unknown): readonly Parameter[] {
    if (value === undefined || value === null) return [];
    const result = parametersOf(value, (path) => at(['model_config_parameters', ...path]));
    problems.push(...result.problems);
    return result.parameters;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
