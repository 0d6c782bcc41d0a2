import { resolve } from 'node:path';
import type { CommandLine } from '../config/given-options.ts';
import { goalsOf, overallGoal } from '../config/goals.ts';
import { loadOptions } from '../config/load-experiment.ts';
import { reportSettings } from '../config/report-settings.ts';
import { userError } from '../ground/errors.ts';
import { nearest, shown } from '../ground/wording.ts';
import { acrossModels } from '../rank/across.ts';
import { rank } from '../rank/rank.ts';
import type { Goal } from '../record/goal.ts';
import { latestTrials, type Trial } from '../record/run.ts';
import { resultTables, tablesText } from '../report/csv.ts';
import {
  acrossPage,
  detailedPages,
  htmlWriter,
  pdfWriter,
  pngWriter,
  summaryPages,
  writeAll,
  writeResults,
} from '../report/write.ts';
import { journalPath, type ReadJournal, readJournal } from '../store/journal.ts';
import { readCheckpoint } from '../store/model-analyzer.ts';
import { reportCommandOf, typedNote } from './command-text.ts';
import { EXIT, type Flags, type Process, shortPath } from './process.ts';

/**
 * `tma report`: pages of the configurations named, from the journal alone; without names the tables, the
 * summaries and the best configurations' pages.
 */
export async function reportCommand(
  process: Process,
  commandLine: CommandLine,
  { quiet, verbose, mode }: Flags,
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const { values } = loadOptions({ file, commandLine }, 'report');
  const directory = resolve(process.cwd(), values.checkpoint_directory ?? 'checkpoints');
  const { run: journal, warnings } = recorded(directory);
  for (const warning of warnings) process.stderr.write(`${shown(warning)}\n`);
  const trials = latestTrials(journal);
  if (trials.length === 0) {
    throw userError(
      `nothing is recorded in ${journalPath(directory)}`,
      'run `tma profile` first, or name its folder with --checkpoint-directory',
    );
  }
  const run = { ...journal, trials };
  const models = [...new Set(trials.map((trial) => trial.model))];
  const goals = [...goalsOf(values), ...run.sessions.toReversed().flatMap((session) => session.goals)];
  const goalOf = (name: string): Goal =>
    goals.find((goal) => goal.name === name) ?? { ...overallGoal(values), name };
  const rankings = models.map((name) => rank(run, goalOf(name)));
  const settings = reportSettings(values, run.sessions.at(-1)?.overall);
  const exportPath = resolve(process.cwd(), values.export_path ?? '.');
  const across = acrossModels(run, rankings, settings);
  const formats = values.output_formats ?? ['html', 'pdf', 'png', 'csv'];
  const named = values.report_model_configs?.map(({ name }) => findTrial(name, trials));
  const best = rankings.flatMap(({ entries }) => entries.slice(0, settings.numConfigsPerModel));
  const options = { mode, plots: settings.plots };
  const plotsOf = new Map(values.report_model_configs?.map(({ name, plots }) => [name, plots]));
  const pages = [
    ...(named ? [] : summaryPages(run, rankings, options)),
    ...(named || !across ? [] : [acrossPage(run, across, options)]),
    ...detailedPages(run, named ?? best.map((entry) => entry.trial), rankings, { ...options, plotsOf }),
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
  const typed = reportCommandOf(process, { checkpointDirectory: directory, exportPath, mode });
  for (const note of written.notes) process.stdout.write(`${shown(typedNote(note, typed))}\n`);
  return EXIT.done;
}

/** What the journal holds; where there is none, what Model Analyzer's own checkpoint does. */
function recorded(directory: string): Pick<ReadJournal, 'run' | 'warnings'> {
  const journal = readJournal(journalPath(directory));
  const checkpoint = journal.entries.length === 0 ? readCheckpoint(directory) : undefined;
  if (!checkpoint) return journal;
  const { file, run, warnings } = checkpoint;
  return { run, warnings: [`from Model Analyzer's checkpoint ${file}`, ...warnings] };
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
