import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Address, RemoteSettings } from '../config/experiment.ts';
import { generatorSettings } from '../config/generator.ts';
import { readOptions } from '../config/given-options.ts';
import { isSwitch, loadFlags } from '../config/load-flags.ts';
import { OPTIONS, type OptionValues } from '../config/options.ts';
import { type LoadFlags, readLoadFlags } from '../config/read-load-flags.ts';
import { messageOf, type Problem, UserError, userError } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import { generatorFor } from '../load/generator-for.ts';
import { levelText } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import { csvText } from '../report/csv.ts';
import { perfAnalyzerTable, pointObject } from '../report/load-table.ts';
import { loadText } from '../terminal/load-text.ts';
import { putLoad } from '../trial/put-load.ts';
import { commandLineOf } from './add-options.ts';
import { watchInterruption } from './interruption.ts';
import { EXIT, type Process, shortPath } from './process.ts';

/** Adds the flags of the load, under perf_analyzer's names. */
export function addLoadFlags(command: Command): Command {
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
  return command;
}

/** Options of `tma profile` that say what makes the load. */
const GENERATOR_OPTIONS = [
  'load_generator',
  'perf_analyzer_path',
  'perf_analyzer_timeout',
  'perf_analyzer_cpu_util',
  'perf_analyzer_max_auto_adjusts',
] as const;

function generatorOptions(parsed: Readonly<Record<string, unknown>>): OptionValues {
  const { values } = readOptions(undefined, commandLineOf(parsed), 'profile');
  return Object.fromEntries(GENERATOR_OPTIONS.map((key) => [key, values[key]]));
}

/** `tma load`: puts load on a model of a running server and prints what came out; answers the exit code. */
export async function loadCommand(
  process: Process,
  parsed: Readonly<Record<string, unknown>>,
): Promise<number> {
  const { given, flags } = flagsOf(parsed);
  const json = parsed['json'] === true;
  const say = (text: string): void => {
    if (!json) process.stdout.write(`${shown(text)}\n`);
  };
  const model = given['model-name'];
  if (typeof model !== 'string') throw userError('no model', 'name it with -m MODEL');
  using interruption = watchInterruption(process, () => {});
  // A load that is cut short tells nothing.
  interruption.nothingToFinish();
  const { stop } = interruption;
  const measured: Measurement[] = [];
  let failure: { load: string; cause: string } | undefined;
  try {
    const outcomes = putLoad({
      model,
      flags,
      remote: remoteOf(given['url'], flags),
      generator: await generatorFor(generatorSettings(generatorOptions(parsed), process.cwd())),
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
    say(`\n${loadText(measured)}`);
  }
  const file = given['latency-report-file'];
  if (typeof file === 'string' && measured.length > 0) {
    writeReport(resolve(process.cwd(), file), csvText(perfAnalyzerTable(measured)).trimEnd().concat('\n'));
    say(`\nwritten to ${shortPath(process, resolve(process.cwd(), file))}`);
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
    throw userError(`--latency-report-file: cannot write ${file}: ${messageOf(error)}`, 'name another file');
  }
}

/** What was typed, under the flags' own names. */
function flagsOf(parsed: Readonly<Record<string, unknown>>): {
  given: Record<string, unknown>;
  flags: LoadFlags;
} {
  const given: Record<string, unknown> = {};
  for (const name of loadFlags.keys()) {
    const value = parsed[name.replace(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())];
    if (value !== undefined && !(isSwitch(name) && value === false)) given[name] = value;
  }
  const problems: Problem[] = [];
  const flags = readLoadFlags(given, (flag, message) => problems.push({ message: `--${flag}: ${message}` }));
  if (flags.needsPerfAnalyzer && parsed['loadGenerator'] !== 'perf_analyzer')
    problems.push({
      message: flags.needsPerfAnalyzer,
      hint: 'leave it out, or add --load-generator perf_analyzer',
    });
  if (problems.length > 0) throw new UserError(problems);
  return { given, flags };
}

/** Where the server is: one address, spoken to by the protocol that was asked for. */
function remoteOf(url: unknown, { load }: LoadFlags): RemoteSettings {
  const grpc = load.protocol === 'grpc';
  const text = typeof url === 'string' ? url : 'localhost';
  const secure = grpc ? load.tls?.grpc : /^https:/.test(text) ? (load.tls?.http ?? VERIFIED) : undefined;
  const address = { ...addressOf(text, grpc ? 8001 : 8000), ...(secure && { tls: secure }) };
  return {
    http: grpc ? undefined : address,
    grpc: grpc ? address : undefined,
    metrics: { host: address.host, port: 8002 },
    reload: false,
  };
}

const VERIFIED = { verifyPeer: true, verifyHost: true };

function addressOf(url: string, port: number): Address {
  const match = /^(?:(?:https?|grpcs?):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(url);
  if (!match) throw userError(`--url: expected HOST:PORT, found "${url}"`);
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2] ?? port) };
}
