import { join, resolve } from 'node:path';
import { type Place, type Problem, refuse } from '../ground/errors.ts';
import { statOf } from '../ground/paths.ts';
import { costProblems } from './cost-problems.ts';
import type { Experiment, LaunchSettings, ModelPlan } from './experiment.ts';
import { notesOf } from './experiment-notes.ts';
import { generatorSettings } from './generator.ts';
import { type GivenOptions, placeIn } from './given-options.ts';
import { launchSettings, withTls } from './launch-settings.ts';
import { homeOf, layoutOf } from './layout.ts';
import { modelProblem, repositoryProblem } from './model-folders.ts';
import { modelPlan } from './model-plan.ts';
import { OPTIONS, type Option, type OptionKey, type OptionValues } from './options.ts';
import type { ModelEntry } from './profile-models.ts';
import { reportSettings, tableNameProblems } from './report-settings.ts';
import { searchProblems } from './search-plan.ts';
import { missedService } from './server-flags.ts';
import type { Path } from './yaml.ts';

/**
 * The experiment that options describe, paths resolved against `cwd`.
 * @throws UserError for what is missing, contradicts itself or can't be done.
 */
export function resolveExperiment(
  given: GivenOptions,
  cwd: string,
  { withModels = false }: { readonly withModels?: boolean } = {},
): Experiment {
  const { values } = given;
  const places = placesOf(given);
  const problems: Problem[] = [
    ...given.problems,
    ...refusedProblems(given, places),
    ...tableNameProblems(given),
    ...searchProblems(values, places.ofKey, places.ofModel),
    ...noModelProblems(given, cwd),
    ...baselineProblems(given, places),
  ];
  const launch = launchSettings(values, cwd, (key, message, hint) => {
    problems.push({ message, hint, place: places.ofValue(key) });
  });
  problems.push(...noRepositoryProblems(given, launch, cwd), ...costProblems(given, launch));
  problems.push(...sharedGpuProblems(values, launch, places));
  // A remote server of which only the gRPC endpoint is known takes everything by gRPC.
  const grpc =
    values.client_protocol === 'grpc' ||
    (launch.mode === 'remote' && !launch.remote.http && !values.client_protocol);
  const models = plansOf(given, launch, grpc, problems);
  if (launch.mode === 'local' || launch.mode === 'docker') problems.push(...serviceProblems(given, grpc));
  const path = (value: string | undefined, fallback: string): string => resolve(cwd, value ?? fallback);
  const layout = layoutOf(cwd);
  const modelRepository = values.model_repository && path(values.model_repository, '');
  if (withModels && modelRepository !== undefined && launch.mode !== 'remote') {
    const missing = repositoryProblem(modelRepository, places.ofValue('model_repository'));
    if (missing) problems.push(missing);
    // Where nothing else is wrong, whoever reads the models says it, and more.
    else if (problems.length > 0)
      problems.push(...models.flatMap((plan) => modelProblem(modelRepository, plan) ?? []));
  }
  refuse(problems);

  const outputModelRepository = path(values.output_model_repository_path, layout.outputModelRepository);
  const checkpointDirectory = path(values.checkpoint_directory, layout.checkpoints);
  const exportPath = path(values.export_path, layout.exports);
  const ofLayout = values.checkpoint_directory === undefined ? (layout.note ?? []) : [];
  const notes = [...notesOf(given, launch, models), ofLayout].flat();
  return deepFreeze({
    models,
    modelRepository,
    outputModelRepository: {
      path: outputModelRepository,
      override: values.override_output_model_repository ?? false,
    },
    checkpointDirectory,
    exportPath,
    home: homeOf(cwd, [outputModelRepository, checkpointDirectory, exportPath]),
    launch: withTls(launch, models),
    serverPathPlace: places.ofValue('triton_server_path'),
    generator: generatorSettings(values, cwd),
    monitoringIntervalS: values.monitoring_interval ?? 1,
    maxMinutes: values.max_minutes,
    sentinelMinutes: values.sentinel_minutes ?? SENTINEL_MINUTES,
    warmStart: (values.warm_start ?? []).map((directory) => path(directory, '')),
    reuse: { fresh: values.fresh ?? false, maxAgeMs: values.max_age },
    serverOnlyS: values.duration_seconds ?? 3,
    reports: reportSettings(values, ['html', 'csv']),
    baseline: baselineSettings(given, places, cwd),
    onFinish: values.on_finish,
    notes,
  });
}

