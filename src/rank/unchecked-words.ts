import { type Check, score } from '../goal/score.ts';
import { metric } from '../ground/metric.ts';
import type { MissingMetric } from './missing-metric.ts';
import type { Ranking } from './rank.ts';
import type { RankedEntry } from './standings.ts';
import { describeConstraint, namesOf } from './words.ts';

/** Limits that could not be checked: `GPU memory at most 8,000 MB is not checked, as it was not measured (no GPU here)`. */
export const unchecked = (
  checks: readonly Check[],
  { missing, goal }: Pick<Ranking, 'missing' | 'goal'>,
): string =>
  checks
    .filter((check) => check.verdict === 'unknown')
    .map(({ constraint }) => {
      const why = missing.find(({ tag }) => tag === constraint.tag)?.why;
      return `${describeConstraint(constraint, goal)} is not checked, as it was not measured${why ? ` (${why})` : ''}`;
    })
    .join('; ');

/** What to do about limits that could not be checked. */
export function uncheckedAdvice(checks: readonly Check[], missing: readonly MissingMetric[]): string {
  const tags = checks.filter(({ verdict }) => verdict === 'unknown').map(({ constraint }) => constraint.tag);
  const advice = missing.filter(({ tag }) => tags.includes(tag)).map((item) => item.advice);
  return [...new Set([...advice, 'leave the constraint out'])].join(', or ');
}

/** Configurations of which it is not known whether they keep the limits, and that have better figures than one that does. */
export const uncheckedBetter = ({ entries, goal }: Ranking, { best }: RankedEntry): RankedEntry[] =>
  best.verdict === 'met'
    ? entries.filter(
        (other) =>
          other.best.verdict === 'unknown' &&
          score(other.best.measurement.whole, best.measurement.whole, goal.objectives) > 0,
      )
    : [];

/** What may be better than a configuration that is named, but was not checked. */
export function uncheckedText(entry: RankedEntry, ranking: Ranking): string | undefined {
  const others = uncheckedBetter(ranking, entry);
  if (others.length === 0) return undefined;
  const unknown = others.flatMap(({ best }) => best.checks.filter((check) => check.verdict === 'unknown'));
  const labels = [...new Set(unknown.map(({ constraint }) => metric(constraint.tag).label))];
  return `Of ${namesOf(others)}, with better figures, it is not known whether the constraints are kept: ${labels.join(' and ')} ${labels.length === 1 ? 'was' : 'were'} not measured.`;
}
