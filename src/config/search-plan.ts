import type { Place, Problem } from '../ground/errors.ts';
import type { ModelPlan } from './experiment.ts';
import type { OptionKey, OptionValues } from './options.ts';
import type { ModelEntry } from './profile-models.ts';
import type { LoadFlags } from './read-load-flags.ts';
import { parametersOf } from './sweep.ts';
import { show } from './written.ts';

/** The parts of a plan that say what is searched through. */
export type SearchPlan = Pick<
  ModelPlan,
  'concurrency' | 'requestRates' | 'batchSizes' | 'stopAtPlateau' | 'earlyExit' | 'automatic' | 'refine'
>;

const CONCURRENCY_LIMITS = [
  'run_config_search_min_concurrency',
  'run_config_search_max_concurrency',
] as const;
const RATE_LIMITS = ['run_config_search_min_request_rate', 'run_config_search_max_request_rate'] as const;

/** Whether the loads are request rates, unless a model lists its own. */
const wantsRates = (values: OptionValues): boolean =>
  values.request_rate !== undefined ||
  values.request_rate_search_enable === true ||
  RATE_LIMITS.some((key) => values[key] !== undefined);

/**
 * What is searched through for one model. The model's own lists win over the global ones, those of
 * perf_analyzer_flags over both; where none is given, loads double between the limits of the search.
 */
export function searchPlan(
  { settings }: ModelEntry,
  values: OptionValues,
  flags: LoadFlags,
  hasParameters: boolean,
): SearchPlan {
  const own = settings.parameters ?? {};
  const disabled = values.run_config_search_disable === true;
  const listedRates =
    flags.requestRates ?? own.request_rate ?? (own.concurrency ? undefined : values.request_rate);
  const byRate = listedRates !== undefined || (!flags.concurrency && !own.concurrency && wantsRates(values));
  const listed = byRate ? undefined : (flags.concurrency ?? own.concurrency ?? values.concurrency);
  const isListed = listed !== undefined || listedRates !== undefined;
  const ladder = (): number[] =>
    disabled
      ? [1]
      : byRate
        ? doubled(
            values.run_config_search_min_request_rate ?? 16,
            values.run_config_search_max_request_rate ?? 8192,
          )
        : doubled(
            values.run_config_search_min_concurrency ?? 1,
            values.run_config_search_max_concurrency ?? 1024,
          );
  const { run_config_search_mode: mode } = values;
  // Quick searches instances and batch sizes whatever else is set.
  const searches = !disabled && mode !== 'manual' && (!hasParameters || mode === 'quick');
  return {
    concurrency: byRate ? [] : (listed ?? ladder()),
    requestRates: byRate ? (listedRates ?? ladder()) : [],
    batchSizes: flags.batchSizes ?? own.batch_sizes ?? values.batch_sizes ?? [1],
    stopAtPlateau: (!isListed && !disabled) || values.early_exit_enable === true,
    earlyExit: values.early_exit_enable === true,
    ...(searches && {
      automatic: {
        instanceCounts: counted(
          values.run_config_search_min_instance_count ?? 1,
          values.run_config_search_max_instance_count ?? 5,
        ),
        batchSizes: doubled(
          values.run_config_search_min_model_batch_size ?? 1,
          values.run_config_search_max_model_batch_size ?? 128,
        ),
      },
    }),
    ...(!isListed &&
      !disabled &&
      // Model Analyzer's brute search has it whatever is said.
      (values.concurrency_sweep_disable !== true || mode === 'brute') && {
        refine: {
          steps: values.run_config_search_max_binary_search_steps ?? 5,
          configurations: values.num_configs_per_model ?? 3,
        },
      }),
  };
}

/** A line where loads or batches of perf_analyzer_flags win over those that are listed. */
export function loadNotes({ name, settings }: ModelEntry, values: OptionValues): string[] {
  const flags = settings.perf_analyzer_flags ?? values.perf_analyzer_flags;
  if (!flags) return [];
  const byRate = flags.requestRates !== undefined;
  const wins = (
    flag: string,
    key: 'batch_sizes' | 'concurrency' | 'request_rate',
    found: unknown,
  ): string[] => {
    const own = settings.parameters?.[key];
    const listed = own ?? values[key];
    if (listed === undefined || JSON.stringify(listed) === JSON.stringify(found)) return [];
    const place = own ? `of ${name}` : 'of all models';
    return [
      `perf_analyzer_flags of ${name}: ${flag} wins over the ${key} ${place}: ${(found as number[]).join(', ')} instead of ${listed.join(', ')}`,
    ];
  };
  const loadFlag = byRate ? 'the request rate' : 'concurrency-range';
  const load = flags.requestRates ?? flags.concurrency;
  return [
    ...(load ? [...wins(loadFlag, 'concurrency', load), ...wins(loadFlag, 'request_rate', load)] : []),
    ...(flags.batchSizes ? wins('batch-size', 'batch_sizes', flags.batchSizes) : []),
  ];
}

