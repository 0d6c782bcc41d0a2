import { metric } from '../metric.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import type { RankedPoint, Ranking } from '../rank/rank.ts';
import { isRate, type LoadPoint, levelOf } from '../space/load-point.ts';
import type { ServerRecord, Trial } from '../store/run.ts';

/** A table before it is drawn as CSV or text. */
export interface Table {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const round = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(1));

const INFERENCE_METRICS = ['perf_throughput', 'perf_latency_p99'];
const GPU_METRICS = ['gpu_used_memory', 'gpu_utilization', 'gpu_power_usage'];

/** Model Analyzer's instance group cell: `2:CPU`, groups joined by ` + `. */
export function instanceGroupCell(trial: Trial): string {
  const asked = instanceGroups(trial.config);
  const groups = asked.length > 0 ? asked : instanceGroups(trial.end?.effective ?? {});
  return groups.map(({ kind, count }) => `${count}:${kind}`).join(' + ');
}

const levelCell = (point: LoadPoint): string => String(levelOf(point));

/** Model Analyzer's column of the load. */
export const levelHeader = (rankings: readonly Ranking[]): string => {
  const points = rankings.flatMap(({ entries }) => entries.map(({ best }) => best.measurement.point));
  return points.length > 0 && points.every(isRate) ? 'Request Rate' : 'Concurrency';
};

/** Every measured point, configurations and points in ranked order, in Model Analyzer's columns. */
export function inferenceTable(rankings: readonly Ranking[]): Table {
  return {
    headers: [
      'Model',
      'Batch',
      levelHeader(rankings),
      'Model Config Path',
      'Instance Group',
      'Max Batch Size',
      'Satisfies Constraints',
      ...INFERENCE_METRICS.map((tag) => metric(tag).header),
    ],
    rows: forEachPoint(rankings, (ranking, trial, point) => [
      [
        ranking.model,
        String(point.measurement.point.batchSize),
        levelCell(point.measurement.point),
        trial.name,
        instanceGroupCell(trial),
        String(maxBatchSize(trial.config)),
        point.passes ? 'Yes' : 'No',
        ...INFERENCE_METRICS.map((tag) => round(point.measurement.values[tag])),
      ],
    ]),
  };
}

/** Every measured point on every GPU; no rows where there was none. */
export function gpuTable(rankings: readonly Ranking[]): Table {
  return {
    headers: [
      'Model',
      'GPU UUID',
      'Batch',
      levelHeader(rankings),
      'Model Config Path',
      'Instance Group',
      'Satisfies Constraints',
      ...GPU_METRICS.map((tag) => metric(tag).header),
    ],
    rows: forEachPoint(rankings, (ranking, trial, point) =>
      Object.entries(point.measurement.gpus).map(([uuid, values]) => [
        ranking.model,
        uuid,
        String(point.measurement.point.batchSize),
        levelCell(point.measurement.point),
        trial.name,
        instanceGroupCell(trial),
        point.passes ? 'Yes' : 'No',
        ...GPU_METRICS.map((tag) => round(values[tag])),
      ]),
    ),
  };
}

/** The GPUs of the server before it had a model. */
export function serverTable(server: ServerRecord | undefined): Table {
  return {
    headers: ['Model', 'GPU UUID', ...GPU_METRICS.map((tag) => metric(tag).header)],
    rows: Object.entries(server?.gpus ?? {}).map(([uuid, values]) => [
      'triton-server',
      uuid,
      ...GPU_METRICS.map((tag) => round(values[tag])),
    ]),
  };
}

const forEachPoint = (
  rankings: readonly Ranking[],
  rows: (ranking: Ranking, trial: Trial, point: RankedPoint) => string[][],
): string[][] =>
  rankings.flatMap((ranking) =>
    ranking.entries.flatMap(({ trial, points }) => points.flatMap((point) => rows(ranking, trial, point))),
  );

/** The text of a table: a header row, rows, and a blank line, as Model Analyzer ends its files. */
export function csvText({ headers, rows }: Table): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [headers, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('') + '\n';
}
