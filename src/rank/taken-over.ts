import { counted } from '../ground/wording.ts';
import { measurementsOf, type Trial } from '../record/run.ts';

/**
 * What of these trials an earlier session measured: how much, when, and how it is measured anew; undefined: nothing.
 * @example 6 of 18 points were measured on 2026-01-10 and taken over
 */
export function takenOverText(trials: readonly Trial[]): string | undefined {
  const all = trials.flatMap(measurementsOf);
  const taken = all.filter(({ takenOver }) => takenOver);
  if (taken.length === 0) return undefined;
  const days = [...new Set(taken.map(({ startedAt }) => startedAt.slice(0, 10)))].sort();
  const when = days.length > 2 ? `between ${days[0]} and ${days.at(-1)}` : `on ${days.join(' and ')}`;
  const share = taken.length === all.length ? 'all' : `${taken.length} of`;
  const verb = all.length === 1 ? 'was' : 'were';
  return `${share} ${counted(all.length, 'point')} ${verb} measured ${when} and taken over; --fresh measures anew`;
}
