import { join } from 'node:path';
import type { PaperSize } from '../config/paper-sizes.ts';
import type { PlotSettings } from '../config/plot-settings.ts';
import type { RankedEntry } from '../rank/standings.ts';
import type { Comparison } from '../record/comparison.ts';
import type { Constraint } from '../record/goal.ts';
import type { ApplyOptions } from './apply-view.ts';
import { inBothWidths } from './figures/draw.ts';
import { metricPlotData, metricPlotSvg } from './figures/metric-plot.ts';

/** What a page is for: a service that answers users, or work that is done in batches. */
export type Mode = 'online' | 'offline';

export interface PageOptions {
  /** online where nothing is said. */
  readonly mode?: Mode;
  /** Instead of the usual ones. */
  readonly plots?: readonly PlotSettings[] | undefined;
  readonly apply?: ApplyOptions | undefined;
  /** This run against an earlier one. */
  readonly comparison?: Comparison | undefined;
  /** The configurations with a page of their own, by name. */
  readonly detailed?: readonly string[] | undefined;
  /** What it is printed on; A4 where nothing is said. */
  readonly paper?: PaperSize | undefined;
}

/** A figure with a file of its own: its path without the ending, below the export path. */
export interface Figure {
  readonly path: string;
  readonly svg: string;
}

const plot = (name: string, title: string, x: string, y: string, monotonic = false): PlotSettings => ({
  name,
  title,
  x,
  y,
  monotonic,
});

const AGAINST_LATENCY = [
  plot('gpu_mem_v_latency', 'GPU Memory vs. Latency', 'perf_latency_p99', 'gpu_used_memory'),
  plot('cpu_mem_v_latency', 'CPU Memory vs. Latency', 'perf_latency_p99', 'cpu_used_ram'),
];

/** Model Analyzer's plots, of all configurations together and of one; what was not measured has none. */
export const USUAL_PLOTS: Readonly<
  Record<'summary' | 'detailed', Readonly<Record<Mode, readonly PlotSettings[]>>>
> = {
  summary: {
    online: [
      plot('throughput_v_latency', 'Throughput vs. Latency', 'perf_latency_p99', 'perf_throughput', true),
      ...AGAINST_LATENCY,
    ],
    offline: [plot('through_v_batch_size', 'Throughput vs. Batch Size', 'batch_size', 'perf_throughput')],
  },
  detailed: {
    online: [
      ...AGAINST_LATENCY,
      plot('gpu_util_v_latency', 'GPU Utilization vs. Latency', 'perf_latency_p99', 'gpu_utilization'),
      plot('gpu_power_v_latency', 'GPU Power vs. Latency', 'perf_latency_p99', 'gpu_power_usage'),
    ],
    offline: [
      plot('throughput_v_batch_size', 'Throughput vs. Batch Size', 'batch_size', 'perf_throughput'),
      plot('latency_v_batch_size', 'p99 Latency vs. Batch Size', 'batch_size', 'perf_latency_p99'),
    ],
  },
};

/**
 * Plots of configurations, each as the file `plots/simple/FOLDER/NAME`, and as a page shows it; what none of them has is left
 * out.
 */
export const plotFigures = (
  plots: readonly PlotSettings[],
  folder: string,
  entries: readonly RankedEntry[],
  { winner, constraints }: { winner?: RankedEntry | undefined; constraints?: readonly Constraint[] } = {},
): (Figure & { readonly name: string; readonly shown: string })[] =>
  plots.flatMap((settings) => {
    const data = metricPlotData(settings, entries, winner, constraints);
    if (!data) return [];
    const { name } = settings;
    const svg = metricPlotSvg(data);
    const shown = inBothWidths((width) => (width === 'wide' ? svg : metricPlotSvg(data, width)));
    return [{ name, path: join('plots', 'simple', folder, name), svg, shown }];
  });
