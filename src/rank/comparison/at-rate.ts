import { isSamePoint } from '../../record/load-point.ts';
import { keepsUpWithRate, type Measurement } from '../../record/measurement.ts';

/** Metrics that say how many requests came where all of them are answered, and what follows from that number. */
const OF_RATE = /throughput$|^perf_send_rate$|^perf_inference_count$|^cost_/;

/** Whether a metric follows the request rate where the server keeps up with it. */
export const followsRate = (tag: string): boolean => OF_RATE.test(tag);

/**
 * Whether two measurements have the same request rate and the server kept up with it both times: what follows the rate is
 * then the rate itself, and does not say whether the server could do more or less than before.
 */
export const bothKeepUp = (base: Measurement, next: Measurement): boolean =>
  keepsUpWithRate(base) && keepsUpWithRate(next) && isSamePoint(base.point, next.point);
