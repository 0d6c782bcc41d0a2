import { checkConstraints, compareMeasured, type Measured, missedBy, score } from '../../goal/score.ts';
import type { Constraint, Goal } from '../../record/goal.ts';
import type { Candidate } from '../../space/space.ts';
import { corrected } from './corrected.ts';
import type { Course, Made, Place } from './course.ts';

/** What is worse than the best by more than so many standard deviations of a measurement is no rival. Not tuned. */
const RIVAL = 2;
/** Converted figures that miss a limit by more than this share surely break it. Not tuned. */
const FAR = 0.3;

/**
 * Points that the verdict needs to know in the present state of the machine, and that were measured in another one, or
 * while it changed: the best of the default, and whatever may be as good as the best that is known of now, by figures that
 * are converted to it. The most promising first; each that is measured may make others needless.
 * @param isOut configurations that are not to be measured any more.
 */
export function lacking(
  course: Course,
  goal: Pick<Goal, 'objectives' | 'constraints'>,
  isOut: (candidate: Candidate) => boolean,
): Place[] {
  const places = placesOf(course.made);
  const isKnown = (made: readonly Made[]): boolean =>
    made.some((item) => course.stateAt(item) === course.present);
  const known = places.filter(isKnown).map((made) => figuresNow(made, course));
  const [best] = known.toSorted((a, b) => compareMeasured(a, b, goal));
  const open = places
    .filter((made) => !isKnown(made) && !isOut(made[0]!.ask.candidate))
    .map((made) => ({ ask: made[0]!.ask, ...hoped(made, course, goal) }))
    .sort((a, b) => compareMeasured(a, b, goal));
  const base = open.find(({ ask }) => ask.candidate.isDefault);
  const least = RIVAL * course.noise * Math.SQRT2;
  const rivals = open.filter(
    (item) =>
      missed(item, goal.constraints) <= FAR &&
      (!best || isBroken(best, goal.constraints) || score(item, best, goal.objectives) > -least),
  );
  const wantsBase = base && !places.some((made) => made[0]!.ask.candidate.isDefault && isKnown(made));
  const chosen = wantsBase ? [base, ...rivals.filter((item) => item !== base)] : rivals;
  return chosen.map(({ ask: { candidate, point } }) => ({ candidate, point }));
}

const missed = (item: Measured, constraints: readonly Constraint[]): number =>
  missedBy(checkConstraints(item, constraints));

const isBroken = (item: Measured, constraints: readonly Constraint[]): boolean =>
  missed(item, constraints) > 0;

/** What was measured, point by point. */
function placesOf(made: readonly Made[]): Made[][] {
  const byCandidate = Map.groupBy(made, ({ ask }) => ask.candidate);
  return [...byCandidate.values()].flatMap((own) => [
    ...Map.groupBy(own, ({ ask }) => JSON.stringify(ask.point)).values(),
  ]);
}

/** The last of what was measured in the present state. */
const figuresNow = (made: readonly Made[], course: Course): Measured =>
  made.findLast((item) => course.stateAt(item) === course.present)!.figures;

/**
 * The most that a point may come to now: by each state that it may have been measured in. A machine that was slower may
 * have broken a limit by any amount: then limits say nothing.
 */
function hoped(
  made: readonly Made[],
  course: Course,
  { objectives, constraints }: Pick<Goal, 'objectives' | 'constraints'>,
): Measured {
  const last = made.at(-1)!;
  const hopes = course.statesAround(last).map((state) => {
    const times = course.mostRatio(course.present, state);
    const { values } = corrected(last.figures, last.ask.point, times);
    return times > 1 ? { values: withinLimits(values, constraints) } : { values };
  });
  return hopes.toSorted((a, b) => compareMeasured(a, b, { objectives, constraints }))[0]!;
}

const withinLimits = (
  values: Measured['values'],
  constraints: readonly Constraint[],
): Measured['values'] => ({
  ...values,
  ...Object.fromEntries(
    constraints
      .filter(({ tag }) => values[tag] !== undefined)
      .filter((constraint) => missed({ values }, [constraint]) > 0)
      .map(({ tag, value }) => [tag, value]),
  ),
});
