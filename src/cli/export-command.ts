import { isAbsolute, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { userError } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import {
  changesOf,
  type ExportedModel,
  type ExportFormat,
  type ExportRequest,
  exportModels,
  exportRecord,
  type FileChange,
  headline,
  latestTrials,
  loadedModels,
  loadedName,
  loadReportRequest,
  measuredLines,
  type PlannedExport,
  planExport,
  type Ranking,
  type ReportRequest,
  type Run,
  rank,
  readRecorded,
  stampOf,
  verdict,
} from '../index.ts';
import { addOptions, commandLineOf } from './add-options.ts';
import { type Call, flagsOf } from './command-call.ts';
import { watchInterruption } from './interruption.ts';
import { nothingRecorded } from './nothing-recorded.ts';
import { EXIT, type Flags, type Process, shortPath } from './process.ts';

/** What commander parsed of this command's own options. */
interface Typed {
  readonly best?: boolean;
  readonly variant?: string;
  readonly model?: string;
  readonly to?: string;
  readonly withModel?: boolean;
  readonly force?: boolean;
  readonly format: ExportFormat;
  readonly storageUri?: string;
  readonly requestRate?: string;
  readonly peakRequestRate?: string;
  readonly headroom: string;
  readonly json?: boolean;
}

/** `tma export`: its options, and what it does with them. */
export function addExport(command: Command, call: Call): void {
  addOptions(command, 'export')
    .option('--best', 'what was decided for each model; this is what is exported where nothing is said')
    .option('--variant <NAMES>', 'the configurations with these names instead, with commas between them')
    .option('--model <NAMES>', 'these models only, with commas between them')
    .option(
      '--to <DIR>',
      'the folder to write to: a model repository, or where files of YAML go; without it nothing is written',
    )
    .option('--with-model', "take the models' other files along from the model repository")
    .option('--force', 'replace what lies there, and keep it beside it under another name')
    .addOption(
      new Option(
        '--format <FORMAT>',
        'config.pbtxt in a model repository, Helm values, or an InferenceService',
      )
        .choices(['repository', 'helm', 'kserve'])
        .default('repository'),
    )
    .option('--storage-uri <URI>', 'where KServe finds the model repository')
    .option('--request-rate <R>', 'inferences a second: say how many replicas carry them')
    .option('--peak-request-rate <R>', 'inferences a second up to which an autoscaler may add replicas')
    .option('--headroom <PERCENT>', 'what replicas, CPU and memory have on top of what is needed', '20%')
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'print nothing but errors, and YAML that goes nowhere else')
    .action(async (options: Typed & Record<string, unknown>) =>
      call.end(await exportDecided(call.process, options, flagsOf(call, options))),
    );
}

/** Hands over what was decided, from the journal alone. */
async function exportDecided(
  process: Process,
  typed: Typed & Record<string, unknown>,
  flags: Flags,
): Promise<number> {
  // --request-rate is the load of tma profile in the table of options.
  const { request_rate: _, ...commandLine } = commandLineOf(typed);
  const file = typeof commandLine.config_file === 'string' ? commandLine.config_file : undefined;
  const recorded = loadReportRequest({ file, commandLine, cwd: process.cwd() }, 'export');
  const request = requestOf(typed, recorded, process);
  const { run, warnings } = readRecorded(recorded.checkpointDirectory, { session: recorded.session });
  for (const warning of [...recorded.notes, ...warnings]) process.stderr.write(`${shown(warning)}\n`);
  const planned = planExport(run, rankingsOf(process, run, recorded), request);
  refuseManyTexts(planned, request, typed);
  const isText = !flags.quiet && typed.json !== true;
  const say = (text: string): unknown => process.stdout.write(`${shown(text)}\n`);
  const short = (path: string): string => shortPath(process, path);
  // What is refused is shown before.
  if (isText && request.format === 'repository') for (const item of planned) tellPlan(item, say, short);
  const { exported, interrupted } = await carryOut(planned, request, process);
  if (typed.json) process.stdout.write(`${JSON.stringify(exportRecord(exported), undefined, 2)}\n`);
  else tellExported(exported, request, { process, say, isText });
  return interrupted ? EXIT.interrupted : codeOf(planned, request);
}

