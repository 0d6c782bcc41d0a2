import { batchSizeOf, isRate, levelOf } from '../record/load-point.ts';
import type { Measurement } from '../record/measurement.ts';
import type { Table } from './tables.ts';

const us = (measurement: Measurement, tag: string): string =>
  Math.round((measurement.whole.values[tag] ?? 0) * 1000).toString();

/**
 * Points in perf_analyzer's own columns: throughput in inferences a second, times in whole microseconds. Network
 * is what is left of the mean latency when everything else is taken off, and never below zero.
 */
export function perfAnalyzerTable(measurements: readonly Measurement[]): Pick<Table, 'headers' | 'rows'> {
  const rate = measurements.every(({ point }) => isRate(point));
  return {
    headers: [
      rate ? 'Request Rate' : 'Concurrency',
      'Inferences/Second',
      'Client Send',
      'Network+Server Send/Recv',
      'Server Queue',
      'Server Compute Input',
      'Server Compute Infer',
      'Server Compute Output',
      'Client Recv',
      'p50 latency',
      'p90 latency',
      'p95 latency',
      'p99 latency',
    ],
    rows: measurements.map((item) => {
      const value = (tag: string): number => item.whole.values[tag] ?? 0;
      const server = ['queue', 'compute_input', 'compute_infer', 'compute_output'].map(
        (stage) => `perf_server_${stage}`,
      );
      const known = [...server, 'perf_client_send', 'perf_client_recv'];
      const network = value('perf_latency_avg') - known.reduce((sum, tag) => sum + value(tag), 0);
      return [
        String(levelOf(item.point)),
        Number(value('perf_throughput').toPrecision(6)).toString(),
        us(item, 'perf_client_send'),
        Math.max(0, Math.round(network * 1000)).toString(),
        ...server.map((tag) => us(item, tag)),
        us(item, 'perf_client_recv'),
        ...[50, 90, 95, 99].map((percent) => us(item, `perf_latency_p${percent}`)),
      ];
    }),
  };
}

/** One point as `tma load --json` gives it: tag -> value, intervals beside them, and the load. */
export function pointObject(item: Measurement) {
  const { point } = item;
  return {
    ...(isRate(point) ? { request_rate: levelOf(point) } : { concurrency: levelOf(point) }),
    batch_size: batchSizeOf(point),
    ...item.whole.values,
    intervals: item.whole.intervals,
    requests: item.requests,
    failures: item.failures,
    duration_s: item.durationS,
    warmup_s: item.warmupS,
    precise: item.stable,
    bottleneck: item.bottleneck,
    client: item.client,
    warnings: item.warnings,
  };
}
