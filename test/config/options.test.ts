import { describe, expect, test } from 'vitest';
import { readOptions } from '../../src/config/given-options.ts';
import { type Command, OPTIONS, type Option, type OptionKey } from '../../src/config/options.ts';
import { parseYaml } from '../../src/config/yaml.ts';

/** A good value as YAML and behind its flag, what it is understood as, and a bad one. */
interface Row {
  readonly yaml: string;
  readonly typed?: string | true;
  readonly value?: unknown;
  readonly bad?: string;
}

const text = (value: string): Row => ({ yaml: value, typed: value, value, bad: '[1]' });
const count = (value = 3): Row => ({ yaml: `${value}`, typed: `${value}`, value, bad: 'many' });
const decimal: Row = { yaml: '2.5', typed: '2.5', value: 2.5, bad: '-1' };
const flag: Row = { yaml: 'true', typed: true, value: true, bad: 'maybe' };
const numbers: Row = { yaml: '[4, 1, 2]', typed: '4,1,2', value: [1, 2, 4], bad: '[x]' };
const names: Row = { yaml: '[a, b]', typed: 'a,b', value: ['a', 'b'], bad: '{a: 1}' };
const choice = (value: string): Row => ({ yaml: value, typed: value, value, bad: 'neither' });
const mapping: Row = { yaml: '{A: 1}', value: { A: '1' }, bad: '[A]' };
/** Accepted, and not looked at. */
const anything: Row = { yaml: '7' };
const word: Row = { yaml: '7', typed: '7' };
const bare: Row = { yaml: 'true', typed: true };

const ROWS: Record<OptionKey, Row> = {
  config_file: text('f'),
  model_repository: text('dir'),
  profile_models: { yaml: '[a]', typed: 'a', bad: '[[a]]' },
  objectives: {
    yaml: '{perf_throughput: 2}',
    value: [{ tag: 'perf_throughput', weight: 2 }],
    bad: '[speed]',
  },
  constraints: {
    yaml: '{perf_latency_p99: {max: 2.5}}',
    value: [{ tag: 'perf_latency_p99', bound: 'max', value: 2.5 }],
    bad: '{perf_latency_p99: {min: 2}}',
  },
  cost_per_gpu_hour: decimal,
  cost_per_cpu_hour: { ...decimal, bad: '0' },
  cost_currency: { ...text('EUR'), bad: '"<b>"' },
  cost_request_rate: decimal,
  latency_budget: count(),
  min_throughput: count(),
  concurrency: numbers,
  request_rate: numbers,
  batch_sizes: numbers,
  perf_analyzer_flags: { yaml: '{percentile: 95}', bad: '{percentil: 95}' },
  triton_server_flags: mapping,
  triton_server_environment: mapping,
  cpu_only: { yaml: 'true', value: true, bad: 'maybe' },
  checkpoint_directory: text('dir'),
  output_model_repository_path: text('dir'),
  override_output_model_repository: flag,
  export_path: text('dir'),
  skip_summary_reports: flag,
  skip_detailed_reports: flag,
  num_configs_per_model: count(0),
  filename_model_inference: { ...text('a.csv'), bad: '../a.csv' },
  filename_model_gpu: { ...text('a.csv'), bad: 'a/b.csv' },
  filename_server_only: { ...text('a.csv'), bad: '..' },
  inference_output_fields: names,
  gpu_output_fields: names,
  server_output_fields: names,
  on_finish: { ...text('https://host/path?token=1'), bad: 'ftp://host' },
  baseline: text('dir'),
  baseline_session: text('2026-11-25'),
  fail_on: { yaml: 'worse', value: ['worse'], typed: 'worse', bad: '{a: 1}' },
  fail_on_unknown: flag,
  fail_on_unmet_constraints: flag,
  triton_launch_mode: choice('docker'),
  triton_docker_image: text('image:1'),
  triton_docker_mounts: {
    yaml: '["/a:/b:ro"]',
    typed: '/a:/b:ro',
    value: [{ source: '/a', target: '/b', mode: 'ro' }],
    bad: '[a]',
  },
  triton_docker_labels: mapping,
  triton_docker_shm_size: { yaml: '1k', typed: '1k', value: 1024, bad: 'big' },
  triton_docker_args: { yaml: '{mem_limit: 1g}', bad: '{memory: 1g}' },
  triton_docker_publish_address: text('0.0.0.0'),
  reload_model_disable: flag,
  server_reuse: flag,
  parallel: { yaml: 'auto', typed: 'auto', value: 'auto', bad: '0' },
  cache_directory: text('dir'),
  triton_server_path: text('file'),
  triton_install_path: text('dir'),
  triton_http_endpoint: text('host:1'),
  triton_grpc_endpoint: text('host:1'),
  triton_metrics_url: text('http://host:1/metrics'),
  triton_output_path: text('file'),
  client_max_retries: count(),
  model_load_timeout: count(),
  gpus: { yaml: '[0, GPU-a]', typed: '0,GPU-a', value: ['0', 'GPU-a'], bad: '{a: 1}' },
  monitoring_interval: decimal,
  duration_seconds: count(0),
  run_config_search_disable: flag,
  run_config_search_mode: choice('optuna'),
  run_config_search_min_concurrency: count(),
  run_config_search_max_concurrency: count(),
  request_rate_search_enable: flag,
  run_config_search_min_request_rate: count(),
  run_config_search_max_request_rate: count(),
  run_config_search_min_instance_count: count(),
  run_config_search_max_instance_count: count(),
  patience: choice('thorough'),
  max_minutes: decimal,
  max_measurements: count(),
  max_variants: count(),
  sentinel_minutes: count(0),
  search_seed: count(0),
  fresh: flag,
  max_age: { yaml: '7d', value: 604_800_000, typed: '7d', bad: '7' },
  session: text('2026-11-25'),
  warm_start: names,
  run_config_search_min_model_batch_size: count(),
  run_config_search_max_model_batch_size: count(),
  run_config_search_max_binary_search_steps: count(0),
  early_exit_enable: flag,
  report_model_configs: {
    yaml: '[a, b]',
    typed: 'a,b',
    value: [{ name: 'a' }, { name: 'b' }],
    bad: '[[a]]',
  },
  paper: choice('letter'),
  output_formats: { yaml: '[pdf, csv]', typed: 'pdf,csv', value: ['pdf', 'csv'], bad: '[doc]' },
  precision: decimal,
  time_limit: decimal,
  load_generator: choice('perf_analyzer'),
  perf_analyzer_path: text('file'),
  perf_analyzer_timeout: count(),
  perf_analyzer_cpu_util: decimal,
  perf_analyzer_max_auto_adjusts: count(0),
  client_protocol: choice('grpc'),
  model_type: word,
  dcgm_disable: bare,
  concurrency_sweep_disable: flag,
  use_concurrency_formula: flag,
  run_config_profile_models_concurrently_enable: bare,
  min_percentage_of_search_space: decimal,
  max_percentage_of_search_space: decimal,
  optuna_min_trials: count(),
  optuna_max_trials: count(),
  optuna_early_exit_threshold: count(),
  num_top_model_configs: count(0),
  cpu_only_composing_models: word,
  bls_composing_models: word,
  ensemble_composing_models: word,
  weighting: anything,
  plots: {
    yaml: '{p: {title: P, x_axis: concurrency_range, y_axis: perf_latency, monotonic: true}}',
    value: [{ name: 'p', title: 'P', x: 'concurrency', y: 'perf_latency_p99', monotonic: true }],
    bad: '{p: {x_axis: speed, y_axis: perf_throughput}}',
  },
  genai_perf_flags: anything,
  collect_cpu_metrics: bare,
  always_report_gpu_metrics: bare,
  perf_output: flag,
  perf_output_path: text('file'),
};

