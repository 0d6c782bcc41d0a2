import { resolve } from 'node:path';

/** The grid that Model Analyzer and tma are timed on: the OCR example, 4 variants and the default, 3 concurrencies. */
export const MODEL = 'text_recognition';
export const REPOSITORY = resolve('examples/text-recognition/model_repository');
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
