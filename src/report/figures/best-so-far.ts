import * as Plot from '@observablehq/plot';
import { metric } from '../../ground/metric.ts';
import { visible } from '../../ground/wording.ts';
import type { SearchHistory } from '../../rank/search-history.ts';
import { formatValue, unitOf } from '../../rank/words.ts';
import type { Goal } from '../../record/goal.ts';
import { batchSizeOf, levelText } from '../../record/load-point.ts';
import { COLOR, drawSvg, WIDTHS, type Width } from './draw.ts';
import { asOnePath } from './linked.ts';

/** What was measured when, and the best of it at each moment. */
export interface BestSoFarData {
  readonly axis: string;
  readonly dots: readonly {
    readonly minutes: number;
    readonly value: number;
    readonly isMissed: boolean;
    readonly label: string;
  }[];
  /** From each of these moments on the best was this; it holds until the end. */
  readonly steps: readonly { readonly minutes: number; readonly value: number }[];
}

export function bestSoFarData({ tag, looks, leads }: SearchHistory, goal: Goal): BestSoFarData {
  const unit = unitOf(tag, goal);
  const told = (value: number): string => `${formatValue(value, tag)}${unit && ` ${unit}`}`;
  const endS = Math.max(0, ...looks.map(({ atS }) => atS));
  // While the best breaks a limit, nothing is best that counts.
  const steps = leads.flatMap(({ atS, value, verdict }) =>
    value === undefined || verdict === 'missed' ? [] : [{ minutes: atS / 60, value }],
  );
  const last = steps.at(-1);
  return {
    axis: `${metric(tag).label}${unit && ` (${unit})`}`,
    dots: looks.flatMap(({ variant, point, atS, value, verdict }) =>
      value === undefined
        ? []
        : [
            {
              minutes: atS / 60,
              value,
              isMissed: verdict === 'missed',
              label: visible(
                `${variant}, ${levelText(point)}, batch ${batchSizeOf(point)}: ${told(value)}${verdict === 'missed' ? ', breaks a limit' : ''}`,
              ),
            },
          ],
    ),
    steps: last ? [...steps, { minutes: endS / 60, value: last.value }] : [],
  };
}

const HEIGHTS = { wide: 260, narrow: 220, paper: 150 } as const;
const RADIUS = 3;
/** More dots than this lie on top of each other, and none can be pointed at. */
const MOST_TITLED = 500;

/** Below so many minutes time is told in seconds. */
const SHORT = 2;

export function bestSoFarSvg(data: BestSoFarData, width: Width = 'wide'): string {
  const isWide = width === 'wide';
  const isShort = data.dots.every(({ minutes }) => minutes < SHORT);
  const time = ({ minutes }: { readonly minutes: number }): number => (isShort ? 60 * minutes : minutes);
  return drawSvg(
    {
      width: WIDTHS[width],
      height: HEIGHTS[width],
      marginTop: 30,
      x: {
        label: isShort ? 'seconds →' : 'minutes →',
        zero: true,
        grid: true,
        ...(isWide ? {} : { ticks: 4 }),
      },
      y: { label: `↑ ${data.axis}`, zero: true, grid: true, nice: true },
      marks: [
        Plot.line(data.steps, {
          x: time,
          y: 'value',
          curve: 'step-after',
          stroke: COLOR.winner,
          strokeWidth: 2,
        }),
        ...[false, true].map((isMissed) =>
          Plot.dot(
            data.dots.filter((dot) => dot.isMissed === isMissed),
            {
              x: time,
              y: 'value',
              r: RADIUS,
              stroke: COLOR.other,
              fill: isMissed ? 'none' : COLOR.other,
              ...(data.dots.length > MOST_TITLED ? { render: asOnePath(RADIUS) } : { title: 'label' }),
            },
          ),
        ),
      ],
    },
    'What was measured when, and the best of it so far',
  );
}
