import { isRate, levelOf } from '../../record/load-point.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, isSound, ladderOf, timesAtLoads } from './scene.ts';

/** More load brings nothing where it brings so much at most within the noise; it ran on the same start of the server. */
const MOST = 1.05;
const [THROUGHPUT, LATENCY] = ['perf_throughput', 'perf_latency_p50'];

export const saturated: Rule = {
  name: 'saturated',
  kind: 'cause',
  speaks:
    'more requests in flight than at the best point bring less than 5 % within the noise, and the median latency grows for sure',
  find({ shown }) {
    const best = shown.best.measurement;
    if (isRate(best.point) || !isSound(best)) return undefined;
    const more = ladderOf(shown)
      .map(({ measurement }) => measurement)
      .find((measurement) => levelOf(measurement.point) > levelOf(best.point) && isSound(measurement));
    if (!more) return undefined;
    const rate = timesAtLoads(more, best, THROUGHPUT);
    const latency = timesAtLoads(more, best, LATENCY);
    if (!rate || !latency || rate.high > MOST || latency.low <= 1) return undefined;
    const figure = (item: typeof best, tag: string): string => formatNumber(item.whole.values[tag]!);
    return {
      text: `More than ${levelOf(best.point)} requests in flight only add latency: ${shown.trial.name} does ${figure(more, THROUGHPUT)} infer/s ${loadWords(more.point)} instead of ${figure(best, THROUGHPUT)}, at a median latency of ${figure(more, LATENCY)} ms instead of ${figure(best, LATENCY)}.`,
      evidence: [best, more].map((measurement) =>
        evidenceOf(shown, measurement, [THROUGHPUT, LATENCY, 'perf_latency_p99']),
      ),
      worth: 1 - 1 / latency.times,
    };
  },
};
