import * as Plot from '@observablehq/plot';
import { COLOR, type Width } from './draw.ts';
import { type LimitedAxis, shareOf } from './limited-axis.ts';
import { marked } from './linked.ts';

/** How Plot is told of an axis. */
export const axisOptions = ({ scale, domain }: LimitedAxis, width: Width) => ({
  type: scale,
  domain: [...domain],
  grid: true,
  ticks: width === 'wide' ? 8 : 4,
  tickFormat: (value: number) => tickText(value, width),
});

/** `10,000`, and `10k` where there is little room. */
const tickText = (value: number, width: Width): string =>
  width === 'narrow' && value >= 10_000
    ? `${Number((value / 1000).toPrecision(3))}k`
    : value.toLocaleString('en-US', { maximumSignificantDigits: 6 });

/** Where arrows stand for limits beyond the frame. */
const EDGES = {
  x: {
    below: { frameAnchor: 'left', dx: 4, arrow: (text: string) => `◀ ${text}` },
    // Above the frame, where no point is.
    above: { frameAnchor: 'top-right', dy: -10, arrow: (text: string) => `${text} ▶` },
  },
  y: {
    below: { frameAnchor: 'bottom', dy: -4, arrow: (text: string) => `▼ ${text}` },
    above: { frameAnchor: 'top', dy: 4, arrow: (text: string) => `▲ ${text}` },
  },
} as const;

const SIDES = {
  left: { frameAnchor: 'left', textAnchor: 'start', dx: 6 },
  right: { frameAnchor: 'right', textAnchor: 'end', dx: -6 },
} as const;

/** A limit in the last part of an axis has its words before it; in a small figure they take more of it. */
const LATE = { wide: 0.7, narrow: 0.5, paper: 0.5 } as const;

/**
 * Limits as lines, and those beyond the frame as arrows at its edge.
 * @param side where the words of a level line stand.
 */
export function limitMarks(
  axis: LimitedAxis,
  on: 'x' | 'y',
  width: Width,
  side: 'left' | 'right' = 'right',
): Plot.Markish[] {
  return axis.limits.flatMap(({ value, at, text }): Plot.Markish[] => {
    const look = { fill: COLOR.limit, fontWeight: 600, stroke: COLOR.page, strokeWidth: 4 };
    if (at !== 'inside') {
      const { arrow, ...edge } = EDGES[on][at];
      return [Plot.text([arrow(text)], { ...look, ...edge })];
    }
    const line = { ...marked('zoomed'), stroke: COLOR.limit, strokeDasharray: '5,4', strokeWidth: 1.5 };
    const isLate = shareOf(axis, value) > LATE[width];
    const words = { ...look, ...marked('dots') };
    if (on === 'y') {
      const beside = { ...SIDES[side], dy: isLate ? 9 : -9 };
      return [Plot.ruleY([value], line), Plot.text([text], { ...words, ...beside, y: () => value })];
    }
    const textAnchor = isLate ? 'end' : 'start';
    return [
      Plot.ruleX([value], line),
      Plot.text([text], {
        ...words,
        x: () => value,
        frameAnchor: 'top',
        textAnchor,
        dx: isLate ? -6 : 6,
        dy: 10,
      }),
    ];
  });
}
