import type { MakeTarget } from './target.ts';

/** Every kind of input that is tried, by its name on the command line. */
export const TARGETS: Readonly<Record<string, () => Promise<MakeTarget>>> = {
  'perf-yaml': async () => (await import('./targets/perf-yaml.ts')).perfYaml,
  'config-pbtxt': async () => (await import('./targets/config-pbtxt.ts')).configPbtxt,
  journal: async () => (await import('./targets/journal.ts')).journal,
  results: async () => (await import('./targets/results.ts')).results,
  checkpoint: async () => (await import('./targets/checkpoint.ts')).checkpoint,
  'input-data': async () => (await import('./targets/input-data.ts')).inputData,
  statistics: async () => (await import('./targets/answers.ts')).statistics,
  'model-config': async () => (await import('./targets/answers.ts')).modelConfig,
  metadata: async () => (await import('./targets/answers.ts')).metadata,
  index: async () => (await import('./targets/answers.ts')).index,
  server: async () => (await import('./targets/answers.ts')).server,
  metrics: async () => (await import('./targets/answers.ts')).metrics,
  'api-http': async () => (await import('./targets/api-http.ts')).apiHttp,
  'api-grpc': async () => (await import('./targets/api-grpc.ts')).apiGrpc,
  'inference-http': async () => (await import('./targets/inference-http.ts')).inferenceHttp,
  'inference-grpc': async () => (await import('./targets/inference-grpc.ts')).inferenceGrpc,
};
