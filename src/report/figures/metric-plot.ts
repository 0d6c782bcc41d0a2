import * as Plot from '@observablehq/plot';
import type { PlotSettings } from '../../config/plot-settings.ts';
import { findMetric, metric } from '../../ground/metric.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { formatNumber } from '../../rank/words.ts';
import type { Constraint } from '../../record/goal.ts';
import { batchSizeOf, isRate, levelOf } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import { COLOR, drawSvg, WIDTHS, type Width } from './draw.ts';
import { spread } from './labels.ts';

/** One value against another, a line for each configuration. */
export interface MetricPlotData {
  readonly title: string;
  readonly axes: Readonly<Record<'x' | 'y', string>>;
  /** Whether `x` is a load, of which there are only those that were measured. */
  readonly byLoad: boolean;
  readonly lines: readonly {
    readonly variant: string;
    readonly role: 'winner' | 'default' | 'other';
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
  /** Constraints on what an axis shows. */
  readonly targets: readonly {
    readonly axis: 'x' | 'y';
    readonly value: number;
    readonly label: string;
  }[];
}

const LOADS: Readonly<Record<string, { label: string; read(measurement: Measurement): number | undefined }>> =
  {
    batch_size: { label: 'client batch size', read: ({ point }) => batchSizeOf(point) },
    concurrency: {
      label: 'requests in flight',
      read: ({ point }) => (isRate(point) ? undefined : levelOf(point)),
    },
    request_rate: {
      label: 'requests a second',
      read: ({ point }) => (isRate(point) ? levelOf(point) : undefined),
    },
  };

const read = (axis: string, measurement: Measurement): number | undefined =>
  LOADS[axis] ? LOADS[axis].read(measurement) : measurement.whole.values[axis];

function axisLabel(axis: string): string {
  if (LOADS[axis]) return LOADS[axis].label;
  const { label, unit } = metric(axis);
  return unit ? `${label} (${unit})` : label;
}

/** The points of these configurations that have both values; undefined where none has. */
export function metricPlotData(
  plot: PlotSettings,
  entries: readonly RankedEntry[],
  winner: RankedEntry | undefined,
  constraints: readonly Constraint[] = [],
): MetricPlotData | undefined {
  const lines = entries.flatMap((entry): MetricPlotData['lines'] => {
    const points = entry.points
      .flatMap(({ measurement }) => {
        const [x, y] = [read(plot.x, measurement), read(plot.y, measurement)];
        return x === undefined || y === undefined ? [] : [{ x, y }];
      })
      .sort((a, b) => a.x - b.x || a.y - b.y);
    if (points.length === 0) return [];
    const role = entry === winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other';
    return [{ variant: entry.trial.name, role, points: plot.monotonic ? rising(points) : points }];
  });
  if (lines.length === 0) return undefined;
  return {
    title: plot.title,
    axes: { x: axisLabel(plot.x), y: axisLabel(plot.y) },
    byLoad: plot.x in LOADS,
    lines,
    targets: constraints.flatMap(({ tag, value }) =>
      (['x', 'y'] as const)
        .filter((axis) => findMetric(plot[axis])?.tag === tag)
        .map((axis) => ({ axis, value, label: `Target ${metric(tag).label}` })),
    ),
  };
}

/** Without the points whose value is no more than that of a point before them. */
function rising<T extends { y: number }>(points: readonly T[]): T[] {
  const kept: T[] = [];
  for (const point of points) if (kept.length === 0 || point.y > kept.at(-1)!.y) kept.push(point);
  return kept;
}

/** A limit of more times the largest value than this would squash the figure: it is told at the edge. */
const FAR = 1.5;

export function metricPlotSvg(
  { title, axes, byLoad, lines, targets }: MetricPlotData,
  width: Width = 'wide',
): string {
  const isWide = width === 'wide';
  const flat = lines.flatMap(({ points, ...line }) => points.map((point) => ({ ...point, ...line })));
  const far = (axis: 'x' | 'y', value: number): boolean =>
    value > FAR * Math.max(...flat.map((point) => point[axis]));
  const ends = spread(
    lines.map(({ points, ...line }) => ({ ...points.at(-1)!, ...line, labelAt: points.at(-1)!.y })),
    Math.max(
      0,
      ...flat.map(({ y }) => y),
      ...targets.map(({ axis, value }) => (axis === 'y' && !far(axis, value) ? value : 0)),
    ),
  );
  const levels = [...new Set(flat.map(({ x }) => x))];
  const color = ({ role }: { role: 'winner' | 'default' | 'other' }): string => COLOR[role];
  const rules = targets
    .filter(({ axis, value }) => !far(axis, value))
    .map(({ axis, value, label }) => {
      const look = { stroke: COLOR.limit, strokeDasharray: '5,4', title: () => label };
      return axis === 'x' ? Plot.ruleX([value], look) : Plot.ruleY([value], look);
    });
  const words = targets.map(({ axis, value, label }) => {
    const look = { fill: COLOR.limit, fontSize: 10 };
    if (far(axis, value)) {
      const told = `${label}: ${formatNumber(value)}`;
      return axis === 'x'
        ? Plot.text([`${told} ▶`], { ...look, frameAnchor: 'bottom-right', textAnchor: 'end', dy: -6 })
        : Plot.text([`▲ ${told}`], { ...look, frameAnchor: 'top-left', textAnchor: 'start', dx: 4, dy: 8 });
    }
    return Plot.text([label], {
      ...look,
      ...(axis === 'x'
        ? { x: () => value, frameAnchor: 'bottom', textAnchor: 'start', dx: 4, dy: -4 }
        : { y: () => value, frameAnchor: 'left', textAnchor: 'start', dx: 4, dy: -6 }),
    });
  });
  return drawSvg(
    {
      ...(isWide ? {} : { width: WIDTHS[width] }),
      height: isWide ? 320 : 260,
      marginTop: 40,
      marginRight: isWide ? 190 : 62,
      x: {
        label: `${axes.x} →`,
        grid: true,
        ...(byLoad
          ? { ticks: levels.slice(0, isWide ? 12 : 6), tickFormat: 'd' }
          : { zero: true, nice: true, ...(isWide ? {} : { ticks: 4 }) }),
      },
      y: { label: `↑ ${axes.y}`, grid: true, zero: true, nice: true },
      marks: [
        ...rules,
        ...words,
        Plot.line(flat, { x: 'x', y: 'y', z: 'variant', stroke: color, strokeWidth: 1.8 }),
        Plot.dot(flat, { x: 'x', y: 'y', fill: color, r: 3 }),
        Plot.text(ends, {
          x: 'x',
          y: 'labelAt',
          text: isWide ? shortName : shortestName,
          fill: color,
          textAnchor: 'start',
          dx: 8,
        }),
        Plot.text([title], { frameAnchor: 'top', dy: -26, fontWeight: 600, fontSize: 13 }),
      ],
    },
    title,
  );
}

/** `7` of `m_config_7`, cut where there is no room for it. */
const shortestName = ({ variant }: { variant: string }): string => {
  const end = variant.replace(/^.*_config_(?=.)/, '');
  return end.length > SHORTEST ? `${end.slice(0, SHORTEST - 1)}…` : end;
};

const SHORTEST = 7;

/** Room for a name beside a figure, in letters. */
const MOST_LETTERS = 32;

/** A long name without its middle: its end tells configurations of a model apart. */
function shortName({ variant }: { variant: string }): string {
  if (variant.length <= MOST_LETTERS) return variant;
  const end = variant.slice(variant.lastIndexOf('_config_'));
  return `${variant.slice(0, Math.max(3, MOST_LETTERS - 1 - end.length))}…${end}`;
}
