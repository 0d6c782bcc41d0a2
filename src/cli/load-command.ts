import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { reasonOf, UserError } from '../ground/errors.ts';
import { diskFault } from '../ground/paths.ts';
import { shown } from '../ground/wording.ts';
import {
  csvText,
  GENERATOR_OPTIONS,
  generatorFor,
  isSwitch,
  levelText,
  loadFlags,
  loadRequest,
  type Measurement,
  OPTIONS,
  perfAnalyzerTable,
  pointObject,
  putLoad,
} from '../index.ts';
import { columnsOf } from '../terminal/fit.ts';
import { loadText } from '../terminal/load-text.ts';
import { commandLineOf } from './add-options.ts';
import type { Call } from './command-call.ts';
import { watchInterruption } from './interruption.ts';
import { EXIT, type Process, shortPath } from './process.ts';

/** `tma load`: its flags, under perf_analyzer's names, and what it does with them. */
export function addLoad(command: Command, { process, end }: Call): void {
  for (const [name, { short, value, help, list, follower }] of loadFlags) {
    if (follower !== 'native') continue;
    const option = command.createOption(
      `${short ? `${short}, ` : ''}--${name}${value ? ` <${value}>` : ''}`,
      list ? `${help}; may be repeated` : help,
    );
    if (list) option.argParser((item: string, before: string[] | undefined) => [...(before ?? []), item]);
    command.addOption(option);
  }
  for (const key of GENERATOR_OPTIONS) {
    const { flags, value, help, fallback } = OPTIONS[key];
    command.option(`${flags} <${value}>`, `${help} (default: ${fallback})`);
  }
  command
    .option('--json', 'print one JSON object instead of a table')
    .action(async (parsed: Record<string, unknown>) => end(await load(process, parsed)));
}

/** Puts load on a model of a running server and prints what came out; answers the exit code. */
async function load(process: Process, parsed: Readonly<Record<string, unknown>>): Promise<number> {
  const request = loadRequest(givenFlags(parsed), commandLineOf(parsed), process.cwd());
  const { model, flags } = request;
  const json = parsed['json'] === true;
  const say = (text: string): void => {
    if (!json) process.stdout.write(`${shown(text)}\n`);
  };
  using interruption = watchInterruption(process, () => {});
  // A load that is cut short tells nothing.
  interruption.nothingToFinish();
  const { stop } = interruption;
  const measured: Measurement[] = [];
  let failure: { load: string; cause: string } | undefined;
  try {
    const outcomes = putLoad({
      ...request,
      generator: await generatorFor(request.generator),
      signal: stop,
      onPoint: (point) => say(`${levelText(point)} ...`),
      onNote: (text) => process.stderr.write(`${shown(text)}\n`),
    });
    for await (const outcome of outcomes) {
      if (outcome.state === 'measured') measured.push(outcome.measurement);
      else failure = { load: levelText(outcome.point), cause: outcome.cause };
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  if (json) {
    const points = measured.map(pointObject);
    const result = { model, protocol: flags.load.protocol ?? 'http', points, ...(failure && { failure }) };
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  } else if (measured.length > 0) {
    say(`\n${loadText(measured, columnsOf(process.stdout))}`);
  }
  if (request.reportFile !== undefined && measured.length > 0) {
    const file = resolve(process.cwd(), request.reportFile);
    writeReport(file, csvText(perfAnalyzerTable(measured)).trimEnd().concat('\n'));
    say(`\nwritten to ${shortPath(process, file)}`);
  }
  if (failure) process.stderr.write(`${shown(`${failure.load}: failed: ${failure.cause}`)}\n`);
  if (stop.aborted) return EXIT.interrupted;
  return failure ? EXIT.nothing : EXIT.done;
}

/** @throws UserError when the file can't be written; what was measured has been printed by then. */
function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UserError({
      message: `--latency-report-file: cannot write ${file}: ${reasonOf(error)}`,
      hint: 'name another file',
      fault: diskFault(error, 'write'),
    });
  }
}

/** What was typed, under the flags' own names. */
function givenFlags(parsed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const name of loadFlags.keys()) {
    const value = parsed[name.replace(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())];
    if (value !== undefined && !(isSwitch(name) && value === false)) given[name] = value;
  }
  return given;
}
