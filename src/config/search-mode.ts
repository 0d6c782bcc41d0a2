import type { OptionKey, OptionValues } from './options.ts';
import type { OptunaSettings, SearchSettings } from './search-settings.ts';

/** Options that only the mode optuna follows. */
const OPTUNA = [
  'use_concurrency_formula',
  'min_percentage_of_search_space',
  'max_percentage_of_search_space',
  'optuna_min_trials',
  'optuna_max_trials',
  'optuna_early_exit_threshold',
] as const satisfies readonly OptionKey[];

/** Which search, and how far it may go. */
export function searchSettings(values: OptionValues): SearchSettings {
  const { run_config_search_mode, run_config_search_disable, max_measurements, max_variants, patience } =
    values;
  const mode = run_config_search_mode ?? (run_config_search_disable ? 'manual' : 'auto');
  return {
    mode,
    seed: values.search_seed ?? 0,
    ...(max_measurements !== undefined && { maxMeasurements: max_measurements }),
    ...(max_variants !== undefined && { maxVariants: max_variants }),
    ...(patience !== undefined && patience !== 'normal' && { patience }),
    ...(mode === 'optuna' && { optuna: optunaSettings(values) }),
  };
}

function optunaSettings(values: OptionValues): OptunaSettings {
  const share = (percent: number | undefined): number | undefined =>
    percent === undefined ? undefined : percent / 100;
  const given = {
    minShare: share(values.min_percentage_of_search_space),
    maxShare: share(values.max_percentage_of_search_space),
    minTrials: values.optuna_min_trials,
    maxTrials: values.optuna_max_trials,
    patience: values.optuna_early_exit_threshold,
    formula: values.use_concurrency_formula
      ? {
          least: values.run_config_search_min_concurrency ?? 1,
          most: values.run_config_search_max_concurrency ?? 1024,
        }
      : undefined,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Lines for options of the search that its mode does not follow. */
export function searchNotes(values: OptionValues): string[] {
  const mode = values.run_config_search_mode;
  const given = OPTUNA.filter((key) => values[key] !== undefined && values[key] !== false);
  return mode === 'optuna' || given.length === 0
    ? []
    : [`without effect unless run_config_search_mode is optuna: ${given.join(', ')}`];
}
