import { metric } from '../../ground/metric.ts';
import type { Objective } from '../../record/goal.ts';
import { cholesky, normalProbability } from '../../statistics/gaussian-process.ts';
import { randomSource, standardNormal } from '../../statistics/random-source.ts';
import type { Belief } from '../search.ts';
import type { Knowledge, Spot } from './knowledge.ts';
import type { Look } from './surrogate.ts';

/** A point that is better by less is as good. */
const BETTER = Math.log(1.05);
/** So many points that may be better are held against the verdict together, in so many draws of all that is not known. */
const RIVALS = 24;
const DRAWS = 2000;
/** What so many further minutes would gain is told. */
const MINUTES = 10;
/**
 * Half an interval, in standard deviations: Student's 95 % quantile for 11 degrees of freedom, as what scatters is learned
 * from about so many looks. Held against the truth with `npm run bench:search`.
 */
const QUANTILE = 2.2;

/**
 * The draws are surer than they may be: how often something was better follows their share by this line between logits. Fitted
 * to 799 runs on simulated models, quiet, usual and rough (`npm run bench:search`).
 */
const AS_TOLD = { shift: -1.05, slope: 0.45 };
/**
 * Of what a search names, chosen for what was measured there, the model is surer than it may be that it keeps the limits: how
 * often it did follows what the model says by this line between logits. Fitted to 311 runs under limits, on simulated models and
 * two recorded grids (`npm run bench:search`); the model gave none of them less than even odds, where it is the same line.
 */
const KEPT_AS_TOLD = { shift: 0, slope: 0.65 };

/** What a belief depends on beside what is known of points. */
interface Circumstances {
  readonly objectives: readonly Objective[];
  /** Whether a point may still be measured. */
  readonly isOpen: (spot: Spot) => boolean;
  /** What a second of the next step is expected to gain, as a share of the objective. */
  readonly rate: number;
  /** The option with which the search would go on. */
  readonly by: string | undefined;
}

interface Rival {
  readonly spot: Spot;
  readonly look: Look;
}

/**
 * What is believed of a verdict.
 * @param leader the point that the verdict names.
 */
export function beliefOf(knowledge: Knowledge, leader: Spot, circumstances: Circumstances): Belief {
  const { objectives, rate, by } = circumstances;
  const { surrogate } = knowledge;
  const own = surrogate.look(leader);
  const rivals = rivalsOf(knowledge, { spot: leader, look: own }, circumstances);
  const wins = drawsOf(knowledge, [{ spot: leader, look: own }, ...rivals]);
  const likeliest = rivals[wins.byRival.indexOf(Math.max(...wins.byRival))]?.spot;
  const { candidate, point } = leader;
  return {
    candidate,
    point,
    ...intervalOf(own, objectives),
    keeps: keepsBy(own.holds),
    better: {
      chance: rivals.length === 0 ? 0 : chanceBy(wins.any),
      ...(likeliest && { candidate: likeliest.candidate, point: likeliest.point }),
    },
    more: { minutes: MINUTES, gain: Math.min(wins.gain, rate * MINUTES * 60), ...(by && { by }) },
  };
}

/** Throughput is all that is looked for. */
export const isByThroughput = (objectives: readonly Objective[]): boolean =>
  objectives.length === 1 && objectives[0]!.tag === 'perf_throughput';

/** The only objective's value and interval, in its unit. */
function intervalOf({ worth }: Look, objectives: readonly Objective[]): Pick<Belief, 'value' | 'interval'> {
  const [only, ...more] = objectives;
  if (!only || more.length > 0) return {};
  const sign = metric(only.tag).better === 'higher' ? 1 : -1;
  const half = QUANTILE * Math.sqrt(worth.variance);
  const [low, high] = [-half, half].map((by) => Math.exp(sign * worth.mean + by));
  return { value: Math.exp(sign * worth.mean), interval: [low!, high!] };
}

