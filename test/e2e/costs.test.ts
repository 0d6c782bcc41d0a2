import { beforeAll, describe, expect, test } from 'vitest';
import { expectThrough, journal, project, read, results, tma } from './tma.ts';

interface Entry {
  readonly variant: string;
  readonly values: Readonly<Record<string, number>>;
  readonly intervals: Readonly<Record<string, readonly [number | null, number | null]>>;
  readonly constraints: string;
}

const SWEEP = `
  add_sub:
    perf_analyzer_flags: {measurement-interval: 700, stability-percentage: 100, shape: ["INPUT0:16", "INPUT1:16"]}
    model_config_parameters:
      instance_group: [[{kind: KIND_CPU, count: 1}], [{kind: KIND_CPU, count: 2}]]
    parameters: {concurrency: "1,8"}
    constraints: {cost_per_month: {max: 1000000}}`;
const COSTS = `objectives: [cost_per_million_inferences]
cost_per_cpu_hour: 0.05
cost_currency: EUR
cost_request_rate: 5000
cpu_only: true`;

describe('a run on the CPU by cost', () => {
  const cwd = project(SWEEP, COSTS);
  let first: Awaited<ReturnType<typeof tma>>;
  beforeAll(async () => {
    first = await tma(cwd, 'profile', '-f', 'perf.yaml');
  });
  const ranking = (): Entry[] => results(cwd).models[0].ranking;

  test('tells what each configuration costs by the cores that it kept busy, with an interval', () => {
    expectThrough(first);
    expect(ranking()).toHaveLength(3);
    for (const { values, intervals, constraints } of ranking()) {
      const { perf_throughput, cpu_utilization, cost_per_million_inferences, cost_per_month } =
        values as Record<string, number>;
      const hourly = (0.05 * cpu_utilization!) / 100;
      expect(cost_per_million_inferences).toBeCloseTo((hourly * 1e6) / 3600 / perf_throughput!, 6);
      expect(cost_per_month).toBeCloseTo(Math.ceil(5000 / perf_throughput!) * hourly * 730, 3);
      const [low] = intervals['cost_per_million_inferences']!;
      expect(low).toBeLessThan(cost_per_million_inferences!);
      expect(constraints).toBe('met');
      expect(values).not.toHaveProperty('energy_per_thousand_inferences');
    }
    expect(first.output).toMatch(/p99 ms .*cost\/1M EUR .*cost\/month EUR/);
    expect(read(cwd, 'tma-out/results/metrics-model-inference.csv')).toContain(
      'Cost per Million Inferences (EUR),Cost per Month (EUR)',
    );
  });

  test('the journal holds the prices with what the models are judged by, and no costs of what was measured', () => {
    const [session] = journal(cwd);
    expect(session.goals[0].prices).toEqual({
      perCpuHour: 0.05,
      currency: 'EUR',
      requestRate: 5000,
    });
    const points = journal(cwd).filter(({ kind }: { kind: string }) => kind === 'point');
    expect(points.length).toBeGreaterThanOrEqual(6);
    for (const { record } of points) {
      expect(record.measurement.gpusInUse).toBe(0);
      expect(Object.keys(record.measurement.whole.values).join()).not.toContain('cost');
    }
  });

  test('a report by other prices measures nothing and costs as much more', async () => {
    const before = new Map(ranking().map(({ variant, values }) => [variant, values]));
    const report = await tma(cwd, 'report', '--cost-per-cpu-hour', '0.1', '--output-formats', 'csv');
    expect(report.code, report.output).toBe(0);
    expect(results(cwd).models[0].prices).toEqual({ perCpuHour: 0.1, currency: 'EUR', requestRate: 5000 });
    for (const { variant, values } of ranking()) {
      const old = before.get(variant)!;
      expect(values['cost_per_million_inferences']! / old['cost_per_million_inferences']!).toBeCloseTo(2, 9);
      expect(values['cost_per_month']! / old['cost_per_month']!).toBeCloseTo(2, 9);
    }
  });

  test('the same command with another price and more to serve measures nothing again', async () => {
    const points = (): number => journal(cwd).filter(({ kind }: { kind: string }) => kind === 'point').length;
    const before = points();
    const more = [
      '--cost-per-cpu-hour',
      '5',
      '--cost-request-rate',
      '5000000',
      '--fail-on-unmet-constraints',
    ];
    const again = await tma(cwd, 'profile', '-f', 'perf.yaml', ...more);
    expect(points()).toBe(before);
    expect(again.output).toContain('No configuration meets the constraints');
    expect(again.output).toMatch(/cost of a month at most 1,000,000 EUR, measured [\d,]+/);
    expect(again.code).toBe(4);
  });
});

test('a cost without a price is a mistake before anything starts', async () => {
  const cwd = project(SWEEP, 'objectives: [perf_throughput]');
  const { code, output } = await tma(cwd, 'profile', '-f', 'perf.yaml');
  expect(code).toBe(2);
  expect(output).toMatch(/perf\.yaml:\d+:\d+: cost_per_month needs a price/);
  expect(output).toContain('cost_request_rate: REQUESTS A SECOND');
});
