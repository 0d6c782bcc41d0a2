import { join } from 'node:path';
import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import {
  bestNames,
  type CommandLine,
  type Comparison,
  checkExportPath,
  comparisonPage,
  type Experiment,
  exportAll,
  findingsOf,
  goalOfPlan,
  loadExperiment,
  makeHome,
  missingServer,
  mistakeTeller,
  profile,
  put,
  type Result,
  type RunListener,
  rank,
  resultOf,
  resultTables,
  tablesText,
  tellAll,
  throwFailures,
  verdict,
} from '../index.ts';
import { acrossText, modelsText } from '../terminal/across-text.ts';
import { comparisonSentences, comparisonText } from '../terminal/comparison-text.ts';
import { columnsOf } from '../terminal/fit.ts';
import { plainView } from '../terminal/plain.ts';
import { clock } from '../terminal/progress.ts';
import { rankingText } from '../terminal/ranking.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import { type Call, flagsOf } from './command-call.ts';
import { commandText, reportCommandOf, typedNote } from './command-text.ts';
import { earlierRuns } from './earlier-runs.ts';
import { type Interruption, watchInterruption } from './interruption.ts';
import { openFirst } from './open-page.ts';
import { placesOf } from './places.ts';
import { codeForFault, EXIT, type Flags, type Process, shortPath } from './process.ts';
import { codeOfRun, failedGates, isUnmet } from './run-code.ts';
import { type Known, tellingEnd } from './telling-end.ts';

/** `tma profile`: its options, and what it does with them. */
export function addProfile(command: Command, call: Call): void {
  addOptions(command, 'profile')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables at the end')
    .option('--open', 'open the summary page at the end')
    .option('--json', 'print what happens as lines of JSON, and everything else to the standard error')
    .action(async (options: Record<string, unknown>) => {
      const [json, open] = [options['json'] === true, options['open'] === true];
      const flags = { ...flagsOf(call, options), json, open };
      call.end(await profileModels(call.process, commandLineOf(options), flags));
    });
}

/** Profiles, writes tables and reports, prints the ranking, tells whom it is to be told; answers the exit code. */
async function profileModels(
  process: Process,
  commandLine: CommandLine,
  flags: Flags & { readonly json: boolean; readonly open: boolean },
): Promise<number> {
  const told = flags.json ? process.stderr : process.stdout;
  const say = (text: string): void => {
    if (!flags.quiet) told.write(`${shown(text)}\n`);
  };
  const events: RunListener[] = flags.json
    ? [(event) => void process.stdout.write(`${JSON.stringify(event)}\n`)]
    : [];
  const tellMistake = mistakeTeller(tellAll(events));
  const experiment = await telling(tellMistake, () => experimentOf(process, commandLine));
  using _home = await telling(tellMistake, () => placeFor(experiment));
  const listeners: RunListener[] = [
    ...(flags.quiet ? [] : [await view(process, say, flags.json || prints(experiment), experiment)]),
    ...events,
  ];
  using interruption = watchInterruption(process, () => {
    const text = 'finishing the point in flight, then reporting; Ctrl-C again stops at once';
    for (const listener of listeners) listener({ kind: 'note', text, at: new Date().toISOString() });
  });
  const known: Known = {};
  return await tellingEnd(process, experiment, known, interruption.abandon, () =>
    profileAndReport(process, experiment, { flags, told, say, listeners, tellMistake, interruption, known }),
  );
}

/** What a run is told by, and ended with. */
interface Ways {
  readonly flags: Flags & { readonly open: boolean };
  readonly told: NodeJS.WriteStream;
  say(text: string): void;
  readonly listeners: readonly RunListener[];
  tellMistake(error: unknown): void;
  readonly interruption: Interruption;
  readonly known: Known;
}

/** The run itself; answers the exit code, and fills in what is known of it. */
async function profileAndReport(
  process: Process,
  experiment: Experiment,
  { flags, told, say, listeners, tellMistake, interruption, known }: Ways,
): Promise<number> {
  const { stop, finish, abandon } = interruption;
  const command = ['tma', ...process.argv.slice(2)];
  const columns = columnsOf(told);
  const began = performance.now();
  const { run, interrupted, mistakes, ...profiled } = await profile(experiment, {
    listeners,
    finish,
    stop,
    abandon,
    onOutput: (text) => void told.write(text),
    command,
  });
  interruption.nothingToFinish();
  const comparison = profiled.comparison && withShortPaths(profiled.comparison, process, experiment);
  const rankings = experiment.models.map((plan) => rank(run, goalOfPlan(plan)));
  Object.assign(known, { run, rankings, mistakes } satisfies Known);
  const { checkpointDirectory } = experiment;
  const result: Result = {
    ...resultOf(run, rankings, experiment.reports, { mode: flags.mode, checkpointDirectory }),
    ...earlierRuns(checkpointDirectory, rankings),
    ...(comparison && { comparison }),
  };
  const { across } = result;
  // Before anything else can fail.
  for (const { message } of mistakes) process.stderr.write(`${shown(message)}\n`);
  for (const ranking of rankings) say(`\n${rankingText(ranking, findingsOf(run, ranking), columns)}`);
  if (rankings.length > 1) say(`\n${modelsText(rankings, columns)}`);
  if (across) say(`\n${acrossText(across, columns)}`);
  if (comparison) say(`\n${flags.verbose ? comparisonText(comparison) : comparisonSentences(comparison)}`);
  if (flags.verbose)
    say(`\n${tablesText(Object.values(resultTables(run, rankings, experiment.reports.fields)))}`);
  say(`\ntook     ${clock((performance.now() - began) / 1000)}`);
  if (experiment.reports.formats.length > 0) {
    const { open } = flags;
    await telling(tellMistake, () =>
      report(process, experiment, result, { say, stop, comparison, told, open }),
    );
  }
  if (interrupted || stop.aborted) return EXIT.interrupted;
  if (mistakes.length > 0) return codeForFault(mistakes.flatMap(({ problems }) => problems));
  const code = codeOfRun(run, rankings, experiment.reports);
  // What failed is said where failures are, also to those who asked for silence.
  if (code === EXIT.unmet) {
    for (const ranking of rankings.filter(isUnmet))
      process.stderr.write(`${shown(`--fail-on-unmet-constraints: ${verdict(ranking)}`)}\n`);
  }
  if (code !== EXIT.done || !comparison) return code;
  const failed = failedGates(comparison, experiment.baseline?.failOnUnknown === true);
  for (const { asked, text } of failed) process.stderr.write(`${shown(`--fail-on ${asked}: ${text}`)}\n`);
  return failed.length > 0 ? EXIT.regression : code;
}

