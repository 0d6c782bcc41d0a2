import { instanceGroups } from '../../model-config/config.ts';
import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf } from './scene.ts';
import { INSTANCES, MAX_BATCH_SIZE, QUEUE_DELAY } from './setting-family.ts';

/** From this share of the time in the server on, for sure, requests wait longer than they are worked on. */
const LEAST_SHARE = 0.5;

export const queueBound: Rule = {
  name: 'queue-bound',
  kind: 'cause',
  speaks: 'at the best point requests wait in the queue for more than half of their time in the server',
  find({ shown }) {
    const { measurement } = shown.best;
    const { perf_server_queue: queue, perf_server_request: request } = measurement.whole.values;
    const [low = null] = measurement.whole.intervals['perf_server_queue'] ?? [];
    if (queue === undefined || !request || low === null || low / request < LEAST_SHARE) return undefined;
    if (isClientBound(measurement) || !carries([measurement])) return undefined;
    const { trial } = shown;
    const delayUs = QUEUE_DELAY.valueOf(trial) ?? 0;
    const batch = MAX_BATCH_SIZE.valueOf(trial) ?? 0;
    const hasGroups = instanceGroups(trial.models[0].config).length > 0 || trial.end?.effective !== undefined;
    const count = hasGroups ? INSTANCES.valueOf(trial) : undefined;
    const has = [
      ...(count === undefined ? [] : [`instance_group has ${count}`]),
      ...(batch > 0 ? [`max_batch_size is ${batch}`] : []),
      ...(delayUs > 0 ? [`max_queue_delay_microseconds is ${formatNumber(delayUs)}`] : []),
    ];
    const settings = has.length > 0 ? ` (${has.join(', ')})` : '';
    return {
      text: `Requests wait longer than they are worked on: of the ${formatNumber(request)} ms that ${trial.name} takes in the server ${loadWords(measurement.point)}, ${formatNumber(queue)} ms are queue${settings}.`,
      evidence: [evidenceOf(shown, measurement, ['perf_server_queue', 'perf_server_request'])],
      worth: Math.min(1, queue / request),
    };
  },
};
