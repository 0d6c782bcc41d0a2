import { resolve } from 'node:path';
import { loadOptions } from '../config/load-experiment.ts';
import { type CommandLine, DEFAULT_OBJECTIVES, goalsOf, outputFields } from '../config/resolve.ts';
import { userError } from '../errors.ts';
import { rank } from '../rank/rank.ts';
import { resultTables, tablesText } from '../report/csv.ts';
import { detailedPages, htmlWriter, pdfWriter, summaryPages, writeResults } from '../report/write.ts';
import { journalPath, type ReadJournal, readJournal } from '../store/journal.ts';
import { readCheckpoint } from '../store/model-analyzer.ts';
import { latestTrials, type Trial } from '../store/run.ts';
import { nearest } from '../wording.ts';
import { EXIT, type Process, shortPath, type Verbosity } from './process.ts';

const FILE_NAMES = {
  inference: 'metrics-model-inference.csv',
  gpu: 'metrics-model-gpu.csv',
  server: 'metrics-server-only.csv',
};

/**
 * `tma report`: pages of the configurations named, from the journal alone; without names the tables, the
 * summaries and the best configurations' pages.
 */
export async function reportCommand(
  process: Process,
  commandLine: CommandLine,
  { quiet, verbose }: Verbosity,
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const given = loadOptions({ file, commandLine }, 'report');
  const { values } = given;
  const directory = resolve(process.cwd(), values.checkpoint_directory ?? 'checkpoints');
  const { run, warnings } = recorded(directory);
  for (const warning of warnings) process.stderr.write(`${warning}\n`);
  const trials = latestTrials(run);
  if (trials.length === 0) {
    throw userError(
      `nothing is recorded in ${journalPath(directory)}`,
      'run `tma profile` first, or name its folder with --checkpoint-directory',
    );
  }
  const models = [...new Set(trials.map((trial) => trial.model))];
  const goals = [...goalsOf(given), ...run.sessions.toReversed().flatMap((session) => session.goals)];
  const rankings = models.map((name) =>
    rank(
      { ...run, trials },
      goals.find((goal) => goal.name === name) ?? { name, objectives: DEFAULT_OBJECTIVES, constraints: [] },
    ),
  );
  const exportPath = resolve(process.cwd(), values.export_path ?? '.');
  const named = values.report_model_configs?.map((name) => findTrial(name, trials));
  const top = values.num_configs_per_model ?? 3;
  const wanted =
    named ?? rankings.flatMap(({ entries }) => entries.slice(0, top).map((entry) => entry.trial));
  const fields = outputFields(values);
  if (!named) writeResults({ ...run, trials }, rankings, exportPath, { fileNames: FILE_NAMES, fields });
  const pages = [
    ...(named ? [] : summaryPages({ ...run, trials }, rankings)),
    ...detailedPages(run, wanted, rankings),
  ];
  const html = await htmlWriter.write(pages, exportPath);
  const formats = values.output_formats ?? ['pdf'];
  const pdf = formats.includes('pdf') ? await pdfWriter.write(pages, exportPath) : { files: [], notes: [] };
  if (quiet) return EXIT.done;
  if (verbose) process.stdout.write(`${tablesText(Object.values(resultTables(run, rankings, fields)))}\n`);
  for (const file of [...html.files, ...pdf.files]) process.stdout.write(`${shortPath(process, file)}\n`);
  for (const note of pdf.notes) process.stdout.write(`${note}\n`);
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
