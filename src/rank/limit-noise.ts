import type { Check } from '../goal/score.ts';
import type { Measurement } from '../record/measurement.ts';
import { withinStart } from './noise.ts';
import type { RankedPoint } from './standings.ts';

/** Between which values a limited metric is, by one start of the server; undefined where it was not measured. */
function rangeOf({ constraint: { tag }, value }: Check, measurement: Measurement) {
  if (value === undefined) return undefined;
  const [low = null, high = null] = measurement.whole.intervals[tag] ?? [];
  const half = withinStart(measurement, tag) * value;
  return { low: low ?? value - half, high: high ?? value + half };
}

/** Whether a point breaks a limit by more than the noise. */
export const missesForSure = ({ checks, measurement }: RankedPoint): boolean =>
  checks.some((check) => {
    const range = rangeOf(check, measurement);
    if (check.verdict !== 'missed' || !range) return false;
    const { bound, value: limit } = check.constraint;
    return bound === 'max' ? range.low > limit : range.high < limit;
  });

/** Whether a point keeps every limit by more than the noise. */
export const keepsForSure = ({ checks, measurement }: RankedPoint): boolean =>
  checks.every((check) => {
    const range = rangeOf(check, measurement);
    if (!range) return false;
    const { bound, value: limit } = check.constraint;
    return bound === 'max' ? range.high <= limit : range.low >= limit;
  });
