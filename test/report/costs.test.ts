import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rank } from '../../src/rank/rank.ts';
import { verdict } from '../../src/rank/verdict.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import { parseResults } from '../../src/record/results.ts';
import { EXPORTERS, exportAll } from '../../src/report/export-all.ts';
import { resultOf } from '../../src/report/exporter.ts';
import { resultsJson } from '../../src/report/exporters/json.ts';
import { detailedPages, summaryPages } from '../../src/report/pages.ts';
import { inferenceTable } from '../../src/report/tables.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const at = (throughput: number, cpu: number): Measurement =>
  measurement({ perf_throughput: throughput, cpu_utilization: cpu }, 1, { gpusInUse: 0 });
const recorded = run(trial('m_config_default', [at(12_345, 100)]), trial('m_config_0', [at(24_690, 100)]));
const goal: Goal = {
  models: ['m'],
  objectives: [{ tag: 'cost_per_million_inferences', weight: 1 }],
  constraints: [{ tag: 'cost_per_month', bound: 'max', value: 1000 }],
  prices: { perCpuHour: 0.04, currency: 'EUR', requestRate: 100_000 },
};
const settings = {
  skipSummary: false,
  skipDetailed: false,
  numConfigsPerModel: 2,
  formats: [],
  fields: {},
  fileNames: { inference: 'a', gpu: 'b', server: 'c' },
  failOnUnmetConstraints: false,
};
const ranked = (of: Goal) =>
  resultOf(recorded, [rank(recorded, of)], { ...settings, acrossModels: { most: 2, goal: of } });

describe('costs', () => {
  test('are in results.json with the prices that they follow from, wherever figures are', () => {
    const text = resultsJson(ranked(goal));
    const results = parseResults(text, 'results.json');
    const [model] = results.models;
    expect(model?.prices).toEqual(goal.prices);
    expect(results.acrossModels?.prices).toEqual(goal.prices);
    expect(results.metrics['cost_per_month']?.unit).toBe('EUR');
    expect(results.metrics['perf_throughput']?.unit).toBe('infer/s');
    // 0.04 for 3,600 s of 24,690 infer/s; five replicas for 730 hours.
    const cost = {
      cost_per_million_inferences: expect.closeTo(0.04e6 / 3600 / 24_690, 9),
      cost_per_month: 5 * 0.04 * 730,
    };
    expect(model?.winner).toMatchObject({ variant: 'm_config_0', values: cost, constraints: 'met' });
    const [record] = results.trials.find(({ name }) => name === 'm_config_0')!.points;
    expect(record).toMatchObject({ measurement: { whole: { values: cost }, gpusInUse: 0 } });
  });

  test('are columns with four digits that count, and none without prices', () => {
    const { headers, rows } = inferenceTable([rank(recorded, goal)]);
    const first = headers.indexOf('Cost per Million Inferences (EUR)');
    expect(headers[first + 1]).toBe('Cost per Month (EUR)');
    expect(rows.map((row) => row.slice(first, first + 2))).toEqual([
      ['0.00045', '146'],
      ['0.0009', '262.8'],
    ]);
    const without = { ...goal, prices: undefined, constraints: [] } as unknown as Goal;
    expect(inferenceTable([rank(recorded, without)]).headers.join()).not.toContain('Cost');
    expect(resultsJson(ranked(without))).not.toMatch(/"cost_per_\w+": [\d.]/);
  });

  test('have their intervals beside them in the tables', () => {
    const sure = measurement({ perf_throughput: 100, cpu_utilization: 100 }, 1, {
      gpusInUse: 0,
      intervals: { perf_throughput: [90, 110], cpu_utilization: [99, 101] },
    });
    const { headers } = inferenceTable([rank(run(trial('m_config_default', [sure])), goal)]);
    expect(headers.filter((header) => /^Cost.* 95% /.test(header))).toEqual([
      'Cost per Million Inferences (EUR) 95% low',
      'Cost per Million Inferences (EUR) 95% high',
      'Cost per Month (EUR) 95% low',
      'Cost per Month (EUR) 95% high',
    ]);
  });

  test('have their currency where a limit on them could not be checked, or is broken', () => {
    const limit = [{ tag: 'cost_per_month', bound: 'max' as const, value: 100 }];
    const priced: Goal = { ...goal, constraints: limit };
    const text = (looked: Measurement) => verdict(rank(run(trial('m_config_default', [looked])), priced));
    expect(text(measurement({}))).toContain('cost of a month at most 100 EUR is not checked');
    expect(text(measurement({ cpu_utilization: 100 }, 1, { gpusInUse: 0 }))).toMatch(
      /cost of a month at most 100 EUR, measured [\d,.]+ EUR/,
    );
  });

  test('are on the pages, with the prices and the currency', async () => {
    const { run: priced, rankings } = ranked(goal);
    const [summary] = await summaryPages(priced, rankings);
    expect(summary?.html).toContain('Cost per Million Inferences (EUR)');
    expect(summary?.html).toContain('cost of a month at most 1,000 EUR');
    expect(summary?.html).toContain(
      '0.04 EUR for a busy CPU core and an hour, a month at 100,000 requests a second',
    );
    expect(summary?.html).toContain('0.00045');
    const pages = await detailedPages(priced, [priced.trials[1]!], rankings);
    expect(pages[0]?.html).toContain('0.00045');
    expect(pages[0]?.html).toContain('0.04 EUR for a busy CPU core and an hour');
  });
});

test('a page says what the energy is by', async () => {
  const gpus = { 'GPU-a': { gpu_power_usage: 300 } };
  const [counter, power] = [
    { ...measurement({ energy_per_thousand_inferences: 3000 }, 1, { gpus }), energyBy: 'counter' as const },
    { ...measurement({ gpu_power_usage: 300 }, 2, { gpus }), gpusInUse: 1 },
  ];
  const onGpu = run(trial('m_config_default', [counter, power]));
  const [page] = await summaryPages(onGpu, [rank(onGpu, { ...goal, objectives: [], constraints: [] })]);
  expect(page?.html).toContain('Energy per Thousand Inferences (J)');
  expect(page?.html).toMatch(
    /by the GPUs(&#x27;|&#39;|')? energy counters or the GPUs(&#x27;|&#39;|')? mean power, idle times included/,
  );
});

test('the currency stands beside costs for other programs, whatever they show', async () => {
  const { run: priced, rankings } = ranked({
    ...goal,
    constraints: [{ tag: 'cost_per_month', bound: 'max', value: 100 }],
  });
  const to = folder();
  const exporters = EXPORTERS.filter(({ name }) => ['junit', 'markdown', 'openmetrics'].includes(name));
  await exportAll({ ...ranked(goal), run: priced, rankings }, to, { exporters });
  const text = (name: string): string => readFileSync(join(to, 'results', name), 'utf8');
  expect(text('junit.xml')).toContain('cost of a month at most 100 EUR: measured 146 EUR');
  expect(text('summary.md')).toContain('cost of a month (EUR)');
  expect(text('metrics.prom')).toMatch(/^tma_cost_per_month\{[^}]*variant="m_config_0"[^}]*\} 146$/m);
});
