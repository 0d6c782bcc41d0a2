import { userError } from '../ground/errors.ts';
import { counted } from '../ground/wording.ts';
import type { History } from '../record/history.ts';
import { loadedName, type Run, type Trial } from '../record/run.ts';
import { asTaken } from '../record/told-trial.ts';
import { journalPath, type ReadJournal, readJournal } from './journal.ts';
import { readCheckpoint } from './model-analyzer.ts';

/** What of a checkpoint directory is meant. */
export interface Wanted {
  /** When the session began, or the beginning of that time (`2026-11-01`); undefined: the last one. */
  readonly session?: string | undefined;
  /** Configurations that may be of earlier sessions, where no session is named. */
  readonly variants?: readonly string[];
}

/**
 * What a session recorded in a checkpoint directory; where there is no journal, Model Analyzer's own checkpoint.
 * @throws UserError when there is no such session.
 */
export function readRecorded(
  directory: string,
  { session, variants = [] }: Wanted = {},
): Pick<ReadJournal, 'run' | 'warnings'> {
  const { history, run, warnings } = readJournal(journalPath(directory));
  if (session !== undefined) {
    const { id, others } = sessionOf(history, session, '--session');
    const which = `--session ${session} may be any of ${counted(others + 1, 'run')}: the newest of them, ${id}, is meant`;
    return { run: history.runOf(id), warnings: [...warnings, ...(others > 0 ? [which] : [])] };
  }
  const checkpoint = history.variants.length === 0 ? readCheckpoint(directory) : undefined;
  if (checkpoint) {
    const told = [`from Model Analyzer's checkpoint ${checkpoint.file}`, ...checkpoint.warnings];
    return { run: checkpoint.run, warnings: told };
  }
  const known = new Set(run.trials.map(({ name }) => name));
  const others = variants.filter((name) => !known.has(name)).flatMap((name) => earlierTrial(history, name));
  return {
    run: { ...run, trials: [...others, ...run.trials] },
    warnings: [...warnings, ...(variants.length > 0 ? [] : leftOut(history, run))],
  };
}

/** A configuration by the newest session that has it; [] where none has. */
function earlierTrial(history: History, name: string): Trial[] {
  for (const { trials } of history.runs()) {
    const trial = trials.findLast((item) => item.name === name);
    if (!trial) continue;
    const points = trial.points.map((record) => (record.state === 'measured' ? asTaken(record) : record));
    return [{ ...trial, points }];
  }
  return [];
}

/** A line where earlier sessions profiled models that the last one did not. */
function leftOut(history: History, run: Run): string[] {
  const told = new Set(run.trials.map(loadedName));
  const missing = new Set<string>();
  return history.earlier.flatMap(({ id, models: profiled }) => {
    const models = profiled.filter((name) => !told.has(name) && !missing.has(name));
    for (const name of models) missing.add(name);
    return models.length > 0
      ? [`not in this report: ${models.join(', ')}, profiled by an earlier session (--session ${id})`]
      : [];
  });
}

/**
 * The newest session that began at a time, and how many others did.
 * @param flag by which it was asked for.
 * @throws UserError when there is none.
 */
export function sessionOf(
  history: History,
  asked: string,
  flag: string,
): { readonly id: string; readonly others: number } {
  const beginning = asked.trim().replace(' ', 'T');
  const begun = history.sessions.map(({ id }) => id);
  const found = beginning === '' ? [] : begun.filter((id) => id.startsWith(beginning));
  const id = found.at(-1);
  if (id !== undefined) return { id, others: id === beginning ? 0 : found.length - 1 };
  throw userError(
    `${flag}: no run began at ${asked.trim() || 'no time at all'}`,
    begun.length > 0 ? `there are ${begun.join(', ')}` : 'nothing is recorded there',
  );
}
