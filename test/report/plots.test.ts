import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PlotSettings } from '../../src/config/plot-settings.ts';
import { rankAcross } from '../../src/rank/across.ts';
import { rank } from '../../src/rank/rank.ts';
import { htmlExporter } from '../../src/report/exporters/html.ts';
import { resultsJson } from '../../src/report/exporters/json.ts';
import { pngExporter } from '../../src/report/exporters/png.ts';
import { metricPlotData, metricPlotSvg } from '../../src/report/figures/metric-plot.ts';
import { acrossPage, detailedPages, summaryPages } from '../../src/report/pages.ts';
import { folder } from '../support/experiment.ts';
import { measurement, result, run, trial } from '../support/run.ts';

const at = (perf_throughput: number, perf_latency_p99: number, concurrency: number, more = {}) =>
  measurement({ perf_throughput, perf_latency_p99, cpu_used_ram: 100 * concurrency, ...more }, concurrency);
const base = trial('m_config_default', [at(100, 12, 1), at(90, 20, 2), at(120, 30, 4)]);
const better = trial('m_config_0', [at(180, 9, 1), at(240, 30, 2)]);
const all = run(base, better);
const goal = {
  models: ['m'] as const,
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 10 }] as const,
};
const ranking = rank(all, goal);
const plot = (x: string, y: string, monotonic = false): PlotSettings => ({
  name: 'mine',
  title: 'Mine',
  x,
  y,
  monotonic,
});

describe('one value against another', () => {
  const data = (settings: PlotSettings) =>
    metricPlotData(settings, ranking.entries, ranking.winner, goal.constraints);

  test('a line a configuration, by the horizontal value, with the limits that are on an axis', () => {
    expect(data(plot('perf_latency_p99', 'perf_throughput'))).toEqual({
      title: 'Mine',
      axes: { x: 'p99 latency (ms)', y: 'throughput (infer/s)' },
      byLoad: false,
      lines: [
        {
          variant: 'm_config_0',
          role: 'winner',
          points: [
            { x: 9, y: 180 },
            { x: 30, y: 240 },
          ],
        },
        {
          variant: 'm_config_default',
          role: 'default',
          points: [
            { x: 12, y: 100 },
            { x: 20, y: 90 },
            { x: 30, y: 120 },
          ],
        },
      ],
      targets: [{ axis: 'x', value: 10, label: 'Target p99 latency' }],
    });
  });

  test('a limit far beyond what was measured is told at the edge, and squashes nothing', () => {
    const svgWith = (value: number): string =>
      metricPlotSvg(
        metricPlotData(plot('perf_latency_p99', 'perf_throughput'), ranking.entries, ranking.winner, [
          { ...goal.constraints[0], value },
        ])!,
      );
    expect(svgWith(40)).toContain('stroke-dasharray');
    expect(svgWith(40)).not.toContain('▶');
    expect(svgWith(1000)).not.toContain('stroke-dasharray');
    expect(svgWith(1000)).toContain('Target p99 latency: 1,000 ▶');
  });

  test('a monotonic one leaves out what is no more than before', () => {
    const lines = data(plot('perf_latency_p99', 'perf_throughput', true))?.lines;
    expect(lines?.[1]?.points.map(({ y }) => y)).toEqual([100, 120]);
  });

  test('a load is an axis, too, and what nobody measured gives no plot', () => {
    expect(data(plot('concurrency', 'cpu_used_ram'))?.lines[0]?.points).toEqual([
      { x: 1, y: 100 },
      { x: 2, y: 200 },
    ]);
    expect(data(plot('concurrency', 'gpu_power_usage'))).toBeUndefined();
    expect(data(plot('request_rate', 'perf_throughput'))).toBeUndefined();
  });
});

