import type { Candidate } from '../../space/space.ts';
import { normalDensity, normalProbability } from '../../statistics/gaussian-process.ts';
import type { Economy } from './economy.ts';
import { doubt, type Knowledge, type Spot } from './knowledge.ts';
import { chancesOf, type Expectation, type Look } from './surrogate.ts';

/** What may be done next. */
export interface Step {
  readonly spot: Spot;
  /** It was measured before, and is to be on the server that runs, or on one started for it. */
  readonly again?: 'here' | 'afresh';
  /** By how much the verdict is expected to be better for it, as a share of the objective, and the seconds that it takes. */
  readonly gain: number;
  readonly seconds: number;
}

/** Where a slot stands that looks for its next step. */
export interface Place {
  /** What its server runs. */
  readonly on: Candidate | undefined;
  /** What is being measured. */
  readonly pending: readonly Spot[];
  /** Whether a point may be asked for now. */
  readonly isAllowed: (spot: Spot) => boolean;
  /** Throughput is the only objective. */
  readonly byThroughput: boolean;
}

/** How a point may be looked at: on the server that runs or on so many new ones, so often on each. */
interface Way {
  readonly isHere: boolean;
  readonly starts: number;
  readonly looks: number;
}

/**
 * Several looks at once are weighed, too: where one can't change the verdict, three may (Frazier and Powell, Paradoxes in
 * learning and the marginal value of information, 2010).
 */
const HERE: readonly Way[] = [1, 3].map((looks) => ({ isHere: true, starts: 0, looks }));
const AFRESH: readonly Way[] = [
  { isHere: false, starts: 1, looks: 1 },
  { isHere: false, starts: 1, looks: 3 },
  { isHere: false, starts: 3, looks: 1 },
];
/** What so many looks at a point left in doubt stays in doubt: it lies where a limit is. Tuned with `npm run bench:search`. */
const MOST_LOOKS = 20;
/**
 * What is expected of a point that was never looked at is off by less than its deviation says most of the time, and now and then
 * by far more: with these probabilities by a normal error of so many deviations. So what is probably out of reach is looked at
 * all the same where it would be worth much. Tuned with `npm run bench:search`.
 */
const ERRORS = [
  { probability: 0.9, deviations: 0.8 },
  { probability: 0.1, deviations: 2.5 },
];
/** The same of a point that was looked at: as far as its deviation says. */
const KNOWN_ERROR = [{ probability: 1, deviations: 1 }];
/** Nodes and weights of the normal distribution's Gauss-Hermite quadrature with seven nodes. */
const NODES = [
  -3.750439717725742, -2.366759410734541, -1.154405394739968, 0, 1.154405394739968, 2.366759410734541,
  3.750439717725742,
];
const WEIGHTS = [
  0.000548268855972219, 0.0307571239675865, 0.240123178605013, 0.457142857142857, 0.240123178605013,
  0.0307571239675865, 0.000548268855972219,
];

/**
 * The step whose expected gain for the verdict is largest for the time it takes (the knowledge gradient over the cost): the
 * verdict is the point that stands best, and a look changes what a point stands for by what it tells of its worth and its limits.
 * @returns undefined: nothing is allowed.
 */
export function bestStep(knowledge: Knowledge, economy: Economy, place: Place): Step | undefined {
  const { on, isAllowed } = place;
  const surrogate = knowledge.believing(place.pending);
  const standings = knowledge.spots.map((spot) => {
    const look = surrogate.look(spot);
    return { spot, look, standing: knowledge.standing(spot, look) };
  });
  // Only what was looked at, or is being, can be the verdict.
  const known = standings.filter(({ spot }) => spot.results.length > 0 || place.pending.includes(spot));
  known.sort((a, b) => b.standing - a.standing);
  const [leader, second] = known;
  if (!leader) return undefined;
  const leaderWith = surrogate.worthWith(leader.spot);
  const chance = knowledge.chances();
  let best: Step | undefined;
  for (const { spot, look } of standings) {
    if (!isAllowed(spot) || spot.results.length >= MOST_LOOKS) continue;
    const isSeen = spot.results.length > 0;
    // Which of those that break the limits breaks them with the most throughput is of no use.
    if (isSeen && Math.max(look.nearly, leader.look.nearly) < HOPELESS) continue;
    if (!isSeen && place.byThroughput && knowledge.most(spot) < leader.standing) continue;
    const isLeader = spot === leader.spot;
    const rival = isLeader ? (second?.standing ?? leader.standing - 1) : leader.standing;
    const shared = isLeader || !second ? 0 : leaderWith(spot);
    const isOn = spot.candidate === on;
    const ways = isOn ? (isSeen ? [...HERE, ...AFRESH] : HERE) : AFRESH;
    const weighed = (isSeen ? KNOWN_ERROR : ERRORS).map(({ probability, deviations }) => ({
      probability,
      spot,
      look: offBy(deviations, look),
      isLeader,
      rival,
      shared,
    }));
    const server = knowledge.serverOf(spot.candidate);
    for (const way of ways) {
      const gain = weighed.reduce((sum, item) => sum + item.probability * gainOf(item, way, server), 0);
      const likely = gain * chance(spot.candidate);
      const seconds =
        way.starts * economy.startS(spot.candidate) + Math.max(1, way.starts) * way.looks * economy.lookS;
      if (best && likely / seconds <= best.gain / best.seconds) continue;
      const again = isSeen ? (way.isHere ? ('here' as const) : ('afresh' as const)) : undefined;
      best = { spot, gain: likely, seconds, ...(again && { again }) };
    }
  }
  return best;
}

