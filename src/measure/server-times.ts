import type { Counter, ModelStatistics } from '../server/triton.ts';

type Counters = 'success' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output';

/**
 * What the server did between two looks at its statistics, by metric tag: mean milliseconds of a successful
 * request in each stage, counts, and the mean batch that was executed. Counters of a version that was not there
 * before start at zero; {} when nothing was executed.
 */
export function serverTimes(
  before: readonly ModelStatistics[],
  after: readonly ModelStatistics[],
): Record<string, number> {
  const delta = (read: (statistics: ModelStatistics) => number): number =>
    after.reduce((sum, now) => {
      const then = before.find((item) => item.version === now.version);
      return sum + read(now) - (then ? read(then) : 0);
    }, 0);
  const stage = (name: Counters): number | undefined => {
    const part = (key: keyof Counter) => delta((item) => item.inference_stats[name]?.[key] ?? 0);
    const count = part('count');
    return count > 0 ? part('ns') / count / 1e6 : undefined;
  };
  const inferences = delta((item) => item.inference_count);
  const executions = delta((item) => item.execution_count);
  const values: Record<string, number | undefined> = {
    perf_server_request: stage('success'),
    perf_server_queue: stage('queue'),
    perf_server_compute_input: stage('compute_input'),
    perf_server_compute_infer: stage('compute_infer'),
    perf_server_compute_output: stage('compute_output'),
    perf_inference_count: inferences > 0 ? inferences : undefined,
    perf_execution_count: executions > 0 ? executions : undefined,
    perf_executed_batch: executions > 0 ? inferences / executions : undefined,
  };
  return defined(values);
}

/** The entries that have a value. */
export const defined = (values: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
