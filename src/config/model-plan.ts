import type { Place, Problem } from '../ground/errors.ts';
import { grouped } from '../ground/wording.ts';
import { sizeOfProduct } from './combinations.ts';
import { mergeContainerOptions, NO_CONTAINER_OPTIONS } from './docker-args.ts';
import type { ModelPlan, Parameter } from './experiment.ts';
import { usesPerfAnalyzer, withPrecision } from './generator.ts';
import { type GivenOptions, placeIn } from './given-options.ts';
import { criteriaOf } from './goals.ts';
import { containerOptions } from './launch-settings.ts';
import { MOST_CONFIGURATIONS, MOST_POINTS } from './limits.ts';
import type { ModelEntry } from './profile-models.ts';
import { NO_FLAGS } from './read-load-flags.ts';
import { searchSettings } from './search-mode.ts';
import { type SearchPlan, searchPlan } from './search-plan.ts';
import { splitServerFlags } from './server-flags.ts';
import { parametersOf } from './sweep.ts';
import type { Path, YamlSource } from './yaml.ts';

/** One model's plan: its own settings, else the global ones, else the defaults; mistakes go to `problems`. */
export function modelPlan(entry: ModelEntry, given: GivenOptions, problems: Problem[]): ModelPlan {
  const { values, source, modelsFromFile } = given;
  const { settings, name } = entry;
  const base: Path = ['profile_models', ...entry.path];
  const at = (path: Path): Place | undefined =>
    source && modelsFromFile ? placeIn(source, [...base, ...path]) : undefined;
  const flags = settings.perf_analyzer_flags ?? values.perf_analyzer_flags ?? NO_FLAGS;
  const swept = parametersOf(settings.model_config_parameters, (path) =>
    at(['model_config_parameters', ...path]),
  );
  const { parameters } = swept;
  const flagsPlace = (): Place | undefined => {
    if (settings.perf_analyzer_flags) return at(['perf_analyzer_flags']);
    return values.perf_analyzer_flags && source?.placeOfKey(['perf_analyzer_flags']);
  };
  if (flags.needsPerfAnalyzer && !usesPerfAnalyzer(values)) {
    problems.push({
      message: `perf_analyzer_flags of ${name}: ${flags.needsPerfAnalyzer}`,
      place: flagsPlace(),
      hint: 'leave it out, or write load_generator: perf_analyzer',
    });
  }
  const search = searchPlan(entry, values, flags, parameters.length > 0);
  problems.push(...swept.problems, ...sizeProblems(name, parameters, search, at));
  return {
    name: entry.name,
    ...criteriaOf(entry.settings, values),
    cpuOnly: settings.cpu_only ?? values.cpu_only ?? false,
    parameters,
    ...search,
    search: searchSettings(values),
    load: { ...flags.load, stopRule: withPrecision(flags.load.stopRule, values) },
    serverFlags: splitServerFlags(settings.triton_server_flags ?? values.triton_server_flags ?? {}).flags,
    serverEnvironment: settings.triton_server_environment ?? values.triton_server_environment ?? {},
    container: mergeContainerOptions(
      containerOptions(values),
      settings.triton_docker_args ?? NO_CONTAINER_OPTIONS,
    ),
    place: source && modelsFromFile ? placeOfName(source, entry) : undefined,
    flagsPlace: flagsPlace(),
  };
}

/** A model that is the whole value of profile_models, or a word of it, has no key of its own. */
const placeOfName = (source: YamlSource, { path }: ModelEntry): Place =>
  path.length > 0 ? placeIn(source, ['profile_models', ...path]) : source.placeOf(['profile_models']);

/** Told by multiplication, before anything is put together. */
function sizeProblems(
  model: string,
  parameters: readonly Parameter[],
  { automatic, concurrency, requestRates, batchSizes }: SearchPlan,
  at: (path: Path) => Place | undefined,
): Problem[] {
  const configurations =
    1 +
    (automatic ? automatic.instanceCounts.length * automatic.batchSizes.length : sizeOfProduct(parameters));
  const loads = (concurrency.length + requestRates.length) * batchSizes.length;
  const tell = (count: number, what: string, most: number, path: Path): Problem => ({
    message: `${model} has ${grouped(count)} ${what}, and at most ${grouped(most)} can be searched`,
    place: at(path),
    hint: 'leave values out, or profile a part at a time',
  });
  if (configurations > MOST_CONFIGURATIONS)
    return [tell(configurations, 'configurations', MOST_CONFIGURATIONS, ['model_config_parameters'])];
  return configurations * loads > MOST_POINTS
    ? [tell(configurations * loads, 'points (configurations times loads)', MOST_POINTS, [])]
    : [];
}
