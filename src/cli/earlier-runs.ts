import {
  compareRuns,
  findLastTwo,
  journalPath,
  pastRuns,
  type Ranking,
  type Result,
  readJournal,
} from '../index.ts';

/**
 * What earlier sessions of a checkpoint directory add to the pages: this one against what was measured before it, and what
 * each came to.
 * @param session when it began; absent: the last one.
 */
export function earlierRuns(
  directory: string,
  rankings: readonly Ranking[],
  session?: string,
): Pick<Result, 'comparison' | 'pastRuns'> {
  const runs = findLastTwo(directory, session);
  if (!runs) return {};
  const { history } = readJournal(journalPath(directory));
  return {
    comparison: compareRuns(runs.base, runs.new),
    pastRuns: pastRuns(
      history.runs(),
      rankings.map(({ goal }) => goal),
    ),
  };
}
