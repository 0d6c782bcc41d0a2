import type { OptionKey } from '../index.ts';

/** The options in the order in which `--help` lists them: what most runs need first. */
const GROUPS: readonly (readonly [heading: string, belongs: RegExp])[] = [
  [
    'Common options:',
    /^(config_file|model_repository|profile_models|objectives|constraints|concurrency|batch_sizes|latency_budget|max_minutes|export_path|checkpoint_directory|fresh)$/,
  ],
  ['Load:', /^(request_rate|client_protocol|precision|time_limit|load_generator|perf_(analyzer|output).*)$/],
  [
    'Search:',
    /^(run_config_.*|request_rate_search_enable|patience|max_.*|search_seed|sentinel_minutes|warm_start|early_exit_enable|optuna_.*|.*_percentage_of_search_space|use_concurrency_formula|concurrency_sweep_disable)$/,
  ],
  [
    'Server:',
    /^(triton_.*|cpu_only|gpus|parallel|server_reuse|reload_model_disable|cache_directory|client_max_retries|model_load_timeout|monitoring_interval|duration_seconds|output_model_repository_path|override_output_model_repository)$/,
  ],
  ['Limits and costs:', /^(min_throughput|cost_.*)$/],
  ['Comparison, and ends for scripts:', /^(baseline.*|fail_on.*|on_finish)$/],
  [
    'Reports:',
    /^(output_formats|paper|plots|skip_.*|num_.*|filename_.*|.*_output_fields|report_model_configs|session)$/,
  ],
];

/** Those that belong nowhere else. */
const OTHERS = 'Other options:';

/** Where what a command has of its own stands, as -q and --json. */
export const COMMON: string = GROUPS[0]![0];

const placeOf = (key: OptionKey): number => {
  const index = GROUPS.findIndex(([, belongs]) => belongs.test(key));
  return index < 0 ? GROUPS.length : index;
};

/** The heading that an option stands below in `--help`. */
export const groupOf = (key: OptionKey): string => GROUPS[placeOf(key)]?.[0] ?? OTHERS;

/** Options in the order of their groups, within one in the order of the table. */
export const inGroups = <T>(options: readonly (readonly [OptionKey, T])[]): (readonly [OptionKey, T])[] =>
  [...options].sort(([one], [other]) => placeOf(one) - placeOf(other));
