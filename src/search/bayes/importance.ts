import { mean, variance } from 'simple-statistics';
import { batchSizeOf, levelOf } from '../../record/load-point.ts';
import type { Importance } from '../../record/run.ts';
import type { Knowledge, Spot } from './knowledge.ts';

/** What decides less than this share is left out. */
const LEAST_SHARE = 0.005;

/**
 * How much each field of the configuration and the load decide, by what is expected of every point of the space: the
 * variance of the means over the field's values, as a share of the variance over all points (a first-order Sobol index,
 * every point counting the same). What fields do only together is in none of them.
 */
export function importance(knowledge: Knowledge): Importance[] {
  const points = knowledge.spots.map((spot) => ({ spot, worth: knowledge.look(spot).worth.mean }));
  const all = variance(points.map(({ worth }) => worth));
  if (!(all > 0)) return [];
  const paths = new Set(points.flatMap(({ spot }) => Object.keys(spot.candidate.models[0].assignment)));
  const share = (value: (spot: Spot) => string): number => {
    const means = [...Map.groupBy(points, ({ spot }) => value(spot)).values()].flatMap((group) => {
      const middle = mean(group.map(({ worth }) => worth));
      return group.map(() => middle);
    });
    return variance(means) / all;
  };
  return [
    ...[...paths].map((path) => ({
      parameter: path,
      // The default has values of its own, which nothing lists.
      share: share(({ candidate }) => JSON.stringify(candidate.models[0].assignment[path]) ?? 'default'),
    })),
    { parameter: 'load', share: share(({ point }) => String(levelOf(point))) },
    { parameter: 'client batch', share: share(({ point }) => String(batchSizeOf(point))) },
  ]
    .filter((item) => item.share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share);
}
