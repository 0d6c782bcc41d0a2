import { metric } from '../ground/metric.ts';
import type { Objective } from '../record/goal.ts';
import type { Measurement } from '../record/measurement.ts';

const USUAL = ['perf_throughput', 'perf_latency_p99'];

/** The metrics that a front is taken over: the objectives where there are several, else throughput and p99 latency. */
export const frontTags = (objectives: readonly Objective[]): readonly string[] =>
  objectives.length > 1 ? objectives.map(({ tag }) => tag) : USUAL;

/**
 * The measurements that no other beats in every one of these metrics, the best in the last metric first: by rising p99
 * latency. A metric that was not measured is worse than any that was.
 */
export function paretoFront<T extends Pick<Measurement, 'whole'>>(
  measurements: readonly T[],
  tags: readonly string[] = USUAL,
): T[] {
  const worth = ({ whole: { values } }: T, tag: string): number => {
    const value = values[tag];
    if (value === undefined) return Number.NEGATIVE_INFINITY;
    return metric(tag).better === 'higher' ? value : -value;
  };
  const beats = (a: T, b: T): boolean =>
    tags.every((tag) => worth(a, tag) >= worth(b, tag)) && tags.some((tag) => worth(a, tag) > worth(b, tag));
  const last = tags.at(-1)!;
  return measurements
    .filter((item) => !measurements.some((other) => beats(other, item)))
    .sort((a, b) => worth(b, last) - worth(a, last));
}
