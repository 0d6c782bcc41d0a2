import * as Plot from '@observablehq/plot';
import { metric } from '../../ground/metric.ts';
import { roleText } from '../../rank/comparison/comparison-words.ts';
import type { Change, ComparedModel, Judgement } from '../../record/comparison.ts';
import { COLOR, drawSvg } from './draw.ts';

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

export function changeIntervalsSvg({ label, better, margin, rows }: ChangeIntervalsData): string {
  // Two names may be the same when they are cut.
  const named = rows.map((item, index) => ({ ...item, id: String(index), color: COLOURS[item.verdict] }));
  const ticks = new Map(
    named.map(({ id, name }) => [id, name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name]),
  );
  return drawSvg(
    {
      height: 60 + 22 * rows.length,
      marginLeft: 290,
      x: {
        label: `${label}, change in percent (bars: 95 % interval; ${better} is better) →`,
        grid: true,
        nice: true,
      },
      y: {
        label: null,
        domain: named.map(({ id }) => id),
        tickFormat: (id: string) => ticks.get(id) ?? '',
        tickSize: 0,
      },
      marks: [
        Plot.ruleX([-margin, margin], { stroke: COLOR.other, strokeDasharray: '3 3', strokeOpacity: 0.7 }),
        Plot.ruleX([0], { stroke: 'currentColor' }),
        Plot.ruleY(named, { y: 'id', x1: 'low', x2: 'high', stroke: 'color', strokeWidth: 2.5 }),
        Plot.dot(named, { y: 'id', x: 'percent', fill: 'color', r: 4 }),
      ],
    },
    `Change of the ${label}, of everything together and of configurations, with 95 % intervals`,
  );
}
