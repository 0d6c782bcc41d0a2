import { describe, expect, test } from 'vitest';
import { readGrid } from '../../../bench/search/grid.ts';
import { inFlight } from '../../../src/record/load-point.ts';
import { fitMechanics, type Part, partOf, throughputOf } from '../../../src/search/bayes/mechanics.ts';
import type { Candidate } from '../../../src/space/space.ts';

const part = (instances: number, largest: number, requests: number): Part => ({
  instances,
  largest,
  inFlight: requests,
  batch: 1,
});
/** 2 ms and 0.1 ms an inference, 0.4 ms around it; instances hold each other up by a fifth. */
const server = Float64Array.of(
  Math.log(2),
  Math.log(0.05),
  Math.log(0.2),
  Math.log(0.001),
  Math.log(0.2),
  Math.log(0.001),
  Math.log(1e-6),
  Math.log(0.05),
  Math.log(0.5),
);
const at = (...of: Parameters<typeof part>): number => Math.exp(throughputOf(part(...of), server));

describe('a server of known parts', () => {
  test('one request after the other takes what an execution and the loop around it take', () => {
    expect(at(1, 1, 1)).toBeGreaterThan(0.85 * (1000 / 2.5));
    expect(at(1, 1, 1)).toBeLessThan(1000 / 2.1);
  });

  test('more in flight never answers less where nothing crowds', () => {
    const rates = [1, 2, 4, 8, 16, 32].map((requests) => at(2, 8, requests));
    for (const [index, rate] of rates.slice(1).entries()) expect(rate).toBeGreaterThan(rates[index]!);
  });

  test('batches pay where an execution costs more than its inferences', () => {
    expect(at(1, 16, 64)).toBeGreaterThan(5 * at(1, 1, 64));
  });

  test('where requests wait for each other batches fill, and what never fills one waits', () => {
    const waiting = (requests: number, delayMs: number): number =>
      Math.exp(throughputOf({ ...part(3, 4, requests), delayMs }, server));
    // Eight in flight are two full batches at once; without a delay they go on in parts.
    expect(waiting(8, 2)).toBeGreaterThan(0.9 * at(3, 4, 8));
    expect(waiting(8, 2) / waiting(4, 2)).toBeGreaterThan(1.6);
    // One by itself waits for others that never come.
    expect(waiting(1, 2)).toBeLessThan(0.65 * at(3, 4, 1));
    expect(Math.exp(throughputOf({ ...part(3, 1, 1), delayMs: 2 }, server))).toBeCloseTo(at(3, 1, 1), 6);
  });

  test('a second instance brings less than twice as much', () => {
    expect(at(2, 1, 64) / at(1, 1, 64)).toBeGreaterThan(1.5);
    expect(at(2, 1, 64) / at(1, 1, 64)).toBeLessThan(1.8);
  });

  test('what was measured at a few points tells of those that were not', () => {
    const seen = [part(1, 1, 1), part(1, 1, 16), part(1, 16, 64), part(3, 1, 16), part(3, 16, 64)];
    const { parameters } = fitMechanics(
      seen.map((item) => ({ part: item, value: throughputOf(item, server), variance: 1e-4 })),
    );
    for (const other of [part(2, 8, 32), part(2, 1, 8), part(4, 16, 128)])
      expect(Math.abs(throughputOf(other, parameters) - throughputOf(other, server))).toBeLessThan(0.15);
  });

  test('to first order the model around the likeliest parameters is that of all parameters', () => {
    const seen = [part(1, 1, 1), part(2, 8, 32)];
    const fit = fitMechanics(
      seen.map((item) => ({ part: item, value: throughputOf(item, server), variance: 0.01 })),
    );
    const slopes = fit.slopes(part(2, 8, 32));
    expect(slopes).toHaveLength(fit.parameters.length);
    // A longer execution means a lower throughput, at once and in full.
    expect(slopes[0]).toBeCloseTo(-1.5, 2);
  });
});

test('a real GPU: 12 points tell what 246 are, to a quarter in the middle half', () => {
  const rows = readGrid('test/fixtures/landscapes/gpu_dense.csv.gz');
  const all = rows.map(({ settings, level, values }) => {
    const instances = Number(/^(\d+)/.exec(settings['instance_group'] ?? '')?.[1] ?? 1);
    const batches = !/disabled|no/.test(settings['dynamic_batching'] ?? 'no');
    const largest = batches ? Number(settings['max_batch_size']) : 1;
    return {
      part: part(instances, largest, level),
      value: Math.log(values['perf_throughput']!),
      variance: 0.02,
    };
  });
  expect(all.length).toBeGreaterThan(200);
  const some = Array.from({ length: 12 }, (_, index) => all[(index * 101 + 7) % all.length]!);
  const { parameters } = fitMechanics(some);
  const off = all
    .map((item) => Math.abs(item.value - throughputOf(item.part, parameters)))
    .sort((a, b) => a - b);
  expect(off[Math.floor(0.75 * off.length)]).toBeLessThan(0.25);
});

test('a load of requests a second is none of its business; batches need batching', () => {
  const candidate = (config: Candidate['models'][0]['config']): Candidate => ({
    models: [{ name: 'm', assignment: {}, config, role: 'measured' }],
    name: 'm',
    isDefault: false,
    key: 'm',
  });
  const groups = { instance_group: [{ kind: 'KIND_GPU', count: 3 }] };
  const batching = candidate({ max_batch_size: 8, dynamic_batching: {}, ...groups });
  expect(partOf(batching, inFlight('m', 16))).toEqual(part(3, 8, 16));
  expect(partOf(candidate({ max_batch_size: 8, ...groups }), inFlight('m', 16))).toEqual(part(3, 1, 16));
  const waiting = { max_batch_size: 8, dynamic_batching: { max_queue_delay_microseconds: '500' }, ...groups };
  expect(partOf(candidate(waiting), inFlight('m', 16))).toEqual({ ...part(3, 8, 16), delayMs: 0.5 });
});