/** Of the run between two looks at the sentinel, where nothing was said. */
const SENTINEL_MINUTES = 5;

/** Where in perf.yaml something stands; undefined for what the command line says. */
interface Places {
  ofKey(key: OptionKey): Place | undefined;
  ofValue(key: OptionKey): Place | undefined;
  ofModel(entry: ModelEntry, ...path: string[]): Place | undefined;
}

function placesOf(given: GivenOptions): Places {
  const { source } = given;
  const inFile = (key: OptionKey): boolean => source !== undefined && typeof given.placeOf(key) === 'object';
  return {
    ofKey: (key) => (inFile(key) ? source!.placeOfKey([key]) : undefined),
    ofValue: (key) => (inFile(key) ? source!.placeOf([key]) : undefined),
    ofModel: (entry, ...path) =>
      source && given.modelsFromFile
        ? placeIn(source, ['profile_models', ...entry.path, ...path])
        : undefined,
  };
}

/** Options that this version can't follow, and such as exclude each other. */
function refusedProblems({ values }: GivenOptions, { ofKey }: Places): Problem[] {
  const problems: Problem[] = [];
  const refuseKey = (key: OptionKey, message: string, hint?: string): void => {
    problems.push({ message, hint, place: ofKey(key) });
  };
  for (const [key, { refused }] of Object.entries(OPTIONS) as [OptionKey, Option][]) {
    const value = values[key];
    if (refused !== undefined && value !== undefined && value !== false) refuseKey(key, `${key}: ${refused}`);
  }
  if (values.model_type === 'LLM') {
    refuseKey('model_type', 'model_type: LLM is measured by genai-perf, which this version does not run');
  }
  if (values.dcgm_disable && values.triton_launch_mode !== 'remote') {
    refuseKey(
      'dcgm_disable',
      `dcgm_disable and triton_launch_mode: ${values.triton_launch_mode ?? 'local'} exclude each other: without DCGM no GPU of this machine would be known`,
      'leave it out, or write triton_launch_mode: remote',
    );
  }
  return problems;
}

/** What is asked of a comparison that there is none of. */
function baselineProblems({ values }: GivenOptions, { ofKey }: Places): Problem[] {
  const { baseline, fail_on: failOn = [] } = values;
  const without = (['baseline_session', 'fail_on', 'fail_on_unknown'] as const).filter(
    (key) => baseline === undefined && values[key] !== undefined && values[key] !== false,
  );
  const problems = without.map((key) => ({
    message: `${key}: there is no run to compare with`,
    hint: 'add baseline: BASE, or --baseline BASE',
    place: ofKey(key),
  }));
  if (baseline === undefined || !values.fail_on_unknown || failOn.length > 0) return problems;
  const message = 'fail_on_unknown: no condition is given that could be unknown';
  return [{ message, hint: 'add fail_on: worse, or --fail-on worse', place: ofKey('fail_on_unknown') }];
}

function baselineSettings(
  { values }: GivenOptions,
  { ofValue }: Places,
  cwd: string,
): Experiment['baseline'] {
  const { baseline, baseline_session: session, fail_on: failOn = [], fail_on_unknown: unknown } = values;
  if (baseline === undefined) return undefined;
  return {
    path: resolve(cwd, baseline),
    asked: baseline,
    session,
    failOn,
    failOnUnknown: unknown ?? false,
    place: ofValue('baseline'),
    conditionsPlace: ofValue('fail_on'),
  };
}

/** Nothing is known of what a file wants that can't be read. */
const isReadable = ({ source }: GivenOptions): boolean => source?.readable !== false;

/** As Model Analyzer, tma reads no file that it was not told of; undefined where none of that name lies here. */
const fileHint = ({ source }: GivenOptions, cwd: string): string | undefined =>
  source === undefined && statOf(join(cwd, 'perf.yaml'))?.isFile()
    ? 'there is a perf.yaml here: add -f perf.yaml'
    : undefined;