/** A point that is less probable than this to keep the limits, or to miss them by less than 5 %, is not measured again. Not tuned. */
export const HOPELESS = 0.05;
/** A gain of less, as a share of the best, is not worth a change. A promise of the README. */
export const WORTHWHILE = 0.02;
/** A step is worth what it is expected to gain above this. Less than what is worth a change, as that is known only by looking. */
const LITTLE = WORTHWHILE / 2;

interface Weighed {
  readonly spot: Spot;
  readonly look: Look;
  /** It is the verdict as things stand. */
  readonly isLeader: boolean;
  /** What stands best without this point. */
  readonly rival: number;
  /** Covariance of its worth with the leader's. */
  readonly shared: number;
}

/** What is expected, with deviations so many times as large. */
function offBy(times: number, { worth, rooms, ...chances }: Look): Look {
  const wider = (item: Expectation): Expectation => ({ ...item, variance: times ** 2 * item.variance });
  return { ...chances, worth: wider(worth), rooms: rooms.map(wider) };
}

/** The expected gain of the verdict by looking at a point in a way. */
function gainOf(
  { spot, look, isLeader, rival, shared }: Weighed,
  way: Way,
  server: number | undefined,
): number {
  const { worth, rooms } = look;
  const more = moreOf(spot, way, server);
  const moved = movedBy(worth, more);
  // A look moves the leader along with what they have in common.
  const deviation =
    worth.variance > 0 ? (Math.sqrt(moved) * Math.max(0, worth.variance - shared)) / worth.variance : 0;
  // The verdict changes to this point, or from it to the next best.
  const changed = (reached: number): number => {
    const more = isLeader ? rival - reached : reached - rival;
    return expectedGain(more - LITTLE, deviation);
  };
  if (rooms.length === 0) return changed(worth.mean);
  // The rooms move together: those of several latencies are broken by the same requests.
  const moves = rooms.map((room) => Math.sqrt(movedBy(room, more)));
  return NODES.reduce((sum, node, index) => {
    let [holds, nearly] = [1, 1];
    for (const [at, room] of rooms.entries()) {
      const chances = chancesOf(room.mean + node * moves[at]!, room.variance - moves[at]! ** 2);
      holds *= chances.holds;
      nearly *= chances.nearly;
    }
    return sum + WEIGHTS[index]! * changed(worth.mean - doubt(holds, nearly));
  }, 0);
}

/** How much more of a quantity's own value is told by looking in a way, as an inverse variance. */
type More = (noise: Expectation['noise']) => number;

function moreOf(spot: Spot, { isHere, starts, looks }: Way, server: number | undefined): More {
  const counts = new Map<number, number>();
  for (const result of spot.results) counts.set(result.server, (counts.get(result.server) ?? 0) + 1);
  const here = server === undefined ? 0 : (counts.get(server) ?? 0);
  return ({ start, look }) => {
    const told = (count: number): number => (count === 0 ? 0 : 1 / (start + look / count + 1e-12));
    return isHere ? told(here + looks) - told(here) : starts * told(looks);
  };
}

/** Variance by which the mean of a quantity will move. */
function movedBy({ variance, noise }: Expectation, more: More): number {
  const added = more(noise);
  return added <= 0 || variance <= 0 ? 0 : variance - 1 / (1 / variance + added);
}

/** Expected value of a normal variable where it is above 0. */
export function expectedGain(mean: number, deviation: number): number {
  if (deviation < 1e-9) return Math.max(0, mean);
  const z = mean / deviation;
  return mean * normalProbability(z) + deviation * normalDensity(z);
}
