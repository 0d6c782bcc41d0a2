import { ENERGY } from '../goal/energy.ts';
import { metric } from '../ground/metric.ts';
import { COSTS, type Criteria, type Prices } from '../record/goal.ts';
import type { Measurement } from '../record/measurement.ts';
import type { Run } from '../record/run.ts';

/** A metric that a model is judged by and that was not measured for every configuration. */
export interface MissingMetric {
  readonly tag: string;
  /** No configuration has it. */
  readonly everywhere: boolean;
  /** Why, in few words: `no GPU here`. */
  readonly why: string;
  /** What to do to have it measured. */
  readonly advice: string;
}

/** @param measurements those that the configurations are ranked by. */
export function missingMetrics(
  run: Run,
  { objectives, constraints, prices }: Criteria,
  measurements: readonly Pick<Measurement, 'whole' | 'gpusInUse'>[],
): MissingMetric[] {
  const tags = [...new Set([...objectives, ...constraints].map(({ tag }) => tag))];
  return tags
    .filter((tag) => measurements.some(({ whole: { values } }) => values[tag] === undefined))
    .map((tag) => {
      const without = measurements.filter(({ whole: { values } }) => values[tag] === undefined);
      const everywhere = without.length === measurements.length;
      const onCpu = measurements.every(({ gpusInUse }) => gpusInUse === 0);
      const onGpu = measurements.every(({ gpusInUse = 0 }) => gpusInUse > 0);
      return everywhere
        ? { tag, everywhere, ...whyMissing(tag, run, { prices, onCpu, onGpu }) }
        : {
            tag,
            everywhere,
            why: 'not for every configuration',
            advice: metric(tag).source === 'derived' ? ofSomeOnly(tag, without, prices) : LONGER,
          };
    });
}

/** What was served, as far as it is known, and the prices of it. */
interface Served {
  readonly prices: Prices | undefined;
  /** Every configuration is on the CPU alone, or every one is on a GPU. */
  readonly onCpu: boolean;
  readonly onGpu: boolean;
}

/** Why no measurement of a run has a metric, by where its values come from. */
function whyMissing(
  tag: string,
  { sessions }: Run,
  { prices, onCpu, onGpu }: Served,
): Pick<MissingMetric, 'why' | 'advice'> {
  const environment = sessions.at(-1)?.environment;
  if (isCost(tag)) return whyNoCost(tag, { launcher: environment?.launcher, onGpu, prices });
  if (tag === ENERGY && onCpu && (environment?.gpus ?? []).length > 0)
    return { why: 'nothing is on a GPU', advice: 'take another metric' };
  if (!environment) return { why: 'the checkpoint does not hold it', advice: 'tma profile measures it' };
  switch (metric(tag).source) {
    case 'gpu':
      return whyNoGpu(environment.launcher, environment.gpus);
    case 'cpu':
      return environment.launcher === 'remote'
        ? {
            why: 'the processes of a server that tma did not start can not be seen',
            advice: 'have tma start the server (--triton-launch-mode local or docker)',
          }
        : { why: "the server's processes could not be read", advice: 'see the warnings of its points' };
    case 'server':
      return { why: "the server's statistics do not tell it", advice: 'see the warnings of its points' };
    case 'client':
      return whyNotByClient(tag, environment.generator);
    // The energy: costs were told above.
    case 'derived':
      return whyNoGpu(environment.launcher, environment.gpus);
  }
}

const isCost = (tag: string): boolean => COSTS.some((cost) => cost === tag);

const LONGER = 'measure it longer (--time-limit)';

/** What the others lack of a metric that some configurations have. */
function ofSomeOnly(
  tag: string,
  without: readonly Pick<Measurement, 'whole'>[],
  prices: Prices | undefined,
): string {
  if (!isCost(tag)) return 'only what runs on a GPU has it';
  const isSeen = without.some(({ whole: { values } }) => values['cpu_utilization'] !== undefined);
  // A server is looked at twice at least for its use of the CPU, which a short measurement may not have time for.
  return prices?.perCpuHour !== undefined && !isSeen
    ? LONGER
    : 'give both --cost-per-gpu-hour and --cost-per-cpu-hour: some are on GPUs, some on the CPU alone';
}

/** Why nothing has a cost: a price is missing, or what is to be paid for is not known. */
function whyNoCost(
  tag: string,
  {
    launcher,
    onGpu,
    prices = {},
  }: Pick<Served, 'onGpu' | 'prices'> & { readonly launcher: string | undefined },
): Pick<MissingMetric, 'why' | 'advice'> {
  const { perGpuHour, perCpuHour, requestRate } = prices;
  const give = 'give --cost-per-gpu-hour or, for what is on the CPU, --cost-per-cpu-hour';
  if (perGpuHour === undefined && perCpuHour === undefined) return { why: 'no price is given', advice: give };
  if (tag === 'cost_per_month' && requestRate === undefined)
    return { why: 'no load for a month is given', advice: 'give --cost-request-rate' };
  if (perCpuHour === undefined)
    return {
      why: 'nothing is known to be on a GPU, and only GPUs have a price',
      advice: 'give --cost-per-cpu-hour',
    };
  if (perGpuHour === undefined && onGpu)
    return { why: 'what is on a GPU has no price', advice: 'give --cost-per-gpu-hour' };
  return {
    why: "the server's GPUs or its use of the CPU are not known",
    advice:
      launcher === 'remote' ? 'have tma start the server (--triton-launch-mode local or docker)' : LONGER,
  };
}

function whyNoGpu(
  launcher: string,
  gpus: readonly string[] | undefined,
): Pick<MissingMetric, 'why' | 'advice'> {
  if (launcher === 'remote') {
    return {
      why: "no GPU on the server's metrics page",
      advice: 'name that page with --triton-metrics-url, or a server with a GPU',
    };
  }
  // Journals of early versions do not say which GPUs there were.
  if (!gpus || gpus.length === 0)
    return { why: gpus ? 'no GPU here' : 'no GPU was seen', advice: 'measure on a machine with a GPU' };
  return {
    why: "neither the server's metrics page nor the driver told it",
    advice: 'see whether nvidia-smi shows it',
  };
}

function whyNotByClient(tag: string, generator: string): Pick<MissingMetric, 'why' | 'advice'> {
  if (/^perf_(first|inter)_response|^perf_response_/.test(tag))
    return { why: 'only models that stream have it', advice: 'take another metric' };
  if (tag === 'perf_sequence_throughput')
    return { why: 'only stateful models have it', advice: 'take another metric' };
  if (tag === 'perf_send_rate' || tag.startsWith('perf_service_latency'))
    return { why: 'only request rates have it', advice: 'measure request rates (--request-rate)' };
  return generator === 'perf_analyzer'
    ? { why: 'perf_analyzer did not tell it', advice: 'take --load-generator native' }
    : { why: 'the load generator did not tell it', advice: 'take another metric' };
}
