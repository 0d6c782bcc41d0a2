import { byVerdict, type Check, verdictOf } from '../goal/score.ts';
import { areSameCriteria, type Goal } from '../record/goal.ts';
import { isSamePoint } from '../record/load-point.ts';
import { isClientBound } from '../record/measurement.ts';
import type { BeliefRecord } from '../record/run.ts';
import { keepsForSure, missesForSure } from './limit-noise.ts';
import type { Noise } from './noise.ts';
import type { RankedEntry, RankedPoint } from './standings.ts';

/** A search that believes with less than this that its best keeps the limits promises nothing. */
export const LEAST_SURE = 0.5;
/** From here on it overrules a value that is beyond a limit by less than its noise. Not tuned. */
const SURE = 0.9;

/** A ranking that goes by what the search believes. */
interface Followed {
  readonly belief: BeliefRecord;
  /** That which the search would name goes first, with the load that it would name. */
  readonly entries: readonly RankedEntry[];
}

/**
 * Lets a search's belief lead: it has everything that was measured under one model of it, and knows the noise, where the
 * best of many means is too high. undefined, so that what was measured decides by itself, where there is no belief by this
 * goal, where what it names was not measured, or where the measurement says clearly otherwise of the limits.
 * @param entries by what was measured, best first.
 */
export function followed(
  belief: BeliefRecord | undefined,
  entries: readonly RankedEntry[],
  goal: Goal,
  noise: Noise,
): Followed | undefined {
  const [top] = entries;
  if (!belief || !top || !areSameCriteria(belief.goal, goal)) return undefined;
  const entry = entries.find(({ trial }) => trial.name === belief.variant);
  const measured = entry?.points.find(({ measurement }) => isSamePoint(measurement.point, belief.point));
  if (!entry || !measured) return undefined;
  const best = believed(measured, belief, noise);
  if (!best || byVerdict(best, top.best) > 0) return undefined;
  // What was measured on the machine in another state leads nothing.
  if (best.measurement.drifted && !top.best.measurement.drifted) return undefined;
  const named: RankedEntry = {
    trial: entry.trial,
    best,
    points: [best, ...entry.points.filter((point) => point !== measured)],
    alike: entry.best === measured ? entry.alike : [],
  };
  return { belief, entries: [named, ...entries.filter((other) => other !== entry)] };
}

/** A point as the search believes that it is; undefined where the measurement says clearly otherwise. */
function believed(point: RankedPoint, { keeps }: BeliefRecord, noise: Noise): RankedPoint | undefined {
  if (point.verdict !== 'missed') return keeps < LEAST_SURE && keepsForSure(point, noise) ? undefined : point;
  if (missesForSure(point, noise) || keeps < LEAST_SURE) return undefined;
  if (keeps < SURE) return point;
  const checks = point.checks.map(
    (check): Check =>
      check.verdict === 'missed' ? { ...check, verdict: 'met', missedBy: 0, believed: keeps } : check,
  );
  return { ...point, checks, verdict: verdictOf(checks), missedBy: 0 };
}

/** The noise with what the search believes of the leader: how much its objective differs over starts. */
export function withBelief(
  noise: Noise,
  { interval }: BeliefRecord,
  { best: { measurement } }: RankedEntry,
  { objectives }: Goal,
): Noise {
  const [only, ...others] = objectives;
  // Where the client was the limit the figure is the least that the server can do.
  if (!only || others.length > 0 || !interval || isClientBound(measurement)) return noise;
  return { ...noise, believed: { measurement, tag: only.tag, interval } };
}
