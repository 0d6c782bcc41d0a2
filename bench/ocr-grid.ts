import { resolve } from 'node:path';

export const MODEL = 'text_recognition';
export const REPOSITORY = resolve('examples/text-recognition/model_repository');

/** The grid that Model Analyzer and tma are timed on: 4 variants and the default, 3 concurrencies. */
export const GRID = `
profile_models:
  ${MODEL}:
    cpu_only: true
    model_config_parameters:
      max_batch_size: [4]
      dynamic_batching:
        max_queue_delay_microseconds: [0, 200]
      instance_group:
        - - { kind: KIND_CPU, count: 1 }
        - - { kind: KIND_CPU, count: 2 }
    parameters:
      concurrency: { start: 2, stop: 6, step: 2 }
      batch_sizes: [1]
`;

/** What tma's own search and brute force are timed on: 40 variants and the default at 6 loads, with a limit. */
export const LARGE_GRID = `
profile_models:
  ${MODEL}:
    cpu_only: true
    model_config_parameters:
      max_batch_size: [1, 2, 4, 8, 16]
      dynamic_batching:
        max_queue_delay_microseconds: [0, 2000]
      instance_group:
        - - { kind: KIND_CPU, count: 1 }
        - - { kind: KIND_CPU, count: 2 }
        - - { kind: KIND_CPU, count: 3 }
        - - { kind: KIND_CPU, count: 4 }
    parameters:
      concurrency: [1, 2, 4, 8, 16, 32]
constraints:
  perf_latency_p99: { max: 150 }
`;
