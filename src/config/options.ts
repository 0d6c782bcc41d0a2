import type { z } from 'zod';
import { dockerArgs, mounts } from './docker-args.ts';
import { MOST_IN_A_LIST, MOST_SECONDS } from './limits.ts';
import { constraints, objectives } from './objectives.ts';
import { OUTPUT_FORMATS } from './output-formats.ts';
import { PAPER_SIZES } from './paper-sizes.ts';
import { perfAnalyzerFlags } from './perf-analyzer-flags.ts';
import { plots, reportedConfigs } from './plot-settings.ts';
import { profileModels } from './profile-models.ts';
import { PATIENCES, SEARCH_MODES } from './search-settings.ts';
import { serverFlags } from './server-flags.ts';
import {
  age,
  anything,
  byteSize,
  countOrAuto,
  currency,
  decimal,
  decimalUpTo,
  fileName,
  flag,
  fromZeroUpTo,
  integer,
  integers,
  names,
  oneOf,
  price,
  seconds,
  someOf,
  text,
  texts,
  webAddress,
  words,
} from './values.ts';

const MOST_MINUTES = Math.floor(MOST_SECONDS / 60);

/** The release that `tma install triton` brings, too. */
export const DEFAULT_IMAGE = 'nvcr.io/nvidia/tritonserver:24.10-py3';

/**
 * Every option, once: its key in perf.yaml, its flags, its form, and what it does. Parsing, `--help` and the
 * messages all read this table.
 */
export interface Option {
  readonly schema: z.ZodType;
  readonly help: string;
  /** Long flag (and short one), absent when the option exists in perf.yaml only. */
  readonly flags?: string;
  /** What stands behind the flag in `--help`; absent for a switch. */
  readonly value?: string;
  readonly fallback?: string;
  /** The flag may be given several times; what was typed is one list. */
  readonly repeatable?: true;
  readonly commands: readonly Command[];
  /** Against Model Analyzer: an option of our own; one that nobody needs here; how it is better or differs; absent = the same. */
  readonly peer?: 'ours' | 'covered' | { readonly better: string } | { readonly differs: string };
  /** Accepted for Model Analyzer's sake; what to say when it is used. */
  readonly withoutEffect?: string;
  /** Its use would change what is measured, and this version can't follow: what to say then. */
  readonly refused?: string;
}

export type Command = 'profile' | 'report' | 'export';

const both = ['profile', 'report'] as const;
const all = ['profile', 'report', 'export'] as const;
const profile = ['profile'] as const;
const report = ['report'] as const;

