import * as Plot from '@observablehq/plot';
import { metric } from '../../ground/metric.ts';
import { visible } from '../../ground/wording.ts';
import { intervalsOf, type Noise } from '../../rank/noise.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import type { Criteria } from '../../record/goal.ts';
import { axisOf, batchSizeOf, isRate, levelOf } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import type { Interval } from '../../statistics/intervals.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg, type Role, WIDTHS, type Width } from './draw.ts';
import { spread } from './labels.ts';
import { axisOptions, limitMarks } from './limit-marks.ts';
import { type LimitedAxis, limitedAxis, shareOf, valueAt } from './limited-axis.ts';
import { rowed } from './linked.ts';

/** Throughput and latency against load, a line for each configuration and client batch. */
export interface LoadCurvesData {
  /** What the load is. */
  readonly axis: string;
  readonly throughput: LimitedAxis;
  /** undefined where no latency was measured. */
  readonly latency: LimitedAxis | undefined;
  readonly lines: readonly LoadCurve[];
}

export interface LoadCurve {
  readonly variant: string;
  readonly role: Role;
  readonly symbol: CurveSymbol;
  readonly batchSize: number;
  /** How many other client batches of the configuration stand before it. */
  readonly dash: number;
  readonly rungs: readonly Rung[];
  /** The load from which on more of it brings no more throughput; undefined: it grew up to the largest. */
  readonly knee: number | undefined;
}

export interface Rung {
  readonly level: number;
  readonly throughput: Reading;
  readonly latency: Reading | undefined;
}

