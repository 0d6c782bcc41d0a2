import type { z } from 'zod';
import { MOST_TOLD, type Place, type Problem, refuse } from '../ground/errors.ts';
import { pathText } from './field-path.ts';
import { whereItBelongs } from './misplaced.ts';
import { type Command, OPTIONS, type OptionKey, type OptionValues } from './options.ts';
import type { ModelEntry } from './profile-models.ts';
import { mistakesIn } from './values.ts';
import { isEmpty, show } from './written.ts';
import type { Path, YamlSource } from './yaml.ts';

/**
 * Options as typed behind the command: key of the option -> text, or true for a switch; texts where the flag may be
 * repeated.
 */
export type CommandLine = Readonly<Partial<Record<OptionKey, string | boolean | readonly string[]>>>;

/** What the user gave, checked option by option; the command line has won over the file. */
export interface GivenOptions {
  /** What could be read. */
  readonly values: OptionValues;
  readonly source: YamlSource | undefined;
  /** Whether profile_models, or their settings, came from the file, so that places in it can be named. */
  readonly modelsFromFile: boolean;
  /** Whether an option was given, rightly or wrongly. */
  has(key: OptionKey): boolean;
  /** Where an option was given; undefined: nowhere. */
  placeOf(key: OptionKey): 'command line' | Place | undefined;
  /** An option as it was written. */
  written(key: OptionKey): unknown;
  readonly notes: readonly string[];
  /** What is wrong so far. */
  readonly problems: readonly Problem[];
}

/**
 * Checks perf.yaml and the command line against the table of options; mistakes are in `problems`, each with its place,
 * and what is not concerned by them is in `values`.
 */
export function checkOptions(
  source: YamlSource | undefined,
  commandLine: CommandLine,
  command: Command,
): GivenOptions {
  const problems: Problem[] = [...(source?.problems ?? [])];
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  const parse = (key: OptionKey, raw: unknown, fail: (path: Path, message: string) => void): void => {
    given.add(key);
    const schema: z.ZodType = OPTIONS[key].schema;
    const result = schema.safeParse(raw, { reportInput: true });
    if (result.success) values[key] = result.data;
    else {
      for (const { path, message } of mistakesIn(result.error)) fail(path as Path, message);
      const good = result.error.issues.find(hasGoodPart)?.params['good'];
      if (good !== undefined) values[key] = good;
    }
  };
  for (const [key, raw] of Object.entries(source?.data ?? {})) {
    if (!isOption(key)) {
      // What is not told needs no hint.
      problems.push(unknownKey(key, source!, problems.length < MOST_TOLD));
    } else if (isGiven(key, raw)) {
      parse(key, raw, (path, message) => {
        problems.push({
          message: `${pathText([key, ...path])}: ${message}`,
          place: placeIn(source!, [key, ...path]),
        });
      });
    }
  }
  const modelsFromFile = given.has('profile_models');
  for (const [key, raw] of Object.entries(commandLine) as [OptionKey, unknown][]) {
    if (!isGiven(key, raw)) continue;
    const inFile = key === 'profile_models' && modelsFromFile ? (values[key] as FileModels) : undefined;
    parse(key, raw, (_path, message) => {
      problems.push({ message: `--${key.replaceAll('_', '-')}: ${message}` });
    });
    if (inFile === undefined) continue;
    const { models, problem } = modelsOfFile(values[key] as FileModels, inFile);
    values[key] = models;
    if (problem) problems.push({ ...problem, place: source!.placeOfKey([key]) });
  }
  const unused = (Object.keys(values) as OptionKey[]).filter((key) => {
    const option = OPTIONS[key];
    return option.commands.some((name) => name === command) && 'withoutEffect' in option;
  });
  return {
    values: values as OptionValues,
    source,
    modelsFromFile,
    has: (key) => given.has(key),
    placeOf: (key) =>
      key in commandLine ? 'command line' : given.has(key) ? source?.placeOfKey([key]) : undefined,
    written: (key) => commandLine[key] ?? source?.data[key],
    notes: unused.map((key) => `${key} ${(OPTIONS[key] as { withoutEffect: string }).withoutEffect}`),
    problems,
  };
}

type FileModels = readonly ModelEntry[];

/** The models of a file that the command line names, with their settings there. */
function modelsOfFile(
  named: FileModels,
  inFile: FileModels,
): { readonly models: FileModels; readonly problem?: Problem } {
  const models = named.map(({ name }) => inFile.find((entry) => entry.name === name));
  const others = named.filter((_, index) => models[index] === undefined).map(({ name }) => name);
  const known = models.filter((entry) => entry !== undefined);
  if (others.length === 0) return { models: known };
  const has = inFile.map(({ name }) => name).join(', ');
  return {
    models: known,
    problem: {
      message: `profile_models is given in the file and on the command line, which names others: ${others.join(', ')}`,
      hint: `--profile-models may choose among those of the file: ${has}; for others leave it out of one of the two`,
    },
  };
}

/**
 * The same where nothing else is to be checked.
 * @throws UserError with every mistake found.
 */
export function readOptions(
  source: YamlSource | undefined,
  commandLine: CommandLine,
  command: Command,
): GivenOptions {
  const given = checkOptions(source, commandLine, command);
  refuse(given.problems);
  return given;
}

/** A problem with the last step of a path: its key if the path ends at one, else the value. */
export const placeIn = (source: YamlSource, path: Path): Place =>
  typeof path.at(-1) === 'string' ? source.placeOfKey(path) : source.placeOf(path);

const isOption = (key: string): key is OptionKey => Object.hasOwn(OPTIONS, key);

/** An empty key is as if it were not there, but for the list of GPUs: none of them is a choice. */
const isGiven = (key: OptionKey, raw: unknown): boolean =>
  !isEmpty(raw) || (key === 'gpus' && (raw === '' || Array.isArray(raw)));

function unknownKey(key: string, source: YamlSource, withHint: boolean): Problem {
  const hint = withHint
    ? whereItBelongs(key, source.data['profile_models'], Object.keys(OPTIONS))
    : undefined;
  return {
    message: `unknown key ${show(key)}`,
    place: source.placeOfKey([key]),
    hint: hint ?? '`tma profile --help` lists what there is',
  };
}

/** A mistake in a part of a value, with what could be read of the rest. */
const hasGoodPart = (
  issue: z.core.$ZodIssue,
): issue is z.core.$ZodIssueCustom & { params: { good: unknown } } =>
  issue.code === 'custom' && issue.params?.['good'] !== undefined;
