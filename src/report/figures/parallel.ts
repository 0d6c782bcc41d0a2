import * as Plot from '@observablehq/plot';
import { visible } from '../../ground/wording.ts';
import { settingsOf } from '../../rank/effects/settings.ts';
import type { Ranking } from '../../rank/rank.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { formatNumber, shortNames } from '../../rank/words.ts';
import { axisOf, levelOf } from '../../record/load-point.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg, type Role } from './draw.ts';
import { limitedAxis, shareOf, valueAt } from './limited-axis.ts';
import { rowed } from './linked.ts';

/** Every configuration as a line through what it is and what it does. */
export interface ParallelData {
  readonly axes: readonly {
    readonly name: string;
    /** Places on the axis that are told, 0 to 1. */
    readonly ticks: readonly { readonly at: number; readonly text: string }[];
  }[];
  readonly lines: readonly {
    readonly variant: string;
    readonly role: Role;
    /** Among the best tenth. */
    readonly isBest: boolean;
    /** Where it crosses each axis, 0 to 1. */
    readonly at: readonly number[];
  }[];
  /** Configurations that are too many for the figure, the last of the ranking. */
  readonly leftOut: number;
}

const MOST_LINES = 300;
/** What the lines run through at their ends. */
const METRICS = ['perf_throughput', 'perf_latency_p99', 'gpu_used_memory', 'cpu_used_ram'];

/** @returns undefined where nothing differs between configurations, or there are fewer than three. */
export function parallelData({ entries, winner, goal }: Ranking): ParallelData | undefined {
  const shown = entries.slice(0, MOST_LINES);
  const settings = settingsOf(shown.map(({ trial }) => trial));
  if (shown.length < 3 || settings.length === 0) return undefined;
  const names = shortNames(settings.map(({ path }) => path));
  const ofSettings = settings.map(({ levels, of }, index) => {
    const place = (level: number): number => (level + 0.5) / levels.length;
    return {
      name: visible(names[index]!),
      ticks: levels.map((text, level) => ({ at: place(level), text: visible(text) })),
      at: spread(of).map((apart, row) => place(of[row]!) + apart / (2 * levels.length)),
    };
  });
  const asked = goal.objectives.map(({ tag }) => tag);
  const tags = [...new Set([...asked, ...METRICS])].slice(0, Math.max(3, asked.length));
  const measured = tags.flatMap((tag) => {
    const known = shown.flatMap(({ best }) => best.measurement.whole.values[tag] ?? []);
    if (known.length < shown.length || new Set(known).size < 2) return [];
    const axis = limitedAxis(tag, known, { constraints: [] });
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: formatNumber(valueAt(axis, at)) }));
    return [{ name: axis.label, ticks, at: known.map((value) => shareOf(axis, value)) }];
  });
  const axes = [...ofSettings, ...loadAxis(shown), ...measured];
  const best = Math.max(1, Math.floor(entries.length / 10));
  return {
    axes: axes.map(({ name, ticks }) => ({ name, ticks })),
    lines: shown.map((entry, row) => ({
      variant: entry.trial.name,
      role: entry === winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other',
      isBest: row < best,
      at: axes.map(({ at }) => at[row]!),
    })),
    leftOut: entries.length - shown.length,
  };
}

/** So many lines of one level lie beside each other before they begin anew. */
const MOST_APART = 9;

/** How far each line is from the middle of its level, -0.5 to 0.5, so that those of one level do not lie on each other. */
function spread(levels: readonly number[]): number[] {
  const counts = Map.groupBy(levels, (level) => level);
  const seen = new Map<number, number>();
  return levels.map((level) => {
    const before = seen.get(level) ?? 0;
    seen.set(level, before + 1);
    const lanes = Math.min(MOST_APART, counts.get(level)!.length);
    return lanes === 1 ? 0 : (before % lanes) / (lanes - 1) - 0.5;
  });
}

/** So many loads are told on their axis. */
const MOST_LOADS = 8;

/** The loads that configurations are ranked by, each as far from the next, as they double; none where all are the same. */
function loadAxis(shown: readonly RankedEntry[]) {
  const points = shown.map(({ best }) => best.measurement.point);
  const levels = [...new Set(points.map(levelOf))].sort((a, b) => a - b);
  if (levels.length < 2) return [];
  const place = (level: number): number => (levels.indexOf(level) + 0.5) / levels.length;
  const every = Math.ceil(levels.length / MOST_LOADS);
  return [
    {
      name: axisOf(points),
      ticks: levels
        .filter((_, index) => index % every === 0)
        .map((level) => ({ at: place(level), text: formatNumber(level).replace(/\.0+$/, '') })),
      at: points.map((point) => place(levelOf(point))),
    },
  ];
}

