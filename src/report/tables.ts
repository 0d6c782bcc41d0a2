import { DEFAULT_FIELDS, type OutputFields } from '../config/output-fields.ts';
import { byVerdict, score } from '../goal/score.ts';
import { findMetric, type Metric } from '../ground/metric.ts';
import { instanceGroups, maxBatchSize } from '../model-config/config.ts';
import { intervalsOf, type Noise } from '../rank/noise.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../rank/standings.ts';
import { headerOf } from '../rank/words.ts';
import { COSTS, type Criteria } from '../record/goal.ts';
import { batchSizeOf, isRate, levelOf } from '../record/load-point.ts';
import { marksOf } from '../record/marks.ts';
import { type Figures, type Measurement, startsOf } from '../record/measurement.ts';
import { loadedName, type Run, type ServerRecord, type Trial } from '../record/run.ts';

/** A table before it is drawn as CSV or text. */
export interface Table {
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a row of a model's table is made of. */
interface Row {
  readonly trial: Trial;
  readonly point: RankedPoint;
  /** GPUs that the server has: an instance group on GPUs counts on each. */
  readonly gpus: number;
  /** The GPU of the row, and its figures. */
  readonly uuid?: string;
  readonly values: Figures['values'];
  readonly noise: Noise;
}

interface Column {
  readonly header: string;
  cell(row: Row): string | undefined;
}

const PARAMETER = 'backend_parameter/';
/** A metric with one of these behind it: an end of its 95 % interval. */
const ENDS = [
  { end: '_low', header: '95% low', index: 0 },
  { end: '_high', header: '95% high', index: 1 },
] as const;

/** Fields that are no metrics, under Model Analyzer's headers. */
const WORDS: Readonly<Record<string, Column>> = {
  model_name: { header: 'Model', cell: ({ trial }) => loadedName(trial) },
  gpu_uuid: { header: 'GPU UUID', cell: ({ uuid }) => uuid },
  batch_size: { header: 'Batch', cell: ({ point }) => String(batchSizeOf(point.measurement.point)) },
  concurrency: {
    header: 'Concurrency',
    cell: ({ point }) => {
      const { point: load } = point.measurement;
      return isRate(load) ? undefined : String(levelOf(load));
    },
  },
  request_rate: {
    header: 'Request Rate',
    cell: ({ point }) => {
      const { point: load } = point.measurement;
      return isRate(load) ? String(levelOf(load)) : undefined;
    },
  },
  model_config_path: { header: 'Model Config Path', cell: ({ trial }) => trial.name },
  instance_group: {
    header: 'Instance Group',
    cell: ({ trial, gpus }) => instanceGroupCell(trial, gpus),
  },
  max_batch_size: {
    header: 'Max Batch Size',
    cell: ({ trial }) => String(maxBatchSize(trial.models[0].config)),
  },
  satisfies_constraints: {
    header: 'Satisfies Constraints',
    // Model Analyzer knows Yes and No only, and says Yes where it did not measure.
    cell: ({ point }) => ({ met: 'Yes', missed: 'No', unknown: 'Unknown' })[point.verdict],
  },
  requests: {
    header: 'Requests',
    cell: ({ point: { measurement } }) =>
      measurement.requests > 0 ? String(measurement.requests) : undefined,
  },
  looks: { header: 'Looks', cell: ({ point: { measurement } }) => String(measurement.looks ?? 1) },
  starts: { header: 'Starts', cell: ({ point: { measurement } }) => String(startsOf(measurement)) },
  marks: {
    header: 'Marks',
    cell: ({ point: { measurement } }) =>
      marksOf(measurement)
        .map(({ tag, from }) => (from === undefined ? tag : `${tag}:${from}`))
        .join(';'),
  },
};

/** The fields of both ends of each metric's interval. */
const endsOf = (fields: readonly string[]): string[] =>
  fields
    .filter((field) => findMetric(field) !== undefined)
    .flatMap((tag) => ENDS.map(({ end }) => tag + end));

/** What says how sure the figures of a row are; Model Analyzer records none of it. */
const surenessOf = (fields: readonly string[]): string[] => [
  ...endsOf(fields),
  ...['requests', 'looks', 'starts', 'marks'],
];

/** What names the currency of costs. */
type Priced = Pick<Criteria, 'prices'>;

/** A field as a column: a word, a metric, or a parameter of the configuration; undefined for anything else. */
function columnOf(field: string, criteria: Priced): Column | undefined {
  const word = WORDS[field];
  if (word) return word;
  if (field.startsWith(PARAMETER)) return { header: field, cell: ({ trial }) => parameterOf(trial, field) };
  const metric = findMetric(field);
  return metric
    ? { header: headerOf(metric.tag, criteria), cell: ({ values }) => cellOf(values[metric.tag], metric) }
    : endColumn(field, criteria);
}

/** An end of a metric's interval, to five digits. */
function endColumn(field: string, criteria: Priced): Column | undefined {
  const found = ENDS.find(({ end }) => field.endsWith(end));
  const metric = found && findMetric(field.slice(0, -found.end.length));
  return (
    metric && {
      header: `${headerOf(metric.tag, criteria)} ${found.header}`,
      cell: ({ point: { measurement }, noise, uuid }) => {
        // Of one of several GPUs alone no interval is known.
        if (uuid !== undefined && Object.keys(measurement.gpus).length > 1) return undefined;
        const end = intervalsOf(measurement, noise)[metric.tag]?.[found.index] ?? undefined;
        return end === undefined ? undefined : String(Number(end.toPrecision(5)));
      },
    }
  );
}

/** Model Analyzer has one decimal; of what it does not know, four digits that count. */
const cellOf = (value: number | undefined, { source }: Metric): string | undefined =>
  source === 'derived' && value !== undefined ? String(Number(value.toPrecision(4))) : round(value);

function parameterOf({ models: [{ config }] }: Trial, field: string): string | undefined {
  const parameters = (config['parameters'] ?? {}) as Record<string, { string_value?: string }>;
  return parameters[field.slice(PARAMETER.length)]?.string_value;
}

/**
 * One decimal, as Python rounds: what lies in the middle goes to the even side. Only where that is exact in binary
 * does it differ from JavaScript's.
 */
export function round(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  const tenths = value * 10;
  const isTie = (value * 4) % 1 === 0 && (value * 2) % 1 !== 0;
  return isTie ? ((2 * Math.round(tenths / 2)) / 10).toFixed(1) : value.toFixed(1);
}

/** Model Analyzer's cell: `2:CPU`, kinds joined by ` + `; a group on GPUs counts on each of them. */
export function instanceGroupCell(trial: Trial, gpus = 1): string {
  const asked = instanceGroups(trial.models[0].config);
  const groups = asked.length > 0 ? asked : instanceGroups(trial.end?.effective ?? {});
  const lists = (trial.models[0].config['instance_group'] ?? []) as { gpus?: unknown[] }[];
  const kinds = new Map<string, number>();
  for (const [index, { kind, count }] of groups.entries()) {
    const own = (lists[index]?.gpus?.length ?? 0) > 0;
    const total = kind === 'GPU' && !own ? count * Math.max(1, gpus) : count;
    kinds.set(kind, (kinds.get(kind) ?? 0) + total);
  }
  return [...kinds].map(([kind, count]) => `${count}:${kind}`).join(' + ');
}

/** Every measured point, configurations and points in ranked order. */
export const inferenceTable = (
  rankings: readonly Ranking[],
  fields: readonly string[] = fieldsFor(rankings).inference,
  gpus = 1,
): Table =>
  tableOf(
    'Models (Inference)',
    fields,
    rowsOf(rankings, gpus, ({ whole: { values } }) => [{ values }]),
    { prices: rankings[0]?.goal.prices },
  );

/** Every measured point on every GPU; no rows where there was none. */
export const gpuTable = (
  rankings: readonly Ranking[],
  fields: readonly string[] = fieldsFor(rankings).gpu,
  gpus = 1,
): Table =>
  tableOf(
    'Models (GPU Metrics)',
    fields,
    rowsOf(rankings, gpus, (measurement) =>
      Object.entries(measurement.gpus).map(([uuid, values]) => ({ uuid, values })),
    ),
    { prices: rankings[0]?.goal.prices },
  );

/** The GPUs of the server before it had a model. */
export function serverTable(
  server: ServerRecord | undefined,
  fields: readonly string[] = DEFAULT_FIELDS.server,
): Table {
  const columns = fields.flatMap((field) => {
    if (field === 'model_name') return [{ header: 'Model', cell: () => 'triton-server' }];
    if (field === 'gpu_uuid') return [{ header: 'GPU UUID', cell: (uuid: string) => uuid }];
    const metric = findMetric(field);
    if (!metric || !Object.values(server?.gpus ?? {}).some((gpu) => metric.tag in gpu)) return [];
    const cell = (uuid: string): string | undefined => round(server?.gpus[uuid]?.[metric.tag]);
    return [{ header: metric.header, cell }];
  });
  return {
    title: 'Server Only',
    headers: columns.map(({ header }) => header),
    rows: Object.keys(server?.gpus ?? {}).map((uuid) => columns.map(({ cell }) => cell(uuid) ?? 'None')),
  };
}

/** Whether only request rates were measured. */
function byRate(rankings: readonly Ranking[]): boolean {
  const points = rankings.flatMap(({ entries }) => entries.map(({ best }) => best.measurement.point));
  return points.length > 0 && points.every(isRate);
}

/** Model Analyzer's column of the load. */
export const levelHeader = (rankings: readonly Ranking[]): string =>
  WORDS[byRate(rankings) ? 'request_rate' : 'concurrency']!.header;

/**
 * The fields of the tables where none are asked for: Model Analyzer's, with the load that was measured, and behind them what it
 * costs, where prices are given, what else it is judged by, and how sure all of these figures are, where tma measured them.
 */
function fieldsFor(rankings: readonly Ranking[]): OutputFields {
  const isRated = byRate(rankings);
  const swap = (list: readonly string[]): string[] =>
    list.map((field) => (field === 'concurrency' && isRated ? 'request_rate' : field));
  const isRecorded = rankings.some(({ entries }) =>
    entries.some(({ points }) => points.some(({ measurement }) => measurement.requests > 0)),
  );
  const costs = rankings.some(({ goal }) => goal.prices) ? COSTS : [];
  const { inference, gpu } = DEFAULT_FIELDS;
  const judged = rankings.flatMap(({ goal: { objectives, constraints } }) =>
    [...objectives, ...constraints].map(({ tag }) => tag),
  );
  const fields = [...new Set([...swap(inference), ...costs, ...judged])];
  return {
    ...DEFAULT_FIELDS,
    inference: [...fields, ...(isRecorded ? surenessOf(fields) : [])],
    gpu: [...swap(gpu), ...(isRecorded ? [...endsOf(gpu), 'marks'] : [])],
  };
}

/** A metric that no row has is left out; a single cell that is missing says `None`, as in Model Analyzer. */
function tableOf(title: string, fields: readonly string[], rows: readonly Row[], criteria: Priced): Table {
  const columns = fields.flatMap((field): Column[] => {
    const column = columnOf(field, criteria);
    const always = field in WORDS || field.startsWith(PARAMETER);
    return column && (always || rows.some((row) => column.cell(row) !== undefined)) ? [column] : [];
  });
  return {
    title,
    headers: columns.map(({ header }) => header),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row) ?? 'None')),
  };
}

