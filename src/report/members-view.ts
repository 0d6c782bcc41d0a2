import { sum } from 'simple-statistics';
import { formatNumber } from '../rank/words.ts';
import { levelText } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import { memberMs, requestTime, STAGES } from './figures/request-time.ts';

/** Members that ran at the same time take together this share more than the request did; less is how windows are cut. */
const OVERLAP = 1.03;
/** As many requests of a member as of the whole, within what windows cut off at their edges. */
const EACH = 0.05;

/** What each model did for a request at one load; undefined where no other model took part. */
export function membersView(measurement: Measurement) {
  const { composing, point } = measurement;
  const time = requestTime(measurement);
  if (!composing || !time) return undefined;
  const together = composing.models.map(memberMs);
  const togetherMs = sum(together);
  const isCalled = composing.by === 'calls';
  const mostMs = isCalled ? (measurement.whole.values['perf_server_compute_infer'] ?? 0) : time.serverMs;
  const stages = STAGES.filter(({ tag }) => composing.models.some(({ values }) => values[tag] !== undefined));
  const hasCounts = composing.models.some(({ requests }) => Math.abs(requests - 1) > EACH);
  return {
    isCalled,
    load: levelText(point),
    serverMs: formatNumber(time.serverMs),
    overlap:
      togetherMs > OVERLAP * mostMs ? `${formatNumber(togetherMs)} ms within ${formatNumber(mostMs)} ms` : '',
    hasCounts,
    stages: stages.map(({ name }) => name),
    rows: composing.models.map(({ model, requests, values }, index) => ({
      model,
      requests: formatNumber(requests),
      stages: stages.map(({ tag }) =>
        values[tag] === undefined ? '' : formatNumber(values[tag] * requests),
      ),
      together: formatNumber(together[index]!),
      share: `${((100 * together[index]!) / time.serverMs).toFixed(0)} %`,
      batch: values['perf_executed_batch'] === undefined ? '' : formatNumber(values['perf_executed_batch']),
    })),
  };
}
