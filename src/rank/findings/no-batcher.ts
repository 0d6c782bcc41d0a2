import { maxBatchSize } from '../../model-config/config.ts';
import { batchSizeOf } from '../../record/load-point.ts';
import { loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf, inFlightOf } from './scene.ts';
import { INSTANCES } from './setting-family.ts';

const TAG = 'perf_executed_batch';
/** Only where so many times as many requests are there as instances: others have no company in the queue. */
const PER_INSTANCE = 2;
/** What is told as the batch of the client alone, with this much for rounding. */
const ALONE = 1.05;
const BATCHERS = ['dynamic_batching', 'sequence_batching', 'ensemble_scheduling'];

export const noBatcher: Rule = {
  name: 'no-batcher',
  kind: 'gain',
  speaks:
    'no configuration has dynamic_batching, the model takes batches, and more requests are in flight than instances can take',
  find({ shown, ranking: { entries } }) {
    const { trial, points } = shown;
    const size = maxBatchSize(trial.models[0].config);
    const instances = INSTANCES.valueOf(trial);
    const effective = trial.end?.effective;
    const isBatched = entries.some((entry) =>
      [entry.trial.models[0].config, entry.trial.end?.effective ?? {}].some((config) =>
        BATCHERS.some((field) => field in config),
      ),
    );
    if (size < 2 || instances === undefined || !effective || isBatched) return undefined;
    const waiting = points
      .map(({ measurement }) => measurement)
      .filter((measurement) => {
        const batch = batchSizeOf(measurement.point);
        const executed = measurement.whole.values[TAG];
        const asked = inFlightOf(measurement);
        return (
          executed !== undefined &&
          asked !== undefined &&
          executed <= ALONE * batch &&
          2 * batch <= size &&
          asked >= PER_INSTANCE * instances * batch
        );
      });
    const [first] = waiting;
    if (!first || !carries(waiting)) return undefined;
    const executed = first.whole.values[TAG]!;
    return {
      text: `Requests are not joined to batches: without dynamic_batching ${trial.name} executes ${executed.toFixed(1)} inferences at a time ${loadWords(first.point)}, though max_batch_size is ${size}. Try dynamic_batching.`,
      evidence: waiting.map((measurement) => evidenceOf(shown, measurement, [TAG, 'perf_throughput'])),
      worth: 1 - executed / size,
    };
  },
};
