import type { Measurement } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { allPoints, carries, evidenceOf } from './scene.ts';

/** A stall of less than this share of the p99 is not what sets it. */
const LEAST_PART = 0.25;

/** Whether the p99 of a point holds stalls of the host that are a good part of it. */
const isHosts = ({ stalls, whole: { values } }: Measurement): boolean => {
  const p99 = values['perf_latency_p99'];
  return (
    stalls !== undefined && stalls.leftOut === 0 && p99 !== undefined && stalls.longestMs >= LEAST_PART * p99
  );
};

export const hostTail: Rule = {
  name: 'host-tail',
  kind: 'doubt',
  speaks:
    "the host stood still in more windows of the best point than can be left out, for a quarter of its p99 or longer: the p99 is the host's, not the server's",
  find(scene) {
    const { shown } = scene;
    const { measurement } = shown.best;
    const { stalls, counted } = measurement;
    if (!stalls || !isHosts(measurement)) return undefined;
    const like = allPoints(scene).filter((item) => isHosts(item.measurement));
    if (!carries(like.map((item) => item.measurement))) return undefined;
    const p99 = measurement.whole.values['perf_latency_p99']!;
    return {
      text: `The p99 of ${shown.trial.name} ${loadWords(measurement.point)} (${formatNumber(p99)} ms) is in part the host's, not the server's: the host stood still for up to ${formatNumber(stalls.longestMs)} ms in ${stalls.windows} of ${counted} windows.`,
      evidence: [
        evidenceOf(shown, measurement, ['perf_latency_p99'], {
          stalled_windows: stalls.windows,
          longest_stall_ms: stalls.longestMs,
        }),
      ],
      worth: Math.min(1, stalls.longestMs / p99),
    };
  },
};
