import type { Interval } from '../statistics/intervals.ts';
import { type Estimate, quotient, times } from '../statistics/quotient.ts';

/** The metric, J. */
export const ENERGY = 'energy_per_thousand_inferences';

/**
 * What a thousand inferences take, J: the power of all GPUs that they run on over the throughput. What the GPUs draw while they
 * wait is part of it.
 * @param watts of all these GPUs together, on average over the time that counts.
 * @param throughput infer/s.
 * @returns undefined where nothing was inferred.
 */
export const energyOf = (watts: Estimate, throughput: Estimate): Estimate | undefined =>
  throughput.value > 0 ? times(quotient(watts, throughput), 1000) : undefined;

/** A metric of figures with its interval; undefined where it was not measured. */
export function estimateOf(
  tag: string,
  {
    values,
    intervals,
  }: {
    readonly values: Readonly<Record<string, number>>;
    readonly intervals: Readonly<Record<string, Interval>>;
  },
): Estimate | undefined {
  const value = values[tag];
  return value === undefined ? undefined : { value, interval: intervals[tag] ?? [null, null] };
}

/**
 * The power of some GPUs together by the mean of each.
 * @param gpus metric -> value by UUID, of all GPUs that were seen.
 * @param uuids those that count.
 * @returns undefined where one of them does not tell its power, or there is none.
 */
export function powerOf(
  gpus: Readonly<Record<string, Readonly<Record<string, number>>>>,
  uuids: readonly string[],
  { intervals }: { readonly intervals: Readonly<Record<string, Interval>> },
): Estimate | undefined {
  const each = uuids.map((uuid) => gpus[uuid]?.['gpu_power_usage']);
  if (each.length === 0 || !each.every((watts) => watts !== undefined)) return undefined;
  const value = each.reduce((sum, watts) => sum + watts, 0);
  // The interval that is known is that of the mean over all GPUs.
  const [low, high] = intervals['gpu_power_usage'] ?? [null, null];
  const middle = low === null || high === null ? 0 : (low + high) / 2;
  return middle > 0
    ? { value, interval: [(value * low!) / middle, (value * high!) / middle] }
    : { value, interval: [null, null] };
}
