import { Command, CommanderError, Help, Option } from 'commander';
import { messageOf, toldMistakes, type UserError, userError } from '../ground/errors.ts';
import { VERSION } from '../ground/version.ts';
import { nearest, shown } from '../ground/wording.ts';
import type { Mode } from '../index.ts';
import { commandMeant, isNamed, withoutMistake, writeOutFlags } from './abbreviations.ts';
import type { Call } from './command-call.ts';
import { formatItem, padWidth } from './help-layout.ts';
import { codeForError, EXIT, type Process } from './process.ts';

/** What `tma --help` says of a command; its options, and all that it needs, are loaded when it is named. */
interface Entry {
  readonly alias?: string;
  readonly group: keyof typeof GROUPS;
  readonly description: string;
  /** Has commands of its own instead of options. */
  readonly isGroup: boolean;
  /** Its standard output is lines of JSON. */
  readonly lines?: {
    /** The flag that asks for them; absent: they are all it prints. */
    readonly flag?: string;
    /** Each has its time. */
    readonly timed: boolean;
  };
  load(): Promise<(command: Command, call: Call) => void>;
}

/** What commands stand below in `tma --help`. */
const GROUPS = {
  run: 'Finding the best configuration:',
  after: 'With what was found:',
  single: 'Without a search:',
  setup: 'Setting up:',
} as const;

const COMMANDS: Readonly<Record<string, Entry>> = {
  profile: {
    group: 'run',
    isGroup: false,
    // Model Analyzer's old name.
    alias: 'analyze',
    description: 'profile models as a perf.yaml says, rank, and report',
    lines: { flag: '--json', timed: true },
    load: async () => (await import('./profile-command.ts')).addProfile,
  },
  plan: {
    group: 'run',
    isGroup: false,
    description: 'say what profile would do with the same options, and do nothing',
    load: async () => (await import('./plan-command.ts')).addPlan,
  },
  report: {
    group: 'run',
    isGroup: false,
    description: 'write reports from what was measured, without a server',
    load: async () => (await import('./report-command.ts')).addReport,
  },
  export: {
    group: 'after',
    isGroup: false,
    description: 'hand over what was decided: config.pbtxt, Helm values, a KServe service, replicas',
    load: async () => (await import('./export-command.ts')).addExport,
  },
  compare: {
    group: 'after',
    isGroup: false,
    description: 'say whether a run is worse than an earlier one, and how sure that is',
    load: async () => (await import('./compare-command.ts')).addCompare,
  },
  load: {
    group: 'single',
    isGroup: false,
    description: 'put load on a model of a running server and measure it, without a search',
    load: async () => (await import('./load-command.ts')).addLoad,
  },
  trial: {
    group: 'single',
    isGroup: false,
    description: 'serve one configuration and measure it, from a file that says all of it',
    lines: { timed: false },
    load: async () => (await import('./trial-command.ts')).addTrial,
  },
  init: {
    group: 'setup',
    isGroup: false,
    description: 'write a perf.yaml for the models of a repository',
    load: async () => (await import('./init-command.ts')).addInit,
  },
  doctor: {
    group: 'setup',
    isGroup: false,
    description: 'say what is missing on this machine, and what to do about it',
    load: async () => (await import('./doctor-command.ts')).addDoctor,
  },
  install: {
    group: 'setup',
    description: 'bring programs that tma uses into its cache',
    isGroup: true,
    load: async () => (await import('./install-command.ts')).addInstall,
  },
  completion: {
    group: 'setup',
    description: 'print what completes command lines of tma in bash, zsh or fish',
    isGroup: false,
    load: async () => (await import('./completion-command.ts')).addCompletion,
  },
};

/** Runs one command line and answers its exit code; everything it prints goes to `process`. */
export async function run(process: Process): Promise<number> {
  const typed = process.argv.slice(2);
  if (typed.length === 0) {
    programFor(process).outputHelp();
    return EXIT.done;
  }
  const told: CommanderError[] = [];
  for (let args = typed; ; ) {
    const unknown = await runOnce(process, args, told);
    if (typeof unknown === 'number') return unknown;
    args = unknown;
  }
}

/**
 * One reading of a command line. After a mistake it is read again without it, so that all of them are told in one round, those
 * in perf.yaml among them; nothing is done then.
 * @param told mistakes of readings before; what is found is added.
 * @returns the exit code, or the command line that is to be read next.
 */
