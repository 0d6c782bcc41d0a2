import type { Criteria } from '../record/goal.ts';
import type { BeliefRecord } from '../record/run.ts';
import type { Belief } from '../search/search.ts';

/**
 * A search's belief as it is recorded: with names for candidates, and without figures that are no numbers, which no
 * journal can hold. undefined where there is none, or it says nothing of the limits or of what may be better.
 */
export function beliefRecord(
  belief: Belief | undefined,
  { objectives, constraints, prices }: Criteria,
): BeliefRecord | undefined {
  if (!belief) return undefined;
  const { candidate, point, value, interval, better, more } = belief;
  const [keeps, chance] = [belief.keeps, better.chance];
  if (!areNumbers(keeps, chance)) return undefined;
  const [model] = better.candidate?.models ?? [];
  return {
    goal: { objectives, constraints, ...(prices && { prices }) },
    variant: candidate.name,
    point,
    ...(value !== undefined && areNumbers(value) && { value }),
    ...(interval && areNumbers(...interval) && { interval }),
    keeps: asProbability(keeps),
    better: {
      chance: asProbability(chance),
      ...(better.candidate && model && { variant: better.candidate.name, assignment: model.assignment }),
      ...(better.point && { point: better.point }),
    },
    ...(more && areNumbers(more.minutes, more.gain) && { more }),
  };
}

const areNumbers = (...values: readonly number[]): boolean => values.every(Number.isFinite);

/** A sum of many probabilities may be beyond these by rounding. */
const asProbability = (value: number): number => Math.min(1, Math.max(0, value));
