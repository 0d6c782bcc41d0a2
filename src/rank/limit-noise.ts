import { percentileLimit } from '../goal/percentile-limit.ts';
import type { Check } from '../goal/score.ts';
import type { Measurement } from '../record/measurement.ts';
import { judgeShare } from '../statistics/share-beyond.ts';
import { type Noise, overStarts, withinStart } from './noise.ts';
import type { RankedPoint } from './standings.ts';

/**
 * Whether a point breaks a limit by more than the noise.
 * @param noise of starts of the server, where those count, too; absent: of what was measured alone.
 */
export const missesForSure = ({ checks, measurement }: RankedPoint, noise?: Noise): boolean =>
  checks.some((check) => {
    const { bound, value: limit } = check.constraint;
    const range = rangeOf(check, measurement, noise);
    if (check.verdict !== 'missed' || !range || countedAs(check, measurement, 'broken') === false)
      return false;
    return bound === 'max' ? range.low > limit : range.high < limit;
  });

/** Whether a point keeps every limit by more than the noise, that of starts of the server included. */
export const keepsForSure = ({ checks, measurement }: RankedPoint, noise: Noise): boolean =>
  checks.every((check) => {
    const { bound, value: limit } = check.constraint;
    const range = rangeOf(check, measurement, noise);
    if (!range || countedAs(check, measurement, 'kept') === false) return false;
    return bound === 'max' ? range.high <= limit : range.low >= limit;
  });

/** Between which values a limited metric is; undefined where it was not measured. */
function rangeOf({ constraint: { tag }, value }: Check, measurement: Measurement, noise: Noise | undefined) {
  if (value === undefined) return undefined;
  const half = value * (noise ? overStarts(noise) : withinStart)(measurement, tag);
  const [low = null, high = null] = noise ? [] : (measurement.whole.intervals[tag] ?? []);
  return { low: low ?? value - half, high: high ?? value + half };
}

/** Whether a limit on a percentile comes to this by the share of requests beyond it; undefined where they were not counted. */
function countedAs(
  { constraint }: Check,
  { beyond }: Measurement,
  wanted: 'kept' | 'broken',
): boolean | undefined {
  const [limit, share] = [percentileLimit(constraint), beyond?.[constraint.tag]];
  if (!limit || share?.limit !== constraint.value) return undefined;
  return judgeShare(share, limit.allowed) === wanted;
}
