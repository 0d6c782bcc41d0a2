import { type Check, checkConstraints } from '../../goal/score.ts';
import { metric } from '../../ground/metric.ts';
import type { ComparedConstraint } from '../../record/comparison.ts';
import type { Constraint } from '../../record/goal.ts';
import { isSamePoint } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import { missesForSure } from '../limit-noise.ts';
import type { Noise } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import { describeConstraint, formatValue } from '../words.ts';
import { chosen } from './choice.ts';
import type { MatchedTrial } from './matched.ts';

/**
 * What NEW's limits come to for what the two runs chose. A limit is lost where BASE's choice kept it and NEW's breaks it for
 * sure, or where BASE's own choice, which may be what is deployed, does so in NEW; what was not measured, or is within the
 * noise, is not known, and so never kept.
 */
export function compareConstraints(
  base: Ranking,
  next: Ranking,
  trials: readonly MatchedTrial[],
): ComparedConstraint[] {
  const before = chosen(base);
  const after = chosen(next);
  const anew =
    before &&
    measuredAnew(
      before.best.measurement,
      trials.find(({ base: old }) => old === before.trial),
    );
  return next.goal.constraints.map((constraint) => {
    const [old] = before ? checkConstraints(before.best.measurement.whole, [constraint]) : [];
    // The ranking may know that a limit is kept which the figure alone breaks by less than its noise.
    const now = after?.best.checks.find((check) => check.constraint === constraint);
    const known = base.goal.constraints.some((limit) => areEqual(limit, constraint))
      ? before?.best.checks.find((check) => areEqual(check.constraint, constraint))
      : undefined;
    return {
      ...constraint,
      text: describeConstraint(constraint),
      base: (known ?? old)?.verdict ?? 'unknown',
      new: now?.verdict ?? 'unknown',
      baseMeasured: old?.value ?? null,
      newMeasured: now?.value ?? null,
      ...stateOf({
        constraint,
        old: known ?? old,
        now,
        noise: next.noise,
        anew,
        after: after?.best.measurement,
      }),
    };
  });
}

const areEqual = (a: Constraint, b: Constraint): boolean =>
  a.tag === b.tag && a.bound === b.bound && a.value === b.value;

/** BASE's choice at its load, as NEW measured it; undefined: it did not, or took the measurement over. */
const measuredAnew = (measurement: Measurement, trial: MatchedTrial | undefined): Measurement | undefined =>
  trial?.points.find(
    ({ base, leftOut }) =>
      leftOut !== 'same measurement' && isSamePoint(base.measurement.point, measurement.point),
  )?.new.measurement;

interface Known {
  readonly constraint: Constraint;
  readonly old: Check | undefined;
  readonly now: Check | undefined;
  readonly noise: Noise;
  readonly anew: Measurement | undefined;
  readonly after: Measurement | undefined;
}

function stateOf({
  constraint,
  old,
  now,
  noise,
  anew,
  after,
}: Known): Pick<ComparedConstraint, 'state' | 'why'> {
  const { label } = metric(constraint.tag);
  if (old?.verdict === 'missed') return { state: 'as before' };
  if (!now || now.verdict === 'unknown' || !after) {
    return { state: 'unknown', why: `${label} was not measured in NEW` };
  }
  const told = (value: number | undefined): string => formatValue(value ?? Number.NaN, constraint.tag);
  if (now.verdict === 'missed') {
    if (!breaksForSure(now, after, noise)) {
      return {
        state: 'unknown',
        why: `NEW measured ${told(now.value)}, which is beyond it by less than the noise`,
      };
    }
    return old?.verdict === 'met'
      ? { state: 'lost', why: `NEW's best measured ${told(now.value)}, BASE's ${told(old.value)}` }
      : {
          state: 'unknown',
          why: `NEW breaks it (${told(now.value)}), and ${label} was not measured in BASE`,
        };
  }
  const [again] = anew ? checkConstraints(anew.whole, [constraint]) : [];
  if (anew && again?.verdict === 'missed' && old?.verdict === 'met' && breaksForSure(again, anew, noise)) {
    return {
      state: 'lost',
      why: `what BASE decided for measured ${told(again.value)} in NEW, ${told(old.value)} in BASE`,
    };
  }
  return { state: 'kept' };
}

const breaksForSure = (check: Check, measurement: Measurement, noise: Noise): boolean =>
  missesForSure({ checks: [check], measurement, verdict: check.verdict, missedBy: check.missedBy }, noise);
