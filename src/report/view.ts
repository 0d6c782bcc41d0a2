import { metric } from '../metric.ts';
import { printConfigText } from '../model-config/config.ts';
import { type DiffLine, hunksOf } from '../model-config/diff.ts';
import type { RankedEntry, RankedPoint, Ranking } from '../rank/rank.ts';
import {
  compactValue,
  describeAssignment,
  describeConstraint,
  describeObjectives,
  formatNumber,
  varyingPaths,
  verdict,
} from '../rank/words.ts';
import { levelOf } from '../space/load-point.ts';
import type { Interval } from '../statistics/intervals.ts';
import { measurementsOf, type Run, type Trial } from '../store/run.ts';
import { levelHeader } from './csv.ts';
import { failureViews, skippedViews } from './failures.ts';
import { loadLadderData, loadLadderSvg } from './figures/load-ladder.ts';
import { throughputLatencyData, throughputLatencySvg } from './figures/throughput-latency.ts';
import { STAGES, timeBreakdownData, timeBreakdownSvg } from './figures/time-breakdown.ts';
import { methodView } from './method.ts';

/** Columns of a table of points: those of METRICS that say something about the run at hand. */
const POINT_COLUMNS = [
  'perf_throughput',
  'perf_latency_p99',
  'perf_latency_p50',
  'perf_latency_avg',
  'perf_server_queue',
  'perf_server_compute_infer',
  'perf_executed_batch',
  'cpu_used_ram',
  'cpu_utilization',
  'gpu_used_memory',
  'gpu_utilization',
  'gpu_power_usage',
];

/** The fewer columns of the table of configurations. */
const SUMMARY_COLUMNS = [
  'perf_throughput',
  'perf_latency_p99',
  'perf_server_queue',
  'perf_server_compute_infer',
  'perf_executed_batch',
  'cpu_used_ram',
  'gpu_used_memory',
  'gpu_utilization',
];

const MEMORY = ['cpu_used_ram', 'gpu_used_memory'];

/** More points than this in a figure of loads make it unreadable. */
const LADDER_ENTRIES = 4;

const ranged = (interval: Interval | undefined): string => {
  const [low, high] = interval ?? [null, null];
  return low === null || high === null ? '' : `${formatNumber(low)} to ${formatNumber(high)}`;
};

const figure = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(value));

/** The columns of a table of these points: what none of them measured is left out. */
const columnsOf = (trials: readonly Trial[]) =>
  POINT_COLUMNS.filter((tag) =>
    trials.some((trial) =>
      measurementsOf(trial).some((measurement) => measurement.values[tag] !== undefined),
    ),
  ).map((tag) => ({ tag, header: metric(tag).header }));

function pointRow(point: RankedPoint, columns: readonly { tag: string }[]) {
  const { measurement } = point;
  return {
    level: String(levelOf(measurement.point)),
    batchSize: measurement.point.batchSize,
    passes: point.passes,
    missed: point.checks
      .filter((check) => !check.met)
      .map((check) => `misses ${describeConstraint(check.constraint)}`)
      .join('; '),
    warnings: measurement.warnings.join('; '),
    cells: columns.map(({ tag }) => ({
      // What other variants left in a server's memory can't be told from its own.
      text: `${figure(measurement.values[tag])}${measurement.shared && MEMORY.includes(tag) ? ' (shared)' : ''}`,
      range: ranged(measurement.intervals[tag]),
    })),
  };
}

function entryView(
  entry: RankedEntry,
  position: number,
  ranking: Ranking,
  columns: readonly { tag: string }[],
) {
  const { trial, points, best } = entry;
  const summary = columns.filter(({ tag }) => SUMMARY_COLUMNS.includes(tag));
  return {
    name: trial.name,
    position,
    isDefault: trial.isDefault,
    isWinner: entry === ranking.winner,
    tied: ranking.ties.includes(entry),
    parameters: varyingPaths(ranking.entries).map((path) =>
      path in trial.assignment ? compactValue(path, trial.assignment[path]) : '',
    ),
    best: pointRow(best, summary),
    points: points.map((point) => pointRow(point, columns)),
    warnings: trial.end?.warnings ?? [],
  };
}

const diffView = (lines: readonly DiffLine[]) =>
  hunksOf(lines).flatMap((hunk, index) => [
    ...(index > 0 ? [{ kind: 'gap', text: '  ⋯' }] : []),
    ...hunk.map(({ change, text }) => ({
      kind: change === '+' ? 'added' : change === '-' ? 'removed' : 'kept',
      text: `${change} ${text}`,
    })),
  ]);

const legend = STAGES.map(({ name, color }) => ({ name, color }));

