import type { Candidate } from '../../space/space.ts';
import { type Knowledge, ladderOf, type Spot } from './knowledge.ts';
import type { Surrogate } from './surrogate.ts';

// Tuned with `npm run bench:search`, where nothing else is said.

/** Configurations beside the default that are measured before anything is concluded. */
const SPREAD = 4;
/** At which loads the default is measured first, and the others: shares of the way from the least load to the largest. */
const DEFAULT_RUNGS = [0.3, 0.7];
const RUNGS = [0.5];
/** So many configurations that earlier runs found best are measured first instead. No bench has earlier runs: a guess. */
const PROMISING = 2;
/** Configurations of the square that further slots look at, and at which loads, by turns. */
const FURTHER = 4;
const FURTHER_RUNGS = [0.3, 0.7];

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
