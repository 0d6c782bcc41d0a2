import { userError } from '../ground/errors.ts';
import type { History } from '../record/history.ts';
import type { Run } from '../record/run.ts';
import { journalPath, type ReadJournal, readJournal } from './journal.ts';
import { readCheckpoint } from './model-analyzer.ts';

/**
 * What a session recorded in a checkpoint directory; where there is no journal, Model Analyzer's own checkpoint.
 * @param session when it began, of which the end may be left out; undefined: the last one.
 * @throws UserError when there is no such session.
 */
export function readRecorded(directory: string, session?: string): Pick<ReadJournal, 'run' | 'warnings'> {
  const { history, run, warnings } = readJournal(journalPath(directory));
  if (session !== undefined) return { run: runOfSession(history, session), warnings };
  const checkpoint = history.variants.length === 0 ? readCheckpoint(directory) : undefined;
  if (!checkpoint) return { run, warnings };
  const told = [`from Model Analyzer's checkpoint ${checkpoint.file}`, ...checkpoint.warnings];
  return { run: checkpoint.run, warnings: told };
}

function runOfSession(history: History, asked: string): Run {
  const beginning = asked.trim().replace(' ', 'T');
  const session = history.sessions.findLast(({ id }) => id.startsWith(beginning));
  if (session) return history.runOf(session.id);
  const begun = history.sessions.map(({ id }) => id);
  throw userError(
    `--session: no run began at ${asked}`,
    begun.length > 0 ? `there are ${begun.join(', ')}` : 'nothing is recorded there',
  );
}
