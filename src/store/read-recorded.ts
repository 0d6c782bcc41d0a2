import { journalPath, type ReadJournal, readJournal } from './journal.ts';
import { readCheckpoint } from './model-analyzer.ts';

/** What was recorded in a checkpoint directory: the journal, or where there is none, Model Analyzer's own checkpoint. */
export function readRecorded(directory: string): Pick<ReadJournal, 'run' | 'warnings'> {
  const journal = readJournal(journalPath(directory));
  const checkpoint = journal.entries.length === 0 ? readCheckpoint(directory) : undefined;
  if (!checkpoint) return journal;
  const { file, run, warnings } = checkpoint;
  return { run, warnings: [`from Model Analyzer's checkpoint ${file}`, ...warnings] };
}
