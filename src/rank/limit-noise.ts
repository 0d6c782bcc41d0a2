import { percentileLimit } from '../goal/percentile-limit.ts';
import type { Check } from '../goal/score.ts';
import type { Measurement } from '../record/measurement.ts';
import { judgeShare } from '../statistics/share-beyond.ts';
import { intervalsOf, type Noise, overStarts, withinStart } from './noise.ts';
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

/** A limit that is kept as measured, and broken within the noise. */
export interface NearLimit {
  readonly check: Check;
  /** The end of the 95 % interval that lies beyond the limit; undefined: that end is not known. */
  readonly end: number | undefined;
  /** Which share of the requests was beyond the limit, where that is what leaves it in doubt. */
  readonly beyond: number | undefined;
}

/**
 * The limits that a point keeps by less than the noise. Of few requests the upper end of a percentile is not known: then those
 * that were beyond the limit tell, if there were any.
 */
export function nearLimits({ checks, measurement }: RankedPoint, noise: Noise): NearLimit[] {
  const intervals = intervalsOf(measurement, noise);
  return checks.flatMap((check): NearLimit[] => {
    const { tag, bound, value: limit } = check.constraint;
    if (check.verdict !== 'met') return [];
    const [low = null, high = null] = intervals[tag] ?? [];
    const end = bound === 'max' ? high : low;
    if (end !== null) {
      const isBeyond = bound === 'max' ? end > limit : end < limit;
      return isBeyond ? [{ check, end, beyond: undefined }] : [];
    }
    const beyond = measurement.beyond?.[tag]?.share ?? 0;
    return beyond > 0 && countedAs(check, measurement, 'kept') === false
      ? [{ check, end: undefined, beyond }]
      : [];
  });
}

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
