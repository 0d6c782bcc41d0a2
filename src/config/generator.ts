import { availableParallelism } from 'node:os';
import type { GeneratorSettings } from './experiment.ts';
import type { OptionValues } from './options.ts';

const THEIRS = [
  'perf_analyzer_path',
  'perf_analyzer_timeout',
  'perf_analyzer_cpu_util',
  'perf_analyzer_max_auto_adjusts',
] as const;

/** Options of perf_analyzer that were given while it makes no load. */
export function generatorNotes(values: OptionValues): string[] {
  const unused = THEIRS.filter((key) => values[key] !== undefined);
  return values.load_generator === 'perf_analyzer' || unused.length === 0
    ? []
    : [
        `${unused.join(', ')}: without effect, as tma makes the load itself (load_generator: perf_analyzer follows)`,
      ];
}

/** tma's own generator, unless perf_analyzer is asked for. */
export function generatorSettings(values: OptionValues): GeneratorSettings {
  if (values.load_generator !== 'perf_analyzer') return { kind: 'native' };
  return {
    kind: 'perf_analyzer',
    path: values.perf_analyzer_path,
    timeoutS: values.perf_analyzer_timeout ?? 600,
    cpuPercent: values.perf_analyzer_cpu_util ?? 80 * availableParallelism(),
    maxAdjusts: values.perf_analyzer_max_auto_adjusts ?? 10,
  };
}
