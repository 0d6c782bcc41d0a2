import { type Check, checkConstraints } from '../../goal/score.ts';
import { metric } from '../../ground/metric.ts';
import type { ComparedConstraint } from '../../record/comparison.ts';
import type { Constraint, Goal } from '../../record/goal.ts';
import { isSamePoint } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import { missesForSure } from '../limit-noise.ts';
import type { Noise } from '../noise.ts';
import type { Ranking } from '../rank.ts';
import { describeConstraint, valueText } from '../words.ts';
import { chosen } from './choice.ts';
import { type Look, lookOf, type MatchedTrial } from './matched.ts';
import { isSureShift, type MetricShifts, type Shift } from './shift.ts';

/**
 * What NEW's limits come to for what the two runs chose. A limit is lost where BASE's choice kept it and NEW's breaks it for
 * sure, or where BASE's own choice, which may be what is deployed, does so in NEW; what was not measured, or is within the
 * noise, is not known, and so never kept.
 */
export function compareConstraints(
  base: Ranking,
  next: Ranking,
  trials: readonly MatchedTrial[],
  shifts: readonly MetricShifts[],
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
      text: describeConstraint(constraint, next.goal),
      base: (known ?? old)?.verdict ?? 'unknown',
      new: now?.verdict ?? 'unknown',
      baseMeasured: old?.value ?? null,
      newMeasured: now?.value ?? null,
      ...stateOf({
        constraint,
        goal: next.goal,
        old: known ?? old,
        now,
        breaks: (check, measurement) =>
          breaksForSure(check, measurement, next.noise) &&
          isSurelyWorse(constraint, before && lookOf(before.best.measurement), lookOf(measurement), shifts),
        anew,
        after: after?.best.measurement,
      }),
    };
  });
}

const areEqual = (a: Constraint, b: Constraint): boolean =>
  a.tag === b.tag && a.bound === b.bound && a.value === b.value;

/** BASE's choice at its load, as NEW measured it; undefined: it did not, took the measurement over, or the machine was another. */
const measuredAnew = (measurement: Measurement, trial: MatchedTrial | undefined): Measurement | undefined =>
  trial?.points.find(
    ({ base, leftOut }) =>
      (!leftOut || leftOut === 'client') && isSamePoint(base.measurement.point, measurement.point),
  )?.new.measurement;

interface Known {
  readonly constraint: Constraint;
  readonly goal: Goal;
  readonly old: Check | undefined;
  readonly now: Check | undefined;
  /** Whether it is broken by more than the noise, and by more than BASE's choice, which may have been lucky, explains. */
  readonly breaks: (check: Check, measurement: Measurement) => boolean;
  readonly anew: Measurement | undefined;
  readonly after: Measurement | undefined;
}

function stateOf({
  constraint,
  goal,
  old,
  now,
  breaks,
  anew,
  after,
}: Known): Pick<ComparedConstraint, 'state' | 'why'> {
  const { label } = metric(constraint.tag);
  if (!now || now.verdict === 'unknown' || !after) {
    return { state: 'unknown', why: `${label} was not measured in NEW` };
  }
  if (old?.verdict === 'missed') return { state: now.verdict === 'met' ? 'kept' : 'as before' };
  const told = (value: number | undefined): string => valueText(value ?? Number.NaN, constraint.tag, goal);
  const [again] = anew && old?.verdict === 'met' ? checkConstraints(anew.whole, [constraint]) : [];
  const broken = again?.verdict === 'missed' ? again : undefined;
  const measured = `what BASE decided for measured ${told(broken?.value)} in NEW`;
  if (anew && broken && breaks(broken, anew))
    return { state: 'lost', why: `${measured}, ${told(old?.value)} in BASE` };
  if (now.verdict === 'missed' && breaks(now, after)) {
    return old?.verdict === 'met'
      ? { state: 'lost', why: `NEW's best measured ${told(now.value)}, BASE's ${told(old.value)}` }
      : {
          state: 'unknown',
          why: `NEW breaks it (${told(now.value)}), and ${label} was not measured in BASE`,
        };
  }
  if (now.verdict === 'missed')
    return { state: 'unknown', why: `NEW measured ${told(now.value)}, which ${WITHIN}` };
  return broken ? { state: 'unknown', why: `${measured}, which ${WITHIN}` } : { state: 'kept' };
}

const WITHIN = 'is beyond it by less than the noise';

/**
 * Whether a figure is beyond a limit by more than servers and moments do, as far as the two runs show it, and something has
 * changed: it is as far from what BASE's choice had in several looks, as a stall may spoil one, or all that both measured
 * changed. Of many that are near a limit BASE may have chosen one that kept it by luck. What can't be put as a share, such as
 * 0, is not doubted.
 */
function isSurelyWorse(
  { tag, bound, value }: Constraint,
  old: Look | undefined,
  now: Look,
  shifts: readonly MetricShifts[],
): boolean {
  const metrics = shifts.find((item) => item.tag === tag);
  const direction = bound === 'max' ? 'up' : 'down';
  const isSure = (shift: Shift | undefined): boolean => !shift || isSureShift(shift, direction);
  if (!metrics || !old) return isSure(metrics?.beyond(now, value));
  const hasChanged =
    (now.looks > 1 && isSure(metrics.between(old, now, false))) ||
    (!!metrics.overall && isSure(metrics.overall));
  return isSure(metrics.beyond(now, value)) && hasChanged;
}

const breaksForSure = (check: Check, measurement: Measurement, noise: Noise): boolean =>
  missesForSure({ checks: [check], measurement, verdict: check.verdict, missedBy: check.missedBy }, noise);
