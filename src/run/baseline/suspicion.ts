import { metric } from '../../ground/metric.ts';
import type { Condition } from '../../rank/comparison/gates.ts';
import type { Change, Comparison } from '../../record/comparison.ts';

/**
 * How far a configuration is suspected of being worse than in BASE. sure: the comparison would say so now; doubt: what was
 * measured is beyond the margin, and may be chance.
 */
export type Suspicion = 'none' | 'doubt' | 'sure';

/**
 * What a comparison suspects, by the name that a configuration has in NEW: by its own change, by the mean over everything,
 * or by a condition or constraint that fails.
 * @param of the comparison of one model.
 */
export function suspicionsOf(
  { models, margin, gates }: Comparison,
  conditions: readonly Condition[],
): (variant: string) => Suspicion {
  const [model] = models;
  if (!model) return () => 'none';
  const tags = new Set([
    ...model.objectives.map(({ tag }) => tag),
    ...conditions.flatMap((condition) => (condition.kind === 'change' ? [condition.tag] : [])),
  ]);
  const suspected = (changes: readonly Change[]): Suspicion =>
    worst(changes.filter(({ tag }) => tags.has(tag)).map((change) => suspicionOf(change, margin)));
  const isLost =
    model.constraints.some(({ state }) => state === 'lost') || gates.some(({ state }) => state === 'failed');
  const overall = isLost ? 'sure' : suspected(model.changes);
  return (variant) => {
    const own = model.configurations.find((configuration) => configuration.new === variant);
    return worst([overall, suspected(own?.changes ?? [])]);
  };
}

function suspicionOf({ tag, percent, verdict }: Change, margin: number): Suspicion {
  if (verdict === 'worse') return 'sure';
  if (verdict !== 'unknown' || percent === null || Math.abs(percent) <= margin) return 'none';
  return percent > 0 === (metric(tag).better === 'higher') ? 'none' : 'doubt';
}

const worst = (all: readonly Suspicion[]): Suspicion =>
  (['sure', 'doubt'] as const).find((suspicion) => all.includes(suspicion)) ?? 'none';
