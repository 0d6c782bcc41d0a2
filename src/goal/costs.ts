import { gpusOf } from '../model-config/config.ts';
import type { Prices } from '../record/goal.ts';
import { batchSizeOf } from '../record/load-point.ts';
import type { Figures, Measurement } from '../record/measurement.ts';
import type { ConfiguredModel, Trial } from '../record/run.ts';
import { type Estimate, quotient, times } from '../statistics/quotient.ts';
import { ENERGY, energyOf, estimateOf, powerOf } from './energy.ts';

/** A month has a twelfth of a year's 8,760 hours. */
const HOURS_PER_MONTH = 730;

/** What follows from prices. */
const COSTS = ['cost_per_million_inferences', 'cost_per_month'] as const;

/** What was served, as far as costs depend on it. */
interface Served {
  readonly models: readonly [Pick<ConfiguredModel, 'config'>, ...unknown[]];
  readonly end?: Trial['end'];
}

/**
 * A measurement with what follows from it and from prices: costs as these prices make them, and none without; the energy, where
 * it was not worked out when it was measured. The same measurement where nothing changes.
 */
export function derived(measurement: Measurement, served: Served, prices?: Prices): Measurement {
  const { whole } = measurement;
  const isWithoutGpus = Object.keys(measurement.gpus).length === 0;
  const hasCosts = COSTS.some((tag) => whole.values[tag] !== undefined);
  // Most measurements have nothing to work out, and a run has very many.
  if (!prices && !hasCosts && (isWithoutGpus || whole.values[ENERGY] !== undefined)) return measurement;
  const gpus = gpusInUse(measurement, served);
  const energy = whole.values[ENERGY] === undefined ? energyBefore(measurement, gpus) : undefined;
  const found: Readonly<Record<string, Estimate | undefined>> = {
    ...(energy && { [ENERGY]: energy }),
    cost_per_million_inferences: undefined,
    cost_per_month: undefined,
    ...(prices && costsOf(measurement, gpus, prices)),
  };
  const changed = Object.entries(found).some(([tag, estimate]) => whole.values[tag] !== estimate?.value);
  if (!changed) return measurement;
  const figures = withFigures(whole, found);
  return {
    ...measurement,
    ...(energy && { energyBy: 'power' as const }),
    whole: figures,
    // Of one model alone they are those of the whole.
    models: Object.fromEntries(
      Object.entries(measurement.models).map(([model, own]) => [model, own === whole ? figures : own]),
    ),
  };
}

/** A trial with all of its measurements so. */
export function derivedTrial(trial: Trial, prices?: Prices): Trial {
  const points = trial.points.map((record) => {
    if (record.state !== 'measured') return record;
    const measurement = derived(record.measurement, trial, prices);
    return measurement === record.measurement ? record : { ...record, measurement };
  });
  return points.every((record, index) => record === trial.points[index]) ? trial : { ...trial, points };
}

function withFigures(
  { values, intervals }: Figures,
  found: Readonly<Record<string, Estimate | undefined>>,
): Figures {
  const without = <T>(all: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(all).filter(([tag]) => !(tag in found));
  const known = Object.entries(found).flatMap(([tag, estimate]) =>
    estimate ? [[tag, estimate] as const] : [],
  );
  return {
    values: Object.fromEntries([
      ...without(values),
      ...known.map(([tag, { value }]) => [tag, value] as const),
    ]),
    intervals: Object.fromEntries([
      ...without(intervals),
      ...known.map(([tag, { interval }]) => [tag, interval] as const),
    ]),
  };
}

/** How many GPUs the instances were on, as it was recorded, else by the configuration; undefined: that can't be told. */
function gpusInUse({ gpusInUse: recorded, gpus, whole }: Measurement, { models, end }: Served) {
  if (recorded !== undefined) return recorded;
  const seen = Object.keys(gpus).length;
  // Where the server's processes could be seen, its GPUs would have been, too.
  const visible = seen > 0 ? seen : whole.values['cpu_utilization'] === undefined ? undefined : 0;
  return gpusOf(end?.effective ?? models[0].config, visible)?.length;
}

/** The energy of what was measured before it was worked out at once: where all GPUs that were seen were in use. */
function energyBefore({ gpus, whole }: Measurement, inUse: number | undefined): Estimate | undefined {
  const uuids = Object.keys(gpus);
  const [throughput, watts] = [estimateOf('perf_throughput', whole), powerOf(gpus, uuids, whole)];
  return throughput && watts && uuids.length === inUse ? energyOf(watts, throughput) : undefined;
}

/** What a replica costs for an hour and, by its throughput, what is asked of it; {} where not all of it has a price. */
function costsOf(
  { point, whole }: Measurement,
  gpus: number | undefined,
  { perGpuHour, perCpuHour, requestRate }: Prices,
): Readonly<Record<string, Estimate>> {
  const throughput = estimateOf('perf_throughput', whole);
  const cpu = estimateOf('cpu_utilization', whole);
  // A hundred percent are one core.
  const cores = perCpuHour === undefined ? undefined : cpu && times(cpu, perCpuHour / 100);
  const isWhole =
    (gpus === 0 || perGpuHour !== undefined) && (perCpuHour === undefined || cores !== undefined);
  if (!throughput || !(throughput.value > 0) || gpus === undefined || !isWhole) return {};
  if (gpus === 0 && !cores) return {};
  const paid = gpus * (perGpuHour ?? 0);
  const hourly = cores ? plus(cores, paid) : { value: paid, interval: [paid, paid] as const };
  const rate = requestRate === undefined ? undefined : requestRate * batchSizeOf(point);
  return {
    cost_per_million_inferences: times(quotient(hourly, throughput), 1e6 / 3600),
    ...(rate !== undefined && { cost_per_month: monthly(hourly, throughput, rate) }),
  };
}

const plus = ({ value, interval: [low, high] }: Estimate, more: number): Estimate => ({
  value: value + more,
  interval: [low === null ? null : low + more, high === null ? null : high + more],
});

/**
 * What it costs for a month to serve so many inferences a second: whole replicas, as many as keep up at the load that was
 * measured, each of which costs as much as that one did.
 */
function monthly(hourly: Estimate, throughput: Estimate, rate: number): Estimate {
  // A throughput of just that many inferences is enough, whatever the last digit says.
  const replicas = (each: number): number => Math.max(1, Math.ceil(rate / each - 1e-9));
  const cost = (perHour: number, each: number): number => replicas(each) * perHour * HOURS_PER_MONTH;
  const [[least, most], [slowest, fastest]] = [hourly.interval, throughput.interval];
  return {
    value: cost(hourly.value, throughput.value),
    interval: [
      least === null || !fastest ? null : cost(least, fastest),
      most === null || !slowest ? null : cost(most, slowest),
    ],
  };
}
