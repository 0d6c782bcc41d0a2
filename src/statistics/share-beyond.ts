import { cumulativeStdNormalProbability, mean, sampleCorrelation } from 'simple-statistics';
import type { Histogram } from './histogram.ts';

/** A share of requests, and how many independent requests tell it as surely as those that were counted. */
export interface Share {
  readonly share: number;
  readonly of: number;
}

/** How many of a stretch of time's requests took longer than a limit, and how many there were. */
interface Part {
  readonly beyond: number;
  readonly count: number;
}

const NORMAL = 1.96;
/** Two-sided 95 % quantiles of Student's t, by degrees of freedom from 1 on; beyond them of the normal distribution. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045,
] as const;
/** Where neighbouring parts correlate by more than this they are not independent, and fewer, longer ones are taken. */
const MOST_CORRELATION = 0.3;
/** Fewest parts that are left when parts are joined. */
const FEWEST_PARTS = 5;
/** Fewer late requests than this say little of how dependent they are. */
const TELLING_REQUESTS = 20;

/**
 * The share of requests that took longer than a limit, with the dependence between neighbours taken into account: one
 * slow batch makes many late requests, which tell no more than one.
 *
 * How much less n requests tell is seen from how much the share differs between stretches of time that follow each
 * other (Kish's design effect: the variance of the share, over that of as many independent requests). As few stretches
 * know that badly themselves, the effective number is lowered by the quantile of Student's t (Korn and Graubard 1998,
 * "Confidence intervals for proportions with small expected number of positive counts estimated from survey data",
 * Survey Methodology 24, 193-201). It is never more than n. Of few late requests, or none, the scatter says little:
 * how dependent requests are is then seen at the lower limit that as many took longer than as are allowed to.
 *
 * What did not happen while it was counted can't be known from it: a stall that comes once a minute is in no interval
 * of a few seconds without one.
 * @param windows in the order of time.
 * @param allowed the share that may take longer, 0.01 for a p99.
 * @returns undefined when nothing was counted.
 */
export function shareBeyond(
  windows: readonly Histogram[],
  limitMs: number,
  allowed: number,
): Share | undefined {
  const counted = windows.filter(({ count }) => count > 0);
  const parts = partsAt(counted, limitMs);
  const n = total(parts, 'count');
  if (n === 0) return undefined;
  const share = total(parts, 'beyond') / n;
  if (parts.length < 2) return { share, of: 1 };
  const telling = Math.max(TELLING_REQUESTS, allowed * n);
  const own = effectiveOf(parts);
  if (share * n >= telling) return { share, of: own };
  return { share, of: Math.min(own, effectiveOf(partsAt(counted, limitBelow(counted, telling)))) };
}

/**
 * 95 % interval of a share by Wilson's score, which with an effective number covers well also where few or none were
 * beyond (Franco, Little, Louis and Slud 2019, "Comparative study of confidence intervals for proportions in complex
 * sample surveys", Journal of Survey Statistics and Methodology 7, 334-364).
 */
export function shareInterval({ share, of }: Share): readonly [low: number, high: number] {
  const square = NORMAL ** 2;
  const middle = (share + square / (2 * of)) / (1 + square / of);
  const half = (NORMAL / (1 + square / of)) * Math.sqrt((share * (1 - share)) / of + square / (4 * of ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Whether a share is within what is allowed, by its interval; open: it may be either. */
export function judgeShare(share: Share, allowed: number): 'kept' | 'broken' | 'open' {
  const [low, high] = shareInterval(share);
  return low > allowed ? 'broken' : high <= allowed ? 'kept' : 'open';
}

/**
 * How likely it is that counting on will tell whether a share is within what is allowed: the predictive power of a
 * test that is looked at before its end (Spiegelhalter, Freedman and Blackburn 1986, "Monitoring clinical trials:
 * conditional or predictive power?", Controlled Clinical Trials 7, 8-17).
 * @param part the part of the whole count that is done, above 0.
 */
export function chanceToTell({ share, of }: Share, allowed: number, part: number): number {
  // Of none or few that were beyond, the next ones may well be.
  const smooth = (share * of + 0.5) / (of + 1);
  const spread = Math.sqrt((smooth * (1 - smooth) * Math.max(0, 1 - part)) / of);
  const wanted = NORMAL * Math.sqrt((allowed * (1 - allowed) * part) / of);
  if (spread === 0) return Math.abs(share - allowed) > wanted ? 1 : 0;
  // No share is below none: where that would not be enough, it can't be told to be kept.
  const below = wanted < allowed ? cumulativeStdNormalProbability((allowed - wanted - share) / spread) : 0;
  return below + 1 - cumulativeStdNormalProbability((allowed + wanted - share) / spread);
}

const partsAt = (windows: readonly Histogram[], limitMs: number): Part[] =>
  windows.map((window) => ({ beyond: window.countAbove(limitMs), count: window.count }));

const total = (parts: readonly Part[], what: keyof Part): number =>
  parts.reduce((sum, part) => sum + part[what], 0);

/** The highest limit that so many of all requests took longer than. */
function limitBelow(windows: readonly Histogram[], wanted: number): number {
  const all = windows[0]!.copy();
  for (const window of windows.slice(1)) all.add(window);
  return all.edgeBelow(wanted);
}

/** How many independent requests tell the share as surely. */
function effectiveOf(all: readonly Part[]): number {
  const n = total(all, 'count');
  const share = total(all, 'beyond') / n;
  let parts = all;
  while (parts.length >= 2 * FEWEST_PARTS && dependent(parts, share)) parts = inPairs(parts);
  const { length } = parts;
  const independent = (share * (1 - share)) / n;
  const residuals = residualsOf(parts, share);
  const squares = residuals.reduce((sum, value) => sum + value ** 2, 0);
  const variance = ((length / (length - 1)) * squares) / n ** 2;
  const effect = independent > 0 ? Math.max(1, variance / independent) : 1;
  const quantile = STUDENT[length - 2] ?? NORMAL;
  return Math.max(1, (n / effect) * (NORMAL / quantile) ** 2);
}

const residualsOf = (parts: readonly Part[], share: number): number[] =>
  parts.map(({ beyond, count }) => beyond - share * count);

const inPairs = (parts: readonly Part[]): Part[] =>
  Array.from({ length: Math.ceil(parts.length / 2) }, (_, pair) => {
    const two = parts.slice(2 * pair, 2 * pair + 2);
    return { beyond: total(two, 'beyond'), count: total(two, 'count') };
  });

function dependent(parts: readonly Part[], share: number): boolean {
  const residuals = residualsOf(parts, share);
  if (mean(residuals.map(Math.abs)) < 1e-9) return false;
  return sampleCorrelation(residuals.slice(1), residuals.slice(0, -1)) > MOST_CORRELATION;
}
