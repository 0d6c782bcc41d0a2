import { formatNumber, loadWords } from '../words.ts';
import { noGainText } from './plateau-words.ts';
import type { Rule } from './rule.ts';
import { evidenceOf, type Scene, sameLoad, timesAcross } from './scene.ts';
import { familyOf, type Member, plateauOf, QUEUE_DELAY } from './setting-family.ts';

const LATENCY = 'perf_latency_p50';

export const queueDelay: Rule = {
  name: 'queue-delay',
  kind: 'saving',
  speaks:
    'from some max_queue_delay_microseconds on, a longer one measured less than 2 % better, and is less than 8 % better within the noise, while the median latency grows for sure',
  find(scene) {
    const plateau = plateauOf(scene, familyOf(scene, QUEUE_DELAY));
    if (!plateau) return undefined;
    const { from, to } = plateau;
    const slower = latencyOf(scene, from, to);
    if (!slower) return undefined;
    const { before, after, times } = slower;
    const above = from.value === 0 ? 'A queue delay' : `A queue delay above ${us(from.value)} us`;
    const ms = (item: typeof before): string => formatNumber(item.whole.values[LATENCY]!);
    return {
      text: `${above} only adds latency: with max_queue_delay_microseconds ${us(to.value)} instead of ${us(from.value)} the median latency ${loadWords(before.point)} is ${ms(after)} ms instead of ${ms(before)}; ${noGainText(plateau, scene)}.`,
      evidence: [
        evidenceOf(from.entry, before, [LATENCY, 'perf_throughput']),
        evidenceOf(to.entry, after, [LATENCY, 'perf_throughput']),
      ],
      worth: Math.min(1, times - 1),
    };
  },
};

/** By how much the latency is higher with the longer delay under the same load, for sure; undefined: it is not, or not known. */
function latencyOf(scene: Scene, { entry: from }: Member, { entry: to }: Member) {
  const before = from.best.measurement;
  const after = sameLoad(to, before);
  const found = after && timesAcross(after, before, LATENCY, scene);
  return after && found && found.low > 1 ? { before, after, times: found.times } : undefined;
}

/** Microseconds, without decimals. */
const us = (value: number): string => Math.round(value).toLocaleString('en-US');
