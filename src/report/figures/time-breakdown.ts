import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../rank/words.ts';
import { axisOf, batchSizeOf, levelOf } from '../../record/load-point.ts';
import type { Measurement } from '../../record/measurement.ts';
import { drawSvg } from './draw.ts';
import { STAGES, stageMs } from './request-time.ts';

/** Mean time in each stage at each load, and the throughput there. */
export interface TimeBreakdownData {
  readonly bars: readonly { readonly load: string; readonly stage: string; readonly ms: number }[];
  /** What the loads are. */
  readonly axis: string;
  readonly loads: readonly { readonly load: string; readonly totalMs: number; readonly throughput: number }[];
}

/** The load of a measurement as a label: its concurrency, and the client batch where there are several. */
export function timeBreakdownData(measurements: readonly Measurement[]): TimeBreakdownData {
  const batches = new Set(measurements.map((item) => batchSizeOf(item.point)));
  const sorted = measurements.toSorted(
    (a, b) => batchSizeOf(a.point) - batchSizeOf(b.point) || levelOf(a.point) - levelOf(b.point),
  );
  const label = ({ point }: Measurement): string =>
    batches.size > 1 ? `${levelOf(point)} × b${batchSizeOf(point)}` : String(levelOf(point));
  return {
    axis: axisOf(sorted.map((item) => item.point)),
    bars: sorted.flatMap((item) =>
      STAGES.map(({ kind, name }) => ({ load: label(item), stage: name, ms: stageMs(item, kind) })),
    ),
    loads: sorted.map((item) => ({
      load: label(item),
      totalMs: STAGES.reduce((sum, { kind }) => sum + stageMs(item, kind), 0),
      throughput: item.whole.values['perf_throughput'] ?? 0,
    })),
  };
}

/** So many bars have room for their words side by side. */
const MOST_UPRIGHT = 8;

/** @param title above the figure with the names of the stages, where no page says them. */
export function timeBreakdownSvg(data: TimeBreakdownData, title?: string): string {
  const crowded = data.loads.length > MOST_UPRIGHT;
  const marginTop = (crowded ? 36 : 20) + (title === undefined ? 0 : 40);
  const words =
    title === undefined
      ? []
      : [
          Plot.text([title], { frameAnchor: 'top', dy: 12 - marginTop, fontWeight: 600, fontSize: 13 }),
          ...STAGES.map(({ name, color }, index) =>
            Plot.text([`■ ${name}`], {
              frameAnchor: 'top-right',
              dx: -120 * (STAGES.length - 1 - index),
              dy: 30 - marginTop,
              fill: color,
            }),
          ),
        ];
  return drawSvg(
    {
      height: 320,
      x: {
        label: data.axis,
        domain: data.loads.map((item) => item.load),
        type: 'band',
        ...(crowded && { tickRotate: -60, labelOffset: 74 }),
      },
      marginTop,
      ...(crowded && { marginBottom: 80 }),
      y: { label: '↑ mean time in the server (ms)', grid: true },
      color: { domain: STAGES.map((stage) => stage.name), range: STAGES.map((stage) => stage.color) },
      marks: [
        Plot.barY(data.bars, {
          x: 'load',
          y: 'ms',
          fill: 'stage',
          inset: 1,
          title: (bar: { stage: string; ms: number }) => `${bar.stage} ${bar.ms.toFixed(2)} ms`,
        }),
        Plot.text(data.loads, {
          x: 'load',
          y: 'totalMs',
          text: (item: { throughput: number }) => `${formatNumber(item.throughput)}/s`,
          ...(crowded ? { rotate: -60, dx: 6, dy: -12, fontSize: 9 } : { dy: -8 }),
          fill: 'currentColor',
        }),
        Plot.ruleY([0]),
        ...words,
      ],
    },
    'Mean time in the server by stage, for each load',
  );
}