/** Those that are likeliest to be better, each by itself. */
function rivalsOf(knowledge: Knowledge, leader: Rival, { objectives, isOpen }: Circumstances): Rival[] {
  const byThroughput = isByThroughput(objectives);
  const { surrogate } = knowledge;
  const shared = surrogate.worthWith(leader.spot);
  const chance = knowledge.chances();
  return knowledge.spots
    .filter(
      (spot) =>
        spot !== leader.spot &&
        isOpen(spot) &&
        !(byThroughput && knowledge.most(spot) < leader.look.worth.mean),
    )
    .map((spot) => {
      const look = surrogate.look(spot);
      const variance = look.worth.variance + leader.look.worth.variance - 2 * shared(spot);
      const more = look.worth.mean - leader.look.worth.mean - BETTER;
      const likely = normalProbability(more / Math.sqrt(Math.max(1e-9, variance)));
      return { spot, look, likely: likely * look.holds * chance(spot.candidate) };
    })
    .sort((a, b) => b.likely - a.likely)
    .slice(0, RIVALS);
}

/** Probability that something is better, where it was in this share of the draws. */
export function chanceBy(share: number): number {
  // Half a draw, where it was in none or in all: what no draw shows is not impossible.
  const most = 1 - 0.5 / DRAWS;
  return scaled(Math.min(most, Math.max(1 - most, share)), AS_TOLD);
}

/** Probability that what is named keeps the limits, by that which the model gives it. */
export const keepsBy = (probability: number): number => scaled(probability, KEPT_AS_TOLD);

/** A probability by a line between logits, as in Platt's scaling of a classifier. */
function scaled(probability: number, { shift, slope }: typeof AS_TOLD): number {
  const logit = shift + slope * Math.log(probability / (1 - probability));
  return 1 / (1 + Math.exp(-logit));
}

/** How often any of the others, and how often each, is better than the first and keeps the limits. */
function drawsOf(knowledge: Knowledge, all: readonly Rival[]) {
  const { surrogate } = knowledge;
  const chance = knowledge.chances();
  const random = randomSource(1);
  const normal = (): number => standardNormal(random);
  const worth = drawer(all, (spot) => surrogate.worthWith(spot), normal);
  const rooms = all[0]!.look.rooms.map((_, limit) =>
    drawer(all, (spot) => surrogate.roomWith(limit, spot), normal),
  );
  const byRival = all.slice(1).map(() => 0);
  let [any, gain] = [0, 0];
  for (let draw = 0; draw < DRAWS; draw++) {
    const moved = worth();
    const room = rooms.map((of) => of());
    const first = all[0]!.look.worth.mean + moved[0]!;
    const best = all.reduce(
      (top, { spot, look }, index) => {
        if (index === 0) return top;
        const value = look.worth.mean + moved[index]!;
        if (value <= Math.max(first, top.value)) return top;
        if (!look.rooms.every(({ mean }, limit) => mean + room[limit]![index]! > 0)) return top;
        return random() < chance(spot.candidate) ? { value, index } : top;
      },
      { value: Number.NEGATIVE_INFINITY, index: 0 },
    );
    if (best.index === 0) continue;
    gain += Math.exp(best.value - first) - 1;
    if (best.value <= first + BETTER) continue;
    any++;
    byRival[best.index - 1]!++;
  }
  return { any: any / DRAWS, gain: gain / DRAWS, byRival: byRival.map((count) => count / DRAWS) };
}

/** Draws how far points are from what is expected of them, all together. */
function drawer(
  all: readonly Rival[],
  covariancesWith: (spot: Spot) => (other: Spot) => number,
  normal: () => number,
): () => number[] {
  const covariances = all.map(({ spot }) => covariancesWith(spot));
  const factor = cholesky(
    all.map(() => 1e-8),
    (i, j) => covariances[i]!(all[j]!.spot),
  );
  return () => {
    const drawn = all.map(() => normal());
    return factor.map((row) => row.reduce((sum, value, index) => sum + value * drawn[index]!, 0));
  };
}
