import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Experiment, LoadSettings, ModelPlan } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/load-experiment.ts';
import { NO_FLAGS } from '../../src/config/perf-analyzer-flags.ts';
import type { CommandLine } from '../../src/config/resolve.ts';

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
  stopAtPlateau: false,
  batchSizes: [1],
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [],
  load: load(),
  serverFlags: {},
  serverEnvironment: {},
  ...changes,
});