function noModelProblems(given: GivenOptions, cwd: string): Problem[] {
  const { source } = given;
  if (given.has('profile_models') || !isReadable(given)) return [];
  const ofFile = fileHint(given, cwd);
  if (ofFile !== undefined) return [{ message: 'no model to profile', hint: ofFile }];
  const place = source?.placeOf([]);
  return source && Object.keys(source.data).length === 0
    ? [{ message: 'the file is empty', place, hint: 'it needs at least: profile_models: [NAME_OF_A_MODEL]' }]
    : [{ message: 'no model to profile', place, hint: 'profile_models: [NAME], or --profile-models NAME' }];
}

function noRepositoryProblems(given: GivenOptions, { mode }: LaunchSettings, cwd: string): Problem[] {
  if (given.has('model_repository') || mode === 'remote' || !isReadable(given)) return [];
  const ofFile = fileHint(given, cwd);
  // Said once, of the models, where these are missing, too.
  if (ofFile !== undefined && !given.has('profile_models')) return [];
  const hint = ofFile ?? 'model_repository: DIR, or --model-repository DIR';
  return [{ message: 'no model repository', place: given.source?.placeOf([]), hint }];
}

/** Variants are measured at once on a GPU each, and all their servers are told to use the same. */
function sharedGpuProblems(
  { profile_models: entries = [], triton_server_environment: general }: OptionValues,
  { mode, parallel }: LaunchSettings,
  { ofKey, ofModel }: Places,
): Problem[] {
  const names = (environment: Readonly<Record<string, string>> = {}): boolean =>
    !/^(-1)?$/.test(environment['CUDA_VISIBLE_DEVICES'] ?? '');
  // The GPUs of a container are those that it was given.
  if (parallel === 1 || mode !== 'local') return [];
  const key = 'triton_server_environment' as const;
  const own = entries.filter(({ settings }) => names(settings[key]));
  const isGeneral = names(general) && entries.some(({ settings }) => settings[key] === undefined);
  const places = [...own.map((entry) => ofModel(entry, key)), ...(isGeneral ? [ofKey(key)] : [])];
  return places.map((place) => ({
    message: `parallel: ${parallel} and CUDA_VISIBLE_DEVICES in ${key} exclude each other: all variants would be on the same GPUs`,
    hint: 'name the GPUs with gpus: [0, 1], of which each variant gets one',
    place,
  }));
}

/** The plan of each model, as the server that it runs on lets it be. */
function plansOf(
  given: GivenOptions,
  launch: LaunchSettings,
  grpc: boolean,
  problems: Problem[],
): ModelPlan[] {
  const fixed = launch.mode === 'remote' && !launch.remote.reload;
  return (given.values.profile_models ?? [])
    .map((entry) => modelPlan(entry, given, problems))
    .map((plan) => (fixed ? asItRuns(plan) : plan))
    .map((plan) => (grpc ? { ...plan, load: { ...plan.load, protocol: 'grpc' as const } } : plan));
}

/** A plan for a model that nobody may change. */
const asItRuns = ({ automatic: _, ...plan }: ModelPlan): ModelPlan => ({ ...plan, parameters: [] });

/** Flags that take away what tma needs of the servers that it starts. */
function serviceProblems({ values, source, modelsFromFile }: GivenOptions, grpc: boolean): Problem[] {
  const inFile: [Path, Parameters<typeof missedService>[0] | undefined, boolean][] = [
    [['triton_server_flags'], values.triton_server_flags, true],
    ...(values.profile_models ?? []).map(
      ({ path, settings }): [Path, typeof settings.triton_server_flags, boolean] => [
        ['profile_models', ...path, 'triton_server_flags'],
        settings.triton_server_flags,
        modelsFromFile,
      ],
    ),
  ];
  return inFile.flatMap(([path, flags, known]): Problem[] => {
    const missed = flags && missedService(flags, grpc ? 'grpc' : 'http');
    if (!missed) return [];
    const place = source && known ? placeIn(source, [...path, missed.key]) : undefined;
    return [{ message: `triton_server_flags: ${missed.message}`, place, hint: 'leave it out' }];
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
