import { isClientBound } from '../../record/measurement.ts';
import { formatNumber, loadWords } from '../words.ts';
import type { Rule } from './rule.ts';
import { carries, evidenceOf } from './scene.ts';

/** From this share of the latency on, for sure, it is worth a word. */
const LEAST_SHARE = 0.3;

export const outsideServer: Rule = {
  name: 'outside-server',
  kind: 'gain',
  speaks: "30 % or more of the mean latency of the best point lie outside the server's own time for sure",
  find({ shown }) {
    const { measurement } = shown.best;
    const { values, intervals } = measurement.whole;
    // Of an open loop what a late send adds is no time on the way.
    const total = values['perf_service_latency_avg'] ?? values['perf_latency_avg'];
    const inside = values['perf_server_request'];
    const [, most = null] = intervals['perf_server_request'] ?? [];
    if (!total || inside === undefined || most === null || isClientBound(measurement)) return undefined;
    if ((total - most) / total < LEAST_SHARE || !carries([measurement])) return undefined;
    return {
      text: `Of the ${formatNumber(total)} ms that a request to ${shown.trial.name} takes ${loadWords(measurement.point)}, ${formatNumber(total - inside)} ms lie outside the server's own time: the way there and back, HTTP or gRPC, and the tensors in it.`,
      evidence: [
        evidenceOf(shown, measurement, [
          'perf_latency_avg',
          'perf_service_latency_avg',
          'perf_server_request',
        ]),
      ],
      worth: Math.min(1, (total - inside) / total),
    };
  },
};
