import { isRate, levelOf } from '../../record/load-point.ts';
import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { allPoints, evidenceOf, isSound, ladderOf, timesAtLoads } from './scene.ts';

/** It grows when the larger load brings so much more for sure. */
const GROWS = 1.05;
/** A rate is taken where so much of it comes back. */
const TAKEN = 0.99;
const TAG = 'perf_throughput';

export const lookFurther: Rule = {
  name: 'look-further',
  kind: 'gain',
  speaks:
    'the throughput of the best configuration still grows for sure, by 5 % or more, at the largest load of all; or the largest request rate is still taken',
  find(scene) {
    const { shown, ranking } = scene;
    if (!ranking.goal.objectives.some(({ tag }) => tag === TAG)) return undefined;
    const ladder = ladderOf(shown).filter(({ verdict }) => verdict !== 'missed');
    const last = ladder.at(-1)?.measurement;
    const before = ladder.at(-2)?.measurement;
    if (!last || last !== shown.best.measurement || !isSound(last)) return undefined;
    const largest = Math.max(
      ...allPoints(scene)
        .filter(({ measurement }) => isRate(measurement.point) === isRate(last.point))
        .map(({ measurement }) => levelOf(measurement.point)),
    );
    // More load was looked at: elsewhere, or here and it broke a limit, or the client was the limit.
    if (largest > levelOf(last.point)) return undefined;
    const level = formatNumber(levelOf(last.point)).replace('.00', '').replace('.0', '');
    if (isRate(last.point)) {
      const { asked } = last.client ?? {};
      const served = last.whole.values['perf_send_rate'];
      if (!asked || served === undefined || served < TAKEN * asked || isClientBound(last)) return undefined;
      return {
        text: `${shown.trial.name} takes the largest request rate that was tried, ${level} requests a second: what it can take is more. Look further (request_rate above ${level}).`,
        evidence: [evidenceOf(shown, last, [TAG, 'perf_send_rate', 'perf_latency_p99'])],
        worth: 0.5,
      };
    }
    const grown = before && isSound(before) ? timesAtLoads(last, before, TAG) : undefined;
    if (!before || !grown || grown.low < GROWS) return undefined;
    return {
      text: `Throughput still grows at the largest load: ${shown.trial.name} does ${formatNumber(last.whole.values[TAG]!)} infer/s ${loadWords(last.point)}, ${formatNumber(100 * (grown.times - 1))} % (± ${formatNumber(100 * (grown.times - grown.low))}) more than with ${levelOf(before.point)}. Look further (concurrency above ${level}).`,
      evidence: [before, last].map((measurement) =>
        evidenceOf(shown, measurement, [TAG, 'perf_latency_p99']),
      ),
      worth: Math.min(1, grown.times - 1),
    };
  },
};
