import { compareRuns, readCondition, readLastTwo } from 'triton-model-analyzer';

/** Whether the last session of a checkpoint directory is worse than the one before: a sentence, and what conditions fail. */
export function lastNight(checkpoints: string, conditions: readonly string[] = ['worse']) {
  const { base, new: next } = readLastTwo(checkpoints);
  const { verdict, text, gates } = compareRuns(base, next, { conditions: conditions.map(readCondition) });
  return { verdict, text, failed: gates.filter(({ state }) => state === 'failed').map(({ asked }) => asked) };
}
