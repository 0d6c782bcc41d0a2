import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fallsOf } from '../../bench/search/describe.ts';
import { gridText, type Row, readGrid } from '../../bench/search/grid.ts';
import { landscapeOf } from '../../bench/search/landscape.ts';
import { randomLandscape } from '../../bench/search/random-landscape.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { folder } from '../support/experiment.ts';

const goal = { objectives: [{ tag: 'perf_throughput', weight: 1 }], constraints: [] };

const read = (text: string) => {
  const file = join(folder(), 'grid.csv');
  writeFileSync(file, text);
  return readGrid(file);
};

const GRID = `model,variant,instance_group,max_batch_size,dynamic_batching,client_batch,concurrency,perf_throughput,perf_latency_p99
m,m_config_0,"2:GPU",8,100,1,4,100,10
m,m_config_0,2:GPU,8,100,1,8,200,30
m,m_config_default,default,4,,1,4,50,20
m,m_config_default,default,4,,1,8,,
`;

test('a grid is a space with the default first, and a truth', () => {
  const { space, points, optimum, truth } = landscapeOf(read(GRID), goal);
  const [first, second] = space.candidates;
  expect(first).toMatchObject({
    name: 'm_config_default',
    isDefault: true,
    models: [{ config: { max_batch_size: 4 } }],
  });
  expect(second!.models[0].config).toEqual({
    name: 'm',
    max_batch_size: 8,
    instance_group: [{ count: 2, kind: 'KIND_GPU' }],
    dynamic_batching: { max_queue_delay_microseconds: '100' },
  });
  expect(points).toBe(4);
  expect(optimum).toMatchObject({ variant: 'm_config_0', level: 8 });
  // Between the recorded levels the next one up answers; what is missing fails.
  expect(truth(second!, inFlight('m', 5))).toMatchObject({ perf_throughput: 200 });
  expect(truth(second!, inFlight('m', 64))).toMatchObject({ perf_throughput: 200 });
  expect(truth(first!, inFlight('m', 8))).toBeUndefined();
});

test('a further column that is no metric is a setting: a field by its path, else a parameter of the backend', () => {
  const text = `model,variant,max_batch_size,dynamic_batching,max_queue_delay_us,precision,optimization.priority,concurrency,perf_throughput
m,m_config_default,8,no,,,,1,10
m,m_config_0,8,yes,200,fp16,PRIORITY_MAX,1,20
`;
  const rows = read(text);
  const [, second] = landscapeOf(rows, goal).space.candidates;
  expect(second!.models[0].config).toEqual({
    name: 'm',
    max_batch_size: 8,
    dynamic_batching: { max_queue_delay_microseconds: '200' },
    optimization: { priority: 'PRIORITY_MAX' },
    parameters: { precision: { string_value: 'fp16' } },
  });
  expect(second!.models[0].assignment).toMatchObject({ precision: 'fp16' });
  expect(rows[1]!.values).toEqual({ perf_throughput: 20 });
  expect(read(gridText(rows))).toEqual(rows);
});

test('between recorded levels, interpolated where that is asked for', () => {
  const { space, truth } = landscapeOf(read(GRID), goal, { interpolate: true });
  expect(truth(space.candidates[1]!, inFlight('m', 6))).toEqual({
    perf_throughput: 150,
    perf_latency_p99: 20,
  });
});

test('a limit leaves the best that keeps it', () => {
  const limited = { ...goal, constraints: [{ tag: 'perf_latency_p99', bound: 'max' as const, value: 15 }] };
  expect(landscapeOf(read(GRID), limited).optimum).toMatchObject({ level: 4 });
});

test('a random landscape is the same for the same seed, also through a file', () => {
  const rows = randomLandscape(1);
  const text = gridText(rows);
  expect(gridText(randomLandscape(1))).toBe(text);
  const again = read(text);
  expect(again).toHaveLength(41 * 11);
  const before = landscapeOf(rows, goal).optimum!;
  expect(landscapeOf(again, goal).optimum).toMatchObject({ variant: before.variant, level: before.level });
});

test('a random landscape tells what Triton tells: the time in the server is within the latency, a batch within its limit', () => {
  for (const { settings, values } of randomLandscape(2).filter(
    (row) => row.values['perf_throughput'] !== undefined,
  )) {
    const { perf_server_queue: queue = Number.NaN, perf_server_request: request = Number.NaN } = values;
    expect(request).toBeLessThanOrEqual(values['perf_latency_avg']! * 1.01);
    expect(queue).toBeGreaterThanOrEqual(0);
    const compute = ['input', 'infer', 'output'].map((part) => values[`perf_server_compute_${part}`]!);
    expect(queue + compute.reduce((sum, value) => sum + value, 0)).toBeCloseTo(request);
    const batch = values['perf_inference_count']! / values['perf_execution_count']!;
    expect(values['perf_executed_batch']).toBeCloseTo(batch);
    expect(batch).toBeGreaterThanOrEqual(1);
    const most = settings['dynamic_batching'] === 'disabled' ? 1 : Number(settings['max_batch_size']);
    expect(batch).toBeLessThanOrEqual(most);
  }
});

test('what makes landscapes hard is in some of them and not in all', () => {
  const landscapes = [800, 801, 802, 803, 804, 805, 813].map((seed) =>
    randomLandscape(seed).filter(({ values }) => values['perf_throughput'] !== undefined),
  );
  const some = (is: (rows: readonly Row[]) => boolean): void => {
    const count = landscapes.filter(is).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(landscapes.length);
  };
  const valuesOf = (rows: readonly Row[], name: string): Set<string | undefined> =>
    new Set(rows.slice(1).map(({ settings }) => settings[name]));
  // The default batches nothing.
  some((rows) => valuesOf(rows, 'dynamic_batching').size === 3);
  some((rows) => new Set(rows.map(({ level }) => level)).size < 11);
  some((rows) => fallsOf(rows).some(({ by }) => by > 0.25));
  const isGrowing = (rows: readonly Row[]): boolean => {
    const last = Math.max(...rows.map(({ level }) => level));
    const most = (at: boolean): number =>
      Math.max(
        ...rows.filter(({ level }) => (level === last) === at).map((row) => row.values['perf_throughput']!),
      );
    return most(true) > 1.05 * most(false);
  };
  some(isGrowing);
});

test('a queue delay lets a batch wait that is not full, and one that is full go', () => {
  const seed = [800, 801, 802, 804, 810].find(
    (one) => new Set(randomLandscape(one).map(({ settings }) => settings['dynamic_batching'])).size === 3,
  )!;
  const rows = randomLandscape(seed);
  const least = (batch: string, delay: boolean): Row['values'] =>
    rows.find(
      ({ settings, level }) =>
        settings['instance_group'] === '1:GPU' &&
        settings['max_batch_size'] === batch &&
        Number(settings['dynamic_batching']) > 0 === delay &&
        level === 1,
    )!.values;
  const delayMs = Math.max(...rows.map(({ settings }) => Number(settings['dynamic_batching']) || 0)) / 1000;
  const waited = (batch: string): number =>
    least(batch, true)['perf_server_queue']! - least(batch, false)['perf_server_queue']!;
  expect(waited('1')).toBeCloseTo(0);
  expect(waited('16')).toBeCloseTo(delayMs);
});
