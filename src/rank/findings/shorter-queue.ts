import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf, sameLoad } from './scene.ts';

/** The queue is where the gain comes from where it makes this share of the time that is saved. */
const MOST_OF = 0.5;
/** So much of the default's time in the server has to be saved in the queue, for sure. */
const LEAST_SAVED = 0.1;

const QUEUE = 'perf_server_queue';
const REQUEST = 'perf_server_request';

export const shorterQueue: Rule = {
  name: 'shorter-queue',
  kind: 'cause',
  speaks:
    'what was decided for takes less time in the server than the default under the same load, and half of that or more is time in the queue, a tenth of all for sure',
  find({ ranking, shown }) {
    const base = ranking.default;
    if (ranking.decision.kind !== 'deploy' || !base || base === shown) return undefined;
    const now = shown.best.measurement;
    const before = sameLoad(base, now);
    if (!before || [now, before].some(isClientBound) || !carries([now, before])) return undefined;
    const [old, fresh] = [before, now].map(({ whole: { values, intervals } }) => ({
      queue: values[QUEUE],
      request: values[REQUEST],
      ends: intervals[QUEUE] ?? [null, null],
    }));
    if (old?.queue === undefined || fresh?.queue === undefined || !old.request || !fresh.request)
      return undefined;
    const saved = old.request - fresh.request;
    const [low, high] = [old.ends[0], fresh.ends[1]];
    if (saved <= 0 || old.queue - fresh.queue < MOST_OF * saved) return undefined;
    if (low === null || high === null || low - high < LEAST_SAVED * old.request) return undefined;
    return {
      text: `The gain comes from the queue: ${loadWords(now.point)} a request waits there for ${formatNumber(old.queue)} of the ${formatNumber(old.request)} ms that the default takes in the server, and for ${formatNumber(fresh.queue)} of ${formatNumber(fresh.request)} ms with ${shown.trial.name}.`,
      evidence: [evidenceOf(shown, now, [QUEUE, REQUEST]), evidenceOf(base, before, [QUEUE, REQUEST])],
      worth: Math.min(1, (old.queue - fresh.queue) / old.request),
    };
  },
};