export const OPTIONS = {
  config_file: {
    flags: '-f, --config-file',
    value: 'FILE',
    schema: text,
    help: 'the perf.yaml to read',
    commands: all,
  },
  model_repository: {
    flags: '-m, --model-repository',
    value: 'DIR',
    schema: text,
    help: 'the model repository with the models to profile',
    commands: ['profile', 'export'],
  },
  profile_models: {
    peer: {
      better:
        'a mistake is named with its place in the file; beside a file the flag chooses among its models, where Model Analyzer refuses both',
    },
    flags: '--profile-models',
    value: 'NAMES',
    schema: profileModels,
    help: 'the models to profile, with commas between them; beside a perf.yaml that lists models, which of them',
    commands: both,
  },
  objectives: {
    peer: { better: 'metrics of the GPU work, too; weights may be fractions' },
    schema: objectives,
    help: 'what to optimise for',
    fallback: 'perf_throughput',
    commands: both,
  },
  constraints: {
    peer: {
      better:
        'every metric may be limited, by fractions as well; one on what was not measured is said to be unknown instead of kept (Satisfies Constraints: Unknown)',
    },
    schema: constraints,
    help: 'limits every good point must keep',
    commands: both,
  },
  latency_budget: {
    peer: { better: 'between the loads that were measured the largest that keeps it is looked for' },
    flags: '--latency-budget',
    value: 'MS',
    schema: integer(1),
    help: 'short for the constraint perf_latency_p99: {max: MS} on every model',
    commands: all,
  },
  min_throughput: {
    flags: '--min-throughput',
    value: 'N',
    schema: integer(1),
    help: 'short for the constraint perf_throughput: {min: N} on every model',
    commands: all,
  },
  cost_per_gpu_hour: {
    peer: 'ours',
    flags: '--cost-per-gpu-hour',
    value: 'PRICE',
    schema: price,
    help: 'what a GPU costs for an hour; makes the metrics cost_per_million_inferences and cost_per_month',
    commands: both,
  },
  cost_per_cpu_hour: {
    peer: 'ours',
    flags: '--cost-per-cpu-hour',
    value: 'PRICE',
    schema: price,
    help: 'what a CPU core costs for an hour; a server is charged the cores that it kept busy',
    commands: both,
  },
  cost_currency: {
    peer: 'ours',
    flags: '--cost-currency',
    value: 'TEXT',
    schema: currency,
    help: 'the currency of the prices, to be shown beside costs',
    commands: both,
  },
  cost_request_rate: {
    peer: 'ours',
    flags: '--cost-request-rate',
    value: 'N',
    schema: decimal,
    help: 'requests a second to be served for the metric cost_per_month, by as many replicas as that takes',
    commands: both,
  },
  concurrency: {
    flags: '-c, --concurrency',
    value: 'LIST',
    schema: integers,
    help: 'requests in flight to measure at, such as 1,2,4',
    fallback: '1, 2, 4 ... until throughput stops growing',
    commands: profile,
  },
  request_rate: {
    peer: { better: 'a list is measured whole, without an early end' },
    flags: '--request-rate',
    value: 'LIST',
    schema: integers,
    help: 'requests a second to measure at, whatever is in flight, instead of a concurrency',
    commands: profile,
  },
  batch_sizes: {
    flags: '-b, --batch-sizes',
    value: 'LIST',
    schema: integers,
    help: 'inferences in one request',
    fallback: '1',
    commands: profile,
  },
  perf_analyzer_flags: {
    peer: {
      better:
        'values with blanks and = stay whole; sizes of inputs are guessed and said where a model leaves them open',
    },
    schema: perfAnalyzerFlags,
    help: "perf_analyzer's flags for the load of every model (percentile, shape, measurement-interval ...)",
    commands: profile,
  },
  triton_server_flags: {
    peer: { better: 'those of one model take effect for it' },
    schema: serverFlags,
    help: "tritonserver's own flags; several values of one are a list",
    commands: profile,
  },
  triton_server_environment: { schema: texts, help: "tritonserver's environment", commands: profile },
  cpu_only: { peer: 'ours', schema: flag, help: 'serve every model on the CPU', commands: profile },

  checkpoint_directory: {
    peer: {
      better:
        "a journal, a line for each point, on the disk before the next one starts; Model Analyzer's own N.ckpt is read",
    },
    flags: '-s, --checkpoint-directory',
    value: 'DIR',
    schema: text,
    help: 'where the journal of everything measured lies',
    fallback: './tma-out/checkpoints',
    commands: all,
  },
  output_model_repository_path: {
    peer: { better: 'may hold what tma wrote before; every variant in it can be served' },
    flags: '--output-model-repository-path',
    value: 'DIR',
    schema: text,
    help: 'where the generated variants are written',
    fallback: './tma-out/output_model_repository',
    commands: profile,
  },
  override_output_model_repository: {
    flags: '--override-output-model-repository',
    schema: flag,
    help: 'remove earlier output of tma or Model Analyzer from that folder first',
    commands: profile,
  },
  export_path: {
    peer: {
      better:
        "tma-out, which holds whatever else is told no place; in a folder with Model Analyzer's checkpoints its names go on to hold",
    },
    flags: '-e, --export-path',
    value: 'DIR',
    schema: text,
    help: 'where results/ and reports/ are written',
    fallback: './tma-out',
    commands: both,
  },
  skip_summary_reports: {
    flags: '--skip-summary-reports',
    schema: flag,
    help: 'write no tables and no reports; of output_formats only what other programs read',
    commands: profile,
  },
  skip_detailed_reports: {
    flags: '--skip-detailed-reports',
    schema: flag,
    help: 'write the summary only',
    commands: profile,
  },
  num_configs_per_model: {
    peer: { better: '0 is none' },
    flags: '--num-configs-per-model',
    value: 'N',
    schema: integer(),
    help: 'how many of the best configurations get a detailed report',
    fallback: '3',
    commands: both,
  },
  num_top_model_configs: {
    peer: { better: 'constraints are not required; several models are always told together in the terminal' },
    flags: '--num-top-model-configs',
    value: 'N',
    schema: integer(),
    help: 'how many of the best configurations of all models together get a page, judged by the global objectives and constraints',
    fallback: '0',
    commands: both,
  },
  plots: {
    peer: { better: 'in the summary, too; also as SVG' },
    schema: plots,
    help: 'plots of one value against another instead of the usual ones: NAME: {title, x_axis, y_axis, monotonic}',
    commands: both,
  },
  filename_model_inference: {
    peer: { better: 'results/results.json holds the same and more' },
    flags: '--filename-model-inference',
    value: 'NAME',
    schema: fileName,
    help: 'file of the inference table',
    fallback: 'metrics-model-inference.csv',
    commands: profile,
  },
  filename_model_gpu: {
    flags: '--filename-model-gpu',
    value: 'NAME',
    schema: fileName,
    help: 'file of the GPU table',
    fallback: 'metrics-model-gpu.csv',
    commands: profile,
  },
  filename_server_only: {
    flags: '--filename-server-only',
    value: 'NAME',
    schema: fileName,
    help: 'file of the table of the server without a model',
    fallback: 'metrics-server-only.csv',
    commands: profile,
  },

  inference_output_fields: {
    peer: { better: 'backend_parameter/KEY shows the parameter' },
    flags: '--inference-output-fields',
    value: 'LIST',
    schema: names,
    help: 'columns of the inference table: metrics, and model_name, batch_size, concurrency, request_rate, model_config_path, instance_group, max_batch_size, satisfies_constraints, backend_parameter/KEY',
    fallback: "Model Analyzer's",
    commands: both,
  },
  gpu_output_fields: {
    flags: '--gpu-output-fields',
    value: 'LIST',
    schema: names,
    help: 'columns of the GPU table: metrics, and the same words with gpu_uuid',
    fallback: "Model Analyzer's",
    commands: both,
  },
  server_output_fields: {
    flags: '--server-output-fields',
    value: 'LIST',
    schema: names,
    help: 'columns of the table of the server without a model: metrics, and model_name, gpu_uuid',
    fallback: "Model Analyzer's",
    commands: both,
  },
  on_finish: {
    peer: 'ours',
    flags: '--on-finish',
    value: 'URL',
    schema: webAddress,
    help: 'post a small JSON with the verdict to this address when the run ends, failed or interrupted, too; it says nothing secret, takes seconds at most and changes no exit code',
    commands: profile,
  },
  baseline: {
    peer: 'ours',
    flags: '--baseline',
    value: 'BASE',
    schema: text,
    help: "compare with an earlier run, as tma compare does: what that had come to and the default are measured anew beside the search, early and late; BASE is a checkpoint directory (this run's own: its last session before), an export path, a results.json, or a checkpoint of Model Analyzer",
    commands: profile,
  },
  baseline_session: {
    peer: 'ours',
    flags: '--baseline-session',
    value: 'WHEN',
    schema: text,
    help: 'the session of BASE, named by the time it began, or by the beginning of that time, such as 2026-11-01',
    fallback: 'the last',
    commands: profile,
  },
  fail_on: {
    peer: 'ours',
    flags: '--fail-on',
    value: 'CONDITION',
    schema: words,
    repeatable: true,
    help: 'with --baseline, exit with 6 where it holds: "perf_latency_p99 > 5%", "default perf_throughput < -5%", "winner perf_throughput < -5%", or worse for the verdict; may be repeated',
    commands: profile,
  },
  fail_on_unknown: {
    peer: 'ours',
    flags: '--fail-on-unknown',
    schema: flag,
    help: 'with --fail-on, exit with 6 also where it can not be told whether a condition holds',
    commands: profile,
  },
  fail_on_unmet_constraints: {
    peer: 'ours',
    flags: '--fail-on-unmet-constraints',
    schema: flag,
    help: 'exit with code 4 when no configuration meets the constraints, or when a metric that they limit was not measured',
    commands: profile,
  },

  triton_launch_mode: {
    peer: {
      better:
        'remote servers by HTTP or gRPC; c_api with one variant at a time, so that one that does not load ends itself only',
    },
    flags: '--triton-launch-mode',
    value: 'MODE',
    schema: oneOf('local', 'docker', 'remote', 'c_api'),
    help: 'where Triton runs: a local process, a Docker container, a server that runs already (remote), or inside perf_analyzer (c_api)',
    fallback: 'local',
    commands: profile,
  },
  triton_docker_image: {
    peer: {
      better:
        'pulled with the credentials of docker login, layer by layer; containers are cleaned up after a killed run',
    },
    flags: '--triton-docker-image',
    value: 'NAME',
    schema: text,
    help: 'the image that containers are made of; pulled when it is not there',
    fallback: DEFAULT_IMAGE,
    commands: profile,
  },
  triton_docker_mounts: {
    peer: { better: 'Docker’s own HOST:CONTAINER as well' },
    flags: '--triton-docker-mounts',
    value: 'LIST',
    schema: mounts,
    help: 'further folders of the container, as HOST:CONTAINER:ro or :rw',
    commands: profile,
  },
  triton_docker_labels: { schema: texts, help: 'labels of the container', commands: profile },
  triton_docker_shm_size: {
    flags: '--triton-docker-shm-size',
    value: 'SIZE',
    schema: byteSize,
    help: "size of the container's /dev/shm, such as 512m or 2g",
    fallback: '1g',
    commands: profile,
  },
  triton_docker_args: {
    peer: { better: 'keys that are decided by the launcher are named instead of failing' },
    schema: dockerArgs,
    help: 'whatever else `docker run` can give a container (mem_limit, user, network, cap_add ...)',
    commands: profile,
  },
  triton_docker_publish_address: {
    peer: 'ours',
    flags: '--triton-docker-publish-address',
    value: 'ADDRESS',
    schema: text,
    help: "the engine's own address on which the container's ports are published",
    fallback: '127.0.0.1',
    commands: profile,
  },
  reload_model_disable: {
    flags: '--reload-model-disable',
    schema: flag,
    help: 'remote servers: never load or unload; what runs there is measured as it is',
    commands: profile,
  },
  server_reuse: {
    peer: 'ours',
    flags: '--server-reuse',
    schema: flag,
    help: 'one server for all variants: faster, but memory figures hold what earlier variants left',
    commands: profile,
  },
  parallel: {
    peer: 'ours',
    flags: '--parallel',
    value: 'auto|N',
    schema: countOrAuto,
    help: 'profile several variants at once, each on a GPU of its own and a share of the CPU cores',
    fallback: '1',
    commands: profile,
  },
  cache_directory: {
    peer: 'ours',
    flags: '--cache-directory',
    value: 'DIR',
    schema: text,
    help: 'keeps engines that backends build (TensorRT, OpenVINO) between variants and runs',
    fallback: 'none: every load builds anew',
    commands: profile,
  },
  triton_server_path: {
    peer: { better: 'the one of `tma install triton` where none is on PATH' },
    flags: '--triton-server-path',
    value: 'FILE',
    schema: text,
    help: 'the tritonserver to run',
    fallback: 'tritonserver on PATH, else the one of `tma install triton`',
    commands: profile,
  },
  triton_install_path: {
    peer: { better: 'the one of `tma install triton` where there is none' },
    flags: '--triton-install-path',
    value: 'DIR',
    schema: text,
    help: 'c_api: the Triton installation that perf_analyzer loads, with lib/libtritonserver.so',
    fallback: '/opt/tritonserver, else the one of `tma install triton`',
    commands: profile,
  },
  triton_http_endpoint: {
    peer: { better: 'a free port on 127.0.0.1 unless one is named' },
    flags: '--triton-http-endpoint',
    value: 'HOST:PORT',
    schema: text,
    help: "fixes the server's HTTP port; where a remote server is",
    fallback: 'a free port; remote: localhost:8000',
    commands: profile,
  },
  triton_grpc_endpoint: {
    peer: { better: 'a free port on 127.0.0.1 unless one is named' },
    flags: '--triton-grpc-endpoint',
    value: 'HOST:PORT',
    schema: text,
    help: "fixes the server's gRPC port; where a remote server is",
    fallback: 'a free port; remote: port 8001 with client_protocol grpc',
    commands: profile,
  },
  triton_metrics_url: {
    peer: { better: 'a free port unless one is named; a server without it is measured all the same' },
    flags: '--triton-metrics-url',
    value: 'URL',
    schema: text,
    help: "fixes the server's metrics port; where a remote server shows its metrics",
    fallback: 'a free port; remote: port 8002 of its host',
    commands: profile,
  },
  triton_output_path: {
    peer: {
      better:
        'a log for each variant otherwise; the decisive lines are in the report; what the file holds is kept',
    },
    flags: '--triton-output-path',
    value: 'FILE',
    schema: text,
    help: "one log of all servers' output, appended to",
    fallback: 'a log per variant beside the journal',
    commands: profile,
  },
  client_max_retries: {
    peer: { better: 'for the server only; loading a model has model_load_timeout' },
    flags: '-r, --client-max-retries',
    value: 'N',
    schema: seconds(1),
    help: 'seconds until the server itself must be ready',
    fallback: '50',
    commands: profile,
  },
  model_load_timeout: {
    peer: 'ours',
    flags: '--model-load-timeout',
    value: 'SECONDS',
    schema: seconds(1),
    help: 'how long loading one variant may take (a TensorRT engine is built then)',
    fallback: '1800',
    commands: profile,
  },
  gpus: {
    peer: { better: '[] means none in perf.yaml, too; count=N' },
    flags: '--gpus',
    value: 'LIST',
    schema: names,
    help: 'GPUs the server may use: all, indices or UUIDs with commas, count=N, or [] for none',
    fallback: 'all',
    commands: profile,
  },
  monitoring_interval: {
    flags: '-i, --monitoring-interval',
    value: 'SECONDS',
    schema: decimalUpTo(MOST_SECONDS),
    help: 'between two looks at GPU gauges',
    fallback: '1',
    commands: profile,
  },
  duration_seconds: {
    flags: '-d, --duration-seconds',
    value: 'SECONDS',
    schema: seconds(0),
    help: 'watching the server without a model, where there is a GPU',
    fallback: '3',
    commands: profile,
  },

  run_config_search_disable: {
    flags: '--run-config-search-disable',
    schema: flag,
    help: 'measure exactly what is listed, and the default configuration alone where nothing is; without loads, 1',
    commands: profile,
  },
  run_config_search_mode: {
    peer: {
      differs:
        "without it a space of more than 64 points is searched by tma's own search instead of measured whole (brute does that, point by point as Model Analyzer); optuna is tma's own search with Optuna's options",
    },
    flags: '--run-config-search-mode',
    value: 'MODE',
    schema: oneOf(...SEARCH_MODES),
    help: "how the best is looked for: bayes (tma's own search), manual (everything that is listed), brute and quick (Model Analyzer's), optuna (tma's own with Optuna's options) or random",
    fallback: 'manual or brute up to 64 points, bayes beyond',
    commands: profile,
  },
  patience: {
    peer: 'ours',
    flags: '--patience',
    value: 'PATIENCE',
    schema: oneOf(...PATIENCES),
    help: "how much time tma's own search takes for a better answer: quick, normal or thorough",
    fallback: 'normal',
    commands: profile,
  },
  max_minutes: {
    peer: 'ours',
    flags: '--max-minutes',
    value: 'MINUTES',
    schema: decimalUpTo(MOST_MINUTES),
    help: 'decide on the best after so long, all models together',
    fallback: 'as long as it takes',
    commands: profile,
  },
  max_measurements: {
    peer: 'ours',
    flags: '--max-measurements',
    value: 'N',
    schema: integer(1),
    help: 'measure at most so often for each model, the repeats of the best included',
    fallback:
      'bayes: as long as it is worth its time; random: 8 % of all points, but 20 to 35; the others: no limit',
    commands: profile,
  },
  max_variants: {
    peer: 'ours',
    flags: '--max-variants',
    value: 'N',
    schema: integer(1),
    help: 'start at most so many configurations of each model, the default included',
    fallback: 'no limit',
    commands: profile,
  },
  sentinel_minutes: {
    peer: 'ours',
    flags: '--sentinel-minutes',
    value: 'MINUTES',
    schema: fromZeroUpTo(MOST_MINUTES),
    help: 'look at one point of the default again after so much of the run, to see whether the machine is as it was; 0: never',
    fallback: '5, in at most 5 % of the time',
    commands: profile,
  },
  search_seed: {
    peer: 'ours',
    flags: '--search-seed',
    value: 'N',
    schema: integer(),
    help: 'what the random search draws by; the others draw nothing',
    fallback: '0',
    commands: profile,
  },
  fresh: {
    peer: 'ours',
    flags: '--fresh',
    schema: flag,
    help: 'measure everything anew, beside what the checkpoint directory holds of earlier runs',
    commands: profile,
  },
  max_age: {
    peer: 'ours',
    flags: '--max-age',
    value: 'TIME',
    schema: age,
    help: 'take over only what earlier runs measured no longer ago (7d, 12h, 30m)',
    fallback: 'whatever its age',
    commands: profile,
  },
  session: {
    peer: 'ours',
    flags: '--session',
    value: 'TIME',
    schema: text,
    help: 'what one run measured, named by the time it began or the beginning of that time, such as 2026-11-25',
    fallback: 'the last',
    commands: ['report', 'export'],
  },
  warm_start: {
    peer: 'ours',
    flags: '--warm-start',
    value: 'DIRS',
    schema: names,
    help: 'checkpoint directories of earlier runs (of another night, of another GPU) that tell bayes where to look first; dropped when they mislead',
    commands: profile,
  },
  run_config_search_min_concurrency: {
    flags: '--run-config-search-min-concurrency',
    value: 'N',
    schema: integer(1),
    help: 'first concurrency when none is listed',
    fallback: '1',
    commands: profile,
  },
  run_config_search_max_concurrency: {
    flags: '--run-config-search-max-concurrency',
    value: 'N',
    schema: integer(1),
    help: 'last concurrency when none is listed',
    fallback: '1024',
    commands: profile,
  },
  request_rate_search_enable: {
    flags: '--request-rate-search-enable',
    schema: flag,
    help: 'search over requests a second instead of requests in flight',
    commands: profile,
  },
  run_config_search_min_request_rate: {
    flags: '--run-config-search-min-request-rate',
    value: 'N',
    schema: integer(1),
    help: 'first request rate when none is listed',
    fallback: '16',
    commands: profile,
  },
  run_config_search_max_request_rate: {
    flags: '--run-config-search-max-request-rate',
    value: 'N',
    schema: integer(1),
    help: 'last request rate when none is listed',
    fallback: '8192',
    commands: profile,
  },
  run_config_search_min_instance_count: {
    flags: '--run-config-search-min-instance-count',
    value: 'N',
    schema: integer(1, MOST_IN_A_LIST),
    help: 'fewest instances of an automatic search',
    fallback: '1',
    commands: profile,
  },
  run_config_search_max_instance_count: {
    flags: '--run-config-search-max-instance-count',
    value: 'N',
    schema: integer(1, MOST_IN_A_LIST),
    help: 'most instances of an automatic search',
    fallback: '5',
    commands: profile,
  },
  run_config_search_min_model_batch_size: {
    flags: '--run-config-search-min-model-batch-size',
    value: 'N',
    schema: integer(1),
    help: 'first max_batch_size of an automatic search, which doubles it',
    fallback: '1',
    commands: profile,
  },
  run_config_search_max_model_batch_size: {
    flags: '--run-config-search-max-model-batch-size',
    value: 'N',
    schema: integer(1),
    help: 'last max_batch_size of an automatic search',
    fallback: '128',
    commands: profile,
  },
  run_config_search_max_binary_search_steps: {
    peer: { better: 'the first two loads are looked between as well' },
    flags: '--run-config-search-max-binary-search-steps',
    value: 'N',
    schema: integer(0),
    help: 'where loads are not listed: steps of the search between the last load that keeps the limits and the first that does not',
    fallback: '5',
    commands: profile,
  },
  early_exit_enable: {
    flags: '--early-exit-enable',
    schema: flag,
    help: 'stop climbing listed loads and max_batch_sizes, too, when throughput stops growing',
    commands: profile,
  },

  report_model_configs: {
    peer: { better: 'without names everything is written anew' },
    flags: '-n, --report-model-configs',
    value: 'NAMES',
    schema: reportedConfigs,
    help: 'the configurations to report, with commas between them',
    fallback: 'the summary of every model, and its best configurations',
    commands: report,
  },
  output_formats: {
    peer: {
      better:
        'followed; the HTML is always written; of profile, too; JUnit, Markdown, benchmark-action and OpenMetrics for other programs',
    },
    flags: '-o, --output-formats',
    value: 'LIST',
    schema: someOf(...OUTPUT_FORMATS),
    help: 'what is written: pages as html and pdf, plots as png, tables as csv; for other programs junit, markdown, benchmark and openmetrics, each below results/. The HTML always is, by profile the tables, too',
    fallback: 'html, pdf, png and csv',
    commands: both,
  },
  paper: {
    peer: 'ours',
    flags: '--paper',
    value: 'SIZE',
    schema: oneOf(...PAPER_SIZES),
    help: 'what the PDF is made for: a4 or letter',
    fallback: 'a4',
    commands: both,
  },

  precision: {
    peer: 'ours',
    flags: '--precision',
    value: 'PERCENT',
    schema: decimal,
    help: 'measure a point until the 95 % interval of its throughput is within so many percent of it',
    fallback: '3',
    commands: profile,
  },
  time_limit: {
    peer: 'ours',
    flags: '--time-limit',
    value: 'SECONDS',
    schema: decimalUpTo(MOST_SECONDS),
    help: 'end a point that is not precise after so long, and mark it',
    fallback: '2.5',
    commands: profile,
  },
  load_generator: {
    peer: 'ours',
    flags: '--load-generator',
    value: 'NAME',
    schema: oneOf('native', 'perf_analyzer'),
    help: "what makes the load: tma's own generator, or the real perf_analyzer",
    fallback: 'native',
    commands: profile,
  },
  perf_analyzer_path: {
    peer: { differs: 'with load_generator: perf_analyzer; a pip package, too' },
    flags: '--perf-analyzer-path',
    value: 'FILE',
    schema: text,
    help: 'the perf_analyzer to run',
    fallback: 'the one of `tma install perf-analyzer`, else perf_analyzer on PATH',
    commands: profile,
  },
  perf_analyzer_timeout: {
    peer: { differs: 'with load_generator: perf_analyzer' },
    flags: '--perf-analyzer-timeout',
    value: 'SECONDS',
    schema: seconds(1),
    help: 'perf_analyzer: how long one run may take',
    fallback: '600',
    commands: profile,
  },
  perf_analyzer_cpu_util: {
    peer: { differs: 'with load_generator: perf_analyzer' },
    flags: '--perf-analyzer-cpu-util',
    value: 'PERCENT',
    schema: decimal,
    help: 'perf_analyzer: give a run up that uses more of a core (100 = one core)',
    fallback: '80 for each core of the machine',
    commands: profile,
  },
  perf_analyzer_max_auto_adjusts: {
    peer: {
      differs:
        'with load_generator: perf_analyzer; windows are doubled, and what the last one showed is kept',
    },
    flags: '--perf-analyzer-max-auto-adjusts',
    value: 'N',
    schema: integer(0),
    help: 'perf_analyzer: how often windows are made longer when they do not agree',
    fallback: '10',
    commands: profile,
  },
  perf_output: {
    peer: { differs: 'with load_generator: perf_analyzer' },
    flags: '--perf-output',
    schema: flag,
    help: "perf_analyzer: tell its command and output on the standard output, or in perf_output_path's file",
    commands: profile,
  },
  perf_output_path: {
    peer: { differs: 'with load_generator: perf_analyzer' },
    flags: '--perf-output-path',
    value: 'FILE',
    schema: text,
    help: 'perf_analyzer: the file that perf_output appends to',
    commands: profile,
  },
  client_protocol: {
    peer: { differs: "the default is http, Model Analyzer's is grpc" },
    flags: '--client-protocol',
    value: 'NAME',
    schema: oneOf('http', 'grpc'),
    help: 'protocol of inference requests',
    fallback: 'http',
    commands: profile,
  },
  concurrency_sweep_disable: {
    flags: '--concurrency-sweep-disable',
    schema: flag,
    help: 'quick: no loads beside those of the climb; otherwise: none between the powers of two',
    commands: profile,
  },
  use_concurrency_formula: {
    flags: '--use-concurrency-formula',
    schema: flag,
    help: 'optuna: one load for each configuration, 2 x max_batch_size x instances in flight',
    commands: profile,
  },
  min_percentage_of_search_space: {
    flags: '--min-percentage-of-search-space',
    value: 'PERCENT',
    schema: decimal,
    help: 'optuna: measure at least this share of all points',
    commands: profile,
  },
  max_percentage_of_search_space: {
    flags: '--max-percentage-of-search-space',
    value: 'PERCENT',
    schema: decimal,
    help: 'optuna: measure at most this share of all points',
    fallback: 'as bayes',
    commands: profile,
  },
  optuna_min_trials: {
    flags: '--optuna-min-trials',
    value: 'N',
    schema: integer(1),
    help: 'optuna: measure at least so often',
    commands: profile,
  },
  optuna_max_trials: {
    flags: '--optuna-max-trials',
    value: 'N',
    schema: integer(1),
    help: 'optuna: measure at most so often',
    fallback: 'as bayes',
    commands: profile,
  },
  optuna_early_exit_threshold: {
    flags: '--optuna-early-exit-threshold',
    value: 'N',
    schema: integer(1),
    help: 'optuna: end after so many measurements without a better one',
    commands: profile,
  },
  weighting: {
    schema: anything,
    help: 'how much a model counts beside others that are profiled with it at once',
    commands: profile,
    refused:
      "counts only where several models are profiled at the same time, which this version does not do; below a model's name it is accepted and has no effect",
  },
  ...refused('models are profiled one after the other in this version', {
    run_config_profile_models_concurrently_enable: '',
  }),
  ...refused(
    'in this version an ensemble or BLS model is measured as it is; the models that it calls are not varied',
    {
      cpu_only_composing_models: 'NAMES',
      bls_composing_models: 'NAMES',
      ensemble_composing_models: 'NAMES',
    },
  ),
  ...ignored('has no effect in this version: genai-perf is not run', profile, {
    model_type: 'NAME',
    genai_perf_flags: null,
  }),
  ...ignored(
    'has no effect: GPUs are told by the driver or by the server, DCGM is not asked',
    profile,
    { dcgm_disable: '' },
    'covered',
  ),
  ...ignored(
    'has no effect: they are always recorded where they can be',
    profile,
    { collect_cpu_metrics: '' },
    'covered',
  ),
  ...ignored(
    'has no effect: they are always recorded where they can be',
    both,
    { always_report_gpu_metrics: '' },
    'covered',
  ),
} as const satisfies Record<string, Option>;

