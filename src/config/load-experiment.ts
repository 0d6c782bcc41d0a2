import { relative } from 'node:path';
import { refuse } from '../ground/errors.ts';
import type { Experiment } from './experiment.ts';
import { type CommandLine, checkOptions, type GivenOptions } from './given-options.ts';
import { layoutOf } from './layout.ts';
import type { Command } from './options.ts';
import { tableNameProblems } from './report-settings.ts';
import { resolveExperiment } from './resolve.ts';
import { type ResolvedOption, resolvedOptions } from './resolved-options.ts';
import { readTextFile } from './text-file.ts';
import { parseYaml } from './yaml.ts';

/** Where options come from: a perf.yaml, a command line, or both. */
export interface ExperimentSource {
  /** Path of the perf.yaml, as the user wrote it (messages repeat it). */
  readonly file?: string | undefined;
  readonly commandLine?: CommandLine;
  /** Folder that relative paths start from; the process's own by default. */
  readonly cwd?: string;
  /** Where something is wrong, it is also told which models are not in the repository: all in one round. */
  readonly withModels?: boolean;
}

/** A perf.yaml of a thousand models has half of that. */
const MOST_BYTES = 1_000_000;

/**
 * Reads and checks the options of one command; what is wrong is in `problems`.
 * @throws UserError for a file that can't be read.
 */
function givenOptions({ file, commandLine = {} }: ExperimentSource, command: Command): GivenOptions {
  const read = (path: string): string =>
    readTextFile(path, { most: MOST_BYTES, hint: 'name the perf.yaml with -f FILE' });
  return checkOptions(file === undefined ? undefined : parseYaml(read(file), file), commandLine, command);
}

/**
 * The same where nothing else is checked.
 * @throws UserError with `file:line:column` for everything that is wrong.
 */
export function loadOptions(source: ExperimentSource, command: Command): GivenOptions {
  const given = givenOptions(source, command);
  refuse([...given.problems, ...tableNameProblems(given)]);
  return given;
}

/** Reads perf.yaml and resolves it to an experiment, told with every option, its value and who said so. */
export function loadWithOptions(source: ExperimentSource): {
  experiment: Experiment;
  options: ResolvedOption[];
} {
  const given = givenOptions(source, 'profile');
  const cwd = source.cwd ?? process.cwd();
  const experiment = resolveExperiment(given, cwd, source);
  return { experiment, options: resolvedOptions(given, 'profile', usualPlaces(cwd)) };
}

/** Where everything lies that is told no place. */
function usualPlaces(cwd: string) {
  const { checkpoints, outputModelRepository, exports } = layoutOf(cwd);
  const short = (path: string): string => `./${relative(cwd, path)}`;
  return {
    checkpoint_directory: short(checkpoints),
    output_model_repository_path: short(outputModelRepository),
    export_path: short(exports),
  };
}

/** Reads perf.yaml and resolves it to an experiment; nothing is started or written. */
export const loadExperiment = (source: ExperimentSource): Experiment =>
  resolveExperiment(givenOptions(source, 'profile'), source.cwd ?? process.cwd(), source);