/** Model Analyzer's short flags. */
const SHORT: Partial<Record<OptionKey, string>> = {
  config_file: '-f',
  model_repository: '-m',
  checkpoint_directory: '-s',
  export_path: '-e',
  monitoring_interval: '-i',
  duration_seconds: '-d',
  client_max_retries: '-r',
  batch_sizes: '-b',
  concurrency: '-c',
  report_model_configs: '-n',
  output_formats: '-o',
};

const entries = Object.entries(ROWS) as [OptionKey, Row][];
const commandOf = (key: OptionKey): Command => (OPTIONS[key] as Option).commands[0]!;
const ofYaml = (key: OptionKey, yaml: string) =>
  readOptions(parseYaml(`${key}: ${yaml}`, 'perf.yaml'), {}, commandOf(key)).values[key];
const ofFlag = (key: OptionKey, value: string | boolean) =>
  readOptions(undefined, { [key]: value }, commandOf(key)).values[key];

describe.each(entries)('%s', (key, row) => {
  const { flags, withoutEffect, refused, value: placeholder } = OPTIONS[key] as Option;

  test('its flag, by its own name, with Model Analyzer’s short one', () => {
    expect(flags === undefined).toBe(row.typed === undefined);
    if (!flags) return;
    const short = SHORT[key];
    expect(flags).toBe(`${short ? `${short}, ` : ''}--${key.replaceAll('_', '-')}`);
    // A switch takes no value.
    expect(placeholder === undefined).toBe(row.typed === true);
  });

  test('a good value in the file and behind the flag is the same', () => {
    const inFile = ofYaml(key, row.yaml);
    expect(inFile).toBeDefined();
    if (row.value !== undefined) expect(inFile).toEqual(row.value);
    if (row.typed === undefined || withoutEffect || refused) return;
    const typedValue = ofFlag(key, row.typed);
    if (key !== 'profile_models') expect(typedValue).toEqual(inFile);
  });
});

test.each(entries.filter(([, { bad }]) => bad !== undefined))(
  'a bad value of %s is told with its place',
  (key, { typed, bad }) => {
    expect(() => ofYaml(key, bad!)).toThrow(new RegExp(`^perf\\.yaml:1:\\d+: ${key}`));
    const fromFileOnly = typed === undefined || typed === true || /^[[{]/.test(bad!);
    if (!fromFileOnly) expect(() => ofFlag(key, bad!)).toThrow(`--${key.replaceAll('_', '-')}: expected`);
  },
);
