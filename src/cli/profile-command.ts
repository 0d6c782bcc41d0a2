import { join } from 'node:path';
import type { Command } from 'commander';
import { shown } from '../ground/wording.ts';
import {
  type AcrossModels,
  acrossModels,
  acrossPage,
  type CommandLine,
  checkExportPath,
  detailedPages,
  type Experiment,
  htmlWriter,
  loadExperiment,
  pdfWriter,
  pngWriter,
  profile,
  type Ranking,
  type Run,
  type RunListener,
  rank,
  resultTables,
  summaryPages,
  tablesText,
  writeResults,
} from '../index.ts';
import { acrossText, modelsText } from '../terminal/across-text.ts';
import { plainView } from '../terminal/plain.ts';
import { rankingText } from '../terminal/ranking.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import { type Call, flagsOf } from './call.ts';
import { commandText, reportCommandOf, typedNote } from './command-text.ts';
import { watchInterruption } from './interruption.ts';
import { EXIT, type Flags, type Process, shortPath } from './process.ts';

/** `tma profile`: its options, and what it does with them. */
export function addProfile(command: Command, call: Call): void {
  addOptions(command, 'profile')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables at the end')
    .action(async (options: Record<string, unknown>) =>
      call.end(await profileModels(call.process, commandLineOf(options), flagsOf(call, options))),
    );
}

/** Profiles, writes tables and reports, prints the ranking; answers the exit code. */
async function profileModels(process: Process, commandLine: CommandLine, flags: Flags): Promise<number> {
  const say = (text: string): void => {
    if (!flags.quiet) process.stdout.write(`${shown(text)}\n`);
  };
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const experiment = loadExperiment({ file, commandLine, cwd: process.cwd() });
  if (!experiment.reports.skipSummary)
    checkExportPath(experiment.exportPath, Object.values(experiment.reports.fileNames));
  const listeners = flags.quiet ? [] : [await view(process, say, prints(experiment))];
  using interruption = watchInterruption(process, () => {
    const text = 'finishing the point in flight, then reporting; Ctrl-C again stops at once';
    for (const listener of listeners) listener.onNote?.(text);
  });
  const { stop, finish, abandon } = interruption;
  const command = ['tma', ...process.argv.slice(2)];
  const { run, interrupted, mistakes } = await profile(experiment, {
    ...{ listeners, finish, stop, abandon, command },
  });
  interruption.nothingToFinish();
  const rankings = experiment.models.map((plan) => rank(run, plan));
  const across = acrossModels(run, rankings, experiment.reports);
  // Before anything else can fail.
  for (const { message } of mistakes) process.stderr.write(`${shown(message)}\n`);
  for (const ranking of rankings) say(`\n${rankingText(ranking)}`);
  if (rankings.length > 1) say(`\n${modelsText(rankings)}`);
  if (across) say(`\n${acrossText(across)}`);
  if (flags.verbose)
    say(`\n${tablesText(Object.values(resultTables(run, rankings, experiment.reports.fields)))}`);
  if (!experiment.reports.skipSummary) {
    await report(process, experiment, { run, rankings, across }, { mode: flags.mode, say, stop });
  }
  if (interrupted || stop.aborted) return EXIT.interrupted;
  if (mistakes.length > 0) return EXIT.mistake;
  return exitCode(run, rankings, experiment);
}

/** What a run came to. */
interface Verdicts {
  readonly run: Run;
  readonly rankings: readonly Ranking[];
  readonly across: AcrossModels | undefined;
}

/** What perf_analyzer prints would be painted over. */
const prints = ({ generator }: Experiment): boolean =>
  generator.kind === 'perf_analyzer' && generator.output !== undefined && !generator.output.file;

async function view(process: Process, say: (text: string) => void, plain: boolean): Promise<RunListener> {
  const live = !plain && process.stdout.isTTY === true && !process.env['CI'];
  return live ? (await import('../terminal/live.ts')).liveView(process.stdout) : plainView(say);
}

/** Tables first, then pages: whatever a browser does, the figures are on the disk. */
async function report(
  process: Process,
  experiment: Experiment,
  { run, rankings, across }: Verdicts,
  { mode, say, stop }: Pick<Flags, 'mode'> & { say(text: string): void; stop: AbortSignal },
): Promise<void> {
  const { reports, exportPath } = experiment;
  const tables = writeResults(run, rankings, exportPath, { ...reports, across });
  const top = rankings
    .flatMap(({ entries }) => entries.slice(0, reports.numConfigsPerModel))
    .map(({ trial }) => trial);
  const options = { mode, plots: reports.plots };
  const summaries = [
    ...(await summaryPages(run, rankings, options)),
    ...(across ? [await acrossPage(run, across, options)] : []),
  ];
  const pages = [
    ...summaries,
    ...(reports.skipDetailed ? [] : await detailedPages(run, top, rankings, options)),
  ];
  const html = await htmlWriter.write(pages, exportPath);
  const pdf = await pdfWriter.write(pages, exportPath, stop);
  const plots = await pngWriter.write(pages, exportPath, stop);
  say('');
  for (const index of summaries.keys()) {
    say(`report   ${shortPath(process, html.files[index]!)}`);
    if (pdf.files[index]) say(`         ${shortPath(process, pdf.files[index])}`);
  }
  if (plots.files.length > 0) say(`plots    ${shortPath(process, join(exportPath, 'plots'))}`);
  for (const path of tables) say(`results  ${shortPath(process, path)}`);
  const typed = reportCommandOf(process, { ...experiment, mode });
  for (const note of [...pdf.notes, ...plots.notes]) say(typedNote(note, typed));
  if (reports.skipDetailed && top.length > 0) {
    const names = top.map(({ name }) => name).join(',');
    say(`for the detailed reports: ${commandText([...typed, '--report-model-configs', names])}`);
  }
}

function exitCode(run: Run, rankings: readonly Ranking[], { reports }: Experiment): number {
  if (run.trials.some(({ end }) => end?.kind === 'bug of tma')) return EXIT.bug;
  // Nobody keeps the limits, or whether the best does was not measured: a failure for those only who asked for it.
  const isUnmet = ({ decision: { reason } }: Ranking): boolean =>
    reason === 'constraints' || reason === 'constraints unknown';
  if (rankings.some((ranking) => !ranking.winner && !isUnmet(ranking))) return EXIT.nothing;
  return rankings.some(isUnmet) && reports.failOnUnmetConstraints ? EXIT.unmet : EXIT.done;
}
