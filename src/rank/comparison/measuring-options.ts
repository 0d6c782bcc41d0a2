import { OPTIONS, type Option, type OptionKey } from '../../config/options.ts';

/**
 * Options that say where files lie, what is written and what is told, or that are compared by themselves, such as the server:
 * another value of one is no other way to measure.
 */
const BESIDES: readonly OptionKey[] = [
  'config_file',
  'model_repository',
  'profile_models',
  'latency_budget',
  'min_throughput',
  'cost_per_gpu_hour',
  'cost_per_cpu_hour',
  'cost_currency',
  'cost_request_rate',
  'checkpoint_directory',
  'output_model_repository_path',
  'override_output_model_repository',
  'export_path',
  'skip_summary_reports',
  'skip_detailed_reports',
  'num_configs_per_model',
  'num_top_model_configs',
  'filename_model_inference',
  'filename_model_gpu',
  'filename_server_only',
  'inference_output_fields',
  'gpu_output_fields',
  'server_output_fields',
  'output_formats',
  'paper',
  'on_finish',
  'baseline',
  'baseline_session',
  'fail_on',
  'fail_on_unknown',
  'fail_on_unmet_constraints',
  'triton_launch_mode',
  'triton_server_path',
  'triton_install_path',
  'triton_docker_image',
  'triton_http_endpoint',
  'triton_grpc_endpoint',
  'triton_metrics_url',
  'triton_output_path',
  'cache_directory',
  'load_generator',
  'perf_analyzer_path',
  'perf_output',
  'perf_output_path',
  'client_protocol',
  'fresh',
  'max_age',
  'warm_start',
];

/** Flags of the command line that are no options of perf.yaml. */
const OF_THE_COMMAND_LINE = ['-q', '--quiet', '-v', '--verbose', '--json'];

interface Flag {
  readonly names: readonly string[];
  readonly hasValue: boolean;
  readonly isBeside: boolean;
}

const FLAGS: readonly Flag[] = [
  ...(Object.entries(OPTIONS) as [OptionKey, Option][]).flatMap(([key, { flags, value }]) =>
    flags === undefined
      ? []
      : [{ names: flags.split(', '), hasValue: value !== undefined, isBeside: BESIDES.includes(key) }],
  ),
  { names: OF_THE_COMMAND_LINE, hasValue: false, isBeside: true },
];

/**
 * What of a recorded command line may change what is measured: its options without those that say where files lie, what is
 * written and what is told. A long flag may be cut short there.
 */
export function measuringOptions([, ...words]: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = words[0] === 'profile' ? 1 : 0; at < words.length; at++) {
    const [typed = '', ...inSameWord] = words[at]!.split('=');
    const flag = flagOf(typed);
    const taken = flag?.hasValue && inSameWord.length === 0 ? words.slice(at, at + 2) : [words[at]!];
    if (!flag?.isBeside) kept.push(...taken);
    at += taken.length - 1;
  }
  return kept;
}

/** The flag that a word is; undefined where it is none, or could be several. */
function flagOf(typed: string): Flag | undefined {
  const name = typed.startsWith('--') ? typed.replace(/(?<=\w)_/g, '-') : typed;
  const exact = FLAGS.find(({ names }) => names.includes(name));
  if (exact || !name.startsWith('--') || name.length < 3) return exact;
  const begun = FLAGS.filter(({ names }) => names.some((long) => long.startsWith(name)));
  return begun.length === 1 ? begun[0] : undefined;
}
