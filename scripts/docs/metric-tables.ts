import { METRICS, type Metric } from '../../src/ground/metric.ts';
import { MARKS } from '../../src/record/marks.ts';
import { code, table } from './markdown.ts';

const HEADINGS: Readonly<Record<Metric['source'], string>> = {
  client: 'What the load generator counts',
  server: "What Triton's statistics tell",
  gpu: 'GPUs',
  cpu: 'The server’s processes',
  derived: 'Worked out of others, and of prices',
};

const PERCENTILES = ['p50', 'p90', 'p95', 'p99'];

/** How each metric is counted; of a mean and its percentiles the name that they begin with. */
const COUNTED: Readonly<Record<string, string>> = {
  perf_throughput: 'inferences of the requests that were answered, over the time of the windows that count',
  perf_latency: 'from sending a request to its last byte; of a request rate from when it was due',
  perf_service_latency: 'request rates only: from when a request really was sent',
  perf_first_response: 'decoupled models: to the first response',
  perf_inter_response: 'decoupled models: from one response to the next',
  perf_response_throughput: 'decoupled models: responses a second, times the client batch',
  perf_sequence_throughput: 'stateful models: sequences that ended',
  perf_send_rate: 'request rates only: requests that really were sent',
  perf_client_send: 'mean time until a request was written',
  perf_client_recv: 'mean time from the first to the last byte of an answer',
  perf_client_send_recv: 'both of these',
  perf_client_response_wait: 'what of the mean latency is neither',
  perf_server_request: 'mean time of a request in the server',
  perf_server_queue: 'mean time in the queue of the scheduler',
  perf_server_compute_input: 'mean time of making the inputs ready',
  perf_server_compute_infer: 'mean time of executing the model',
  perf_server_compute_output: 'mean time of making the outputs ready',
  perf_inference_count: 'inferences executed in the windows that count',
  perf_execution_count: 'executions of the model in these',
  perf_executed_batch: 'inferences over executions: how full the batches were',
  gpu_used_memory: 'highest while it was measured, the sum over the GPUs of the server',
  gpu_free_memory: 'lowest while it was measured, the sum over these',
  gpu_utilization: 'mean over time and GPUs',
  gpu_power_usage: 'mean over time and GPUs',
  cpu_used_ram:
    'highest while it was measured: private pages of the server and its children, or what the kernel counts of its container',
  cpu_available_ram: 'lowest while it was measured: what the machine, or the container, had left',
  cpu_utilization: 'CPU time of the server and its children, or of its container; 100 % is one core',
  cost_per_million_inferences: '[cost-and-energy.md](cost-and-energy.md)',
  cost_per_month: 'for `cost_request_rate` requests a second; [cost-and-energy.md](cost-and-energy.md)',
  energy_per_thousand_inferences: 'all GPUs in use; [cost-and-energy.md](cost-and-energy.md)',
};

/** The tables of docs/metrics.md, by name. */
export function metricTables(): Record<string, string> {
  const sources = Map.groupBy(METRICS, ({ source }) => source);
  return {
    metrics: [...sources]
      .map(([source, metrics]) => `### ${HEADINGS[source]}\n\n${tableOf(metrics)}`)
      .join('\n\n'),
    marks: table(
      ['mark', 'says', 'what to do'],
      Object.entries(MARKS).map(([tag, { words, advice }]) => [code(tag), words, advice]),
    ),
  };
}

/** A line for each metric; one for a mean with its percentiles. */
function tableOf(metrics: readonly Metric[]): string {
  const series = Map.groupBy(metrics, ({ tag }) => nameOfSeries(tag) ?? tag);
  return table(
    ['metric', 'unit', 'better', 'how it is counted'],
    [...series].map(([name, [first, ...others]]) => {
      const counted = COUNTED[name];
      if (counted === undefined)
        throw new Error(`scripts/docs/metric-tables.ts lacks how ${name} is counted`);
      const tags =
        others.length > 0 ? [`${name}_avg`, ...PERCENTILES.map((each) => `_${each}`)] : [first!.tag];
      return [tags.map(code).join(', '), unitOf(first!), first!.better, counted];
    }),
  );
}

const nameOfSeries = (tag: string): string | undefined => /^(.+)_(?:avg|p50|p90|p95|p99)$/.exec(tag)?.[1];

const unitOf = ({ unit, tag }: Metric): string => unit || (tag.startsWith('cost_') ? 'your currency' : '');
