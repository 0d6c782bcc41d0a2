import type { ConstraintVerdict } from '../goal/score.ts';
import { counted } from '../ground/wording.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { chanceText } from '../rank/belief-words.ts';
import { intervalsOf, type Noise } from '../rank/noise.ts';
import type { RankedPoint } from '../rank/standings.ts';
import { describeConstraint, formatValue, headerOf } from '../rank/words.ts';
import { COSTS, type Criteria, type Prices } from '../record/goal.ts';
import { batchSizeOf, levelOf, levelText } from '../record/load-point.ts';
import { MARK_TAGS, MARKS, marksOf } from '../record/marks.ts';
import { isClientBound, type Measurement, startsOf } from '../record/measurement.ts';
import { measurementsOf, type Run, type Trial } from '../record/run.ts';
import type { Interval } from '../statistics/intervals.ts';
import { instanceGroupCell } from './tables.ts';

/** What models that answer several times have besides, and sequences. */
const STREAMED = [
  'perf_response_throughput',
  'perf_first_response_p99',
  'perf_inter_response_p99',
  'perf_sequence_throughput',
];

/** Columns of a table of points: those of METRICS that say something about the run at hand. */
const POINT_COLUMNS = [
  'perf_throughput',
  'perf_latency_p99',
  'perf_latency_p50',
  'perf_latency_avg',
  ...STREAMED,
  'perf_client_response_wait',
  'perf_server_queue',
  'perf_server_compute_input',
  'perf_server_compute_infer',
  'perf_executed_batch',
  'cpu_used_ram',
  'cpu_utilization',
  'gpu_used_memory',
  'gpu_utilization',
  'gpu_power_usage',
  'energy_per_thousand_inferences',
  ...COSTS,
];

/** The fewer columns of the table of configurations. */
export const SUMMARY_COLUMNS = [
  'perf_throughput',
  'perf_latency_p99',
  ...STREAMED,
  'perf_executed_batch',
  'cpu_used_ram',
  'gpu_used_memory',
  'gpu_utilization',
  ...COSTS,
];

const MEMORY = ['cpu_used_ram', 'gpu_used_memory'];

/** `93.1 to 109`; `93.1 or more` and `109 or less` where one end is known, '' where none is. */
export function ranged([low, high]: Interval = [null, null], tag: string): string {
  if (low === null) return high === null ? '' : `${formatValue(high, tag)} or less`;
  if (high === null) return `${formatValue(low, tag)} or more`;
  const [from, to] = [formatValue(low, tag), formatValue(high, tag)];
  // To the digits that are told it is that value.
  return from === to ? '' : `${from} to ${to}`;
}

export const figure = (value: number | undefined, tag: string): string =>
  value === undefined ? '–' : formatValue(value, tag);

/** The columns of a table of these points: what none of them measured is left out. */
export const columnsOf = (trials: readonly Trial[], criteria: Pick<Criteria, 'prices'> = {}) =>
  POINT_COLUMNS.filter((tag) =>
    trials.some((trial) =>
      measurementsOf(trial).some((measurement) => measurement.whole.values[tag] !== undefined),
    ),
  ).map((tag) => ({ tag, header: headerOf(tag, criteria) }));

/** A point as a row; without noise the intervals are those of the measurement alone. */
export function pointRow(
  point: RankedPoint,
  columns: readonly { tag: string }[],
  {
    noise = { starts: {} },
    prices,
  }: { readonly noise: Noise | undefined; readonly prices: Prices | undefined },
) {
  const { measurement } = point;
  const clientBound = isClientBound(measurement);
  const intervals = intervalsOf(measurement, noise);
  return {
    marks: marksOf(measurement).map(({ tag, text, from }) => ({
      mark: tag,
      tag: from === undefined ? tag : `${tag} ${from}`,
      text: `${text}; ${MARKS[tag].advice}`,
    })),
    basis: basisOf(measurement),
    level: String(levelOf(measurement.point)),
    load: levelText(measurement.point),
    batchSize: batchSizeOf(measurement.point),
    constraints: constraintsView(point, { prices }),
    warnings: measurement.warnings.join('; '),
    cells: columns.map(({ tag }) => ({
      // The memory of a server that ran other variants before holds what they left.
      text: `${tag === 'perf_throughput' && clientBound ? '≥ ' : ''}${figure(measurement.whole.values[tag], tag)}${measurement.shared && MEMORY.includes(tag) ? ' (shared)' : ''}`,
      range: ranged(intervals[tag], tag),
    })),
  };
}

