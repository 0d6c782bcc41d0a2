import { describe, expect, test } from 'vitest';
import { parseGpuEnergy, parseGpuMetrics } from '../../src/measure/gpu.ts';
import { type Drawn, energyFigures } from '../../src/measure/gpu-energy.ts';
import { placementOf } from '../../src/measure/placement.ts';
import type { Figures } from '../../src/record/measurement.ts';

/** As Triton 2.51.0 shows it. */
const page = (joules: Readonly<Record<string, string>>): string =>
  [
    '# HELP nv_energy_consumption GPU energy consumption in joules since the Triton Server started',
    '# TYPE nv_energy_consumption counter',
    ...Object.entries(joules).map(([uuid, text]) => `nv_energy_consumption{gpu_uuid="${uuid}"} ${text}`),
  ].join('\n');

describe("a page's energy counters", () => {
  test('are joules by GPU, and no gauges', () => {
    const text = page({ 'GPU-a': '12345.678000', 'GPU-b': '0' });
    expect(parseGpuEnergy(text)).toEqual({ 'GPU-a': 12345.678, 'GPU-b': 0 });
    expect(parseGpuMetrics(text)).toEqual({});
  });

  test('that make no sense are not there', () => {
    expect(parseGpuEnergy(page({ a: 'NaN', b: '-1', c: '+Inf' }))).toEqual({});
    expect(parseGpuEnergy('nv_energy_consumption 5\nnv_energy_consumption_x{gpu_uuid="a"} 5')).toEqual({});
  });
});

/** Looks, half a second between them, at counters of these joules. */
const looks = (...list: Record<string, number>[]): Drawn['looks'] =>
  list.map((energyJ, index) => ({ atMs: 500 * index, gauges: {}, energyJ }));
const measured: Figures = { values: { perf_throughput: 200 }, intervals: { perf_throughput: [200, 200] } };
const power = { 'GPU-a': { gpu_power_usage: 400 }, 'GPU-b': { gpu_power_usage: 100 } };
const drawn = (changes: Partial<Drawn> = {}): Drawn => ({
  looks: [],
  ageMs: 500,
  uuids: ['GPU-a'],
  gpus: power,
  intervals: { gpu_power_usage: [225, 275] },
  ...changes,
});
const told = (changes: Partial<Drawn>, of = measured) => {
  const { figures, energyBy } = energyFigures(drawn(changes), of);
  return {
    joules: figures.values['energy_per_thousand_inferences'],
    interval: figures.intervals['energy_per_thousand_inferences'],
    energyBy,
  };
};

