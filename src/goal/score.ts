import { metric } from '../ground/metric.ts';
import type { Constraint, Goal, Objective } from '../record/goal.ts';

/** Values of one point by metric tag. */
export interface Measured {
  readonly values: Readonly<Record<string, number>>;
}

/**
 * How much better `a` is than `b`: the weighted sum over the objectives of the difference over the mean
 * (Model Analyzer's score, positive when `a` is better). A metric that only one of them has counts fully for
 * that one; a metric that neither has counts nothing.
 */
export function score(a: Measured, b: Measured, objectives: readonly Objective[]): number {
  // Called for every pair of a sort.
  let [sum, total] = [0, 0];
  for (const { tag, weight } of objectives) {
    sum += weight * advantage(a, b, tag);
    total += weight;
  }
  return sum / total;
}

function advantage(a: Measured, b: Measured, tag: string): number {
  const [left, right] = [a.values[tag], b.values[tag]];
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left !== undefined ? 1 : -1;
  }
  const mean = (left + right) / 2;
  if (mean === 0) return 0;
  const sign = metric(tag).better === 'higher' ? 1 : -1;
  return (sign * (left - right)) / mean;
}

/** What a limit comes to: kept, broken, or not known, because its metric was not measured. */
export type ConstraintVerdict = 'met' | 'missed' | 'unknown';

/** One limit held against one measurement. */
export interface Check {
  readonly constraint: Constraint;
  /** undefined = the metric was not measured, so that nothing can be said. */
  readonly value: number | undefined;
  readonly verdict: ConstraintVerdict;
  /** By which share of the limit the value is beyond it; 0 unless it is missed. */
  readonly missedBy: number;
  /**
   * The value is beyond the limit by less than its noise, and the search, by everything that it measured, is so sure that
   * all limits are kept, as a probability: that decides, and the verdict is `met`.
   */
  readonly believed?: number;
}

/** Every limit held against a measurement. */
export const checkConstraints = (measurement: Measured, constraints: readonly Constraint[]): Check[] =>
  constraints.map((constraint) => {
    const value = measurement.values[constraint.tag];
    if (value === undefined) return { constraint, value, verdict: 'unknown', missedBy: 0 };
    const over = constraint.bound === 'max' ? value - constraint.value : constraint.value - value;
    return over <= 0
      ? { constraint, value, verdict: 'met', missedBy: 0 }
      : { constraint, value, verdict: 'missed', missedBy: over / constraint.value };
  });

/** What several limits come to together: one that is missed decides, then one that is not known. */
export function verdictOf(checks: readonly Check[]): ConstraintVerdict {
  const has = (wanted: ConstraintVerdict): boolean => checks.some(({ verdict }) => verdict === wanted);
  return has('missed') ? 'missed' : has('unknown') ? 'unknown' : 'met';
}

const ORDER: Readonly<Record<ConstraintVerdict, number>> = { met: 0, unknown: 1, missed: 2 };

/** What keeps every limit goes before what may, and that before what breaks one. */
export const byVerdict = (
  a: { readonly verdict: ConstraintVerdict },
  b: { readonly verdict: ConstraintVerdict },
): number => ORDER[a.verdict] - ORDER[b.verdict];

/**
 * Whether a measurement breaks a limit. One whose metric was not measured is not broken: a search goes on by what it
 * knows, and what it finds is not promised to keep that limit.
 */
export const breaks = (measurement: Measured, constraints: readonly Constraint[]): boolean =>
  verdictOf(checkConstraints(measurement, constraints)) === 'missed';

/** By how much a measurement breaks its limits altogether; 0 when it breaks none. */
export const missedBy = (checks: readonly Check[]): number =>
  checks.reduce((sum, check) => sum + check.missedBy, 0);

/** Best first: what breaks no limit before what does; then the better score, or the nearer miss. */
export function compareMeasured(
  a: Measured,
  b: Measured,
  { objectives, constraints }: Pick<Goal, 'objectives' | 'constraints'>,
): number {
  const missed = (item: Measured): number => missedBy(checkConstraints(item, constraints));
  return missed(a) - missed(b) || -score(a, b, objectives);
}
