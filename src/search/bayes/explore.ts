import type { Candidate } from '../../space/space.ts';
import { normalDensity, normalProbability } from '../../statistics/gaussian-process.ts';
import { type Knowledge, ladderOf, type Spot } from './knowledge.ts';
import type { Surrogate } from './surrogate.ts';

// Tuned with `npm run bench:search`, where nothing else is said.

/** Configurations beside the default that are measured before anything is concluded. */
const SPREAD = 3;
/** At which loads the default is measured first, and the others: shares of the way from the least load to the largest. */
const DEFAULT_RUNGS = [0.3, 0.7];
const RUNGS = [0.5];
/** So many configurations that earlier runs found best are measured first instead. No bench has earlier runs: a guess. */
const PROMISING = 2;
/** Configurations of the square that further slots look at, and at which loads, by turns. */
const FURTHER = 4;
const FURTHER_RUNGS = [0.3, 0.7];
/**
 * A start of a server costs as much as STARTS / (starts that the search may use) measurements: the fewer it has, the dearer
 * each is.
 */
const STARTS = 150;
/** How much dearer a start is that builds a TensorRT engine: that takes minutes. A guess, as no bench builds one. */
const BUILD = 10;
/** So often a point is measured before the finals, at most. */
const MOST_LOOKS = 3;
/** A gain of less, as a share of the best, is not worth going on for. A promise of the README, not tuned. */
export const WORTHWHILE = 0.02;

/**
 * What is measured before anything is concluded: the default configuration, and a Latin square of others, in which each
 * configuration has another share of every field's range. The ends of the ranges are left out: what does not fit into memory
 * and what is of no use lies there. `variants` configurations at most.
 */
export function firstSpots(
  knowledge: Knowledge,
  candidates: readonly Candidate[],
  variants = SPREAD + 1,
): Spot[] {
  const [first] = candidates;
  const { prior } = knowledge;
  const ofDefault = first ? rungsOf(knowledge, first, DEFAULT_RUNGS) : [];
  if (prior) {
    const others = promising(knowledge, prior, ({ candidate }) => candidate !== first);
    return [...ofDefault, ...others.slice(0, Math.min(PROMISING, variants - 1))];
  }
  const open = new Set(candidates.filter((candidate) => ladderOf(knowledge, candidate).length > 0));
  const spots = [...ofDefault];
  const isServed = open.delete(first!);
  const others = Math.min(SPREAD, isServed ? variants - 1 : variants, open.size);
  for (let index = 0; index < others; index++) {
    const next = knowledge.nearest([...open], (axis) => (((index + axis) % others) + 0.5) / others);
    open.delete(next);
    spots.push(...rungsOf(knowledge, next, RUNGS));
  }
  return spots;
}

/**
 * What further slots look at while nothing is known yet: a Latin square of more configurations, by turns with few and with
 * many in flight. Where earlier runs are known, what they make expect most of.
 * @param index how many there were before.
 * @param isNew whether nobody has looked at a point's configuration and it may be asked for.
 * @returns undefined: there is none.
 */
export function furtherSpot(
  knowledge: Knowledge,
  index: number,
  isNew: (spot: Spot) => boolean,
): Spot | undefined {
  const { prior } = knowledge;
  if (prior) return promising(knowledge, prior, isNew)[0];
  const open = new Set(knowledge.spots.filter(isNew).map(({ candidate }) => candidate));
  if (open.size === 0) return undefined;
  const next = knowledge.nearest([...open], (axis) => (((index + 2 * axis) % FURTHER) + 0.5) / FURTHER);
  return rungsOf(knowledge, next, [FURTHER_RUNGS[index % FURTHER_RUNGS.length]!])[0];
}

/** The points at these shares of a configuration's ladder of loads. */
function rungsOf(knowledge: Knowledge, candidate: Candidate, shares: readonly number[]): Spot[] {
  const ladder = ladderOf(knowledge, candidate);
  const spots = shares.flatMap((share) => ladder[Math.round(share * (ladder.length - 1))] ?? []);
  return [...new Set(spots)];
}

