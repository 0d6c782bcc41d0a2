import { readFileSync } from 'node:fs';
import { median } from 'simple-statistics';
import { findMetric } from '../../src/ground/metric.ts';
import { instanceGroups, maxBatchSize } from '../../src/model-config/config.ts';
import { isRate, levelOf } from '../../src/record/load-point.ts';
import { parseResults } from '../../src/record/results.ts';

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
}

const SETTINGS = ['instance_group', 'max_batch_size', 'dynamic_batching'];
const KEYS = ['model', 'variant', ...SETTINGS, 'client_batch', 'concurrency', 'request_rate'];

/** Of the columns that a grid has beside the usual ones, those that are no metrics: settings of the configuration. */
const furtherSettings = (headers: readonly string[]): string[] =>
  headers.filter((name) => name !== '' && !KEYS.includes(name) && findMetric(name) === undefined);

/**
 * Reads a recorded grid; cells of metrics that are no numbers are values that were not measured. A column that is no
 * metric is a setting of the configuration.
 */
export function readGrid(file: string): Row[] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').split(/\r?\n/);
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
      const values = headers.flatMap((name, index): [string, number][] => {
        const text = cells[index] ?? '';
        return KEYS.includes(name) ||
          settings.includes(name) ||
          text.trim() === '' ||
          Number.isNaN(Number(text))
          ? []
          : [[name, Number(text)]];
      });
      return {
        model: cell('model'),
        variant: cell('variant'),
        settings: Object.fromEntries(settings.map((name) => [name, cell(name)])),
        batchSize: Number(cell('client_batch')) || 1,
        level: isRate ? rate : concurrency,
        isRate,
        values: Object.fromEntries(values),
      };
    });
}

/** The cells of a line of CSV; quotes may stand around one. */
function splitLine(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
    .slice(0, line === '' ? 0 : undefined);
}

/** What `tma profile` measured, out of its results.json; a configuration that failed has rows without values. */
export function readResults(file: string): Row[] {
  const { trials } = parseResults(readFileSync(file, 'utf8'), file);
  return trials.flatMap(({ models: [{ name: model, config }], name, isDefault, points }) => {
    const groups = instanceGroups(config).map(({ kind, count }) => `${count}:${kind}`);
    const batching = config['dynamic_batching'] as { max_queue_delay_microseconds?: string } | undefined;
    const settings = {
      instance_group: isDefault ? 'default' : groups.join(' + '),
      max_batch_size: String(maxBatchSize(config)),
      dynamic_batching: batching ? (batching.max_queue_delay_microseconds ?? '0') : 'disabled',
    };
    return points.flatMap((record): Row[] => {
      if (record.state === 'skipped') return [];
      const point = record.state === 'measured' ? record.measurement.point : record.point;
      const [{ batchSize }] = point.streams;
      const values = record.state === 'measured' ? record.measurement.whole.values : {};
      return [
        { model, variant: name, settings, batchSize, level: levelOf(point), isRate: isRate(point), values },
      ];
    });
  });
}

/** The same as a file. */
export function gridText(rows: readonly Row[]): string {
  const tags = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const names = [...new Set([...SETTINGS, ...rows.flatMap(({ settings }) => Object.keys(settings))])];
  const isRate = rows.every((row) => row.isRate);
  const headers = ['model', 'variant', ...names, 'client_batch', isRate ? 'request_rate' : 'concurrency'];
  const lines = rows.map(({ model, variant, settings, batchSize, level, values }) =>
    [
      ...[model, variant, ...names.map((name) => settings[name] ?? ''), batchSize, level],
      ...tags.map((tag) => (values[tag] === undefined ? '' : Number(values[tag].toPrecision(6)))),
    ].join(),
  );
  return `${[[...headers, ...tags].join(), ...lines].join('\n')}\n`;
}

/** Of several rows of one point one, each metric the median of theirs. */
export function medianOf(rows: readonly Row[]): Row[] {
  const points = Map.groupBy(rows, (row) => `${row.model} ${row.variant} ${row.level} ${row.batchSize}`);
  return [...points.values()].map((same): Row => {
    const tags = new Set(same.flatMap(({ values }) => Object.keys(values)));
    const values = [...tags].map((tag) => {
      const known = same.flatMap((row) => row.values[tag] ?? []);
      return [tag, median(known)] as const;
    });
    return { ...same[0]!, values: Object.fromEntries(values) };
  });
}
