import * as Plot from '@observablehq/plot';
import type { ConstraintVerdict } from '../../goal/score.ts';
import { findMetric } from '../../ground/metric.ts';
import { visible } from '../../ground/wording.ts';
import { intervalsOf } from '../../rank/noise.ts';
import { paretoFront } from '../../rank/pareto.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry, RankedPoint } from '../../rank/standings.ts';
import { formatValue } from '../../rank/words.ts';
import { batchSizeOf, type LoadPoint, levelText } from '../../record/load-point.ts';
import type { Interval } from '../../statistics/intervals.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg, type Role, SHAPES, WIDTHS, type Width } from './draw.ts';
import { axisOptions, limitMarks } from './limit-marks.ts';
import { allowedPart, type LimitedAxis, limitedAxis } from './limited-axis.ts';
import { linked, marked } from './linked.ts';

/** Every measured point of a model as a dot, and what can be reached within the limits. */
export interface ParetoData {
  readonly x: LimitedAxis;
  readonly y: LimitedAxis;
  readonly points: readonly ParetoPoint[];
  /** The points that keep the limits and that none of these beats in both, by rising x; of all points where none keeps them. */
  readonly front: readonly { readonly x: number; readonly y: number }[];
  /** Whether some point keeps the limits, as far as is known. */
  readonly isFrontAllowed: boolean;
  /** Points that lack one of the two values. */
  readonly leftOut: number;
}

export interface ParetoPoint {
  readonly variant: string;
  readonly load: LoadPoint;
  readonly x: number;
  readonly y: number;
  /** 95 % intervals. */
  readonly intervals: { readonly x: Interval; readonly y: Interval };
  readonly verdict: ConstraintVerdict;
  readonly role: Role;
  /** The point that what was decided for is ranked by. */
  readonly isChosen: boolean;
  readonly isFront: boolean;
  readonly label: string;
}

/** Latencies that the horizontal axis may show, the usual one first. */
const LATENCIES = ['p99', 'p95', 'p90', 'p50', 'avg'].map((kind) => `perf_latency_${kind}`);

/** With more points than these, only those that matter have intervals. */
const MOST_INTERVALS = 40;

/** @returns undefined where no point has both values. */
export function paretoData(ranking: Ranking): ParetoData | undefined {
  const all = ranking.entries.flatMap((entry) => entry.points.map((point) => ({ entry, point })));
  const tags = tagsOf(ranking, all);
  if (!tags) return undefined;
  const figureOf = ({ measurement }: RankedPoint, tag: string): number | undefined =>
    measurement.whole.values[tag];
  const shown = all.filter(
    ({ point }) => figureOf(point, tags.x) !== undefined && figureOf(point, tags.y) !== undefined,
  );
  const allowed = shown.filter(({ point }) => point.verdict !== 'missed');
  const front = new Set(
    paretoFront(
      (allowed.length > 0 ? allowed : shown).map(({ point }) => point.measurement),
      [tags.y, tags.x],
    ),
  );
  const points = shown.map(({ entry, point }): ParetoPoint => {
    const intervals = intervalsOf(point.measurement, ranking.noise);
    return {
      variant: entry.trial.name,
      load: point.measurement.point,
      x: figureOf(point, tags.x)!,
      y: figureOf(point, tags.y)!,
      intervals: { x: intervals[tags.x] ?? [null, null], y: intervals[tags.y] ?? [null, null] },
      verdict: point.verdict,
      role: roleOf(entry, ranking),
      isChosen: point === ranking.winner?.best,
      isFront: front.has(point.measurement),
      label: labelOf(entry, point, tags),
    };
  });
  const reach = (axis: 'x' | 'y'): number[] =>
    withIntervals(points).flatMap(({ intervals }) => intervals[axis].filter((end) => end !== null));
  return {
    x: limitedAxis(
      tags.x,
      points.map(({ x }) => x),
      ranking.goal,
      reach('x'),
    ),
    y: limitedAxis(
      tags.y,
      points.map(({ y }) => y),
      ranking.goal,
      reach('y'),
    ),
    points,
    front: points
      .filter(({ isFront }) => isFront)
      .map(({ x, y }) => ({ x, y }))
      .toSorted((a, b) => a.x - b.x || a.y - b.y),
    isFrontAllowed: allowed.length > 0,
    leftOut: all.length - shown.length,
  };
}

