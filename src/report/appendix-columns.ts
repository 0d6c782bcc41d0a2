import { sum } from 'simple-statistics';
import type { PaperSize } from '../config/paper-sizes.ts';
import { intervalsOf } from '../rank/noise.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedPoint } from '../rank/standings.ts';
import { formatValue, headerOf } from '../rank/words.ts';
import type { Trial } from '../record/run.ts';
import { type SettingColumn, settingColumns } from './setting-columns.ts';
import { columnsOf, figure } from './table-view.ts';

/** CSS pixels between the margins of a sheet on its side (templates/paper.css). */
const WIDTHS: Readonly<Record<PaperSize, number>> = { a4: 1039, letter: 973 };
/** CSS pixels of a letter, mostly bold and in the widest of the usual fonts (DejaVu Sans of 8 pt), and of the gap beside a column. */
const [LETTER, GAP] = [7.2, 8];
/** CSS pixels of what stands in every row: position, name, load and notes. */
const ALWAYS = 240;
/** Settings in columns of their own take this part of the width at most; more of them become one column. */
const MOST_OF_SETTINGS = 0.35;
/** Longer words of a setting are broken. */
const LONGEST_WORD = 14;

/** Metrics that a reader of paper misses first, the first of them first. */
const WANTED = [
  'perf_latency_p50',
  'perf_response_throughput',
  'perf_first_response_p99',
  'perf_inter_response_p99',
  'perf_sequence_throughput',
  'cost_per_million_inferences',
  'gpu_used_memory',
  'gpu_utilization',
  'perf_server_queue',
  'perf_server_compute_infer',
  'perf_executed_batch',
  'cpu_used_ram',
  'perf_latency_avg',
  'cpu_utilization',
];

/** A column of figures: a metric, or its 95 % intervals. */
export interface FigureColumn {
  readonly tag: string;
  readonly header: string;
  readonly isInterval: boolean;
}

const widthOf = (header: string, cells: readonly string[]): number =>
  GAP +
  LETTER *
    Math.max(0, ...header.split(/[\s_]/).map(({ length }) => length), ...cells.map(({ length }) => length));

/** The settings that differ, each in a column; or where these would leave the figures no room all in one. */
export function settingsOnPaper(
  trials: readonly Trial[],
  gpus: number,
  paper: PaperSize,
): readonly SettingColumn[] {
  const { varying } = settingColumns(trials, gpus);
  if (sum(varying.map(settingWidth)) <= MOST_OF_SETTINGS * WIDTHS[paper]) return varying;
  const cells = trials.map((_, index) =>
    varying.map(({ name, cells }) => `${name} ${cells[index]}`).join(', '),
  );
  return [{ name: 'settings', path: '', cells }];
}

/** A setting's words stand below each other where they must. */
function settingWidth({ name, cells }: SettingColumn): number {
  const words = [name, ...cells]
    .flatMap((text) => text.split(/[\s_]/))
    .map(({ length }) => Math.min(length, LONGEST_WORD));
  return GAP + LETTER * Math.max(...words);
}

/** The figures that there is room for beside the settings: what is judged by, its intervals, then what is wanted most. */
export function figuresOnPaper(
  ranking: Ranking,
  settings: readonly SettingColumn[],
  paper: PaperSize,
): { readonly columns: readonly FigureColumn[]; readonly leftOut: number } {
  const { goal, entries } = ranking;
  const points = entries.flatMap((entry) => entry.points);
  const measured = columnsOf(
    entries.map(({ trial }) => trial),
    goal,
  ).map(({ tag }) => tag);
  const asked = [...goal.objectives, ...goal.constraints].map(({ tag }) => tag);
  const judged = [...new Set(['perf_throughput', 'perf_latency_p99', ...asked])].filter((tag) =>
    points.some(({ measurement }) => measurement.whole.values[tag] !== undefined),
  );
  const others = WANTED.filter((tag) => measured.includes(tag) && !judged.includes(tag));
  const wanted = [
    ...judged.map((tag) => ({ tag, header: headerOf(tag, goal), isInterval: false })),
    ...judged.map((tag) => ({ tag, header: '95 % interval', isInterval: true })),
    ...others.map((tag) => ({ tag, header: headerOf(tag, goal), isInterval: false })),
  ];
  const limits = goal.constraints.length > 0 ? widthOf('limits', []) : 0;
  let room = WIDTHS[paper] - ALWAYS - limits - sum(settings.map(settingWidth));
  const kept = wanted.filter((column, index) => {
    const width = widthOf(
      column.header,
      points.map((point) => figureText(point, column, ranking)),
    );
    if (index >= judged.length && width > room) return false;
    room -= width;
    return true;
  });
  const tags = [...judged, ...others];
  return {
    columns: kept.toSorted(
      (a, b) => tags.indexOf(a.tag) - tags.indexOf(b.tag) || Number(a.isInterval) - Number(b.isInterval),
    ),
    leftOut: measured.filter((tag) => !kept.some((column) => column.tag === tag)).length,
  };
}

/** A figure of a point, or its interval: `369–406`, `≥ 11.2` where one end is known; empty where none is. */
export function figureText(
  { measurement }: RankedPoint,
  { tag, isInterval }: FigureColumn,
  { noise }: Pick<Ranking, 'noise'>,
): string {
  if (!isInterval) return figure(measurement.whole.values[tag], tag);
  const [low, high] = intervalsOf(measurement, noise)[tag] ?? [null, null];
  if (low === null) return high === null ? '' : `≤ ${formatValue(high, tag)}`;
  return high === null ? `≥ ${formatValue(low, tag)}` : `${formatValue(low, tag)}–${formatValue(high, tag)}`;
}
