import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf, inFlightOf } from './scene.ts';
import { INSTANCES, MAX_BATCH_SIZE, QUEUE_DELAY } from './setting-family.ts';

/** Batches that are filled by more than this share, within the noise, are not said to stay empty. */
const FILLED = 0.5;
const TAG = 'perf_executed_batch';

export const unfilledBatches: Rule = {
  name: 'unfilled-batches',
  kind: 'gain',
  speaks:
    'the batches that the best configuration executes are at most half full under every load that could fill them',
  find({ shown }) {
    const { trial, points } = shown;
    const size = MAX_BATCH_SIZE.valueOf(trial) ?? 0;
    const { config } = trial.models[0];
    const hasBatcher = 'dynamic_batching' in config || 'dynamic_batching' in (trial.end?.effective ?? {});
    if (size < 2 || !hasBatcher) return undefined;
    const filling = points
      .map(({ measurement }) => measurement)
      .filter((measurement) => {
        const asked = inFlightOf(measurement);
        return (
          measurement.whole.values[TAG] !== undefined &&
          asked !== undefined &&
          asked >= size * (INSTANCES.valueOf(trial) ?? 1)
        );
      })
      .toSorted((a, b) => b.whole.values[TAG]! - a.whole.values[TAG]!);
    const [fullest] = filling;
    if (!fullest || !carries(filling)) return undefined;
    const high = fullest.whole.intervals[TAG]?.[1];
    if (high === undefined || high === null || high > FILLED * size) return undefined;
    const batch = fullest.whole.values[TAG]!;
    const delayUs = QUEUE_DELAY.valueOf(trial);
    const delay =
      delayUs === undefined
        ? ''
        : ` (max_queue_delay_microseconds is ${formatNumber(delayUs).replace('.00', '')})`;
    return {
      text: `Batches never fill: ${trial.name} executes ${batch.toFixed(1)} inferences at a time on average, of max_batch_size ${size}, even ${loadWords(fullest.point)}${delay}.`,
      evidence: filling.map((measurement) => evidenceOf(shown, measurement, [TAG, 'perf_throughput'])),
      worth: 1 - batch / size,
    };
  },
};
