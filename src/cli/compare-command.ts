import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { userError } from '../ground/errors.ts';
import { shown } from '../ground/wording.ts';
import {
  type Condition,
  compareRuns,
  comparisonPage,
  findLastTwo,
  layoutOf,
  MARGIN,
  put,
  type ReadSide,
  readCondition,
  readLastTwo,
  readSide,
} from '../index.ts';
import { comparisonText } from '../terminal/comparison-text.ts';
import type { Call } from './command-call.ts';
import { commandText } from './command-text.ts';
import { nothingRecorded } from './nothing-recorded.ts';
import { EXIT, type Process, shortPath } from './process.ts';
import { failedGates } from './run-code.ts';

/** What was typed. */
interface Asked {
  readonly baseSession?: string;
  readonly session?: string;
  readonly margin?: number;
  readonly failOn?: readonly string[];
  readonly failOnUnknown?: boolean;
  readonly exportPath?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

const RUNS =
  'a checkpoint directory or an export path of tma profile, a results.json, or a checkpoint of Model Analyzer';

/** `tma compare`: its options, and what it does with them. */
export function addCompare(command: Command, { process, end }: Call): void {
  command
    .argument('[BASE]', `what to compare with: ${RUNS}; without it the checkpoint directory of this folder`)
    .argument(
      '[NEW]',
      'what to compare, likewise; without it the last session of BASE is compared with the one before',
    )
    .option(
      '--base-session <WHEN>',
      'the session of BASE, named by the time it began or the beginning of that time, such as 2026-11-01, or last (default: last)',
    )
    .option('--session <WHEN>', 'the same for NEW')
    .option(
      '--margin <PERCENT>',
      `a change that surely is smaller counts as none (default: ${MARGIN})`,
      percentOf,
    )
    .option(
      '--fail-on <CONDITION>',
      'exit with 6 where it holds: "perf_latency_p99 > 5%", "perf_throughput < -5%", with default or winner before the metric for these alone, or worse for the verdict; may be repeated. A constraint that is lost fails then, too',
      (condition: string, before: string[] | undefined) => [...(before ?? []), condition],
    )
    .option('--fail-on-unknown', 'exit with 6 also where it can not be told whether a condition holds')
    .option('-e, --export-path <DIR>', 'write a page to DIR/reports/comparison.html')
    .option('--json', 'print one JSON object (comparison.schema.json)')
    .option('-q, --quiet', 'print nothing but errors')
    .option('-v, --verbose', 'print every configuration and metric')
    .action(async (base: string | undefined, next: string | undefined, asked: Asked) =>
      end(await compare(process, base, next, asked)),
    );
}

/** Compares two runs and answers the exit code. */
async function compare(
  process: Process,
  base: string | undefined,
  next: string | undefined,
  asked: Asked,
): Promise<number> {
  const conditions = conditionsOf(asked);
  const runs = readRuns(process, base, next, asked);
  for (const warning of [...runs.notes, ...runs.base.warnings, ...runs.new.warnings])
    process.stderr.write(`${shown(warning)}\n`);
  const comparison = compareRuns(runs.base, runs.new, { margin: asked.margin, conditions });
  const say = (text: string): unknown => process.stdout.write(`${text}\n`);
  if (asked.json) say(JSON.stringify(comparison, undefined, 2));
  else if (!asked.quiet) say(shown(comparisonText(comparison, { verbose: asked.verbose === true })));
  if (asked.exportPath !== undefined) {
    const page = await comparisonPage(comparison);
    const file = put(resolve(process.cwd(), asked.exportPath), `${page.path}.html`, page.html);
    if (!asked.json && !asked.quiet) say(`\n${shown(shortPath(process, file))}`);
  }
  return failedGates(comparison, asked.failOnUnknown === true).length > 0 ? EXIT.regression : EXIT.done;
}

/** @throws UserError with every condition that is none. */
function conditionsOf({ failOn = [], failOnUnknown }: Asked): Condition[] {
  if (failOnUnknown && failOn.length === 0) {
    throw userError('--fail-on-unknown: no condition is given that could be unknown', 'add --fail-on worse');
  }
  return failOn.map(readCondition);
}

function readRuns(
  process: Process,
  named: string | undefined,
  next: string | undefined,
  { baseSession, session }: Asked,
): { readonly base: ReadSide; readonly new: ReadSide; readonly notes: readonly string[] } {
  const { isRecorded, checkpoints, lookedIn, note = [] } = layoutOf(process.cwd());
  if (named === undefined && !isRecorded)
    throw nothingRecorded(process, { checkpointDirectory: checkpoints, lookedIn }, ['tma', 'compare'], {
      isEnough: hasTwo,
      otherwise: ([first, second = 'NEW']) =>
        `, without an earlier session to compare with: name two runs: \`${commandText(['tma', 'compare', first!, second])}\``,
    });
  const base = named ?? checkpoints;
  const at = (path: string): string => resolve(process.cwd(), path);
  const told = (read: ReadSide): ReadSide => ({
    ...read,
    side: { ...read.side, path: shortPath(process, read.side.path) || '.' },
  });
  const [before, after] = [
    { session: baseSession, flag: '--base-session' },
    { session, flag: '--session' },
  ];
  const runs =
    next === undefined && baseSession === undefined
      ? readLastTwo(at(base), after)
      : { base: readSide(at(base), before), new: readSide(at(next ?? base), after) };
  return { base: told(runs.base), new: told(runs.new), notes: named === undefined ? [note].flat() : [] };
}

/** Whether a checkpoint directory holds a session and an earlier one. */
function hasTwo(folder: string): boolean {
  try {
    return findLastTwo(folder) !== undefined;
  } catch {
    return false;
  }
}

function percentOf(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('It is to be a number of percent, such as 5.');
  return value;
}
