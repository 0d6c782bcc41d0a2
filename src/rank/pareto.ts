import type { Measurement } from '../measure/measurement.ts';

/** The measurements that no other beats in both throughput and p99 latency, by rising latency. */
export function paretoFront(measurements: readonly Measurement[]): Measurement[] {
  const latency = (item: Measurement): number => item.values['perf_latency_p99'] ?? Number.POSITIVE_INFINITY;
  const throughput = (item: Measurement): number => item.values['perf_throughput'] ?? 0;
  const front: Measurement[] = [];
  const byLatency = measurements.toSorted((a, b) => latency(a) - latency(b) || throughput(b) - throughput(a));
  for (const item of byLatency) {
    const best = front.at(-1);
    if (!best || throughput(item) > throughput(best)) front.push(item);
  }
  return front;
}
