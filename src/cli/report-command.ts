import type { Command } from 'commander';
import { userError } from '../ground/errors.ts';
import { nearest, shown } from '../ground/wording.ts';
import {
  bestNames,
  type CommandLine,
  exportAll,
  latestTrials,
  loadedModels,
  loadedName,
  loadReportRequest,
  type Mode,
  makeHome,
  type ReportRequest,
  type Result,
  type Run,
  rank,
  readRecorded,
  resultOf,
  resultTables,
  type Trial,
  tablesText,
  throwFailures,
} from '../index.ts';
import { columnsOf } from '../terminal/fit.ts';
import { verdictText } from '../terminal/ranking.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import { type Call, flagsOf } from './command-call.ts';
import { reportCommandOf, typedNote } from './command-text.ts';
import { earlierRuns } from './earlier-runs.ts';
import { nothingRecorded } from './nothing-recorded.ts';
import { openFirst } from './open-page.ts';
import { placesOf } from './places.ts';
import { EXIT, type Flags, type Process, shortPath } from './process.ts';

/** `tma report`: its options, and what it does with them. */
export function addReport(command: Command, call: Call): void {
  addOptions(command, 'report')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print the whole tables, too')
    .option('--open', 'open the summary page')
    .action(async (options: Record<string, unknown>) => {
      const flags = { ...flagsOf(call, options), open: options['open'] === true };
      call.end(await report(call.process, commandLineOf(options), flags));
    });
}

/**
 * Writes pages of the configurations named, from the journal alone; without names the tables, the summaries and the
 * best configurations' pages.
 */
async function report(
  process: Process,
  commandLine: CommandLine,
  { quiet, verbose, mode, open }: Flags & { readonly open: boolean },
): Promise<number> {
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const request = loadReportRequest({ file, commandLine, cwd: process.cwd() });
  const { checkpointDirectory, session, exportPath, configs } = request;
  const { run, warnings } = readRecorded(checkpointDirectory, {
    session,
    variants: configs?.map(({ name }) => name) ?? [],
  });
  for (const warning of [...request.notes, ...warnings]) process.stderr.write(`${shown(warning)}\n`);
  const told = resultFor(process, request, run, mode);
  const result = configs ? told : { ...told, ...earlierRuns(checkpointDirectory, told.rankings, session) };
  using _home = request.home === undefined ? undefined : makeHome(request.home);
  const all = await exportAll(result, exportPath, { stepSummary: process.env['GITHUB_STEP_SUMMARY'] });
  if (!quiet) {
    const say = (text: string): unknown => process.stdout.write(`${shown(text)}\n`);
    if (verbose) {
      const { rankings, settings } = result;
      say(tablesText(Object.values(resultTables(result.run, rankings, settings.fields))));
    }
    if (configs) for (const path of all.flatMap(({ files }) => files)) say(shortPath(process, path));
    else {
      const columns = columnsOf(process.stdout);
      for (const ranking of result.rankings) say(`${verdictText(ranking, columns)}\n`);
      for (const line of placesOf(all, exportPath, process, process.stdout)) say(line);
    }
    const typed = reportCommandOf(process, { checkpointDirectory, exportPath, mode });
    for (const note of all.flatMap(({ notes }) => notes)) say(typedNote(note, typed));
  }
  throwFailures(all);
  if (open)
    await openFirst(
      all.flatMap(({ files }) => files),
      process,
    );
  if (configs || result.rankings.some(({ entries }) => entries.length > 0)) return EXIT.done;
  process.stderr.write('nothing was measured: the pages say what failed, and why\n');
  return EXIT.nothing;
}

/**
 * What was recorded, ranked, with the pages that were asked for.
 * @throws UserError when nothing was recorded, or not what is asked for.
 */
function resultFor(process: Process, request: ReportRequest, journal: Run, mode: Mode): Result {
  const trials = latestTrials(journal);
  if (trials.length === 0) {
    throw nothingRecorded(process, request, ['tma', 'report', '-s']);
  }
  const run = { ...journal, trials };
  const rankings = [...new Map(trials.map((trial) => [loadedName(trial), loadedModels(trial)])).values()].map(
    (models) => rank(run, request.goalOf(models, run.sessions)),
  );
  const settings = request.settings(run.sessions);
  const { configs } = request;
  return resultOf(run, rankings, settings, {
    mode,
    checkpointDirectory: request.checkpointDirectory,
    summaries: configs === undefined,
    // Tables and best configurations are of all models, not of the configurations named.
    formats: settings.formats.filter((format) => !(configs && format === 'csv')),
    detailed:
      configs?.map(({ name }) => findTrial(name, trials).name) ??
      bestNames(rankings, settings.numConfigsPerModel),
    plotsOf: Object.fromEntries((configs ?? []).flatMap(({ name, plots }) => (plots ? [[name, plots]] : []))),
  });
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