describe('pages hold and file the plots', () => {
  const paths = (pages: readonly { figures: readonly { path: string }[] }[]): string[] =>
    pages.flatMap(({ figures }) => figures.map(({ path }) => path));

  test("Model Analyzer's own where none are asked for", async () => {
    expect(
      paths([...(await summaryPages(all, [ranking])), ...(await detailedPages(all, [better], [ranking]))]),
    ).toEqual([
      'plots/simple/m/throughput_v_latency',
      'plots/simple/m/cpu_mem_v_latency',
      'plots/simple/m_config_0/cpu_mem_v_latency',
      'plots/detailed/m_config_0/latency_breakdown',
    ]);
  });

  test('those of a mode without users waiting', async () => {
    const pages = [
      ...(await summaryPages(all, [ranking], { mode: 'offline' })),
      ...(await detailedPages(all, [better], [ranking], { mode: 'offline' })),
    ];
    expect(paths(pages)).toEqual([
      'plots/simple/m/through_v_batch_size',
      'plots/simple/m_config_0/throughput_v_batch_size',
      'plots/simple/m_config_0/latency_v_batch_size',
      'plots/detailed/m_config_0/latency_breakdown',
    ]);
    expect(pages[0]?.html).toContain('offline result summary');
  });

  test("the user's, and one configuration's own", async () => {
    const plots = [plot('concurrency', 'perf_throughput')];
    const own = [{ ...plot('concurrency', 'cpu_used_ram'), name: 'own' }];
    const pages = [
      ...(await summaryPages(all, [ranking], { plots })),
      ...(await detailedPages(all, [base, better], [ranking], {
        plots,
        plotsOf: { m_config_0: own },
      })),
    ];
    expect(paths(pages).filter((path) => path.startsWith('plots/simple'))).toEqual([
      'plots/simple/m/mine',
      'plots/simple/m_config_default/mine',
      'plots/simple/m_config_0/own',
    ]);
    expect(pages[0]?.html).toContain('aria-label="Mine"');
  });

  test('as drawings where there is no browser', async () => {
    const path = folder();
    const before = process.env['PUPPETEER_EXECUTABLE_PATH'];
    process.env['PUPPETEER_EXECUTABLE_PATH'] = '/nowhere';
    try {
      const { files, notes } = await pngExporter.write(result(all, [ranking]), path);
      expect(notes).toEqual(['the plots are SVG: for PNG a browser is needed, too']);
      expect(files.map((file) => file.slice(path.length + 1))).toEqual([
        'plots/simple/m/throughput_v_latency.svg',
        'plots/simple/m/cpu_mem_v_latency.svg',
      ]);
      expect(readFileSync(files[0]!, 'utf8')).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    } finally {
      if (before === undefined) delete process.env['PUPPETEER_EXECUTABLE_PATH'];
      else process.env['PUPPETEER_EXECUTABLE_PATH'] = before;
    }
  });
});

describe('the best of all models', () => {
  const other = trial('n_config_default', [at(150, 8, 1), at(500, 40, 2)], { model: 'n' });
  const both = run(base, better, other);
  const across = (most: number, constraints: typeof goal.constraints | [] = goal.constraints) =>
    rankAcross(both, [['m'], ['n']], { objectives: goal.objectives, constraints }, most);

  test('best first, only what keeps the limits where something does', () => {
    expect(across(5).entries.map(({ trial: { name } }) => name)).toEqual(['m_config_0', 'n_config_default']);
    expect(across(5, []).entries.map(({ trial: { name } }) => name)).toEqual([
      'n_config_default',
      'm_config_0',
      'm_config_default',
    ]);
    expect(across(1, []).entries).toHaveLength(1);
  });

  test('shows as decided only what is', async () => {
    const alone = run(trial('m_config_0', [at(150, 8, 1)]));
    const { html } = await acrossPage(
      alone,
      rankAcross(alone, [['m']], { objectives: goal.objectives, constraints: [] }, 2),
    );
    expect(html).toContain('class="verdict open"');
    expect(html).toContain('That is no decision: see the summary of its model.');
  });

  test("has a page where Model Analyzer's is, and its place in results.json", async () => {
    const path = folder();
    const page = await acrossPage(both, across(2));
    await htmlExporter.write(result(both, [], {}, across(2)), path);
    expect(
      existsSync(join(path, 'reports/summaries/Best Configs Across All Models/result_summary.html')),
    ).toBe(true);
    expect(readdirSync(path)).toEqual(['reports']);
    expect(page.html).toContain('First is m_config_0: 2 instances on CPU');
    expect(page.figures[0]?.path).toBe('plots/simple/Best Configs Across All Models/throughput_v_latency');
    expect(page.html).toContain('class="verdict good"');
    expect(page.html).not.toContain('That is no decision');
    const { acrossModels } = JSON.parse(resultsJson(result(both, [ranking], {}, across(2))));
    expect(acrossModels.ranking).toMatchObject([
      { model: 'm', variant: 'm_config_0' },
      { model: 'n', variant: 'n_config_default' },
    ]);
  });
});
