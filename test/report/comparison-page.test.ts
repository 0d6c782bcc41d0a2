import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { compareRuns } from '../../src/rank/comparison/compare-runs.ts';
import { comparisonPage } from '../../src/report/comparison-page.ts';
import { changeIntervalsData } from '../../src/report/figures/change-intervals.ts';
import { comparedNights } from '../support/compared.ts';
import { pageText } from '../support/page.ts';
import { GOAL, night, runOf, side } from '../support/two-runs.ts';

const HOSTILE = '<script>alert(1)</script>';

test('the page as it was agreed on', async () => {
  const page = await comparisonPage(comparedNights());
  expect(page.path).toBe('reports/comparison');
  await expect(pageText(page.html)).toMatchFileSnapshot('../golden/comparison.html');
});

test('the verdict stands first, what a name says is text, and nothing is loaded', async () => {
  const comparison = comparedNights();
  const hostile = JSON.parse(
    JSON.stringify(comparison).replaceAll('m_config_2', HOSTILE.replaceAll('/', '\\/')),
  );
  const { html } = await comparisonPage(hostile);
  const { document } = parseHTML(html);
  expect(document.querySelector('.verdict')!.textContent).toMatch(
    /^m is worse, with other programs than before \(GPU driver 570\.1 -> 580\.2\): throughput -\d/,
  );
  expect(html).not.toContain(HOSTILE);
  expect([...document.querySelectorAll('td.name')].map((cell) => cell.textContent)).toContainEqual(
    expect.stringContaining(HOSTILE),
  );
  expect(html).not.toMatch(/(src|href)="(?!#)/);
});

test('intervals of everything together and of configurations, those that matter first', () => {
  const comparison = comparedNights();
  const { rows, margin, better } = changeIntervalsData(
    comparison.models[0]!,
    'perf_throughput',
    comparison.margin,
  );
  expect({ margin, better }).toEqual({ margin: 5, better: 'higher' });
  expect(rows.map(({ name }) => name).slice(0, 2)).toEqual(['over all', 'm_config_default (default)']);
  expect(rows).toHaveLength(13);
  for (const { low, percent, high } of rows) expect(low < percent && percent < high).toBe(true);
  // What was not measured in both has no interval.
  expect(changeIntervalsData(comparison.models[0]!, 'gpu_used_memory', 5).rows).toEqual([]);
});

test('what was not measured has no column, and units and currencies stand by their values', async () => {
  const priced = {
    ...GOAL,
    prices: { perCpuHour: 1, currency: 'EUR' },
    constraints: [
      ...GOAL.constraints,
      { tag: 'gpu_used_memory', bound: 'max' as const, value: 100 },
      { tag: 'cost_per_million_inferences', bound: 'max' as const, value: 5 },
    ],
  };
  const withCpu = (seed: number) =>
    night({ seed }).map((trial) => ({
      ...trial,
      points: trial.points.map((record) => {
        if (record.state !== 'measured') return record;
        const { measurement } = record;
        const values = { ...measurement.whole.values, cpu_utilization: 150 };
        return {
          ...record,
          measurement: { ...measurement, gpusInUse: 0, whole: { ...measurement.whole, values } },
        };
      }),
    }));
  const comparison = compareRuns(side(runOf(withCpu(1)), [priced]), side(runOf(withCpu(2)), [priced]));
  const { html } = await comparisonPage(comparison);
  const { document } = parseHTML(html);
  const headers = [...document.querySelectorAll('table.sortable')].map((table) =>
    [...table.querySelectorAll('th')].map((cell) => cell.textContent),
  );
  expect(headers[0]!.join()).not.toContain('GPU');
  expect(headers[1]!.join()).not.toContain('GPU');
  expect(headers[1]).toContain('Cost per Million Inferences (EUR)');
  const [latency, gpu, cost] = [...document.querySelectorAll('ul.checks li')].map((item) => item.textContent);
  expect(latency).toMatch(/\(BASE met \([\d.]+ ms\), NEW met \([\d.]+ ms\)\)/);
  expect(gpu).toMatch(/GPU memory was not measured in NEW/);
  expect(cost).toMatch(/at most 5 EUR \(BASE met \([\d.]+ EUR\), NEW met \([\d.]+ EUR\)\)/);
});

test('of very many configurations the page shows those that matter, and says how many are left', async () => {
  const many = { configurations: 260, loads: 1 };
  const comparison = compareRuns(
    side(runOf(night({ seed: 1, ...many }))),
    side(runOf(night({ seed: 2, ...many }))),
  );
  const { html } = await comparisonPage(comparison);
  expect(html).toContain('60 configurations more in tma compare --json');
  expect(html.length).toBeLessThan(500_000);
});

test('a page of nothing', async () => {
  const { html } = await comparisonPage(compareRuns(side(runOf([])), side(runOf([]))));
  expect(html).toContain('Nothing can be compared: no model was measured in both.');
});