/** Room for each axis, with the words beside it. */
const APART = 160;
const LONGEST = 28;

/** So wide is the drawing at least that its words do not lie on each other, pixels. */
export const parallelWidth = ({ axes }: ParallelData): number => Math.max(640, APART * axes.length);

/** How it is drawn: as wide as its words need, or as a sheet of paper is. */
const SIZES = {
  wide: { height: 348, marginLeft: 30, marginRight: APART - 20 },
  paper: { width: 700, height: 152, marginLeft: 10, marginRight: 110 },
} as const;

/** Pixels of a letter. */
const LETTER = 7;

/** So many letters have room beside an axis; its name may be twice as long. */
function lettersOf({ axes }: ParallelData, size: keyof typeof SIZES): number {
  if (size === 'wide') return LONGEST;
  const { width, marginLeft, marginRight } = SIZES.paper;
  return Math.floor((width - marginLeft - marginRight) / Math.max(1, axes.length - 1) / LETTER);
}

export function parallelSvg(data: ParallelData, size: keyof typeof SIZES = 'wide'): string {
  const { axes } = data;
  const most = lettersOf(data, size);
  const ticks = axes.flatMap(({ ticks: own }, axis) => own.map((tick) => ({ ...tick, axis })));
  const words = { textAnchor: 'start', fill: COLOR.text } as const;
  return drawSvg(
    {
      width: parallelWidth(data),
      ...SIZES[size],
      marginTop: 52,
      marginBottom: 14,
      x: { type: 'point', domain: axes.map((_, axis) => axis), padding: 0, axis: null },
      y: { domain: [0, 1], axis: null },
      marks: [
        ...KINDS.flatMap((kind) => profileMarks(data, kind)),
        Plot.ruleX(
          axes.map((_, axis) => axis),
          { x: (axis: number) => axis, stroke: COLOR.text, className: 'axes' },
        ),
        Plot.text(ticks, {
          ...words,
          x: 'axis',
          y: 'at',
          text: ({ text }: { text: string }) => cut(text, most),
          dx: 6,
          stroke: COLOR.page,
          strokeWidth: 4,
          fontSize: 11,
        }),
        // In two rows, as names of neighbours may be longer than what lies between them.
        ...[0, 1].map((row) =>
          Plot.text(
            axes.map(({ name }, axis) => ({ name, axis })).filter(({ axis }) => axis % 2 === row),
            {
              ...words,
              x: 'axis',
              text: ({ name }: { name: string }) => cut(name, Math.min(LONGEST, 2 * most)),
              frameAnchor: 'top',
              dx: -6,
              dy: row === 0 ? -40 : -22,
              fontWeight: 600,
            },
          ),
        ),
      ],
    },
    'Every configuration as a line through its settings, its load and what it achieves',
    'img',
    { parallel: '' },
  );
}

/** What lines are, those that matter least first, as the others lie above them. */
const KINDS = ['other', 'best', 'default', 'winner'] as const;
type Kind = (typeof KINDS)[number];

const kindOf = ({ role, isBest }: ParallelData['lines'][number]): Kind =>
  role === 'other' && isBest ? 'best' : role;

const LOOKS: Readonly<
  Record<Kind, { stroke: string; strokeWidth: number; strokeOpacity?: number; strokeDasharray?: string }>
> = {
  other: { stroke: COLOR.other, strokeWidth: 1, strokeOpacity: 0.45 },
  best: { stroke: COLOR.text, strokeWidth: 1.6 },
  default: { stroke: COLOR.default, strokeWidth: 1.6, strokeDasharray: '6 3' },
  winner: { stroke: COLOR.winner, strokeWidth: 3 },
};

function profileMarks({ lines }: ParallelData, kind: Kind): Plot.Markish[] {
  const own = lines.filter((line) => kindOf(line) === kind);
  if (own.length === 0) return [];
  const points = own.flatMap(({ at }, line) => at.map((share, axis) => ({ line, axis, share })));
  const render = rowed(
    own.map(({ variant }) => anchorOf(variant)),
    'in order',
  );
  return [
    Plot.line(points, { x: 'axis', y: 'share', z: 'line', className: 'profiles', ...LOOKS[kind], render }),
  ];
}

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;
