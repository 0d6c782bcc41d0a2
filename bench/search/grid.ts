import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { mean, median } from 'simple-statistics';
import { findMetric } from '../../src/ground/metric.ts';
import { instanceGroups, maxBatchSize } from '../../src/model-config/config.ts';
import { LineReader } from '../../src/record/line.ts';
import { isRate, type LoadPoint, levelOf } from '../../src/record/load-point.ts';
import type { Figures } from '../../src/record/measurement.ts';
import { parseResults } from '../../src/record/results.ts';
import type { PointRecord, VariantRecord } from '../../src/record/run.ts';
import { relativeHalfWidth } from '../../src/statistics/intervals.ts';

/** One recorded point of a landscape. */
export interface Row {
  readonly model: string;
  readonly variant: string;
  /** instance_group, max_batch_size, dynamic_batching and whatever else tells configurations apart, as written. */
  readonly settings: Readonly<Record<string, string>>;
  readonly batchSize: number;
  readonly level: number;
  /** Whether the level is requests a second. */
  readonly isRate: boolean;
  readonly values: Readonly<Record<string, number>>;
  /** Of a grid with several looks at its points: which start of the server it was measured on. */
  readonly start?: string;
  /** What the measurement itself says of its scatter: standard deviations as shares of the values. */
  readonly deviations?: Readonly<Record<string, number>>;
}

const SETTINGS = ['instance_group', 'max_batch_size', 'dynamic_batching'];
const KEYS = ['model', 'variant', ...SETTINGS, 'client_batch', 'concurrency', 'request_rate', 'start'];

/** Columns of what a measurement says of its own scatter. */
const DEVIATION = 'deviation of ';

/** Of the columns that a grid has beside the usual ones, those that are no metrics: settings of the configuration. */
const furtherSettings = (headers: readonly string[]): string[] =>
  headers.filter(
    (name) =>
      name !== '' && !KEYS.includes(name) && !name.startsWith(DEVIATION) && findMetric(name) === undefined,
  );

/** A file's text; one that is compressed may be. */
export function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

/**
 * Reads a recorded grid; cells of metrics that are no numbers are values that were not measured. A column that is no
 * metric is a setting of the configuration.
 */
export function readGrid(file: string): Row[] {
  const [head = '', ...lines] = textOf(file).split(/\r?\n/);
  const headers = splitLine(head);
  const settings = [...SETTINGS, ...furtherSettings(headers)];
  return lines
    .filter((line) => line.trim() !== '')
    .map((line): Row => {
      const cells = splitLine(line);
      const cell = (name: string): string => cells[headers.indexOf(name)] ?? '';
      const rate = Number(cell('request_rate'));
      const concurrency = Number(cell('concurrency'));
      const isRate = !(concurrency > 0) && rate > 0;
      const numbers = headers.flatMap((name, index): [string, number][] => {
        const text = cells[index] ?? '';
        return KEYS.includes(name) ||
          settings.includes(name) ||
          text.trim() === '' ||
          Number.isNaN(Number(text))
          ? []
          : [[name, Number(text)]];
      });
      const [deviations = [], values = []] = [true, false].map((is) =>
        numbers.filter(([name]) => name.startsWith(DEVIATION) === is),
      );
      const start = cell('start');
      return {
        model: cell('model'),
        variant: cell('variant'),
        settings: Object.fromEntries(settings.map((name) => [name, cell(name)])),
        batchSize: Number(cell('client_batch')) || 1,
        level: isRate ? rate : concurrency,
        isRate,
        values: Object.fromEntries(values),
        ...(start !== '' && { start }),
        ...(deviations.length > 0 && {
          deviations: Object.fromEntries(
            deviations.map(([name, value]) => [name.slice(DEVIATION.length), value]),
          ),
        }),
      };
    });
}

/** The cells of a line of CSV; quotes may stand around one. */
function splitLine(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
    .slice(0, line === '' ? 0 : undefined);
}

/** Rows of a grid, of the results.json of a run, or of its journal, as the file's text says. */
export function readRecorded(file: string): Row[] {
  const text = textOf(file);
  if (text.startsWith('{"kind":"')) return looksOf(text);
  return text.trimStart().startsWith('{') ? rowsOfResults(text, file) : readGrid(file);
}

/** What `tma profile` measured, out of its results.json; a configuration that failed has rows without values. */
function rowsOfResults(text: string, file: string): Row[] {
  return parseResults(text, file).trials.flatMap((trial) =>
    trial.points.flatMap((record) => {
      const row = rowOf(trial, record);
      return row ? [row] : [];
    }),
  );
}

/** Every look that a journal tells of, with the start of the server that it was made on. */
function looksOf(text: string): Row[] {
  const reader = new LineReader();
  const variants = new Map<string, VariantRecord>();
  /** By variant, the start of the server that runs it now. */
  const running = new Map<string, string>();
  const rows: Row[] = [];
  let starts = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const read = reader.read(line);
    if (read.kind !== 'entry') continue;
    const { entry } = read;
    if (entry.kind === 'session') running.clear();
    else if (entry.kind === 'variant') variants.set(entry.key, entry);
    else if (entry.kind === 'end') running.delete(entry.variant);
    else if (entry.kind === 'point') {
      const start = running.get(entry.variant) ?? String(++starts);
      running.set(entry.variant, start);
      const variant = variants.get(entry.variant);
      const row = variant && rowOf(variant, entry.record);
      if (row) rows.push({ ...row, ...lookOf(entry.record), start });
    }
  }
  return rows;
}

/** What a search, or a model of the server, may learn from. */
const KEPT =
  /^(perf_throughput|perf_latency_.*|perf_server_.*|perf_(inference|execution)_count|perf_executed_batch|gpu_used_memory|gpu_utilization)$/;
