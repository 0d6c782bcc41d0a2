import { batchSizeOf, formatNumber, isRate, levelOf, type Measurement, plusMinus } from '../index.ts';
import { ENDLESS, wrapped } from './fit.ts';
import { textTable } from './table.ts';

/** The measured loads of one model as a table, and what to know about them below. */
export function loadText(measurements: readonly Measurement[], columns: number = ENDLESS): string {
  const has = (tag: string): boolean =>
    measurements.some(({ whole: { values } }) => values[tag] !== undefined);
  const optional = [
    { tag: 'perf_service_latency_p99', header: 'from send p99' },
    { tag: 'perf_first_response_p50', header: 'first p50' },
    { tag: 'perf_inter_response_p50', header: 'next p50' },
    { tag: 'perf_response_throughput', header: 'responses/s' },
    { tag: 'perf_sequence_throughput', header: 'sequences/s' },
    { tag: 'perf_server_queue', header: 'queue' },
    { tag: 'perf_server_compute_infer', header: 'infer' },
    { tag: 'perf_executed_batch', header: 'batch run' },
  ].filter(({ tag }) => has(tag));
  const figure = (item: Measurement, tag: string): string =>
    formatNumber(item.whole.values[tag] ?? Number.NaN);
  const table = textTable(
    [
      {
        header: measurements.every(({ point }) => isRate(point)) ? 'requests/s' : 'in flight',
        numeric: true,
      },
      { header: 'batch', numeric: true },
      { header: 'infer/s', numeric: true },
      { header: '95 %', numeric: true, spare: 4 },
      ...['avg', 'p50', 'p90', 'p95', 'p99'].map((name) => ({
        header: `${name} ms`,
        numeric: true,
        ...(name !== 'p99' && { spare: name === 'avg' ? 1 : 5 }),
      })),
      ...optional.map(({ header }) => ({ header, numeric: true, spare: 6 })),
      { header: 'limit', spare: 3 },
    ],
    measurements.map((item) => [
      String(levelOf(item.point)),
      String(batchSizeOf(item.point)),
      figure(item, 'perf_throughput'),
      plusMinus(item, 'perf_throughput'),
      ...['avg', 'p50', 'p90', 'p95', 'p99'].map((name) => figure(item, `perf_latency_${name}`)),
      ...optional.map(({ tag }) => figure(item, tag)),
      item.bottleneck?.who ?? '',
    ]),
    columns,
  );
  const remarks = measurements.flatMap((item) =>
    item.warnings.map((warning) => wrapped(`${levelOf(item.point)}: ${warning}`, columns, '  ')),
  );
  return [table, ...(remarks.length > 0 ? ['', ...remarks] : [])].join('\n');
}
