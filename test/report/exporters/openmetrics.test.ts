import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../src/ground/metric.ts';
import { inFlight } from '../../../src/record/load-point.ts';
import type { Result } from '../../../src/report/exporter.ts';
import {
  baseUnitOf,
  openMetricsExporter,
  openMetricsText,
} from '../../../src/report/exporters/openmetrics.ts';
import { folder } from '../../support/experiment.ts';
import { CASES } from '../../support/export-cases.ts';
import { parseExposition } from '../../support/exposition.ts';
import { trial } from '../../support/run.ts';

const all = Object.entries(CASES);
const read = (result: Result) => parseExposition(openMetricsText(result));
const samplesOf = (result: Result, name: string) =>
  read(result).find((family) => family.name === name)?.samples;

test.each(all)('%s can be read as OpenMetrics and as the text format of Prometheus', (_name, make) => {
  expect(read(make()).length).toBeGreaterThan(4);
});

test.each(['twoModels', 'hostile', 'nothingMeasured'] as const)('%s as last agreed on', async (name) => {
  await expect(openMetricsText(CASES[name]())).toMatchFileSnapshot(
    `../../golden/exporters/${name}.metrics.prom`,
  );
});

test('values are in base units, and names end in them', () => {
  const values = Object.fromEntries(
    read(CASES.everyUnit())
      .filter(({ name }) => /^tma_(perf|gpu|cpu)/.test(name) && !name.includes('_interval_'))
      .map(({ name, samples }) => [name, samples[0]!.value]),
  );
  expect(values).toEqual({
    tma_perf_throughput_inferences_per_second: 74.9,
    tma_perf_latency_avg_seconds: 0.008,
    tma_perf_latency_p99_seconds: 0.0749,
    tma_perf_send_rate_requests_per_second: 200,
    tma_perf_executed_batch: 1.3,
    tma_gpu_used_memory_bytes: 1_900_250_000,
    tma_gpu_utilization_ratio: 0.41,
    tma_gpu_power_usage_watts: 120.5,
    tma_cpu_utilization_ratio: 2.5,
  });
});

test('a metric of a unit that is not listed here has a name all the same', () => {
  expect(METRICS.map(baseUnitOf).every(({ unit }) => unit === undefined || /^[a-z_]+$/.test(unit))).toBe(
    true,
  );
  expect(baseUnitOf({ unit: '€/1M infer.' })).toEqual({ unit: '1m_infer', factor: 1 });
  expect(baseUnitOf({ unit: '$' })).toEqual({ unit: undefined, factor: 1 });
});

test('a configuration that the run had not come to is not skipped', () => {
  const small = CASES.small();
  const counted = (...unmeasured: Result['rankings'][number]['unmeasured']) =>
    samplesOf({ ...small, rankings: [{ ...small.rankings[0]!, unmeasured }] }, 'tma_configurations')
      ?.filter(({ labels }) => labels['state'] === 'skipped')
      .map(({ value }) => value);
  const reason = 'larger than another, which ran out of memory';
  const skipped = { state: 'skipped' as const, points: [inFlight('m', 1)], reason };
  expect(counted(trial('m_config_2', [], { state: 'not tried', points: [] }))).toEqual([0]);
  expect(counted(trial('m_config_2', [], { state: 'skipped', points: [skipped] }))).toEqual([1]);
});

describe('what a model comes to', () => {
  test('the winner and the default, or the leader where nothing is decided, with their loads', () => {
    const labels = samplesOf(CASES.twoModels(), 'tma_perf_latency_p99_seconds')?.map(
      (sample) => sample.labels,
    );
    expect(labels).toEqual([
      { model: 'm', role: 'winner', variant: 'm_config_0', in_flight: '1', batch_size: '1' },
      { model: 'm', role: 'default', variant: 'm_config_default', in_flight: '1', batch_size: '1' },
      {
        model: 'pipeline',
        role: 'leader',
        variant: 'pipeline_config_0',
        request_rate: '50',
        batch_size: '2',
      },
      {
        model: 'pipeline',
        role: 'default',
        variant: 'pipeline_config_default',
        request_rate: '50',
        batch_size: '2',
      },
    ]);
  });

  test('one of the decisions, and one verdict on each constraint', () => {
    const ones = (name: string, label: string) =>
      samplesOf(CASES.unknown(), name)
        ?.filter(({ value }) => value === 1)
        .map(({ labels }) => labels[label]);
    expect(ones('tma_decision', 'decision')).toEqual(['unfinished']);
    expect(ones('tma_constraint', 'verdict')).toEqual(['met', 'unknown']);
    expect(samplesOf(CASES.unknown(), 'tma_constraint_limit')?.map(({ value }) => value)).toEqual([
      0.01, 8e9,
    ]);
  });

  test('the marks of its figures', () => {
    const marks = samplesOf(CASES.twoModels(), 'tma_mark')?.map(({ labels }) => [
      labels['variant'],
      labels['mark'],
    ]);
    expect(marks).toEqual([
      ['pipeline_config_0', 'unstable'],
      ['pipeline_config_0', 'few-samples'],
    ]);
    expect(samplesOf(CASES.small(), 'tma_mark')).toBeUndefined();
  });

  test('no gain where none can be told', () => {
    expect(samplesOf(CASES.small(), 'tma_gain_ratio')?.[0]?.value).toBeCloseTo(0.8);
    expect(samplesOf(CASES.withoutDefault(), 'tma_gain_ratio')).toBeUndefined();
  });
});

test('a hostile name comes back as it was, but for what would hide', () => {
  const name = samplesOf(CASES.hostile(), 'tma_decision')![0]!.labels['model']!;
  expect(name.startsWith('m"<b>&amp;]]>|`x`_y_*z*\\n\n\t\\x00\\x1b[31m\\ud800')).toBe(true);
});

test('is written as a whole: nothing else is left beside it', async () => {
  const path = folder();
  const { files } = await openMetricsExporter.write(CASES.small(), path);
  expect(files).toEqual([join(path, 'results/metrics.prom')]);
  expect(readdirSync(join(path, 'results'))).toEqual(['metrics.prom']);
});

describe('docs/outputs.md', () => {
  const page = readFileSync('docs/outputs.md', 'utf8');

  test('has the name of every metric', () => {
    const names = Object.values(CASES).flatMap((make) => read(make()).map(({ name }) => name));
    const figures = METRICS.filter(({ tag }) => !tag.endsWith('_count')).map((item) =>
      ['tma', item.tag, baseUnitOf(item).unit].filter((word) => word).join('_'),
    );
    const documented = names.filter(
      (name) => !/_interval_(low|high)/.test(name) || name.startsWith('tma_gain'),
    );
    for (const name of [...figures, ...documented]) expect(page).toContain(`\`${name}\``);
  });

  test('has every label', () => {
    const labels = Object.values(CASES).flatMap((make) =>
      read(make()).flatMap(({ samples }) => samples.flatMap((sample) => Object.keys(sample.labels))),
    );
    for (const label of new Set(labels)) expect(page).toContain(`\`${label}\``);
  });
});
