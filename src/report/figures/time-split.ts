import * as Plot from '@observablehq/plot';
import { visible } from '../../ground/wording.ts';
import type { RankedEntry } from '../../rank/standings.ts';
import { formatNumber } from '../../rank/words.ts';
import { batchSizeOf, isSamePoint, levelOf, levelText } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg, type Role, WIDTHS, type Width } from './draw.ts';
import { rowed } from './linked.ts';
import { PARTS, type RequestTime, requestTime } from './request-time.ts';

/** Where the time of a request goes, of one configuration beside another at the same loads. */
export interface TimeSplitData {
  readonly groups: readonly {
    /** `8 in flight` */
    readonly load: string;
    readonly bars: readonly TimeBar[];
  }[];
  /** The parts that any bar has. */
  readonly parts: readonly { readonly name: string; readonly color: string }[];
  /** Whether all bars of a group are at the same load. */
  readonly isSameLoad: boolean;
}

export interface TimeBar extends RequestTime {
  readonly variant: string;
  readonly role: Role;
  readonly load: string;
}

/** Loads in the figure: that of the decision, and the least and the largest that both were measured at. */
const MOST_LOADS = 3;
/** A part of less than this share of the whole is not told. */
const LEAST_SHARE = 0.005;

/**
 * @param shown what the run is told by.
 * @param beside what it is compared with, if anything.
 * @returns undefined where the server's times were not measured.
 */
export function timeSplitData(
  shown: RankedEntry,
  beside: RankedEntry | undefined,
  roleOf: (entry: RankedEntry) => Role,
): TimeSplitData | undefined {
  const known = (entry: RankedEntry) =>
    entry.points.flatMap(({ measurement }) => {
      const bar = barOf(entry, measurement, roleOf(entry));
      return bar ? [{ point: measurement.point, bar }] : [];
    });
  const own = known(shown);
  const others = beside ? known(beside) : [];
  const pairs = own
    .map(({ point, bar }) => ({
      point,
      bars: [bar, ...others.filter((it) => isSamePoint(it.point, point)).map((it) => it.bar)],
    }))
    .filter(({ bars }) => others.length === 0 || bars.length > 1)
    .sort((a, b) => batchSizeOf(a.point) - batchSizeOf(b.point) || levelOf(a.point) - levelOf(b.point));
  const decided = pairs.find(({ point }) => isSamePoint(point, shown.best.measurement.point));
  const chosen = new Set(
    [...(decided ? [decided] : []), ...pairs.slice(0, 1), ...pairs.slice(-1)].slice(0, MOST_LOADS),
  );
  const isSameLoad = pairs.length > 0;
  // Without a load in common each is told at its best.
  const alone = [own[0], others[0]].flatMap((it) => (it ? [it.bar] : []));
  const groups = isSameLoad
    ? pairs.filter((pair) => chosen.has(pair)).map(({ bars }) => ({ load: bars[0]!.load, bars }))
    : [{ load: 'each at its best load', bars: alone }];
  if (groups.every(({ bars }) => bars.length === 0)) return undefined;
  const used = new Set(
    groups.flatMap(({ bars }) =>
      bars.flatMap(({ parts, totalMs }) =>
        parts.filter(({ ms }) => ms > LEAST_SHARE * totalMs).map(({ name }) => name),
      ),
    ),
  );
  return { groups, parts: PARTS.filter(({ name }) => used.has(name)), isSameLoad };
}

function barOf({ trial }: RankedEntry, measurement: Measurement, role: Role): TimeBar | undefined {
  const time = requestTime(measurement);
  if (!time) return undefined;
  const { point } = measurement;
  const batch = batchSizeOf(point) > 1 ? `, client batch ${batchSizeOf(point)}` : '';
  return {
    ...time,
    // Small parts of members come to something together.
    parts: time.parts.filter(({ ms, member }) => member !== undefined || ms > LEAST_SHARE * time.totalMs),
    variant: trial.name,
    role,
    load: `${levelText(point)}${batch}`,
  };
}

