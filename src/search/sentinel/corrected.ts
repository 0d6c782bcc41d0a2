import { followsSpeed } from '../../ground/metric.ts';
import { isRate, type LoadPoint } from '../../record/load-point.ts';
import type { Figures } from '../search.ts';

/**
 * How sure figures are that were only converted, as a share (standard deviation): what holds a machine back does not hold
 * every configuration back alike. Not tuned.
 */
const UNSURE = 0.15;

/**
 * What figures of another state of the machine would come to now, if everything had changed as the sentinel did: rates
 * and times change by that, what is used of memory and power does not.
 * @param times how many times as well the sentinel does now.
 */
export function corrected({ values, deviations }: Figures, point: LoadPoint, times: number): Figures {
  const factorOf = (tag: string): number => times ** followsSpeed(tag, isRate(point));
  const tags = Object.keys(values);
  return {
    values: Object.fromEntries(tags.map((tag) => [tag, values[tag]! * factorOf(tag)])),
    deviations: {
      ...deviations,
      ...Object.fromEntries(
        tags
          .filter((tag) => factorOf(tag) !== 1)
          .map((tag) => [tag, Math.hypot(deviations?.[tag] ?? 0, UNSURE)]),
      ),
    },
  };
}