export type OptionKey = keyof typeof OPTIONS;

/** The values of the options that were given, by key. */
export type OptionValues = {
  readonly [Key in OptionKey]?: z.output<(typeof OPTIONS)[Key]['schema']>;
};

/** Rows for options of profile that are known, and not there; '' = a switch. */
function refused<Key extends string>(
  reason: string,
  rows: Readonly<Record<Key, string>>,
): Record<Key, Option> {
  const entries = Object.entries(rows) as [Key, string][];
  return Object.fromEntries(
    entries.map(([key, value]): [Key, Option] => [
      key,
      {
        schema: anything,
        help: reason,
        commands: profile,
        refused: reason,
        flags: `--${key.replaceAll('_', '-')}`,
        ...(value && { value }),
      },
    ]),
  ) as Record<Key, Option>;
}

/** Rows for options that are accepted without effect; null = in perf.yaml only, '' = a switch. */
function ignored<Key extends string>(
  reason: string,
  commands: readonly Command[],
  rows: Readonly<Record<Key, string | null>>,
  peer?: 'covered',
): Record<Key, Option> {
  const entries = Object.entries(rows) as [Key, string | null][];
  return Object.fromEntries(
    entries.map(([key, value]): [Key, Option] => [
      key,
      {
        schema: anything,
        help: reason,
        commands,
        withoutEffect: reason,
        ...(peer && { peer }),
        ...(value === null ? {} : { flags: `--${key.replaceAll('_', '-')}` }),
        ...(value ? { value } : {}),
      },
    ]),
  ) as Record<Key, Option>;
}