/** Pixels of a bar with the gap below it, of that gap, and of the load's name above its bars. */
const ROWS = { wide: 30, narrow: 30, paper: 21 } as const;
const GAPS = { wide: 8, narrow: 8, paper: 5 } as const;
const HEADS = { wide: 24, narrow: 24, paper: 17 } as const;
/** Pixels below a bar for what names the members. */
const BRACKETS = 20;
/** A share of less than so much of the width has no room for its figure. */
const ROOM = { wide: 0.06, narrow: 0.14, paper: 0.14 } as const;

/** A bar with its place in the figure. */
interface PlacedBar extends TimeBar {
  /** Pixels from above, of its ends. */
  readonly top: number;
  readonly bottom: number;
  /** Milliseconds of the longest bar at its load, which is as long as the figure. */
  readonly longest: number;
}

/** How long a bar is: as its whole, or as its parts where a measurement has more of them than that. */
const drawnMs = ({ totalMs, parts }: TimeBar): number =>
  Math.max(
    totalMs,
    parts.reduce((sum, part) => sum + part.drawnMs, 0),
  );

interface Layout {
  readonly heads: readonly { readonly load: string; readonly at: number }[];
  readonly bars: readonly PlacedBar[];
  readonly height: number;
}

/** Bars below each other, those of one load below its name. */
function layoutOf({ groups }: TimeSplitData, width: Width): Layout {
  const [row, gap, head] = [ROWS[width], GAPS[width], HEADS[width]];
  let top = 0;
  const heads: { readonly load: string; readonly at: number }[] = [];
  const bars: PlacedBar[] = [];
  for (const { load, bars: own } of groups) {
    heads.push({ load, at: top + head - 8 });
    top += head;
    const longest = Math.max(...own.map(drawnMs));
    for (const bar of own) {
      bars.push({ ...bar, top, bottom: top + row - gap, longest });
      top += row + (bar.parts.some(({ member }) => member !== undefined) ? BRACKETS : 0);
    }
  }
  return { heads, bars, height: top };
}

/** Pixels beside the bars: for names on the left, for the whole time on the right. */
const MARGINS = {
  wide: { left: 130, right: 90 },
  narrow: { left: 72, right: 60 },
  paper: { left: 72, right: 60 },
} as const;
const middleOf = ({ top, bottom }: Pick<PlacedBar, 'top' | 'bottom'>): number => (top + bottom) / 2;

/** The bars of one load have one scale, the longest being as long as the figure. */
export function timeSplitSvg(data: TimeSplitData, width: Width): string {
  const { heads, bars, height } = layoutOf(data, width);
  const named = { y: middleOf, fontWeight: 600 } as const;
  return drawSvg(
    {
      width: WIDTHS[width],
      height: height + GAPS[width],
      marginTop: 0,
      marginBottom: GAPS[width],
      marginLeft: MARGINS[width].left,
      marginRight: MARGINS[width].right,
      x: { domain: [0, 1], axis: null },
      y: { domain: [0, height], axis: null, range: [0, height] },
      marks: [
        Plot.text(heads, { x: () => 0, y: 'at', text: 'load', textAnchor: 'start', fill: COLOR.text }),
        ...pieceMarks(bars, width),
        ...bracketMarks(bars.flatMap(bracketsOf), width),
        Plot.text(bars, {
          ...named,
          x: () => 0,
          dx: -8,
          textAnchor: 'end',
          fill: ({ role }: PlacedBar) => COLOR[role],
          text: (bar: PlacedBar) => nameOf(bar, width),
        }),
        Plot.text(bars, {
          ...named,
          x: (bar: PlacedBar) => drawnMs(bar) / bar.longest,
          dx: 6,
          textAnchor: 'start',
          fill: COLOR.text,
          text: ({ totalMs }: PlacedBar) => `${formatNumber(totalMs)} ms`,
        }),
      ],
    },
    'Where the mean time of a request goes, at the same loads',
  );
}