async function carryOut(
  planned: readonly PlannedExport[],
  request: ExportRequest,
  process: Process,
): Promise<{ exported: readonly ExportedModel[]; interrupted: boolean }> {
  using interruption = watchInterruption(process, () => {});
  interruption.nothingToFinish();
  const exported: ExportedModel[] = [];
  const how = { stamp: stampOf(new Date()), signal: interruption.stop };
  for await (const item of exportModels(planned, request, how)) exported.push(item);
  if (interruption.stop.aborted)
    process.stderr.write('interrupted: the same command goes on with what is not there yet\n');
  return { exported, interrupted: interruption.stop.aborted };
}

/** @throws UserError for what does not go together. */
function requestOf(typed: Typed, { modelRepository }: ReportRequest, process: Process): ExportRequest {
  const { format, to, withModel = false } = typed;
  if (typed.best && typed.variant !== undefined)
    throw userError('--best and --variant name different things', 'keep one of the two');
  if (withModel && modelRepository === undefined)
    throw userError(
      '--with-model: where the models lie is not known',
      'name it with --model-repository DIR, or the perf.yaml with -f FILE',
    );
  if (withModel && (format !== 'repository' || to === undefined))
    throw userError('--with-model copies models into a model repository', 'name that with --to DIR');
  if (typed.force && to === undefined)
    throw userError('--force: nothing is written', 'name the folder to write to with --to DIR');
  if (typed.storageUri !== undefined && format !== 'kserve')
    throw userError('--storage-uri is part of an InferenceService', 'add --format kserve');
  const requestRate = rateOf('--request-rate', typed.requestRate);
  const peakRequestRate = rateOf('--peak-request-rate', typed.peakRequestRate);
  if (peakRequestRate !== undefined && peakRequestRate < (requestRate ?? Number.POSITIVE_INFINITY))
    throw userError(
      requestRate === undefined
        ? '--peak-request-rate needs a --request-rate, too'
        : `--peak-request-rate ${peakRequestRate} is less than --request-rate ${requestRate}`,
      'the one is carried always, the other at times',
    );
  return {
    format,
    models: namesOf('--model', typed.model),
    variants: namesOf('--variant', typed.variant),
    to: to === undefined ? undefined : resolve(process.cwd(), to),
    from: withModel ? modelRepository : undefined,
    force: typed.force ?? false,
    storageUri: typed.storageUri,
    requestRate,
    peakRequestRate,
    headroom: headroomOf(typed.headroom),
  };
}

function namesOf(flag: string, text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw userError(`${flag}: no name is given`);
  return names;
}

function rateOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rate = Number(text);
  if (text.trim() !== '' && Number.isFinite(rate) && rate > 0) return rate;
  throw userError(`${flag}: expected inferences a second, such as 500, not "${text}"`);
}

/** Nobody means more than ten times as much. */
const MOST_PERCENT = 1000;

/** `20%` as a share. */
function headroomOf(text: string): number {
  const percent = Number(/^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)?.[1] ?? Number.NaN);
  if (percent <= MOST_PERCENT) return percent / 100;
  throw userError(`--headroom: expected percent up to ${MOST_PERCENT}%, such as 20%, not "${text}"`);
}

/** @throws UserError when nothing was recorded. */
function rankingsOf(process: Process, journal: Run, request: ReportRequest): Ranking[] {
  const trials = latestTrials(journal);
  if (trials.length === 0) throw nothingRecorded(process, request, ['tma', 'export', '-s']);
  const run = { ...journal, trials };
  return [...new Map(trials.map((trial) => [loadedName(trial), loadedModels(trial)])).values()].map(
    (models) => rank(run, request.goalOf(models, run.sessions)),
  );
}