interface Reading {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

type CurveSymbol = 'star' | 'diamond2' | 'circle' | 'triangle' | 'square';

/** Shapes of configurations that are neither the winner nor the default. */
const OTHERS = ['circle', 'triangle', 'square'] as const;

/** Client batches of the first and of the default that have lines of their own. */
const MOST_BATCHES = 4;

/** More throughput than this share is more, however wide the intervals are. */
const ALIKE = 0.05;

/** What the curves are judged by. */
export interface CurvesOf {
  readonly winner: RankedEntry | undefined;
  readonly goal?: Pick<Criteria, 'constraints' | 'prices'> | undefined;
  readonly noise?: Noise | undefined;
}

/** @returns undefined where nothing was measured at loads of the kind that the first is ranked by. */
export function loadCurvesData(
  entries: readonly RankedEntry[],
  { winner, goal = { constraints: [] }, noise = { starts: {} } }: CurvesOf,
): LoadCurvesData | undefined {
  const [first] = entries;
  if (!first) return undefined;
  const isRates = isRate(first.best.measurement.point);
  const latencyTag = latencyOf(entries, goal);
  let others = 0;
  const lines = entries.flatMap((entry): LoadCurve[] => {
    const role = entry === winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other';
    const symbol =
      role === 'winner' ? 'star' : role === 'default' ? 'diamond2' : OTHERS[others++ % OTHERS.length]!;
    const measured = entry.points
      .map(({ measurement }) => measurement)
      .filter(
        ({ point, whole }) => isRate(point) === isRates && whole.values['perf_throughput'] !== undefined,
      );
    return batchesOf(entry, measured, entry === first || role !== 'other' ? MOST_BATCHES : 1).map(
      (batchSize, dash): LoadCurve => {
        const rungs = measured
          .filter(({ point }) => batchSizeOf(point) === batchSize)
          .sort((a, b) => levelOf(a.point) - levelOf(b.point))
          .map((item) => rungOf(item, latencyTag, noise));
        return { variant: entry.trial.name, role, symbol, batchSize, dash, rungs, knee: kneeOf(rungs) };
      },
    );
  });
  const rungs = lines.flatMap((line) => line.rungs);
  if (rungs.length === 0) return undefined;
  const ends = (read: (rung: Rung) => Reading | undefined): number[] =>
    rungs.flatMap((rung) => {
      const reading = read(rung);
      return reading ? [reading.value, reading.low, reading.high] : [];
    });
  return {
    axis: isRates ? 'requests a second' : axisOf([]),
    throughput: limitedAxis(
      'perf_throughput',
      ends(({ throughput }) => throughput),
      goal,
    ),
    latency:
      latencyTag === undefined
        ? undefined
        : limitedAxis(
            latencyTag,
            ends(({ latency }) => latency),
            goal,
          ),
    lines,
  };
}

const LATENCIES = ['perf_latency_p99', 'perf_latency_p95', 'perf_latency_p90', 'perf_latency_avg'];

/** The latency that is limited, else p99 or the next that was measured. */
function latencyOf(entries: readonly RankedEntry[], { constraints }: Pick<Criteria, 'constraints'>) {
  const limited = constraints.map(({ tag }) => tag).filter((tag) => tag.startsWith('perf_latency_'));
  return [...limited, ...LATENCIES].find((tag) =>
    entries.some(({ points }) =>
      points.some(({ measurement }) => measurement.whole.values[tag] !== undefined),
    ),
  );
}

/** The client batches that get lines: that of the best point, and those next to it. */
function batchesOf({ best }: RankedEntry, measured: readonly Measurement[], most: number): number[] {
  const own = batchSizeOf(best.measurement.point);
  const all = [...new Set(measured.map(({ point }) => batchSizeOf(point)))].sort((a, b) => a - b);
  return all.toSorted((a, b) => Math.abs(Math.log(a / own)) - Math.abs(Math.log(b / own))).slice(0, most);
}

function rungOf(item: Measurement, latencyTag: string | undefined, noise: Noise): Rung {
  const intervals = intervalsOf(item, noise);
  const reading = (tag: string): Reading | undefined => {
    const value = item.whole.values[tag];
    const [low, high]: Interval = intervals[tag] ?? [null, null];
    return value === undefined ? undefined : { value, low: low ?? value, high: high ?? value };
  };
  return {
    level: levelOf(item.point),
    throughput: reading('perf_throughput')!,
    latency: latencyTag === undefined ? undefined : reading(latencyTag),
  };
}

/**
 * The least load whose throughput is that of the best within the noise of both, and within 5 %; undefined where that is
 * the largest load: more may bring more.
 */
export function kneeOf(rungs: readonly Pick<Rung, 'level' | 'throughput'>[]): number | undefined {
  const half = ({ low, high }: Reading): number => (high - low) / 2;
  const top = rungs.toSorted((a, b) => b.throughput.value - a.throughput.value)[0]?.throughput;
  const knee = rungs.find(
    ({ throughput }) =>
      top!.value - throughput.value <= Math.min(Math.hypot(half(top!), half(throughput)), ALIKE * top!.value),
  );
  return knee === rungs.at(-1) ? undefined : knee?.level;
}

/** By how many client batches stand before. */
const DASHES = ['', '6 3', '2 3', '9 3 2 3'] as const;

interface Panel {
  readonly axis: LimitedAxis;
  readonly width: Width;
  readonly height: number;
  /** Only the lower one says what the load is. */
  readonly isLowest: boolean;
  read(rung: Rung): Reading | undefined;
}

const HEIGHTS = { wide: 240, narrow: 190, paper: 150 } as const;

/** Two drawings, one below the other, over the same loads. */
export function loadCurvesSvg(data: LoadCurvesData, width: Width): string {
  const { throughput, latency } = data;
  const height = HEIGHTS[width];
  const upper = panelSvg(data, {
    ...{ axis: throughput, width, height, isLowest: latency === undefined },
    read: (rung) => rung.throughput,
  });
  if (!latency) return upper;
  return `${upper}${panelSvg(data, { axis: latency, width, height, isLowest: true, read: (rung) => rung.latency })}`;
}

/** So many loads have room for their figures below the axis. */
const MOST_TICKS = { wide: 14, narrow: 6, paper: 6 } as const;

function panelSvg({ lines, axis: loads }: LoadCurvesData, panel: Panel): string {
  const { axis, width, height, isLowest } = panel;
  const dots = dotsOf(lines, panel);
  const levels = [...new Set(dots.map(({ level }) => level))].sort((a, b) => a - b);
  const words = { fill: colorOf, stroke: COLOR.page, strokeWidth: 4, textAnchor: 'start' } as const;
  return drawSvg(
    {
      width: WIDTHS[width],
      height,
      marginLeft: width === 'wide' ? 64 : 44,
      marginRight: width === 'wide' ? 110 : 54,
      marginTop: 26,
      marginBottom: isLowest ? 42 : 24,
      x: { ...loadScale(levels, width), label: isLowest ? `${loads} →` : null },
      y: { ...axisOptions(axis, width), ticks: 5, label: `↑ ${axis.label}` },
      marks: [
        ...limitMarks(axis, 'y', width, 'left'),
        ...curveMarks(lines, dots),
        Plot.text(endLabels(lines, panel), { ...words, x: 'level', y: 'labelAt', text: 'text', dx: 10 }),
      ],
    },
    `${metric(axis.tag).label} at each load of the best configurations and the default, with 95 % intervals`,
  );
}

const colorOf = ({ role }: { readonly role: Role }): string => COLOR[role];

interface Dot extends LoadCurve, Reading {
  /** Which of the lines it is of. */
  readonly of: number;
  readonly level: number;
}

const dotsOf = (lines: readonly LoadCurve[], { read }: Panel): Dot[] =>
  lines.flatMap((line, of) =>
    line.rungs.flatMap((rung) => {
      const reading = read(rung);
      return reading ? [{ ...line, ...reading, of, level: rung.level }] : [];
    }),
  );

function curveMarks(lines: readonly LoadCurve[], dots: readonly Dot[]): Plot.Markish[] {
  const rows = rowed(dots.map(({ variant }) => anchorOf(variant)));
  return [
    ...lines.map((line, of) =>
      Plot.line(
        dots.filter((dot) => dot.of === of),
        {
          x: 'level',
          y: 'value',
          stroke: colorOf(line),
          strokeWidth: line.role === 'other' ? 1.3 : 2,
          strokeDasharray: DASHES[line.dash],
          render: rowed([anchorOf(line.variant)], 'in order'),
        },
      ),
    ),
    Plot.ruleX(dots, {
      x: 'level',
      y1: 'low',
      y2: 'high',
      stroke: colorOf,
      strokeOpacity: 0.6,
      render: rows,
    }),
    Plot.dot(dots, {
      x: 'level',
      y: 'value',
      fill: colorOf,
      r: 3.6,
      symbol: ({ symbol }: Dot) => symbol,
      render: rows,
    }),
    Plot.dot(
      dots.filter(({ level, knee }) => level === knee),
      { x: 'level', y: 'value', r: 8, stroke: colorOf, strokeWidth: 1.5 },
    ),
  ];
}

/** Loads double more often than they grow by steps. */
function loadScale(levels: readonly number[], width: Width) {
  const isLog = levels[0]! > 0 && levels.length > 1;
  const room = MOST_TICKS[width];
  // Every second, fourth ... of more loads than have room.
  const every = 2 ** Math.max(0, Math.ceil(Math.log2(levels.length / room)));
  return {
    ...(isLog ? { type: 'log' as const, base: 2 } : {}),
    ticks: levels.filter((_, index) => index % every === 0),
    tickFormat: ',',
    grid: true,
    inset: 8,
  };
}

/** What stands at the end of a line: how its configuration is told from others of the model. */
function endLabels(lines: readonly LoadCurve[], { axis, read, height, width }: Panel) {
  const hasBatches = new Set(lines.map(({ batchSize }) => batchSize)).size > 1;
  const ends = lines.flatMap((line) => {
    const rung = line.rungs.findLast((item) => read(item) !== undefined);
    if (!rung) return [];
    const name = shortName(line.variant, width === 'wide' ? 12 : 7);
    const text = hasBatches ? `${name} ×${line.batchSize}` : name;
    return [{ role: line.role, level: rung.level, text, labelAt: shareOf(axis, read(rung)!.value) }];
  });
  return spread(ends, 1, 14 / (height - 50)).map((end) => ({ ...end, labelAt: valueAt(axis, end.labelAt) }));
}

/** `7` of `m_config_7`; a long name without its end. */
function shortName(name: string, most: number): string {
  const end = visible(name).replace(/^.*_config_(?=.)/, '');
  return end.length > most ? `${end.slice(0, most - 1)}…` : end;
}
