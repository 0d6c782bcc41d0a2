/**
 * Every metric tma knows, one row each. The tag is the name in perf.yaml, in the journal, in results.json
 * and in the tables; everything else about a metric is looked up here.
 */

/** How values of one metric combine: over time samples, then over the GPUs of a server. */
export type Aggregation = 'max' | 'min' | 'mean' | 'sum';

export interface Metric {
  readonly tag: string;
  /** Column header, with the unit, as Model Analyzer prints it. */
  readonly header: string;
  /** Short name and unit for sentences and axes. */
  readonly label: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** Where the value comes from; derived: it is worked out of others, and of prices. */
  readonly source: 'client' | 'server' | 'gpu' | 'cpu' | 'derived';
  /** A header of few characters, where one is needed for the terminal. */
  readonly short?: string;
  /** Over the samples of one measurement (gauges only; the others are computed from all requests). */
  readonly overTime: Aggregation;
  /** Over the GPUs of one server. */
  readonly overGpus: Aggregation;
  /** Which constraint keys make sense for it. */
  readonly limit: 'min' | 'max';
}

type Row = Omit<Metric, 'overTime' | 'overGpus' | 'limit'> & Partial<Metric>;

const ms = (tag: string, header: string, label: string, source: 'client' | 'server'): Row => ({
  tag,
  header: `${header} (ms)`,
  label,
  unit: 'ms',
  better: 'lower',
  source,
});

/** Mean and percentiles of one time that the client takes. */
const series = (tag: string, header: string, label: string): Row[] => [
  ms(`${tag}_avg`, `Avg ${header}`, `average ${label}`, 'client'),
  ...[50, 90, 95, 99].map((percent) =>
    ms(`${tag}_p${percent}`, `p${percent} ${header}`, `p${percent} of the ${label}`, 'client'),
  ),
];

const perSecond = (tag: string, header: string, label: string, unit: string): Row => ({
  tag,
  header,
  label,
  unit,
  better: 'higher',
  source: 'client',
});

const rows: readonly Row[] = [
  {
    tag: 'perf_throughput',
    header: 'Throughput (infer/sec)',
    label: 'throughput',
    unit: 'infer/s',
    better: 'higher',
    source: 'client',
  },
  ms('perf_latency_avg', 'Avg Latency', 'average latency', 'client'),
  ms('perf_latency_p50', 'p50 Latency', 'p50 latency', 'client'),
  ms('perf_latency_p90', 'p90 Latency', 'p90 latency', 'client'),
  ms('perf_latency_p95', 'p95 Latency', 'p95 latency', 'client'),
  ms('perf_latency_p99', 'p99 Latency', 'p99 latency', 'client'),
  ...series('perf_service_latency', 'Service Latency', 'latency from the actual send'),
  ...series('perf_first_response', 'First Response', 'time to the first response'),
  ...series('perf_inter_response', 'Inter Response', 'time between responses'),
  perSecond('perf_response_throughput', 'Response Throughput (response/sec)', 'responses', 'responses/s'),
  perSecond('perf_sequence_throughput', 'Sequence Throughput (seq/sec)', 'sequences', 'sequences/s'),
  perSecond('perf_send_rate', 'Send Rate (request/sec)', 'requests sent', 'requests/s'),
  ms('perf_client_send', 'Client Send', 'client send', 'client'),
  ms('perf_client_recv', 'Client Recv', 'client receive', 'client'),
  ms('perf_client_send_recv', 'Client Send/Recv', 'client send and receive', 'client'),
  ms('perf_client_response_wait', 'Response Wait Time', 'response wait', 'client'),
  ms('perf_server_request', 'Server Request time', 'time in the server', 'server'),
  ms('perf_server_queue', 'Server Queue time', 'queue', 'server'),
  ms('perf_server_compute_input', 'Server Compute Input time', 'compute input', 'server'),
  ms('perf_server_compute_infer', 'Server Compute Infer time', 'compute infer', 'server'),
  ms('perf_server_compute_output', 'Server Compute Output time', 'compute output', 'server'),
  {
    tag: 'perf_inference_count',
    header: 'Inference Count',
    label: 'inferences executed',
    unit: '',
    better: 'higher',
    source: 'server',
  },
  {
    tag: 'perf_execution_count',
    header: 'Execution Count',
    label: 'model executions',
    unit: '',
    better: 'lower',
    source: 'server',
  },
  {
    tag: 'perf_executed_batch',
    header: 'Average Executed Batch',
    label: 'average executed batch',
    unit: '',
    better: 'higher',
    source: 'server',
  },
  {
    tag: 'gpu_used_memory',
    header: 'GPU Memory Usage (MB)',
    label: 'GPU memory',
    unit: 'MB',
    better: 'lower',
    source: 'gpu',
    overGpus: 'sum',
  },
  {
    tag: 'gpu_free_memory',
    header: 'GPU Memory Available (MB)',
    label: 'free GPU memory',
    unit: 'MB',
    better: 'higher',
    source: 'gpu',
    overTime: 'min',
    overGpus: 'sum',
  },
  {
    tag: 'gpu_utilization',
    header: 'GPU Utilization (%)',
    label: 'GPU utilization',
    unit: '%',
    better: 'higher',
    source: 'gpu',
    overTime: 'mean',
  },
  {
    tag: 'gpu_power_usage',
    header: 'GPU Power Usage (W)',
    label: 'GPU power',
    unit: 'W',
    better: 'lower',
    source: 'gpu',
    overTime: 'mean',
  },
  {
    tag: 'cpu_used_ram',
    header: 'RAM Usage (MB)',
    label: 'server memory',
    unit: 'MB',
    better: 'lower',
    source: 'cpu',
  },
  {
    tag: 'cpu_available_ram',
    header: 'RAM Available (MB)',
    label: 'available memory',
    unit: 'MB',
    better: 'higher',
    source: 'cpu',
    overTime: 'min',
  },
  {
    tag: 'cpu_utilization',
    header: 'CPU Utilization (%)',
    label: 'server CPU (100 % = one core)',
    unit: '%',
    better: 'lower',
    source: 'cpu',
  },
  {
    tag: 'cost_per_million_inferences',
    header: 'Cost per Million Inferences',
    label: 'cost of a million inferences',
    short: 'cost/1M',
    unit: '',
    better: 'lower',
    source: 'derived',
  },
  {
    tag: 'cost_per_month',
    header: 'Cost per Month',
    label: 'cost of a month',
    short: 'cost/month',
    unit: '',
    better: 'lower',
    source: 'derived',
  },
  {
    tag: 'energy_per_thousand_inferences',
    header: 'Energy per Thousand Inferences (J)',
    label: 'energy of a thousand inferences',
    short: 'J/1000',
    unit: 'J',
    better: 'lower',
    source: 'derived',
  },
];