/** The best of these points of each configuration by what earlier runs make expect; the best first. */
function promising(knowledge: Knowledge, prior: Surrogate, isAllowed: (spot: Spot) => boolean): Spot[] {
  const best = new Map<Candidate, { spot: Spot; standing: number }>();
  for (const spot of knowledge.spots) {
    if (!isAllowed(spot)) continue;
    const standing = knowledge.standing(spot, prior.look(spot));
    const known = best.get(spot.candidate);
    if (!known || standing > known.standing) best.set(spot.candidate, { spot, standing });
  }
  return [...best.values()].sort((a, b) => b.standing - a.standing).map(({ spot }) => spot);
}

/** Where to measure next. */
export interface Proposal {
  readonly spot: Spot;
  /**
   * The most that any point may gain: the gain over the best so far that is expected beyond WORTHWHILE, as a share of the
   * best. Until something keeps the limits: the probability that the likeliest point does.
   */
  readonly gain: number;
}

/** Where a slot stands that looks for its next point. */
interface Place {
  /** What its server runs. */
  readonly on: Candidate | undefined;
  /** What is being measured. */
  readonly pending: readonly Spot[];
  /** Whether a point may be asked for now. */
  readonly isAllowed: (spot: Spot) => boolean;
  /** Starts of a server that the whole search may use. */
  readonly starts: number;
  /** Throughput is the only objective. */
  readonly byThroughput: boolean;
}

/**
 * The point that promises most for what it costs to get there: the gain over the best that probably keeps the limits,
 * times the probability that it keeps them and can be served. Until something keeps them, that comes first.
 */
export function nextSpot(knowledge: Knowledge, place: Place): Proposal | undefined {
  const { on, isAllowed, byThroughput } = place;
  const seen = knowledge.seen.map((spot) => knowledge.look(spot));
  const look = knowledge.lookBelieving(place.pending);
  // What others measure now is believed to come true: another point must be better than that.
  const holding = [...seen, ...place.pending.map(look)].filter(({ holds }) => holds >= 0.5);
  const best =
    holding.length > 0
      ? Math.max(...holding.map(({ worth }) => worth.mean))
      : Math.min(...seen.map(({ worth }) => worth.mean));
  const chance = knowledge.chances();
  const start = STARTS / place.starts;
  const proposals = knowledge.spots.flatMap((spot): (Proposal & { value: number })[] => {
    const again = spot.results.length > 0;
    // What may keep the limits after all is worth another look while its server runs.
    if (!isAllowed(spot) || (again && (spot.candidate !== on || spot.results.length >= MOST_LOOKS)))
      return [];
    if (byThroughput && holding.length > 0 && knowledge.most(spot) < best) return [];
    const { worth, holds } = look(spot);
    if (again && holds >= 0.5) return [];
    const more = worth.mean - best;
    const likely = holds * chance(spot.candidate);
    const deviation = Math.sqrt(worth.variance);
    const another = Math.max(0, more) * holds;
    const [value, gain] = again
      ? [another, another]
      : holding.length === 0
        ? [likely * holds * Math.exp(0.3 * more), likely]
        : [likely * expectedGain(more, deviation), likely * expectedGain(more - WORTHWHILE, deviation)];
    const cost = spot.candidate === on ? 1 : 1 + start * buildOf(spot.candidate);
    return [{ spot, gain, value: value / cost }];
  });
  if (proposals.length === 0) return undefined;
  const { spot } = proposals.reduce((a, b) => (b.value > a.value ? b : a));
  return { spot, gain: proposals.reduce((most, { gain }) => Math.max(most, gain), 0) };
}

const buildOf = ({ models: [{ config }] }: Candidate): number =>
  /"tensorrt"/i.test(JSON.stringify(config['optimization'] ?? {})) ? BUILD : 1;

/** Expected value of a normal variable where it is above 0. */
export function expectedGain(mean: number, deviation: number): number {
  if (deviation < 1e-9) return Math.max(0, mean);
  const z = mean / deviation;
  return mean * normalProbability(z) + deviation * normalDensity(z);
}