/** What figures are made of: `5,230 requests`, `5,230 requests, 3 looks on 2 starts`; empty where it was not recorded. */
function basisOf(measurement: Measurement): string {
  const { requests, looks = 1 } = measurement;
  if (requests === 0) return '';
  const starts = startsOf(measurement);
  const again = looks > 1 ? `, ${counted(looks, 'look')} on ${counted(starts, 'start')}` : '';
  return `${counted(requests, 'request')}${again}`;
}

/** The marks that these points carry, for the legend below their table. */
export function marksUsed(points: readonly RankedPoint[]) {
  const used = new Set(points.flatMap(({ measurement }) => marksOf(measurement).map(({ tag }) => tag)));
  return MARK_TAGS.filter((tag) => used.has(tag)).map((tag) => ({ tag, ...MARKS[tag] }));
}

const CLASSES = { met: 'yes', missed: 'no', unknown: 'unknown' } as const;
const SIGNS = { met: '✓', missed: '✗', unknown: '?' } as const;

/** What one limit comes to, as a class of the style sheet and a sign. */
export const markOf = (verdict: ConstraintVerdict) => ({ mark: CLASSES[verdict], sign: SIGNS[verdict] });

/**
 * What the limits come to at a point: `met`, or each that is broken, could not be checked, or is kept within the noise;
 * undefined where there are none.
 */
function constraintsView(
  { verdict, checks }: RankedPoint,
  criteria: { readonly prices: Prices | undefined },
) {
  if (checks.length === 0) return undefined;
  const others = checks.flatMap(({ constraint, value, verdict: one, believed }) => {
    const limit = describeConstraint(constraint, criteria);
    if (believed !== undefined)
      return [`${limit} kept with ${chanceText(believed)} (${figure(value, constraint.tag)})`];
    if (one === 'met') return [];
    return one === 'missed'
      ? [`misses ${limit} (${figure(value, constraint.tag)})`]
      : [`not checked: ${limit}`];
  });
  return { mark: CLASSES[verdict], text: others.join('; ') || 'met' };
}

/** What every table of configurations says of each, whether it varies or not. */
export const SETTINGS = ['Max Batch Size', 'Dynamic Batching', 'Instances'];

/** The cells below SETTINGS. */
export const settingCells = (trial: Trial, gpus: number): string[] => [
  String(maxBatchSize(trial.models[0].config)),
  'dynamic_batching' in trial.models[0].config ? 'enabled' : 'disabled',
  instanceGroupCell(trial, gpus) || '–',
];

/** GPUs that the run's servers had. */
export const gpuCount = (run: Run): number => Object.keys(run.servers.at(-1)?.gpus ?? {}).length;

/** A configuration in few words: `2 instances on CPU, max batch size 4, dynamic batching, python backend`. */
export function describeConfig({ models: [{ config }], end }: Trial): string {
  const known = end?.effective ?? config;
  const groups = instanceGroups(instanceGroups(config).length > 0 ? config : known);
  const instances = groups.map(
    ({ kind, count }) => `${count} ${count === 1 ? 'instance' : 'instances'} on ${kind}`,
  );
  const size = maxBatchSize(config);
  // It has neither instances nor a batcher of its own.
  if (config['ensemble_scheduling'] !== undefined)
    return size > 0 ? `ensemble, max batch size ${size}` : 'ensemble, without batching';
  const engine = known['backend'] || known['platform'];
  return [
    instances.join(' and ') || 'instances as the server decides',
    ...(size > 0
      ? [
          `max batch size ${size}`,
          `dynamic batching ${'dynamic_batching' in config ? 'enabled' : 'disabled'}`,
        ]
      : ['without batching by the server']),
    ...(engine ? [`${known['backend'] ? 'backend' : 'platform'} ${engine}`] : []),
  ].join(', ');
}