async function runOnce(
  process: Process,
  typed: readonly string[],
  told: CommanderError[],
): Promise<number | string[]> {
  let code: number = EXIT.done;
  const program = programFor(process);
  const call: Call = {
    process,
    mode: () => program.opts<{ mode: Mode }>().mode,
    everything: () => wholeProgram(process),
    end: (value) => {
      code = value;
    },
  };
  const meant = program.commands.find(isNamed(commandMeant(typed, program)));
  const entry = meant && COMMANDS[meant.name()];
  let args: readonly string[] = typed;
  let isRead = false;
  program.hook('preAction', async (_program, command) => {
    isRead = told.length === 0;
    if (isRead) return;
    if (EXPERIMENTS.includes(command.name())) await checkExperiment(command.opts(), process);
    throw told[0]!;
  });
  try {
    if (entry) (await entry.load())(meant, call);
    args = writeOutFlags(typed, program);
    await program.parseAsync(['node', 'tma', ...args]);
    return code;
  } catch (error) {
    if (error === told[0]) return EXIT.input;
    // From then on a command tells its lines itself.
    const lines = isRead ? undefined : entry?.lines;
    if (lines && (lines.flag === undefined || args.includes(lines.flag)))
      tellLines(error, lines.timed, process);
    const rest = meant && error instanceof CommanderError ? withoutMistake(args, error, meant) : undefined;
    if (!rest) return codeOf(error, process);
    told.push(error as CommanderError);
    return rest;
  }
}

/** The commands whose options describe what is to be profiled. */
const EXPERIMENTS = ['profile', 'plan'];

/** @throws UserError for what is wrong in perf.yaml, in the options and in the models. */
async function checkExperiment(options: Readonly<Record<string, unknown>>, process: Process): Promise<void> {
  const { commandLineOf } = await import('./add-options.ts');
  const { loadExperiment, planRun } = await import('../index.ts');
  const commandLine = commandLineOf(options);
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  // That nothing says what to profile may follow from the flag that was left out.
  if (file === undefined && commandLine.profile_models === undefined) return;
  await planRun(loadExperiment({ file, commandLine, cwd: process.cwd(), withModels: true }));
}

/** All commands with all of their options. */
async function wholeProgram(process: Process): Promise<Command> {
  const program = programFor(process);
  const call: Call = {
    process,
    mode: () => 'online',
    everything: async () => program,
    end: () => {},
  };
  for (const command of program.commands) (await COMMANDS[command.name()]?.load())?.(command, call);
  return program;
}

/** tma's own options, and the commands by their names. */
function programFor(process: Process): Command {
  const program = new Command('tma')
    .description('Finds the best way to serve a model on NVIDIA Triton Inference Server.')
    .version(VERSION, '--version', 'print the version')
    .addOption(
      new Option(
        '-m, --mode <MODE>',
        'what reports are for: a service that answers users, or work in batches',
      )
        .choices(['online', 'offline'])
        .default('online'),
    )
    // Behind the command -m is the model repository.
    .enablePositionalOptions()
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(text),
      writeErr: (text) => process.stderr.write(text),
      outputError: (text, write) => write(`${withChoice(text).trimEnd()}\n`),
    })
    .configureHelp({ subcommandTerm, padWidth, formatItem, minWidthToWrap: 20 })
    .commandsGroup(GROUPS.setup)
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXIT_CODES);
  for (const [name, { alias, group, description }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(description).helpGroup(GROUPS[group]);
    if (alias !== undefined) command.alias(alias);
  }
  return program;
}

/** `profile|analyze [options]`, also while its options are not loaded. */
function subcommandTerm(command: Command): string {
  const term = new Help().subcommandTerm(command);
  const isWaiting = command.options.length === 0 && COMMANDS[command.name()]?.isGroup === false;
  return isWaiting ? `${term} [options]` : term;
}

/** Tells mistakes on the command line as the command tells others, as lines of JSON. */
function tellLines(error: unknown, timed: boolean, process: Process): void {
  const at = timed ? { at: new Date().toISOString() } : {};
  for (const line of toldMistakes(error instanceof CommanderError ? asMistake(error) : error))
    process.stdout.write(`${JSON.stringify({ ...line, ...at })}\n`);
}

/** What commander says as a mistake; undefined where nothing is wrong: help, the version. */
function asMistake({ message, exitCode }: CommanderError): UserError | undefined {
  if (exitCode === 0) return undefined;
  const [what = '', likely] = withChoice(message)
    .replace(/^error: /, '')
    .split(/\n(?=\(Did you mean)/);
  return userError(what, likely?.replace(/^\(D(.*)\)$/s, 'd$1'));
}

/** A message about a value that is none of those allowed, with the one that may be meant. */
function withChoice(message: string): string {
  const [, typed = '', allowed = ''] =
    /argument '(.*)' is invalid\. Allowed choices are (.*)\.\s*$/s.exec(message) ?? [];
  const meant = nearest(typed, allowed.split(', '));
  return meant === undefined ? message : `${message.trimEnd()}\n(Did you mean ${meant}?)`;
}

/** Tells what went wrong, and answers the exit code for it. */
function codeOf(error: unknown, process: Process): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.input;
  const code = codeForError(error);
  if (code !== EXIT.bug) {
    process.stderr.write(`${shown(messageOf(error))}\n`);
  } else {
    process.stderr.write(
      `This is a bug of tma's, please report it:\n${shown(String(error instanceof Error ? error.stack : error))}\n`,
    );
  }
  return code;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 a bug of tma, 2 a mistake in perf.yaml, on the command
line or in a file, 3 nothing could be measured or decided, 4 constraints missed
or unknown (with --fail-on-unmet-constraints), 5 something is missing where tma
runs (server, engine, GPU, port, permission, disk), 6 worse than what it was
compared with, 130 interrupted.`;