/** `min`, twice that, and so on, up to `max`. */
function doubled(min: number, max: number): number[] {
  const list: number[] = [];
  for (let value = Math.max(1, min); value <= max; value *= 2) list.push(value);
  return list;
}

const counted = (min: number, max: number): number[] =>
  Array.from({ length: Math.max(0, max - min + 1) }, (_, index) => min + index);

/** Options of the search that exclude each other, each named with the other and with what to do. */
export function searchProblems(
  values: OptionValues,
  place: (key: OptionKey) => Place | undefined,
  placeOfModel: (entry: ModelEntry, ...path: string[]) => Place | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const exclude = (a: OptionKey, b: OptionKey, why: string, hint: string): void => {
    problems.push({ message: `${a} and ${b} exclude each other: ${why}`, place: place(b) ?? place(a), hint });
  };
  const given = (key: OptionKey): boolean => values[key] !== undefined && values[key] !== false;
  const rates = (['request_rate', 'request_rate_search_enable', ...RATE_LIMITS] as const).filter(given);
  for (const key of (['concurrency', ...CONCURRENCY_LIMITS] as const).filter(given)) {
    if (rates[0])
      exclude(
        key,
        rates[0],
        'load is either requests in flight or requests a second',
        'leave one of them out',
      );
  }
  for (const [low, high] of LIMITS) {
    const [min, max] = [values[low], values[high]];
    if (typeof min === 'number' && typeof max === 'number' && min > max) {
      problems.push({
        message: `${low}: ${min} is above ${high}: ${max}`,
        place: place(low),
        hint: 'there is nothing between them',
      });
    }
  }
  for (const entry of values.profile_models ?? []) {
    const { concurrency, request_rate } = entry.settings.parameters ?? {};
    if (concurrency && request_rate) {
      problems.push({
        message: `parameters of ${entry.name}: concurrency and request_rate exclude each other`,
        place: placeOfModel(entry, 'parameters', 'request_rate'),
        hint: 'leave one of them out',
      });
    }
  }
  if (values.run_config_search_mode === 'quick') problems.push(...quickProblems(values, place, placeOfModel));
  return problems;
}

const LIMITS: readonly (readonly [OptionKey, OptionKey])[] = [
  CONCURRENCY_LIMITS,
  RATE_LIMITS,
  ['run_config_search_min_instance_count', 'run_config_search_max_instance_count'],
  ['run_config_search_min_model_batch_size', 'run_config_search_max_model_batch_size'],
];

/** In how many ways the fields that are given can be put together; mistakes in them are told elsewhere. */
const combinationsOf = (value: unknown): number =>
  value === undefined || value === null
    ? 1
    : parametersOf(value, () => undefined).parameters.reduce((all, { values }) => all * values.length, 1);

/** What the quick search decides itself. */
function quickProblems(
  values: OptionValues,
  place: (key: OptionKey) => Place | undefined,
  placeOfModel: (entry: ModelEntry, ...path: string[]) => Place | undefined,
): Problem[] {
  const hint = 'leave it out, or write run_config_search_mode: brute';
  const clash = (what: string, at: Place | undefined): Problem => ({
    message: `run_config_search_mode: quick and ${what} exclude each other: quick finds that itself`,
    place: at,
    hint,
  });
  const global = (['run_config_search_disable', 'concurrency', 'batch_sizes'] as const).filter(
    (key) => values[key] !== undefined && values[key] !== false,
  );
  const own = (values.profile_models ?? []).flatMap((entry): Problem[] => {
    const { parameters, model_config_parameters } = entry.settings;
    const config = (model_config_parameters ?? {}) as Record<string, unknown>;
    const combinations = combinationsOf(model_config_parameters);
    return [
      ...(['concurrency', 'batch_sizes'] as const)
        .filter((key) => parameters?.[key])
        .map((key) => clash(`${key} of ${entry.name}`, placeOfModel(entry, 'parameters', key))),
      ...['max_batch_size', 'instance_group']
        .filter((key) => key in config)
        .map((key) =>
          clash(
            `${key}: ${show(config[key])} of ${entry.name}`,
            placeOfModel(entry, 'model_config_parameters', key),
          ),
        ),
      ...(combinations > 1
        ? [
            {
              message: `run_config_search_mode: quick takes one value of each field, model_config_parameters of ${entry.name} has ${combinations} combinations`,
              place: placeOfModel(entry, 'model_config_parameters'),
              hint: 'leave the others out, or write run_config_search_mode: bayes, which searches them all',
            },
          ]
        : []),
    ];
  });
  return [...global.map((key) => clash(key, place(key))), ...own];
}
