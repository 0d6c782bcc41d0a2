import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { GeneratorSettings, StopRule } from './experiment.ts';
import type { OptionValues } from './options.ts';
import { NO_FLAGS } from './read-load-flags.ts';

const THEIRS = [
  'perf_analyzer_path',
  'perf_analyzer_timeout',
  'perf_analyzer_cpu_util',
  'perf_analyzer_max_auto_adjusts',
  'perf_output',
  'perf_output_path',
] as const;

/** Options of perf_analyzer that were given while it makes no load. */
export function generatorNotes(values: OptionValues): string[] {
  const unused = THEIRS.filter((key) => values[key] !== undefined);
  return usesPerfAnalyzer(values) || unused.length === 0
    ? []
    : [
        `${unused.join(', ')}: without effect, as tma makes the load itself (load_generator: perf_analyzer follows)`,
      ];
}

/** perf_analyzer makes the load where it is asked for, and where it alone can. */
export const usesPerfAnalyzer = ({ load_generator, triton_launch_mode }: OptionValues): boolean =>
  load_generator === 'perf_analyzer' || triton_launch_mode === 'c_api';

/** tma's own generator, unless perf_analyzer is asked for. */
export function generatorSettings(values: OptionValues, cwd: string): GeneratorSettings {
  if (!usesPerfAnalyzer(values)) return { kind: 'native' };
  // The CPU time of a process that has the server in it says nothing of the client.
  const ownCpu =
    values.triton_launch_mode === 'c_api' ? Number.POSITIVE_INFINITY : 80 * availableParallelism();
  return {
    kind: 'perf_analyzer',
    path: values.perf_analyzer_path,
    timeoutS: values.perf_analyzer_timeout ?? 600,
    cpuPercent: values.perf_analyzer_cpu_util ?? ownCpu,
    maxAdjusts: values.perf_analyzer_max_auto_adjusts ?? 10,
    ...(values.perf_output && {
      output: { file: values.perf_output_path && resolve(cwd, values.perf_output_path) },
    }),
  };
}

/** A model's own flags win; windows that they ask for have no precision. */
export function withPrecision(rule: StopRule, { precision, time_limit }: OptionValues): StopRule {
  const standard = NO_FLAGS.load.stopRule;
  if (rule.kind !== 'precision' || standard.kind !== 'precision') return rule;
  const given = <T>(own: T, usual: T, global: T | undefined): T => (own === usual ? (global ?? own) : own);
  return {
    kind: 'precision',
    precision: given(rule.precision, standard.precision, precision && precision / 100),
    limitMs: given(rule.limitMs, standard.limitMs, time_limit && time_limit * 1000),
  };
}