const roleOf = (entry: RankedEntry, { winner }: Ranking): Role =>
  entry === winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other';

/**
 * What the axes show: the latency that is limited or asked for, else p99 or the next that was measured, against the first
 * objective that is no latency, else throughput.
 */
function tagsOf(
  { goal }: Ranking,
  all: readonly { readonly point: RankedPoint }[],
): { readonly x: string; readonly y: string } | undefined {
  const isMeasured = (tag: string): boolean =>
    all.some(({ point }) => point.measurement.whole.values[tag] !== undefined);
  const asked = [...goal.constraints, ...goal.objectives].map(({ tag }) => tag);
  const x = [...asked.filter(isLatency), ...LATENCIES].find(isMeasured);
  const y = [
    ...goal.objectives.map(({ tag }) => tag).filter((tag) => !isLatency(tag)),
    'perf_throughput',
  ].find(isMeasured);
  return x === undefined || y === undefined ? undefined : { x, y };
}

const isLatency = (tag: string): boolean => {
  const found = findMetric(tag);
  return found?.source === 'client' && found.unit === 'ms';
};

const LETTERS = { met: '', missed: '; breaks a limit', unknown: '; a limit could not be checked' } as const;

function labelOf(
  { trial }: RankedEntry,
  { measurement, verdict }: RankedPoint,
  tags: { x: string; y: string },
) {
  const { point, whole } = measurement;
  const told = [tags.y, tags.x, 'perf_throughput'].filter((tag, index, list) => list.indexOf(tag) === index);
  const values = told.flatMap((tag) => {
    const { label, unit } = findMetric(tag)!;
    const value = whole.values[tag];
    return value === undefined ? [] : [`${label} ${formatValue(value, tag)}${unit && ` ${unit}`}`];
  });
  const batch = batchSizeOf(point) > 1 ? `, client batch ${batchSizeOf(point)}` : '';
  return `${visible(trial.name)}, ${levelText(point)}${batch}: ${values.join(', ')}${LETTERS[verdict]}`;
}

/** The points of which intervals are drawn. */
const withIntervals = (points: readonly ParetoPoint[]): readonly ParetoPoint[] =>
  points.length <= MOST_INTERVALS ? points : points.filter(({ isFront, isChosen }) => isFront || isChosen);

/** What the dot of a point is called within a page, so that others can link to it: `m_config_3@16x1`. */
export const pointAnchor = (variant: string, { streams }: LoadPoint): string =>
  `${anchorOf(variant)}@${streams
    .map(
      ({ load, batchSize }) => `${load.kind === 'rate' ? `${load.perSecond}ps` : load.inFlight}x${batchSize}`,
    )
    .join('+')}`;

const HEIGHTS = { wide: 430, narrow: 320, paper: 182 } as const;

export function paretoSvg(data: ParetoData, width: Width): string {
  const { x, y, points } = data;
  const isLinked = width === 'wide';
  const margins = {
    marginLeft: width === 'wide' ? 64 : 44,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 44,
  };
  const size = { width: WIDTHS[width], height: HEIGHTS[width], ...margins };
  const label = 'Every measured point: what it achieves against how long requests take';
  const frame = {
    x: [size.marginLeft, size.width - size.marginRight],
    y: [size.height - size.marginBottom, size.marginTop],
  };
  return drawSvg(
    {
      ...size,
      x: {
        ...axisOptions(x, width),
        label: width === 'wide' ? `${x.label}, ${x.better} is better →` : `${x.label} →`,
      },
      y: {
        ...axisOptions(y, width),
        label: `↑ ${y.label}${y.better === 'lower' ? ', lower is better' : ''}`,
      },
      marks: [
        ...allowedMarks(data),
        ...frontMarks(data),
        ...intervalMarks(points),
        ...(['other', 'default', 'winner'] as const).flatMap((role) => dotMarks(points, role, isLinked)),
        Plot.dot(
          points.filter(({ isChosen }) => isChosen),
          { x: 'x', y: 'y', r: 11, stroke: COLOR.winner, strokeWidth: 2, className: 'dots' },
        ),
        ...limitMarks(x, 'x', width),
        ...limitMarks(y, 'y', width),
      ],
    },
    label,
    isLinked ? 'group' : 'img',
    isLinked
      ? { zoom: JSON.stringify({ x: { ...only(x), range: frame.x }, y: { ...only(y), range: frame.y } }) }
      : {},
  );
}

