import * as Plot from '@observablehq/plot';
import { metric } from '../../ground/metric.ts';
import { roleText } from '../../rank/comparison/comparison-words.ts';
import type { Change, ComparedModel, Judgement } from '../../record/comparison.ts';
import { COLOR, drawSvg, inBothWidths, WIDTHS } from './draw.ts';

/** Configurations in the figure; more of them make it unreadable. */
const ROWS = 24;

/** How far a metric of two runs is apart: of everything together, and of the configurations that matter most. */
export interface ChangeIntervalsData {
  readonly label: string;
  /** Which values are better. */
  readonly better: 'higher' | 'lower';
  readonly margin: number;
  readonly rows: readonly {
    readonly name: string;
    readonly verdict: Judgement;
    /** Percent. */
    readonly percent: number;
    readonly low: number;
    readonly high: number;
  }[];
}

export function changeIntervalsData(
  { changes, configurations }: Pick<ComparedModel, 'changes' | 'configurations'>,
  tag: string,
  margin: number,
): ChangeIntervalsData {
  const { label, better } = metric(tag);
  const row = (name: string, all: readonly Change[]) => {
    const change = all.find((item) => item.tag === tag);
    const { percent = null, low = null, high = null, verdict = 'unknown' } = change ?? {};
    return percent === null || low === null || high === null ? [] : [{ name, verdict, percent, low, high }];
  };
  return {
    label,
    better,
    margin,
    rows: [
      ...row('over all', changes),
      ...configurations.slice(0, ROWS).flatMap((item) => {
        const role = roleText(item);
        return row(role === '' ? item.new : `${item.new} (${role})`, item.changes);
      }),
    ],
  };
}

const COLOURS: Readonly<Record<Judgement, string>> = {
  worse: COLOR.limit,
  better: COLOR.infer,
  same: COLOR.winner,
  unknown: COLOR.other,
};

/** So much of a name is drawn; the table has all of it. */
const LONGEST = 44;
/** Width of a letter, px. */
const LETTER = 6;

/** Drawn for wide pages and for narrow ones, where a name stands above its interval. */
export const changeIntervalsSvg = (data: ChangeIntervalsData): string =>
  inBothWidths((width) => (width === 'wide' ? wide(data) : narrow(data)));

interface Row {
  readonly id: string;
  readonly tick: string;
  readonly color: string;
  readonly percent: number;
  readonly low: number;
  readonly high: number;
}

function rowsOf({ rows }: ChangeIntervalsData): Row[] {
  // Two names may be the same when they are cut.
  return rows.map(({ name, verdict, percent, low, high }, index) => ({
    id: String(index),
    tick: name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name,
    color: COLOURS[verdict],
    ...{ percent, low, high },
  }));
}

const titleOf = ({ label }: ChangeIntervalsData): string =>
  `Change of the ${label}, of everything together and of configurations, with 95 % intervals`;

const marksOf = (rows: readonly Row[], margin: number): Plot.Markish[] => [
  Plot.ruleX([-margin, margin], { stroke: COLOR.other, strokeDasharray: '3 3', strokeOpacity: 0.7 }),
  Plot.ruleX([0], { stroke: 'currentColor' }),
  Plot.ruleY(rows, { y: 'id', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 2.5 }),
  Plot.dot(rows, { y: 'id', x: 'percent', fill: 'color', r: 4 }),
];

function wide(data: ChangeIntervalsData): string {
  const rows = rowsOf(data);
  const ticks = new Map(rows.map(({ id, tick }) => [id, tick]));
  return drawSvg(
    {
      width: WIDTHS.wide,
      height: 60 + 22 * rows.length,
      marginLeft: 24 + LETTER * Math.max(...rows.map(({ tick }) => tick.length)),
      x: {
        label: `${data.label}, change in percent (bars: 95 % interval; ${data.better} is better) →`,
        grid: true,
        nice: true,
      },
      y: {
        label: null,
        domain: rows.map(({ id }) => id),
        tickFormat: (id: string) => ticks.get(id) ?? '',
        tickSize: 0,
      },
      marks: marksOf(rows, data.margin),
    },
    titleOf(data),
  );
}

function narrow(data: ChangeIntervalsData): string {
  const rows = rowsOf(data);
  return drawSvg(
    {
      width: WIDTHS.narrow,
      height: 60 + 36 * rows.length,
      marginLeft: 8,
      marginRight: 8,
      x: { label: `change in percent (${data.better} is better) →`, grid: true, nice: true, ticks: 5 },
      y: { axis: null, domain: rows.map(({ id }) => id) },
      marks: [
        ...marksOf(rows, data.margin),
        Plot.text(rows, { y: 'id', text: 'tick', frameAnchor: 'left', textAnchor: 'start', dy: -13 }),
      ],
    },
    titleOf(data),
  );
}
