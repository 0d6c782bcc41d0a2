import type { Experiment } from '../config/experiment.ts';
import { loadExperiment } from '../config/load-experiment.ts';
import type { CommandLine } from '../config/resolve.ts';
import type { RunListener } from '../events.ts';
import { type ProfileResult, profile } from '../profile.ts';
import { type Ranking, rank } from '../rank/rank.ts';
import { resultTables, tablesText } from '../report/csv.ts';
import {
  checkExportPath,
  detailedPages,
  htmlWriter,
  pdfWriter,
  summaryPages,
  writeResults,
} from '../report/write.ts';
import type { Run } from '../store/run.ts';
import { liveView } from '../terminal/live.ts';
import { plainView } from '../terminal/plain.ts';
import { rankingText } from '../terminal/ranking.ts';
import { watchInterruption } from './interruption.ts';
import { EXIT, type Process, shortPath, type Verbosity } from './process.ts';

/** `tma profile`: profiles, writes tables and reports, prints the ranking; answers the exit code. */
export async function profileCommand(
  process: Process,
  commandLine: CommandLine,
  flags: Verbosity,
): Promise<number> {
  const say = (text: string): void => {
    if (!flags.quiet) process.stdout.write(`${text}\n`);
  };
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const experiment = loadExperiment({ file, commandLine, cwd: process.cwd() });
  if (!experiment.reports.skipSummary) checkExportPath(experiment.exportPath);
  const { run, interrupted } = await profileInterruptibly(process, experiment, flags, say);
  const rankings = experiment.models.map((plan) => rank(run, plan));
  for (const ranking of rankings) say(`\n${rankingText(ranking)}`);
  if (flags.verbose)
    say(`\n${tablesText(Object.values(resultTables(run, rankings, experiment.reports.fields)))}`);
  if (!experiment.reports.skipSummary) await report(process, experiment, run, rankings, say);
  if (interrupted) return EXIT.interrupted;
  return exitCode(rankings, experiment);
}

/** Profiles while Ctrl-C means: finish, then report. Afterwards it ends the process, as everywhere. */
async function profileInterruptibly(
  process: Process,
  experiment: Experiment,
  flags: Verbosity,
  say: (text: string) => void,
): Promise<ProfileResult> {
  const listeners = flags.quiet ? [] : [view(process, say)];
  using interruption = watchInterruption(process, () => {
    const text = 'finishing the point in flight, then reporting; Ctrl-C again stops at once';
    for (const listener of listeners) listener.onNote?.(text);
  });
  return await profile(experiment, {
    listeners,
    finish: interruption.finish,
    stop: interruption.stop,
    command: ['tma', ...process.argv.slice(2)],
  });
}

function view(process: Process, say: (text: string) => void): RunListener {
  const live = process.stdout.isTTY === true && !process.env['CI'];
  return live ? liveView(process.stdout) : plainView(say);
}

/** Tables first, then pages: whatever a browser does, the figures are on the disk. */
async function report(
  process: Process,
  { reports, exportPath }: Experiment,
  run: Run,
  rankings: readonly Ranking[],
  say: (text: string) => void,
): Promise<void> {
  const tables = writeResults(run, rankings, exportPath, reports);
  const top = rankings.flatMap(({ entries }) => entries.slice(0, reports.numConfigsPerModel));
  const pages = [
    ...summaryPages(run, rankings),
    ...(reports.skipDetailed
      ? []
      : detailedPages(
          run,
          top.map((entry) => entry.trial),
          rankings,
        )),
  ];
  const html = await htmlWriter.write(pages, exportPath);
  const pdf = await pdfWriter.write(pages, exportPath);
  say('');
  for (const index of rankings.keys()) {
    say(`report   ${shortPath(process, html.files[index]!)}`);
    if (pdf.files[index]) say(`         ${shortPath(process, pdf.files[index])}`);
  }
  for (const path of tables) say(`results  ${shortPath(process, path)}`);
  for (const note of pdf.notes) say(note);
  if (reports.skipDetailed) {
    const names = top.map((entry) => entry.trial.name).join(',');
    say(`for the detailed reports: tma report --report-model-configs ${names} --export-path ${exportPath}`);
  }
}

function exitCode(rankings: readonly Ranking[], { reports }: Experiment): number {
  if (rankings.some((ranking) => !ranking.winner)) return EXIT.nothing;
  const unmet = rankings.some((ranking) => !ranking.winner?.best.passes);
  return unmet && reports.failOnUnmetConstraints ? EXIT.unmet : EXIT.done;
}
