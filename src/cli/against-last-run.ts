import { type Comparison, compareRuns, findLastTwo } from '../index.ts';

/**
 * A session of a checkpoint directory against what was measured before it, for the pages; undefined where there is nothing
 * to compare with.
 * @param session when it began; absent: the last one.
 */
export function againstLastRun(directory: string, session?: string): Comparison | undefined {
  const runs = findLastTwo(directory, session);
  return runs && compareRuns(runs.base, runs.new);
}