interface Piece extends Pick<PlacedBar, 'top' | 'bottom'> {
  readonly variant: string;
  readonly name: string;
  readonly member?: string;
  readonly ms: number;
  readonly from: number;
  readonly to: number;
}

const piecesOf = ({ parts, top, bottom, longest, variant }: PlacedBar): Piece[] => {
  let from = 0;
  return parts.map(({ name, member, ms, drawnMs }) => {
    const start = from;
    from += drawnMs / longest;
    return { variant, name, ...(member !== undefined && { member }), ms, from: start, to: from, top, bottom };
  });
};

/** Pieces of one member, which lie side by side. */
const bracketsOf = (bar: PlacedBar): Piece[] =>
  [...Map.groupBy(piecesOf(bar), ({ member }) => member)].flatMap(([member, pieces]) =>
    member === undefined
      ? []
      : [
          {
            ...pieces[0]!,
            to: pieces.at(-1)!.to,
            ms: pieces.reduce((sum, { ms }) => sum + ms, 0),
          },
        ],
  );

/** Pixels that a letter takes at most. */
const LETTER = 6.5;

/** Lines below the pieces of each member, with its name as far as there is room. */
function bracketMarks(brackets: readonly Piece[], width: Width): Plot.Markish[] {
  const below = ({ bottom }: Piece): number => bottom + 3;
  const label = ({ member, from, to, ms }: Piece): string => {
    const inner = WIDTHS[width] - MARGINS[width].left - MARGINS[width].right;
    const room = Math.floor(((to - from) * inner) / LETTER);
    const name = visible(member!);
    const full = `${name} ${formatNumber(ms)} ms`;
    return full.length <= room ? full : name.length <= room ? name : '';
  };
  return [
    Plot.rect(brackets, {
      x1: 'from',
      x2: 'to',
      y1: below,
      y2: (bracket: Piece) => below(bracket) + 2,
      insetLeft: 1,
      insetRight: 1,
      fill: COLOR.text,
      title: ({ member, ms }: Piece) => `${visible(member!)}: ${formatNumber(ms)} ms`,
    }),
    Plot.text(
      brackets.filter((bracket) => label(bracket) !== ''),
      {
        x: ({ from, to }: Piece) => (from + to) / 2,
        y: (bracket: Piece) => below(bracket) + 9,
        text: label,
        fill: COLOR.text,
        fontSize: 11,
      },
    ),
  ];
}

const COLOURS = new Map<string, string>(PARTS.map(({ name, color }) => [name, color]));

function pieceMarks(bars: readonly PlacedBar[], width: Width): Plot.Markish[] {
  const pieces = bars.flatMap(piecesOf);
  return [
    Plot.rect(pieces, {
      x1: 'from',
      x2: 'to',
      y1: 'top',
      y2: 'bottom',
      fill: ({ name }: Piece) => COLOURS.get(name),
      insetRight: 0.5,
      insetLeft: 0.5,
      title: ({ name, member, ms }: Piece) =>
        `${member === undefined ? '' : `${visible(member)}, `}${name}: ${formatNumber(ms)} ms`,
      render: rowed(pieces.map(({ variant }) => anchorOf(variant))),
    }),
    Plot.text(
      pieces.filter(({ from, to }) => to - from >= ROOM[width]),
      {
        x: ({ from, to }: Piece) => (from + to) / 2,
        y: middleOf,
        text: ({ ms }: Piece) => formatNumber(ms),
        fill: COLOR.page,
        fontSize: 11,
      },
    ),
  ];
}

/** `7` of `m_config_7`, as long as there is room. */
function nameOf({ variant }: TimeBar, width: Width): string {
  const name = visible(variant).replace(/^.*_config_(?=.)/, '');
  const most = width === 'wide' ? 17 : 9;
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
