import { counted } from '../ground/wording.ts';
import { intervalsOf } from '../rank/noise.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../rank/standings.ts';
import { headerOf } from '../rank/words.ts';
import { batchSizeOf, levelOf } from '../record/load-point.ts';
import { measurementsOf, type Run, type Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { address } from './apply-view.ts';
import { diffView } from './diff-view.ts';
import { remarksOf } from './remarks.ts';
import { loadCurve, timeSplit } from './row-figures.ts';
import { NONE, settingColumns } from './setting-columns.ts';
import { columnsOf, figure, gpuCount, marksUsed, pointRow, SUMMARY_COLUMNS } from './table-view.ts';
import { levelHeader } from './tables.ts';

/** A metric as a column. */
export interface Column {
  readonly tag: string;
  readonly header: string;
}

/** Figures that are drawn as a bar with its interval, too. */
const DRAWN = ['perf_throughput', 'perf_latency_p99'];

/** So many rows, best first, hold everything; the page of thousands would be too large, and nobody opens the last ones. */
const WHOLE_ROWS = 300;

/** What the rows can be narrowed down to, in the order of the chips. */
const STATES = {
  measured: 'measured',
  breaks: 'breaking a limit',
  failed: 'failed',
  skipped: 'skipped',
  untried: 'not tried',
  taken: 'taken over',
} as const;

type State = keyof typeof STATES;

/**
 * The table of all configurations, those that were not measured at the end: columns of what differs, and behind each row
 * what it changes, its points, its curve, where its time goes, and remarks.
 * @param detailed the configurations with pages of their own, by name.
 */
export function trialsView(
  run: Run,
  ranking: Ranking,
  trials: readonly Trial[],
  detailed: readonly string[],
) {
  const { entries, unmeasured, goal } = ranking;
  const settings = settingColumns(trials, gpuCount(run));
  const { columns, constant } = metricColumns(entries, trials, ranking);
  const batches = new Set(entries.map(({ best }) => batchSizeOf(best.measurement.point)));
  const most = new Map(columns.map(({ tag }) => [tag, mostOf(tag, entries)]));
  const measured = entries.map((entry, index) =>
    measuredRow(entry, index, { ranking, columns, most, isPaged: detailed.includes(entry.trial.name) }),
  );
  const inAll = marksInAll(measured);
  const rows = [
    ...measured.map((row) => ({ ...row, marks: row.marks.filter(({ tag }) => !inAll.includes(tag)) })),
    ...unmeasured.map(unmeasuredRow),
  ];
  const isEveryMet = measured.every(({ constraints }) => constraints?.text === 'met');
  const hasLimits = entries.length > 0 && goal.constraints.length > 0 && !isEveryMet;
  const rightCells =
    entries.length > 0 ? 1 + Number(batches.size > 1) + columns.length + Number(hasLimits) : 1;
  return {
    trialRows: rows.map((row, index) => ({
      ...row,
      settings: settings.varying.map(({ cells }) => cells[index]!),
    })),
    settingColumns: settings.varying.map(({ name, path }) => ({ name, path })),
    metricColumns: columns,
    sameInAll: [
      ...settings.constant.flatMap(({ name, cells }) =>
        cells[0] && cells[0] !== NONE ? [`${name} ${cells[0]}`] : [],
      ),
      ...(batches.size === 1 ? [`client batch ${[...batches][0]}`] : []),
      ...constant,
      ...(entries.length > 0 && isEveryMet ? ['limits met'] : []),
    ].join(', '),
    marksInAll: (measured[0]?.marks ?? []).filter(({ tag }) => inAll.includes(tag)),
    levelHeader: levelHeader([ranking]),
    hasBatches: batches.size > 1,
    hasLimits,
    chips: chipsOf(rows),
    cutRows:
      entries.length > WHOLE_ROWS
        ? `Behind rows after the ${WHOLE_ROWS}th stand their points and remarks alone, with the figures of this table; the rest is in results.json.`
        : '',
    /** There is something to narrow down. */
    isLong: rows.length > 1,
    hasLoads: entries.length > 0,
    rowCount: counted(rows.length, 'configuration'),
    /** Cells right of the settings, for a row that has no figures. */
    otherCells: rightCells,
    allCells: (entries.length > 0 ? 2 : 1) + settings.varying.length + rightCells,
    marksUsed: marksUsed(entries.flatMap(({ points }) => points)),
  };
}

/** Metrics that differ or are judged by, and the others in words. */
function metricColumns(entries: readonly RankedEntry[], trials: readonly Trial[], { goal }: Ranking) {
  const judged = [...goal.objectives, ...goal.constraints].map(({ tag }) => tag);
  const kept = [...new Set([...DRAWN, ...judged])];
  const measured = columnsOf(trials, goal).filter(({ tag }) => SUMMARY_COLUMNS.includes(tag));
  const others = kept
    .filter((tag) => !measured.some((column) => column.tag === tag))
    .filter((tag) => entries.some(({ best }) => best.measurement.whole.values[tag] !== undefined))
    .map((tag) => ({ tag, header: headerOf(tag, goal) }));
  const all: Column[] = [...measured, ...others].toSorted((a, b) => orderOf(a.tag) - orderOf(b.tag));
  const valuesOf = (tag: string) => new Set(entries.map(({ best }) => best.measurement.whole.values[tag]));
  const varies = ({ tag }: Column): boolean =>
    kept.includes(tag) || entries.length < 2 || valuesOf(tag).size > 1;
  return {
    columns: all.filter(varies),
    constant: all
      .filter((column) => !varies(column))
      .map(({ tag, header }) => `${header} ${figure([...valuesOf(tag)][0], tag)}`),
  };
}

/** Marks that say nothing of a row, since every one has them; [] where there is one row. */
function marksInAll(rows: readonly { readonly marks: readonly { readonly tag: string }[] }[]): string[] {
  const tags = rows.length > 1 ? rows[0]!.marks.map(({ tag }) => tag) : [];
  return tags.filter((tag) => rows.every(({ marks }) => marks.some((mark) => mark.tag === tag)));
}

const orderOf = (tag: string): number => {
  const at = DRAWN.indexOf(tag);
  return at < 0 ? DRAWN.length : at;
};

/** The longest bar of a column: the largest value, or the far end of an interval that is not much farther. */
const mostOf = (tag: string, entries: readonly RankedEntry[]): number =>
  1.1 * Math.max(0, ...entries.map(({ best }) => best.measurement.whole.values[tag] ?? 0));

interface RowContext {
  readonly ranking: Ranking;
  readonly columns: readonly Column[];
  readonly most: ReadonlyMap<string, number>;
  readonly isPaged: boolean;
}

function measuredRow(entry: RankedEntry, index: number, { ranking, columns, most, isPaged }: RowContext) {
  const { trial, points, best } = entry;
  const of = { noise: ranking.noise, prices: ranking.goal.prices };
  const row = pointRow(best, columns, of);
  const isWhole = index < WHOLE_ROWS || trial.isDefault || entry === ranking.winner;
  const own = isWhole ? columnsOf([trial], ranking.goal) : columns;
  const states: State[] = [
    'measured',
    ...(best.verdict === 'missed' ? (['breaks'] as const) : []),
    ...(trial.points.some(({ state }) => state === 'failed') ? (['failed'] as const) : []),
    ...(trial.points.some(({ state }) => state === 'skipped') ? (['skipped'] as const) : []),
    ...(points.some(({ measurement }) => measurement.takenOver) ? (['taken'] as const) : []),
  ];
  return {
    ...rowOf(trial, states),
    ...(!isWhole && { diff: [] }),
    position: String(index + 1),
    isMeasured: true,
    isWinner: entry === ranking.winner,
    tags: [
      ...(entry === ranking.winner ? [ranking.decision.kind] : []),
      ...(trial.isDefault ? ['default'] : []),
      ...(ranking.ties.includes(entry) ? ['tied'] : []),
    ],
    why: '',
    level: row.level,
    batchSize: row.batchSize,
    constraints: row.constraints,
    marks: row.marks,
    basis: row.basis,
    cells: row.cells.map((cell, at) => ({ ...cell, bar: barOf(columns[at]!.tag, best, ranking, most) })),
    page: isPaged ? `../../${address('detailed', trial.name, 'detailed_report.html')}` : '',
    points: pointRows(points, own, of),
    remarks: [...(trial.end?.warnings ?? []), ...remarksOf(points.map(({ measurement }) => measurement))],
    curve: isWhole ? loadCurve(points) : '',
    split: isWhole ? timeSplit(best.measurement) : [],
    pointColumns: own,
  };
}

function unmeasuredRow(trial: Trial) {
  const skipped = trial.points.flatMap((record) => (record.state === 'skipped' ? [record.reason] : []));
  const failed = trial.points.flatMap((record) => (record.state === 'failed' ? [record.cause] : []));
  const state = trial.state === 'failed' ? 'failed' : trial.state === 'not tried' ? 'untried' : 'skipped';
  const cause = trial.end?.cause ?? failed[0] ?? skipped[0] ?? '';
  return {
    ...rowOf(trial, [state]),
    position: '',
    isMeasured: false,
    isWinner: false,
    tags: trial.isDefault ? ['default'] : [],
    why: `${STATES[state]}${cause && `: ${cause}`}`,
    level: '',
    batchSize: '',
    constraints: undefined,
    marks: [],
    basis: '',
    cells: [],
    page: '',
    points: [],
    remarks: [],
    curve: '',
    split: [],
    pointColumns: [],
  };
}

/** What every row has. */
const rowOf = (trial: Trial, states: readonly State[]) => ({
  name: trial.name,
  anchor: anchorOf(trial.name),
  states: states.join(' '),
  diff: trial.isDefault ? [] : diffView(trial.models[0].diff),
});

/** A bar of a figure in percent of its column's width, with the ends of its interval. */
function barOf(
  tag: string,
  { measurement }: RankedPoint,
  { noise }: Ranking,
  most: ReadonlyMap<string, number>,
) {
  const value = measurement.whole.values[tag];
  const full = most.get(tag) ?? 0;
  if (!DRAWN.includes(tag) || value === undefined || full <= 0) return undefined;
  const [low, high] = intervalsOf(measurement, noise)[tag] ?? [null, null];
  const part = (of: number): string => Math.min(100, (100 * of) / full).toFixed(0);
  return { value: part(value), low: part(low ?? value), high: part(high ?? value) };
}

/** The points of a row, in order of their load. */
function pointRows(
  points: readonly RankedPoint[],
  columns: readonly Column[],
  of: Parameters<typeof pointRow>[2],
) {
  const batches = new Set(points.map(({ measurement: { point } }) => batchSizeOf(point)));
  return points
    .toSorted(
      (a, b) =>
        batchSizeOf(a.measurement.point) - batchSizeOf(b.measurement.point) ||
        levelOf(a.measurement.point) - levelOf(b.measurement.point),
    )
    .map((point) => {
      const row = pointRow(point, columns, of);
      return {
        ...row,
        isBest: point === points[0],
        load: batches.size > 1 ? `${row.load}, batch ${row.batchSize}` : row.load,
      };
    });
}

function chipsOf(rows: readonly { readonly states: string }[]) {
  const counts = Map.groupBy(
    rows.flatMap(({ states }) => states.split(' ')),
    (state) => state,
  );
  return (Object.keys(STATES) as State[]).flatMap((state) => {
    const count = counts.get(state)?.length ?? 0;
    return count > 0 ? [{ state, words: STATES[state], count: String(count) }] : [];
  });
}

/** Points that were measured, of all of these. */
export const pointCount = (trials: readonly Trial[]): number => trials.flatMap(measurementsOf).length;
