import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_CONTAINER_OPTIONS } from '../../src/config/docker-args.ts';
import type { Experiment, LaunchSettings, LoadSettings, ModelPlan } from '../../src/config/experiment.ts';
import type { CommandLine } from '../../src/config/given-options.ts';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { NO_FLAGS } from '../../src/config/read-load-flags.ts';
import type { LaunchRequest } from '../../src/server/launcher.ts';

/** A new empty folder. */
export const folder = (): string => mkdtempSync(join(tmpdir(), 'tma-test-'));

/** Writes a perf.yaml into a new folder and resolves it there. */
export function experimentOf(yaml: string, commandLine: CommandLine = {}, cwd = folder()): Experiment {
  const file = join(cwd, 'perf.yaml');
  writeFileSync(file, yaml);
  return loadExperiment({ file, commandLine: { model_repository: cwd, ...commandLine }, cwd });
}

/** The message that a wrong perf.yaml gives, the folder's name taken out. */
export function messageOf(yaml: string, commandLine: CommandLine = {}): string {
  const cwd = folder();
  try {
    experimentOf(yaml, commandLine, cwd);
  } catch (error) {
    return (error as Error).message.replaceAll(`${cwd}/`, '');
  }
  return 'no error';
}

export const load = (changes: Partial<LoadSettings> = {}): LoadSettings => ({ ...NO_FLAGS.load, ...changes });

/** A plan of a model `m`, nothing swept. */
export const plan = (changes: Partial<ModelPlan> = {}): ModelPlan => ({
  name: 'm',
  cpuOnly: false,
  parameters: [],
  concurrency: [1],
  requestRates: [],
  search: { mode: 'auto', seed: 0 },
  stopAtPlateau: false,
  earlyExit: false,
  batchSizes: [1],
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [],
  load: load(),
  serverFlags: {},
  serverEnvironment: {},
  container: NO_CONTAINER_OPTIONS,
  ...changes,
});

/** Settings of a local launcher. */
export const launchSettings = (changes: Partial<LaunchSettings> = {}): LaunchSettings => ({
  mode: 'local',
  serverPath: undefined,
  installPath: undefined,
  ports: {},
  docker: { image: 'tma/tritonserver:24.10', publishAddress: '127.0.0.1' },
  remote: {
    http: { host: 'localhost', port: 8000 },
    grpc: undefined,
    metrics: { host: 'localhost', port: 8002 },
    reload: true,
  },
  outputPath: undefined,
  readyTimeoutS: 50,
  loadTimeoutS: 60,
  gpus: { kind: 'all' },
  reuse: false,
  parallel: 1,
  cacheDirectory: undefined,
  ...changes,
});

/** A request for a server of nothing in particular. */
export const launchRequest = (changes: Partial<LaunchRequest> = {}): LaunchRequest => ({
  name: 'm_config_default',
  modelRepository: '/models',
  logFile: join(tmpdir(), 'tma-test.log'),
  flags: {},
  environment: {},
  container: NO_CONTAINER_OPTIONS,
  gpus: { kind: 'all' },
  cpus: undefined,
  cacheDirectory: undefined,
  signal: new AbortController().signal,
  ...changes,
});
