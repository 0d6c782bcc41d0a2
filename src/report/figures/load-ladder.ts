import * as Plot from '@observablehq/plot';
import type { RankedEntry } from '../../rank/standings.ts';
import { axisOf, batchSizeOf, levelOf } from '../../record/load-point.ts';
import { COLOR, drawSvg } from './draw.ts';
import { spread } from './labels.ts';

/** Throughput against load, a line a configuration. */
export interface LoadLadderData {
  readonly axis: string;
  readonly lines: readonly {
    readonly variant: string;
    readonly role: 'winner' | 'default' | 'other';
    readonly rungs: readonly {
      readonly level: number;
      readonly throughput: number;
      readonly low: number;
      readonly high: number;
    }[];
  }[];
}

/** The best configurations and the default, at the client batch of each one's best point. */
export function loadLadderData(
  entries: readonly RankedEntry[],
  winner: RankedEntry | undefined,
): LoadLadderData {
  return {
    axis: axisOf(entries.flatMap((entry) => entry.points.map((point) => point.measurement.point))),
    lines: entries.map((entry) => {
      const batchSize = batchSizeOf(entry.best.measurement.point);
      const rungs = entry.points
        .map((point) => point.measurement)
        .filter((item) => batchSizeOf(item.point) === batchSize)
        .sort((a, b) => levelOf(a.point) - levelOf(b.point))
        .map((item) => {
          const throughput = item.whole.values['perf_throughput'] ?? 0;
          const [low, high] = item.whole.intervals['perf_throughput'] ?? [null, null];
          return {
            level: levelOf(item.point),
            throughput,
            low: low ?? throughput,
            high: high ?? throughput,
          };
        });
      const role = entry === winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other';
      return { variant: entry.trial.name, role, rungs };
    }),
  };
}

export function loadLadderSvg(data: LoadLadderData): string {
  const flat = data.lines.flatMap((line) => line.rungs.map((rung) => ({ ...rung, ...line })));
  const ends = spread(
    data.lines.flatMap((line) =>
      line.rungs.slice(-1).map((rung) => ({ ...rung, ...line, labelAt: rung.throughput })),
    ),
    Math.max(0, ...flat.map((item) => item.high)),
  );
  const color = (item: { role: 'winner' | 'default' | 'other' }): string => COLOR[item.role];
  return drawSvg(
    {
      height: 320,
      marginRight: 190,
      x: {
        label: `${data.axis} →`,
        ticks: [...new Set(flat.map((item) => item.level))].slice(0, 12),
        tickFormat: 'd',
      },
      y: { label: '↑ throughput (infer/s), bars: 95 % interval', grid: true, zero: true },
      marks: [
        Plot.line(flat, { x: 'level', y: 'throughput', z: 'variant', stroke: color, strokeWidth: 1.8 }),
        Plot.ruleX(flat, { x: 'level', y1: 'low', y2: 'high', stroke: color, strokeOpacity: 0.6 }),
        Plot.dot(flat, { x: 'level', y: 'throughput', fill: color, r: 3 }),
        Plot.text(ends, {
          x: 'level',
          y: 'labelAt',
          text: 'variant',
          fill: color,
          textAnchor: 'start',
          dx: 8,
        }),
      ],
    },
    'Throughput at each load of the best configurations and the default',
  );
}
