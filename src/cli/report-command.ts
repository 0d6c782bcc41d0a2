import type { Command } from 'commander';
import { userError } from '../ground/errors.ts';
import { nearest, shown } from '../ground/wording.ts';
import {
  acrossModels,
  acrossPage,
  type CommandLine,
  detailedPages,
  htmlWriter,
  journalPath,
  latestTrials,
  loadReportRequest,
  pdfWriter,
  pngWriter,
  rank,
  readRecorded,
  resultTables,
  summaryPages,
  type Trial,
  tablesText,
  writeAll,
  writeResults,
} from '../index.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import { type Call, flagsOf } from './call.ts';
import { reportCommandOf, typedNote } from './command-text.ts';
import { EXIT, type Flags, type Process, shortPath } from './process.ts';

/** `tma report`: its options, and what it does with them. */
export function addReport(command: Command, call: Call): void {
  addOptions(command, 'report')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables, too')
    .action(async (options: Record<string, unknown>) =>
      call.end(await report(call.process, commandLineOf(options), flagsOf(call, options))),
    );
}

/**
 * Writes pages of the configurations named, from the journal alone; without names the tables, the summaries and the
 * best configurations' pages.
 */
async function report(
  process: Process,
  commandLine: CommandLine,
  { quiet, verbose, mode }: Flags,
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const { checkpointDirectory, exportPath, formats, configs, ...request } = loadReportRequest({
    file,
    commandLine,
    cwd: process.cwd(),
  });
  const { run: journal, warnings } = readRecorded(checkpointDirectory);
  for (const warning of warnings) process.stderr.write(`${shown(warning)}\n`);
  const trials = latestTrials(journal);
  if (trials.length === 0) {
    throw userError(
      `nothing is recorded in ${journalPath(checkpointDirectory)}`,
      'run `tma profile` first, or name its folder with --checkpoint-directory',
    );
  }
  const run = { ...journal, trials };
  const models = [...new Set(trials.map((trial) => trial.model))];
  const rankings = models.map((name) => rank(run, request.goalOf(name, run.sessions)));
  const settings = request.settings(run.sessions);
  const across = acrossModels(run, rankings, settings);
  const named = configs?.map(({ name }) => findTrial(name, trials));
  const best = rankings.flatMap(({ entries }) => entries.slice(0, settings.numConfigsPerModel));
  const options = { mode, plots: settings.plots };
  const plotsOf = new Map(configs?.map(({ name, plots }) => [name, plots]));
  const pages = [
    ...(named ? [] : await summaryPages(run, rankings, options)),
    ...(named || !across ? [] : [await acrossPage(run, across, options)]),
    ...(await detailedPages(run, named ?? best.map((entry) => entry.trial), rankings, {
      ...options,
      plotsOf,
    })),
  ];
  if (!named && formats.includes('csv')) writeResults(run, rankings, exportPath, { ...settings, across });
  const writers = [htmlWriter, ...[pdfWriter, pngWriter].filter(({ format }) => formats.includes(format))];
  const written = await writeAll(writers, pages, exportPath);
  if (quiet) return EXIT.done;
  if (verbose)
    process.stdout.write(
      `${shown(tablesText(Object.values(resultTables(run, rankings, settings.fields))))}\n`,
    );
  for (const path of written.files) process.stdout.write(`${shown(shortPath(process, path))}\n`);
  const typed = reportCommandOf(process, { checkpointDirectory, exportPath, mode });
  for (const note of written.notes) process.stdout.write(`${shown(typedNote(note, typed))}\n`);
  return EXIT.done;
}

function findTrial(name: string, trials: readonly Trial[]): Trial {
  const names = trials.map((trial) => trial.name);
  const found = trials.find((trial) => trial.name === name);
  if (found) return found;
  const close = nearest(name, names);
  throw userError(
    `--report-model-configs: "${name}" was not profiled`,
    close ? `did you mean "${close}"?` : `profiled: ${names.join(', ')}`,
  );
}