/** @throws UserError when the options are wrong. */
function experimentOf(process: Process, commandLine: CommandLine): Experiment {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  return loadExperiment({ file, commandLine, cwd: process.cwd(), withModels: true });
}

/**
 * Makes the folder that everything goes to, and sees that reports can be written where they are to go.
 * @returns what takes the folder away again where the run could not begin.
 * @throws UserError when nothing can be written there.
 */
function placeFor(experiment: Experiment): Disposable | undefined {
  const { reports, exportPath, home } = experiment;
  // A run that can't begin is refused by profile.
  if (missingServer(experiment)) return undefined;
  const made = home === undefined ? undefined : makeHome(home);
  try {
    if (reports.formats.length > 0) checkExportPath(exportPath, Object.values(reports.fileNames));
    return made;
  } catch (error) {
    made?.[Symbol.dispose]();
    throw error;
  }
}

/** Does something, and tells of its mistakes before they are thrown on. */
async function telling<T>(tellMistake: (error: unknown) => void, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    tellMistake(error);
    throw error;
  }
}

/** What perf_analyzer prints would be painted over. */
const prints = ({ generator }: Experiment): boolean =>
  generator.kind === 'perf_analyzer' && generator.output !== undefined && !generator.output.file;

async function view(
  process: Process,
  say: (text: string) => void,
  plain: boolean,
  { maxMinutes }: Pick<Experiment, 'maxMinutes'>,
): Promise<RunListener> {
  const live = !plain && process.stdout.isTTY === true && !process.env['CI'];
  return live
    ? (await import('../terminal/live.ts')).liveView(process.stdout, { maxMinutes })
    : plainView(say);
}

/** Writes everything, and says where it lies; what could not be written is thrown when all else has been. */
async function report(
  process: Process,
  experiment: Experiment,
  result: Result,
  {
    say,
    stop,
    comparison,
    told,
    open,
  }: Pick<Ways, 'say' | 'told'> & {
    stop: AbortSignal;
    comparison: Comparison | undefined;
    open: boolean;
  },
): Promise<void> {
  const { reports, exportPath } = experiment;
  const all = await exportAll(result, exportPath, {
    signal: stop,
    stepSummary: process.env['GITHUB_STEP_SUMMARY'],
  });
  const compared = comparison ? await writeComparison(comparison, experiment) : [];
  for (const path of compared) say(`compared ${shortPath(process, path)}`);
  for (const line of placesOf(all, exportPath, process, told)) say(line);
  const typed = reportCommandOf(process, { ...experiment, mode: result.settings.mode });
  for (const note of all.flatMap(({ notes }) => notes)) say(typedNote(note, typed));
  const top = bestNames(result.rankings, reports.numConfigsPerModel);
  if (reports.skipDetailed && top.length > 0) {
    say(`for the detailed reports: ${commandText([...typed, '--report-model-configs', top.join(',')])}`);
  }
  throwFailures(all);
  if (open)
    await openFirst(
      all.flatMap(({ files }) => files),
      process,
    );
}

/** A comparison with paths as the user would write them. */
const withShortPaths = (
  comparison: Comparison,
  process: Process,
  { baseline }: Pick<Experiment, 'baseline'>,
): Comparison => ({
  ...comparison,
  base: { ...comparison.base, path: baseline?.asked ?? comparison.base.path },
  new: { ...comparison.new, path: shortPath(process, comparison.new.path) || '.' },
});

/** Writes the comparison as `tma compare` does: the page, where pages are wanted, and its JSON. */
async function writeComparison(
  comparison: Comparison,
  { exportPath, reports: { formats } }: Experiment,
): Promise<string[]> {
  const files = [
    put(exportPath, join('results', 'comparison.json'), `${JSON.stringify(comparison, undefined, 2)}\n`),
  ];
  if (formats.includes('html')) {
    const page = await comparisonPage(comparison);
    files.unshift(put(exportPath, `${page.path}.html`, page.html));
  }
  return files;
}