/** Helm reads the first document of a file only, and would leave the others out without a word. */
function refuseManyTexts(
  planned: readonly PlannedExport[],
  { format, to }: ExportRequest,
  { json }: Typed,
): void {
  const many = planned.filter(({ manifest }) => manifest);
  if (format !== 'helm' || to !== undefined || json || many.length < 2) return;
  throw userError(
    `there are Helm values for ${many.length} models: ${many.map(({ chosen }) => chosen.ranking.model).join(', ')}`,
    'name one with --model NAME, or a folder for all with --to DIR',
  );
}

/** What was decided, how that changes what is there, and what it takes to serve it. */
function tellPlan(
  item: PlannedExport,
  say: (text: string) => unknown,
  short: (path: string) => string,
): void {
  const { chosen, deployment } = item;
  // Of what nothing is exported it is told why, at the end.
  if (!chosen.entry) return;
  // All else that the run came to was told at its end.
  const first = headline(chosen.ranking);
  say(`${chosen.ranking.model}: ${first === undefined ? verdict(chosen.ranking) : `${first}.`}`);
  if (chosen.by === 'named') say(`exported as asked for: ${chosen.entry.trial.name}`);
  for (const change of changesOf(item)) say(changeText(change, short));
  if (deployment?.replicas) for (const line of measuredLines(deployment)) say(line);
}

const changeText = ({ before, after, hunks }: FileChange, short: (path: string) => string): string =>
  [
    `--- ${isAbsolute(before) ? short(before) : before}`,
    `+++ ${after}`,
    ...hunks.flatMap((lines) => ['@@', ...lines.map(({ change, text }) => `${change}${text}`)]),
  ].join('\n');

/** What was written, and of what nothing was and why. */
function tellExported(
  exported: readonly ExportedModel[],
  { format, to, requestRate }: ExportRequest,
  { process, say, isText }: { process: Process; say(text: string): unknown; isText: boolean },
): void {
  const warn = (text: string): unknown => process.stderr.write(`${shown(text)}\n`);
  const short = (path: string): string => shortPath(process, path);
  const texts = exported.flatMap(({ manifest }) => manifest?.text ?? []);
  // YAML is for other programs: as it is, several documents with --- between them.
  if (format !== 'repository' && to === undefined) process.stdout.write(texts.join('---\n'));
  for (const { chosen, deployment, files = [], notes = [] } of exported) {
    const { ranking, entry, isChange } = chosen;
    if (!entry) warn(`${ranking.model}: nothing is exported. ${verdict(ranking)}`);
    if (entry && format === 'repository' && !isChange && isText)
      say(
        `${ranking.model}: nothing is written, the default stays; to write it all the same: --variant ${entry.trial.name}`,
      );
    if (isText) {
      for (const { path, state, kept } of files)
        say(
          `${state.padEnd(8)}  ${short(path)}${kept === undefined ? '' : ` (what was there is ${short(kept)})`}`,
        );
    }
    for (const note of notes) warn(note);
    if (entry && requestRate !== undefined && !deployment?.capacity)
      warn(
        `${ranking.model}: how many replicas it takes is not known: no load that was measured keeps the constraints`,
      );
  }
  if (isText && format === 'repository' && to === undefined && exported.some(({ chosen }) => chosen.isChange))
    say('nothing is written: name a model repository with --to DIR');
}

/** Whether what was asked for is there: a configuration of each model, and the replicas. */
function codeOf(planned: readonly PlannedExport[], { requestRate }: ExportRequest): number {
  const without = planned.filter(({ chosen }) => !chosen.entry).map(({ chosen }) => chosen.ranking.decision);
  const isUnmet = (reason: string): boolean => reason === 'constraints' || reason === 'constraints unknown';
  if (without.some(({ reason }) => !isUnmet(reason))) return EXIT.nothing;
  if (without.length > 0) return EXIT.unmet;
  const isUnknown = planned.some(({ deployment }) => !deployment?.capacity);
  return requestRate !== undefined && isUnknown ? EXIT.nothing : EXIT.done;
}