/** The table, in the order of columns. */
export const METRICS: readonly Metric[] = rows.map((row) => ({
  overTime: 'max',
  overGpus: 'mean',
  limit: row.better === 'higher' ? 'min' : 'max',
  ...row,
}));

const byTag = new Map(METRICS.map((metric) => [metric.tag, metric]));

/** Names accepted in perf.yaml for another tag. */
const ALIASES: Readonly<Record<string, string>> = { perf_latency: 'perf_latency_p99' };

/** Every name that perf.yaml may use for a metric. */
export const METRIC_NAMES: readonly string[] = [
  ...METRICS.map((metric) => metric.tag),
  ...Object.keys(ALIASES),
];

/** The metric of a tag or alias, or undefined. */
export const findMetric = (name: string): Metric | undefined => byTag.get(ALIASES[name] ?? name);

/** The metric of a tag that is known to exist; throws on a bug of ours. */
export function metric(tag: string): Metric {
  const found = findMetric(tag);
  if (!found) throw new Error(`no metric "${tag}"`);
  return found;
}

/**
 * How a metric follows the speed of what computes, all else equal, as an exponent: 1 for rates, -1 for times and for what an
 * inference costs, 0 for what does not follow it.
 * @param isAtRate whether requests are sent at a rate, which is then the throughput, however fast the server is.
 */
export function followsSpeed(tag: string, isAtRate: boolean): 1 | -1 | 0 {
  const unit = findMetric(tag)?.unit ?? '';
  if (unit === 'ms') return -1;
  if (isAtRate) return 0;
  if (unit.endsWith('/s')) return 1;
  return tag.startsWith('cost_') ? -1 : 0;
}

/** Combines samples or GPUs; undefined when there are none. */
export function aggregate(values: readonly number[], how: Aggregation): number | undefined {
  if (values.length === 0) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (how) {
    case 'sum':
      return sum;
    case 'mean':
      return sum / values.length;
    case 'max':
      return Math.max(...values);
    case 'min':
      return Math.min(...values);
  }
}
