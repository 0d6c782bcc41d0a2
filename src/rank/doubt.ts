import { relativeHalfWidth } from '../statistics/intervals.ts';
import { nearLimits } from './limit-noise.ts';
import { intervalsOf } from './noise.ts';
import type { Ranking } from './rank.ts';

/** From this chance of something better on, that is likelier than not. */
const LIKELY = 0.5;
/** A throughput that did not become steady is hardly known where half its interval is more than this share of it. */
const WIDE = 0.1;

/**
 * Why what is named is not sure, in few words; undefined where it is, or nothing is named. What a tick stands for:
 * where the verdict itself says that something else is likely, or that more has to be measured first, there is none.
 */
export function doubtOf({ decision, leader, belief, noise }: Ranking): string | undefined {
  const { entry } = decision;
  if (!entry) return undefined;
  const isBelieved = belief !== undefined && entry === leader;
  if (belief && belief.better.chance >= LIKELY) return 'something better is likely';
  // What the search says of the limits knows more than the interval of one measurement.
  if (!isBelieved && nearLimits(entry.best, noise).length > 0) return 'it may break a limit';
  const { measurement } = entry.best;
  if (measurement.stable || noise.believed?.measurement === measurement) return undefined;
  const width = relativeHalfWidth(intervalsOf(measurement, noise)['perf_throughput'] ?? [null, null]);
  return width === undefined || width > WIDE ? 'its throughput is hardly known' : undefined;
}
