import { readFileSync } from 'node:fs';
import { messageOf, userError } from '../errors.ts';
import type { Experiment } from './experiment.ts';
import type { Command } from './options.ts';
import { type CommandLine, type GivenOptions, readOptions, resolveExperiment } from './resolve.ts';
import { parseYaml } from './yaml.ts';

/** Where options come from: a perf.yaml, a command line, or both. */
export interface ExperimentSource {
  /** Path of the perf.yaml, as the user wrote it (messages repeat it). */
  readonly file?: string | undefined;
  readonly commandLine?: CommandLine;
  /** Folder that relative paths start from; the process's own by default. */
  readonly cwd?: string;
}

/**
 * Reads and checks the options of one command.
 * @throws UserError with `file:line:column` for everything that is wrong.
 */
export function loadOptions({ file, commandLine = {} }: ExperimentSource, command: Command): GivenOptions {
  const source = file === undefined ? undefined : parseYaml(read(file), file);
  return readOptions(source, commandLine, command);
}

/** Reads perf.yaml and resolves it to an experiment; nothing is started or written. */
export const loadExperiment = (source: ExperimentSource): Experiment =>
  resolveExperiment(loadOptions(source, 'profile'), source.cwd ?? process.cwd());

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw userError(`cannot read ${file}: ${messageOf(error)}`, 'name the perf.yaml with -f FILE');
  }
}