const only = ({ scale, domain }: LimitedAxis) => ({ scale, domain });

/** The part of the frame that keeps the limits of both axes; nothing where there are none. */
function allowedMarks({ x, y }: ParetoData): Plot.Markish[] {
  if (x.limits.length + y.limits.length === 0) return [];
  const [across, up] = [allowedPart(x), allowedPart(y)];
  if (!across || !up) return [];
  const part = { x1: across[0], x2: across[1], y1: up[0], y2: up[1] };
  return [
    Plot.rect([part], { ...marked('zoomed'), x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: COLOR.allowed }),
  ];
}

/** What is reached within each latency, up to where the limit or the frame ends. */
function frontMarks({ x, front, isFrontAllowed }: ParetoData): Plot.Markish[] {
  const last = front.at(-1);
  if (!last) return [];
  const end = (isFrontAllowed ? allowedPart(x)?.[1] : undefined) ?? x.domain[1];
  const steps = x.better === 'lower' && end > last.x ? [...front, { x: end, y: last.y }] : front;
  return [
    Plot.line(steps, {
      ...marked('zoomed'),
      x: 'x',
      y: 'y',
      curve: 'step-after',
      stroke: 'currentColor',
      strokeWidth: 1.4,
      ...(!isFrontAllowed && { strokeDasharray: '2 4' }),
    }),
  ];
}

function intervalMarks(points: readonly ParetoPoint[]): Plot.Markish[] {
  const told = withIntervals(points);
  const look = ({ role }: ParetoPoint): string => COLOR[role];
  const both = (axis: 'x' | 'y') =>
    told.flatMap((point) => {
      const [low, high] = point.intervals[axis];
      return low === null && high === null
        ? []
        : [{ ...point, low: low ?? point[axis], high: high ?? point[axis] }];
    });
  const style = { stroke: look, strokeOpacity: 0.55 };
  return [
    Plot.ruleY(both('x'), { ...marked('zoomed'), ...style, y: 'y', x1: 'low', x2: 'high' }),
    Plot.ruleX(both('y'), { ...marked('zoomed'), ...style, x: 'x', y1: 'low', y2: 'high' }),
  ];
}

const RADIUS = { winner: 5.5, default: 5, other: 3.2 } as const;

/** How points look by what the limits come to: hollow where one is broken, half filled where that is not known. */
const FILLS = { met: 1, unknown: 0.3, missed: 0 } as const;

function dotMarks(points: readonly ParetoPoint[], role: Role, isLinked: boolean): Plot.Markish[] {
  const color = (isFront: boolean): string => (role === 'other' && isFront ? COLOR.text : COLOR[role]);
  return (['missed', 'unknown', 'met'] as const).flatMap((verdict) =>
    [false, true].flatMap((isFront) => {
      const own = points.filter(
        (point) => point.role === role && point.verdict === verdict && point.isFront === isFront,
      );
      if (own.length === 0) return [];
      return [
        Plot.dot(own, {
          ...marked('dots', isLinked ? linked(own.map(linkOf)) : undefined),
          x: 'x',
          y: 'y',
          r: RADIUS[role] + (isFront ? 0.6 : 0),
          symbol: SHAPES[role],
          fill: color(isFront),
          fillOpacity: FILLS[verdict],
          stroke: color(isFront),
        }),
      ];
    }),
  );
}

const linkOf = ({ variant, load, label, isFront, isChosen, role }: ParetoPoint) => ({
  anchor: anchorOf(variant),
  id: pointAnchor(variant, load),
  label,
  // Hundreds of points in the order of the keyboard would be no help; the table has them all.
  isReached: isFront || isChosen || role !== 'other',
});
