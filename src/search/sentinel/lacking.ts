import { checkConstraints, compareMeasured, type Measured, missedBy, score } from '../../goal/score.ts';
import type { Constraint, Goal } from '../../record/goal.ts';
import type { Candidate } from '../../space/space.ts';
import { corrected } from './corrected.ts';
import type { Course, Made, Place } from './course.ts';
import { loadOf } from './lookout.ts';

/** What is worse than the best by more than so many standard deviations of a measurement is no rival. Not tuned. */
const RIVAL = 2;
/** Converted figures that miss a limit by more than this share surely break it. Not tuned. */
const FAR = 0.3;

/**
 * Points that the verdict needs to know in the present state of the machine, and that were measured in another one, or
 * while it changed: the best of the default, and of each configuration that may be as good as the best that is known of
 * now, by figures that are converted to it, its best point. The most promising first; each that is measured may make others
 * needless. All others stay as they are.
 * @param isOut configurations that are not to be measured any more.
 */
export function lacking(
  course: Course,
  goal: Pick<Goal, 'objectives' | 'constraints'>,
  isOut: (candidate: Candidate) => boolean,
): Place[] {
  const places = placesOf(course.made);
  const known = places
    .filter((made) => made.some((item) => course.stateAt(item) === course.present))
    .map((made) => ({ made, ask: made[0]!.ask, ...figuresNow(made, course) }));
  const [best] = known.toSorted((a, b) => compareMeasured(a, b, goal));
  const open = places
    .filter((made) => !known.some((item) => item.made === made) && !isOut(made[0]!.ask.candidate))
    .filter((made) => !known.some((item) => isSettledBy(made, item, { course, goal, best })))
    .map((made) => ({ ask: made[0]!.ask, ...hoped(made, course, goal) }))
    .sort((a, b) => compareMeasured(a, b, goal));
  const base = open.find(({ ask }) => ask.candidate.isDefault);
  const least = RIVAL * course.noise * Math.SQRT2;
  const rivals = open.filter(
    (item) =>
      missed(item, goal.constraints) <= FAR &&
      (!best || isBroken(best, goal.constraints) || score(item, best, goal.objectives) > -least),
  );
  const chosen = base ? [base, ...rivals.filter((item) => item !== base)] : rivals;
  return chosen.map(({ ask: { candidate, point } }) => ({ candidate, point }));
}

/**
 * Whether a point needs no look because another load of its configuration has one: that did as well when both were measured
 * in one state, or between the same two looks, and two loads of one configuration change alike. With less load than the
 * best of all it needs one unless that did better for sure, as the verdict names the least load that does as well; and so
 * does one that broke a limit on a machine that may have been slower.
 */
function isSettledBy(
  made: readonly Made[],
  known: { readonly made: readonly Made[]; readonly ask: Place },
  { course, goal, best }: Known,
): boolean {
  const last = made.at(-1)!;
  const { ask, figures } = last;
  if (ask.candidate !== known.ask.candidate) return false;
  const states = course.statesAround(last);
  const isSlower = states.some((state) => course.mostRatio(course.present, state) > 1);
  if (isSlower && missed(figures, goal.constraints) > 0) return false;
  const isLess = best?.ask.candidate === ask.candidate && loadOf(ask.point) < loadOf(best.ask.point);
  const least = (isLess ? 1 : -1) * course.noise * Math.SQRT2;
  return known.made
    .filter((item) => course.statesAround(item).join() === states.join())
    .some(
      (item) =>
        (!isLess && compareMeasured(item.figures, figures, goal) <= 0) ||
        (!isBroken(item.figures, goal.constraints) && score(item.figures, figures, goal.objectives) >= least),
    );
}

/** What is known of the present state. */
interface Known {
  readonly course: Course;
  readonly goal: Pick<Goal, 'objectives' | 'constraints'>;
  /** The best that was measured in it. */
  readonly best: { readonly ask: Place } | undefined;
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
