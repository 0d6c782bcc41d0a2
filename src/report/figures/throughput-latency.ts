import * as Plot from '@observablehq/plot';
import type { ConstraintVerdict } from '../../goal/score.ts';
import { paretoFront } from '../../rank/pareto.ts';
import type { Ranking } from '../../rank/rank.ts';
import { formatNumber } from '../../rank/words.ts';
import { batchSizeOf, levelText } from '../../record/load-point.ts';
import { anchorOf } from '../anchor.ts';
import { COLOR, drawSvg } from './draw.ts';

/** Every measured point of a model as a dot. */
export interface ThroughputLatencyData {
  readonly points: readonly {
    readonly variant: string;
    readonly latencyMs: number;
    readonly throughput: number;
    readonly verdict: ConstraintVerdict;
    readonly role: 'winner' | 'default' | 'other';
    /** The winner's representative point. */
    readonly chosen: boolean;
    readonly label: string;
  }[];
  /** Points that none beats in both, by rising latency. */
  readonly front: readonly { readonly latencyMs: number; readonly throughput: number }[];
  readonly maxLatencyMs: number | undefined;
  readonly minThroughput: number | undefined;
}

type Dot = ThroughputLatencyData['points'][number];

/** How much of its colour a point has whose limits could not be checked. */
const PALE = 0.35;

export function throughputLatencyData(ranking: Ranking): ThroughputLatencyData {
  const all = ranking.entries.flatMap((entry) => entry.points.map((point) => ({ entry, point })));
  const limit = (tag: string): number | undefined =>
    ranking.goal.constraints.find((constraint) => constraint.tag === tag)?.value;
  const place = (values: Readonly<Record<string, number>>) => ({
    latencyMs: values['perf_latency_p99'] ?? 0,
    throughput: values['perf_throughput'] ?? 0,
  });
  return {
    points: all.map(({ entry, point }) => {
      const at = place(point.measurement.whole.values);
      const { point: load } = point.measurement;
      return {
        variant: entry.trial.name,
        ...at,
        verdict: point.verdict,
        role: entry === ranking.winner ? 'winner' : entry.trial.isDefault ? 'default' : 'other',
        chosen: point === ranking.winner?.best,
        label: `${entry.trial.name}, ${levelText(load)}, batch ${batchSizeOf(load)}: ${formatNumber(at.throughput)} infer/s, p99 ${formatNumber(at.latencyMs)} ms`,
      };
    }),
    front: paretoFront(all.map(({ point }) => point.measurement)).map((item) => place(item.whole.values)),
    maxLatencyMs: limit('perf_latency_p99'),
    minThroughput: limit('perf_throughput'),
  };
}

export function throughputLatencySvg(data: ThroughputLatencyData): string {
  const shapes = { winner: 'star', default: 'diamond2', other: 'circle' } as const;
  const dots = (role: 'winner' | 'default' | 'other', radius: number) =>
    Plot.dot(
      data.points.filter((point) => point.role === role),
      {
        x: 'latencyMs',
        y: 'throughput',
        r: radius,
        symbol: shapes[role],
        fill: ({ verdict }: Dot) => (verdict === 'missed' ? 'none' : COLOR[role]),
        fillOpacity: ({ verdict }: Dot) => (verdict === 'unknown' ? PALE : 1),
        stroke: COLOR[role],
        title: 'label',
        href: (point: { variant: string }) => `#${anchorOf(point.variant)}`,
      },
    );
  const rule = (value: number | undefined) => (value === undefined ? [] : [value]);
  return drawSvg(
    {
      width: 960,
      height: 400,
      x: { label: 'p99 latency (ms) →', grid: true, zero: true, nice: true },
      y: { label: '↑ throughput (infer/s)', grid: true, zero: true, nice: true },
      marks: [
        Plot.line(data.front, {
          x: 'latencyMs',
          y: 'throughput',
          curve: 'step-after',
          stroke: 'currentColor',
          strokeOpacity: 0.45,
        }),
        Plot.ruleX(rule(data.maxLatencyMs), { stroke: COLOR.limit, strokeDasharray: '5,4' }),
        Plot.ruleY(rule(data.minThroughput), { stroke: COLOR.limit, strokeDasharray: '5,4' }),
        dots('other', 3.5),
        dots('default', 5),
        dots('winner', 5),
        Plot.dot(
          data.points.filter((point) => point.chosen),
          { x: 'latencyMs', y: 'throughput', r: 11, stroke: COLOR.winner, strokeWidth: 2 },
        ),
      ],
    },
    'Throughput against p99 latency of every measured point',
  );
}
