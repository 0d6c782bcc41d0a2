/** The columns of the result tables, by Model Analyzer's names of fields. */
export interface OutputFields {
  readonly inference: readonly string[];
  readonly gpu: readonly string[];
  readonly server: readonly string[];
}

const GPU_METRICS = ['gpu_used_memory', 'gpu_utilization', 'gpu_power_usage'];

/** Model Analyzer's own; a run over request rates has `request_rate` instead of `concurrency`. */
export const DEFAULT_FIELDS: OutputFields = {
  inference: [
    'model_name',
    'batch_size',
    'concurrency',
    'model_config_path',
    'instance_group',
    'max_batch_size',
    'satisfies_constraints',
    'perf_throughput',
    'perf_latency_p99',
  ],
  gpu: [
    'model_name',
    'gpu_uuid',
    'batch_size',
    'concurrency',
    'model_config_path',
    'instance_group',
    'satisfies_constraints',
    ...GPU_METRICS,
  ],
  server: ['model_name', 'gpu_uuid', ...GPU_METRICS],
};