describe('the energy of a thousand inferences', () => {
  const steady = looks(
    { 'GPU-a': 1000 },
    { 'GPU-a': 1150 },
    { 'GPU-a': 1300 },
    { 'GPU-a': 1450 },
    { 'GPU-a': 1600 },
  );

  test('is what the counter gained for as many', () => {
    // 300 W over 200 infer/s.
    const { joules, interval, energyBy } = told({ looks: steady });
    expect(joules).toBeCloseTo(1500, 9);
    expect(energyBy).toBe('counter');
    // What is shown is up to half a second old: in 2 s that makes 19 %.
    expect(interval![0]).toBeCloseTo(1500 / 1.194, 6);
    expect(interval![1]).toBeCloseTo(1500 / 0.806, 6);
  });

  test('is known the better the longer the counter was seen, however it moves in between', () => {
    const long = looks(...Array.from({ length: 41 }, (_, n) => ({ 'GPU-a': 300 * Math.floor(n / 2) })));
    const { joules, interval } = told({ looks: long });
    expect(joules).toBeCloseTo(1500, 9);
    expect(interval![1]! / joules!).toBeLessThan(1.02);
  });

  test('has all GPUs in use in it, idle or not, and no other', () => {
    const both = looks(
      ...[0, 1, 2, 3, 4].map((n) => ({ 'GPU-a': 150 * n, 'GPU-b': 50 * n, 'GPU-c': 999 * n })),
    );
    expect(told({ looks: both, uuids: ['GPU-a', 'GPU-b'] }).joules).toBeCloseTo(2000, 9);
  });

  test('leaves out the stretch in which a counter began anew', () => {
    const reset = looks(
      { 'GPU-a': 900 },
      { 'GPU-a': 10 },
      { 'GPU-a': 160 },
      { 'GPU-a': 310 },
      { 'GPU-a': 460 },
    );
    expect(told({ looks: reset }).joules).toBeCloseTo(1500, 9);
  });

  test.each<[string, Partial<Drawn>]>([
    ['was seen too shortly', { looks: steady.slice(0, 3) }],
    ['is refreshed too seldom', { looks: steady, ageMs: 2000 }],
    ['does not move', { looks: looks(...Array.from({ length: 9 }, () => ({ 'GPU-a': 5 }))) }],
    ['is not there', { looks: looks(...Array.from({ length: 9 }, () => ({}))) }],
    ['is that of another', { looks: looks(...[1, 2, 3, 4, 5].map((n) => ({ 'GPU-b': n }))) }],
  ])('is by the mean power where the counter %s', (_, changes) => {
    const { joules, interval, energyBy } = told(changes);
    expect(joules).toBeCloseTo(2000, 9);
    // The mean over both GPUs was known to 10 %.
    expect(interval![0]).toBeCloseTo(2000 / 1.1, 6);
    expect(energyBy).toBe('power');
  });

  test.each<[string, Partial<Drawn>]>([
    ['nothing is on a GPU', { uuids: [] }],
    ['it is not known which GPUs are in use', { uuids: undefined }],
    ['a GPU in use tells neither', { uuids: ['GPU-a', 'GPU-z'] }],
  ])('is not there where %s', (_, changes) => {
    expect(told({ looks: steady, ...changes })).toEqual({});
  });

  test('is not there where nothing was inferred', () => {
    const nothing = { values: { perf_throughput: 0 }, intervals: {} };
    expect(told({ looks: steady }, nothing)).toEqual({});
  });
});

describe('the GPUs that instances are on', () => {
  const group = (kind: string, gpus?: number[]) => ({
    instance_group: [{ kind, count: 1, ...(gpus && { gpus }) }],
  });

  test('are those of its configuration in effect', () => {
    const server = { visible: 2, uuids: ['GPU-a', 'GPU-b'], seen: ['GPU-b', 'GPU-a'] };
    expect(placementOf(group('KIND_GPU', [1]), server)).toEqual({ inUse: 1, uuids: ['GPU-b'] });
    expect(placementOf(group('KIND_GPU', [0, 1]), server)).toEqual({ inUse: 2, uuids: ['GPU-a', 'GPU-b'] });
    expect(placementOf(group('KIND_CPU'), server)).toEqual({ inUse: 0, uuids: [] });
    expect(placementOf(group('KIND_MODEL'), server)).toEqual({ inUse: 2, uuids: ['GPU-a', 'GPU-b'] });
  });

  test('are none where the machine has none, whoever places them', () => {
    const server = { visible: 0, uuids: [], seen: [] };
    expect(placementOf(group('KIND_MODEL'), server)).toEqual({ inUse: 0, uuids: [] });
    expect(placementOf({ ensemble_scheduling: { step: [] } }, server)).toEqual({ inUse: 0, uuids: [] });
  });

  test('of a remote server are counted by its configuration, and told apart only where all that its page shows are in use', () => {
    const server = { visible: undefined, uuids: [], seen: ['GPU-a', 'GPU-b'] };
    expect(placementOf(group('KIND_GPU', [0, 1]), server)).toEqual({ inUse: 2, uuids: ['GPU-a', 'GPU-b'] });
    expect(placementOf(group('KIND_GPU', [1]), server)).toEqual({ inUse: 1, uuids: undefined });
    const silent = { ...server, seen: [] };
    expect(placementOf(group('KIND_GPU', [1]), silent)).toEqual({ inUse: 1, uuids: undefined });
    expect(placementOf(group('KIND_CPU'), silent)).toEqual({ inUse: 0, uuids: [] });
    expect(placementOf(group('KIND_MODEL'), silent)).toEqual({ inUse: undefined, uuids: undefined });
  });
});
