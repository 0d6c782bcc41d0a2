import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import { VERSION } from '../run/environment.ts';
import { writeOutFlags } from './abbreviations.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import {
  installChromiumCommand,
  installPerfAnalyzerCommand,
  installTritonCommand,
} from './install-command.ts';
import { addLoadFlags, loadCommand } from './load-command.ts';
import { planCommand } from './plan-command.ts';
import { EXIT, type Flags, type Process } from './process.ts';
import { profileCommand } from './profile-command.ts';
import { reportCommand } from './report-command.ts';

/** Runs one command line and answers its exit code; everything it prints goes to `process`. */
export async function run(process: Process): Promise<number> {
  let code: number = EXIT.done;
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
    .addHelpText('after', EXIT_CODES);

  const flagsOf = (options: Readonly<Record<string, unknown>>): Flags => ({
    quiet: options['quiet'] === true,
    verbose: options['verbose'] === true,
    mode: program.opts<Flags>().mode,
  });

  const profile = program
    .command('profile')
    // Model Analyzer's old name.
    .alias('analyze')
    .description('profile models as a perf.yaml says, rank, and report');
  addOptions(profile, 'profile')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables at the end')
    .action(async (options: Record<string, unknown>) => {
      code = await profileCommand(process, commandLineOf(options), flagsOf(options));
    });

  const plan = program
    .command('plan')
    .description('say what profile would do with the same options, and do nothing');
  addOptions(plan, 'profile')
    .option('--json', 'print one JSON object')
    .action(async (options: Record<string, unknown>) => {
      code = await planCommand(process, commandLineOf(options), options['json'] === true);
    });

  const report = program
    .command('report')
    .description('write reports from what was measured, without a server');
  addOptions(report, 'report')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables, too')
    .action(async (options: Record<string, unknown>) => {
      code = await reportCommand(process, commandLineOf(options), flagsOf(options));
    });

  const load = program
    .command('load')
    .description('put load on a model of a running server and measure it, without a search');
  addLoadFlags(load)
    .option('--json', 'print one JSON object instead of a table')
    .action(async (options: Record<string, unknown>) => {
      code = await loadCommand(process, options);
    });

  const install = program.command('install').description('bring programs that tma uses into its cache');
  install
    .command('triton')
    .description('a real tritonserver from PyPI, running the models of the local Python')
    .option('--python <FILE>', 'the Python of the models (default: python3)')
    .option('-r, --requirements <FILES...>', 'requirement files of packages that models need')
    .action(async (options) => {
      code = await installTritonCommand(process, options);
    });
  install
    .command('chromium')
    .description('a headless Chromium for PDF reports')
    .action(async () => {
      code = await installChromiumCommand(process);
    });
  install
    .command('perf-analyzer')
    .description('the real perf_analyzer, for --load-generator perf_analyzer')
    .action(async () => {
      code = await installPerfAnalyzerCommand(process);
    });
  for (const command of [profile, plan, report, load, install, ...install.commands]) command.exitOverride();

  try {
    const [node = '', tma = '', ...args] = process.argv;
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.done;
    }
    await program.parseAsync([node, tma, ...writeOutFlags(args, program)]);
    return code;
  } catch (error) {
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
}

const EXIT_CODES = `
Exit codes: 0 done, 1 a bug, 2 a mistake in perf.yaml or on the command line or something missing,
3 nothing could be measured, 4 constraints unmet (with --fail-on-unmet-constraints), 130 interrupted.`;