/** Everything that the summary page shows of one model; its templates hold no logic beyond loops. */
export function summaryView(run: Run, ranking: Ranking) {
  const { winner, goal } = ranking;
  const trials = [...ranking.entries.map((entry) => entry.trial), ...ranking.unmeasured];
  const columns = columnsOf(trials);
  const ladder = ranking.entries.slice(0, LADDER_ENTRIES - 1);
  if (ranking.default && !ladder.includes(ranking.default)) ladder.push(ranking.default);
  const best = winner?.best.measurement;
  // Where the client was the limit at every point there is no winner, but there is something to see.
  const shown = winner ?? ranking.entries[0];
  return {
    title: `${ranking.model} on Triton`,
    verdict: verdict(ranking),
    verdictClass: winner?.best.passes ? 'good' : 'bad',
    method: methodView(run, trials),
    objectives: describeObjectives(ranking),
    numbers: best
      ? [
          {
            label: 'throughput',
            value: figure(best.values['perf_throughput']),
            unit: 'infer/s',
            range: ranged(best.intervals['perf_throughput']),
          },
          {
            label: 'p99 latency',
            value: figure(best.values['perf_latency_p99']),
            unit: 'ms',
            range: ranged(best.intervals['perf_latency_p99']),
          },
          {
            label: 'against the default',
            value: ranking.gain
              ? `${ranking.gain.percent >= 0 ? '+' : '−'}${formatNumber(Math.abs(ranking.gain.percent))}`
              : '–',
            unit: '%',
            range: ranking.gain?.plusMinus === undefined ? '' : `± ${formatNumber(ranking.gain.plusMinus)}`,
          },
        ]
      : [],
    constraints: goal.constraints.map((constraint) => {
      const check = winner?.best.checks.find((item) => item.constraint === constraint);
      const { unit } = metric(constraint.tag);
      return {
        met: check?.met ?? false,
        text: describeConstraint(constraint),
        measured: check?.value === undefined ? 'not measured' : `${formatNumber(check.value)} ${unit}`,
      };
    }),
    winner: winner
      ? {
          name: winner.trial.name,
          isDefault: winner.trial.isDefault,
          diff: diffView(winner.trial.diff),
          configText: winner.trial.configText,
        }
      : undefined,
    scatter: ranking.entries.length > 0 ? throughputLatencySvg(throughputLatencyData(ranking)) : '',
    ladder: ladder.length > 0 ? loadLadderSvg(loadLadderData(ladder, winner)) : '',
    breakdown: shown ? timeBreakdownSvg(timeBreakdownData(measurementsOf(shown.trial))) : '',
    breakdownOf: shown?.trial.name ?? '',
    legend,
    columns,
    parameters: varyingPaths(ranking.entries).map((path) => ({
      path,
      // Long names may break behind an underscore.
      name: path.split('.').at(-1)!.replaceAll('_', '_\u200b'),
    })),
    levelHeader: levelHeader([ranking]),
    summaryColumns: columns.filter(({ tag }) => SUMMARY_COLUMNS.includes(tag)),
    entries: ranking.entries.map((entry, index) => entryView(entry, index + 1, ranking, columns)),
    failures: failureViews(trials),
    skipped: skippedViews(trials),
  };
}

/** Everything that the page of one configuration shows. */
export function detailedView(run: Run, trial: Trial, ranking: Ranking | undefined) {
  const entry = ranking?.entries.find((item) => item.trial.name === trial.name);
  const columns = columnsOf([trial]);
  const measurements = measurementsOf(trial);
  return {
    title: trial.name,
    model: trial.model,
    change: trial.isDefault
      ? 'The configuration as it lies in the model repository.'
      : `${describeAssignment(trial.assignment)}.`,
    rank: entry && ranking ? `Rank ${ranking.entries.indexOf(entry) + 1} of ${ranking.entries.length}.` : '',
    best: entry ? pointRow(entry.best, columns) : undefined,
    method: methodView(run, [trial]),
    diff: diffView(trial.diff),
    isDefault: trial.isDefault,
    configText: trial.configText,
    effectiveText: trial.end?.effective ? printConfigText(trial.end.effective) : '',
    breakdown: measurements.length > 0 ? timeBreakdownSvg(timeBreakdownData(measurements)) : '',
    ladder: entry ? loadLadderSvg(loadLadderData([entry], entry)) : '',
    legend,
    columns,
    levelHeader: ranking ? levelHeader([ranking]) : '',
    points: (entry?.points ?? []).map((point) => pointRow(point, columns)),
    warnings: trial.end?.warnings ?? [],
    failures: failureViews([trial]),
    skipped: skippedViews([trial]),
  };
}
