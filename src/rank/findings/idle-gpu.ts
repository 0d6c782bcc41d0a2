import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf } from './scene.ts';
import { instancesOf } from './setting-family.ts';

/** A GPU that works for less of the time, percent, is not the limit. */
const IDLE_BELOW = 60;
/** So many points that all say so are enough without an interval of each. */
const SEVERAL = 3;
const TAG = 'gpu_utilization';

export const idleGpu: Rule = {
  name: 'idle-gpu',
  kind: 'gain',
  speaks: `the GPU works for less than ${IDLE_BELOW} % of the time at every load of the best configuration`,
  find({ shown }) {
    const { trial, best, points } = shown;
    const busy = best.measurement.whole.values[TAG];
    const kind = instancesOf(trial)?.kind;
    if (busy === undefined || kind === 'CPU' || kind === 'MODEL' || isClientBound(best.measurement))
      return undefined;
    const seen = points
      .map(({ measurement }) => measurement)
      .filter(({ whole: { values } }) => values[TAG] !== undefined);
    // What others do on the GPU is in its utilization, too.
    if (seen.some(({ gpuSharers = [] }) => gpuSharers.length > 0)) return undefined;
    const most = Math.max(...seen.map(({ whole: { values } }) => values[TAG]!));
    // The gauge moves a few times in a point: what one alone says may have been read at a quiet moment.
    const high = best.measurement.whole.intervals[TAG]?.[1] ?? null;
    const isKnown = seen.length >= SEVERAL || (high !== null && high < IDLE_BELOW);
    if (most >= IDLE_BELOW || !isKnown || !carries(seen)) return undefined;
    const loads = seen.length > 1 ? `, and under no load for more than ${formatNumber(most)} %` : '';
    return {
      text: `The GPU works for ${formatNumber(busy)} % of the time where ${trial.name} serves ${loadWords(best.measurement.point)}${loads}: it is not what limits the throughput.`,
      evidence: [best.measurement, ...seen.filter((item) => item !== best.measurement)].map((measurement) =>
        evidenceOf(shown, measurement, [TAG, 'perf_throughput']),
      ),
      worth: 1 - busy / 100,
    };
  },
};
