import { Command, CommanderError, Help, Option } from 'commander';
import { UserError } from '../ground/errors.ts';
import { VERSION } from '../ground/version.ts';
import { shown } from '../ground/wording.ts';
import type { Mode } from '../index.ts';
import { commandMeant, isNamed, writeOutFlags } from './abbreviations.ts';
import type { Call } from './command-call.ts';
import { EXIT, type Process } from './process.ts';

/** What `tma --help` says of a command; its options, and all that it needs, are loaded when it is named. */
interface Entry {
  readonly alias?: string;
  readonly description: string;
  /** Has commands of its own instead of options. */
  readonly isGroup: boolean;
  load(): Promise<(command: Command, call: Call) => void>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  profile: {
    isGroup: false,
    // Model Analyzer's old name.
    alias: 'analyze',
    description: 'profile models as a perf.yaml says, rank, and report',
    load: async () => (await import('./profile-command.ts')).addProfile,
  },
  plan: {
    isGroup: false,
    description: 'say what profile would do with the same options, and do nothing',
    load: async () => (await import('./plan-command.ts')).addPlan,
  },
  report: {
    isGroup: false,
    description: 'write reports from what was measured, without a server',
    load: async () => (await import('./report-command.ts')).addReport,
  },
  load: {
    isGroup: false,
    description: 'put load on a model of a running server and measure it, without a search',
    load: async () => (await import('./load-command.ts')).addLoad,
  },
  trial: {
    isGroup: false,
    description: 'serve one configuration and measure it, from a file that says all of it',
    load: async () => (await import('./trial-command.ts')).addTrial,
  },
  install: {
    description: 'bring programs that tma uses into its cache',
    isGroup: true,
    load: async () => (await import('./install-command.ts')).addInstall,
  },
};

/** Runs one command line and answers its exit code; everything it prints goes to `process`. */
export async function run(process: Process): Promise<number> {
  let code: number = EXIT.done;
  const program = programFor(process);
  const call: Call = {
    process,
    mode: () => program.opts<{ mode: Mode }>().mode,
    end: (value) => {
      code = value;
    },
  };
  const [node = '', tma = '', ...args] = process.argv;
  try {
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.done;
    }
    const meant = program.commands.find(isNamed(commandMeant(args, program)));
    if (meant) (await COMMANDS[meant.name()]!.load())(meant, call);
    await program.parseAsync([node, tma, ...writeOutFlags(args, program)]);
    return code;
  } catch (error) {
    return codeOf(error, process);
  }
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
    })
    .configureHelp({ subcommandTerm })
    .addHelpText('after', EXIT_CODES);
  for (const [name, { alias, description }] of Object.entries(COMMANDS)) {
    const command = program.command(name).description(description);
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

/** Tells what went wrong, and answers the exit code for it. */
function codeOf(error: unknown, process: Process): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.mistake;
  if (error instanceof UserError) {
    process.stderr.write(`${shown(error.message)}\n`);
    return EXIT.mistake;
  }
  process.stderr.write(
    `This is a bug of tma's, please report it:\n${shown(String(error instanceof Error ? error.stack : error))}\n`,
  );
  return EXIT.bug;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 a bug, 2 a mistake in perf.yaml or on the command line or something missing,
3 nothing could be measured, 4 constraints unmet or not measured (with --fail-on-unmet-constraints), 130 interrupted.`;