/** Of these a look also tells how sure it is. */
const WITH_DEVIATION = /^(perf_throughput|perf_latency_.*)$/;
/** How many standard deviations a 95 % interval reaches to either side. */
const NORMAL_95 = 1.96;

function lookOf(record: PointRecord): Pick<Row, 'values' | 'deviations'> {
  if (record.state !== 'measured') return { values: {} };
  const { values, intervals } = record.measurement.whole;
  const deviations = Object.entries(intervals).flatMap(([tag, interval]): [string, number][] => {
    const width = WITH_DEVIATION.test(tag) ? relativeHalfWidth(interval) : undefined;
    return width === undefined ? [] : [[tag, width / NORMAL_95]];
  });
  const kept = Object.entries(values).filter(([tag]) => KEPT.test(tag));
  return { values: Object.fromEntries(kept), deviations: Object.fromEntries(deviations) };
}

/** Of a record, what makes a row. */
type Recorded =
  | { readonly state: 'skipped' }
  | { readonly state: 'failed'; readonly point: LoadPoint }
  | {
      readonly state: 'measured';
      readonly measurement: { readonly point: LoadPoint; readonly whole: Pick<Figures, 'values'> };
    };

/** A record as a row; undefined where it was skipped. */
function rowOf(
  {
    models: [{ name: model, config }],
    name,
    isDefault,
  }: Pick<VariantRecord, 'models' | 'name' | 'isDefault'>,
  record: Recorded,
): Row | undefined {
  if (record.state === 'skipped') return undefined;
  const isMeasured = record.state === 'measured';
  const groups = instanceGroups(config).map(({ kind, count }) => `${count}:${kind}`);
  const batching = config['dynamic_batching'] as { max_queue_delay_microseconds?: string } | undefined;
  const point = isMeasured ? record.measurement.point : record.point;
  const row = {
    model,
    variant: name,
    settings: {
      instance_group: isDefault ? 'default' : groups.join(' + '),
      max_batch_size: String(maxBatchSize(config)),
      dynamic_batching: batching ? (batching.max_queue_delay_microseconds ?? '0') : 'disabled',
    },
    batchSize: point.streams[0].batchSize,
    level: levelOf(point),
    isRate: isRate(point),
  };
  if (!isMeasured) return { ...row, values: {} };
  return { ...row, values: record.measurement.whole.values };
}

/** The same as a file. */
export function gridText(rows: readonly Row[]): string {
  const tags = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const names = [...new Set([...SETTINGS, ...rows.flatMap(({ settings }) => Object.keys(settings))])];
  const isRate = rows.every((row) => row.isRate);
  const hasStarts = rows.some(({ start }) => start !== undefined);
  const deviating = [...new Set(rows.flatMap(({ deviations = {} }) => Object.keys(deviations)))];
  const headers = [
    ...['model', 'variant', ...names, 'client_batch', isRate ? 'request_rate' : 'concurrency'],
    ...(hasStarts ? ['start'] : []),
    ...tags,
    ...deviating.map((tag) => `${DEVIATION}${tag}`),
  ];
  const cell = (value: number | undefined, digits: number): number | '' =>
    value === undefined ? '' : Number(value.toPrecision(digits));
  const lines = rows.map(({ model, variant, settings, batchSize, level, values, start, deviations }) =>
    [
      ...[model, variant, ...names.map((name) => settings[name] ?? ''), batchSize, level],
      ...(hasStarts ? [start ?? ''] : []),
      ...tags.map((tag) => cell(values[tag], 6)),
      ...deviating.map((tag) => cell(deviations?.[tag], 3)),
    ].join(),
  );
  return `${[headers.join(), ...lines].join('\n')}\n`;
}

/**
 * Rows of several recordings as one, in which every start of a server has a number of its own, and a configuration the name
 * that the first of them gave it.
 */
export function joined(recordings: readonly (readonly Row[])[]): Row[] {
  let before = 0;
  const names = new Map<string, string>();
  return recordings.flatMap((rows) => {
    const numbers = new Map(
      [...new Set(rows.flatMap(({ start }) => start ?? []))].map((start) => [start, ++before]),
    );
    return rows.map((row) => {
      const configuration = JSON.stringify([row.model, ...Object.entries(row.settings).sort()]);
      const variant = names.get(configuration) ?? row.variant;
      names.set(configuration, variant);
      return { ...row, variant, ...(row.start !== undefined && { start: String(numbers.get(row.start)) }) };
    });
  });
}

/** What tells points apart. */
export const pointOf = (row: Row): string => `${row.model} ${row.variant} ${row.level} ${row.batchSize}`;

/** The looks at each point. */
export const byPoint = (rows: readonly Row[]): Map<string, Row[]> => Map.groupBy(rows, pointOf);

/** Of several rows of one point one, each metric the median of theirs. */
export const medianOf = (rows: readonly Row[]): Row[] => combined(rows, median);

/** The same by the mean of the logarithms, of what is positive everywhere. */
export const meanOf = (rows: readonly Row[]): Row[] =>
  combined(rows, (values) =>
    values.every((value) => value > 0) ? Math.exp(mean(values.map(Math.log))) : mean([...values]),
  );

function combined(rows: readonly Row[], how: (values: number[]) => number): Row[] {
  return [...byPoint(rows).values()].map((same): Row => {
    const { start: _, deviations: __, ...row } = same[0]!;
    const tags = new Set(same.flatMap(({ values }) => Object.keys(values)));
    const values = [...tags].map((tag) => {
      const known = same.flatMap((other) => other.values[tag] ?? []);
      return [tag, known.length > 1 ? how(known) : known[0]!] as const;
    });
    return { ...row, values: Object.fromEntries(values) };
  });
}