const rowsOf = (
  rankings: readonly Ranking[],
  gpus: number,
  parts: (measurement: Measurement) => Pick<Row, 'uuid' | 'values'>[],
): Row[] =>
  rankings.flatMap((ranking) =>
    inTableOrder(ranking).flatMap(({ trial, points }) =>
      points.flatMap((point) =>
        parts(point.measurement).map((part) => ({ trial, point, gpus, noise: ranking.noise, ...part })),
      ),
    ),
  );

/**
 * Model Analyzer's order: configurations by the score of their best point that keeps the limits, or of their best where
 * none does; the points of each by score, those that keep the limits first and those that break one last.
 */
function inTableOrder({ entries, goal }: Ranking): Pick<RankedEntry, 'trial' | 'points'>[] {
  const byScore = (a: RankedPoint, b: RankedPoint): number =>
    -score(a.measurement.whole, b.measurement.whole, goal.objectives);
  return entries
    .map(({ trial, points }) => ({
      trial,
      points: [...points].sort((a, b) => byVerdict(a, b) || byScore(a, b)),
    }))
    .sort((a, b) => byScore(a.points[0]!, b.points[0]!));
}

/** The three tables of a run, with the fields that were asked for. */
export function resultTables(
  run: Run,
  rankings: readonly Ranking[],
  asked: Partial<OutputFields> = {},
): Record<keyof OutputFields, Table> {
  const fields = { ...fieldsFor(rankings), ...asked };
  const server = run.servers.at(-1);
  const gpus = Object.keys(server?.gpus ?? {}).length;
  return {
    server: serverTable(server, fields.server),
    inference: inferenceTable(rankings, fields.inference, gpus),
    gpu: gpuTable(rankings, fields.gpu, gpus),
  };
}

/** The text of a table: a header row, rows, and a blank line, as Model Analyzer ends its files. */
export function csvText({ headers, rows }: Pick<Table, 'headers' | 'rows'>): string {
  const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [headers, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('') + '\n';
}

/** Tables as Model Analyzer prints them with -v: a title, columns two wider than their widest cell. */
export const tablesText = (tables: readonly Table[]): string =>
  tables
    .map(({ title, headers, rows }) => {
      const widths = headers.map(
        (header, index) => 2 + Math.max(header.length, ...rows.map((row) => row[index]!.length)),
      );
      const lines = [headers, ...rows].map((row) =>
        row.map((cell, index) => cell.padEnd(widths[index]!)).join(' '),
      );
      return `${title}:\n${lines.join('\n')}\n\n`;
    })
    .join('');
