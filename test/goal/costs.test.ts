import { describe, expect, test } from 'vitest';
import { derived, derivedTrial } from '../../src/goal/costs.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import type { Prices } from '../../src/record/goal.ts';
import { inFlight } from '../../src/record/load-point.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import { measurement, trial } from '../support/run.ts';

const served = (config: ModelConfig = {}) => ({ models: [{ config }] as const });
const onGpus = (
  gpusInUse: number,
  values: Record<string, number> = {},
  changes: Partial<Measurement> = {},
) => ({
  ...measurement({ perf_throughput: 100, ...values }),
  gpusInUse,
  ...changes,
});
const costs = (item: Measurement, prices: Prices, config?: ModelConfig) => {
  const { values, intervals } = derived(item, served(config), prices).whole;
  return {
    million: values['cost_per_million_inferences'],
    month: values['cost_per_month'],
    ofMillion: intervals['cost_per_million_inferences'],
    ofMonth: intervals['cost_per_month'],
  };
};

describe('the cost of a million inferences', () => {
  test('is what the GPUs cost for as long as they take', () => {
    // 10,000 s of two GPUs at 3.60 an hour each.
    const { million, ofMillion } = costs(onGpus(2), { perGpuHour: 3.6 });
    expect(million).toBeCloseTo(20, 9);
    // The throughput is known to 5 %.
    expect(ofMillion![0]).toBeCloseTo(20 / 1.05, 6);
    expect(ofMillion![1]).toBeCloseTo(20 / 0.95, 6);
  });

  test('of what is on the CPU alone is that of the cores that it kept busy', () => {
    const item = onGpus(0, { cpu_utilization: 250 });
    // 2.5 cores for 10,000 s at 0.36 an hour each.
    expect(costs(item, { perCpuHour: 0.36 }).million).toBeCloseTo(2.5, 9);
    // What a GPU costs does not matter.
    expect(costs(item, { perCpuHour: 0.36, perGpuHour: 3.6 }).million).toBeCloseTo(2.5, 9);
  });

  test('of what is on a GPU has the CPU in it where that has a price', () => {
    const item = onGpus(1, { cpu_utilization: 100 });
    expect(costs(item, { perGpuHour: 3.6, perCpuHour: 0.36 }).million).toBeCloseTo(11, 9);
    expect(costs(item, { perGpuHour: 3.6 }).million).toBeCloseTo(10, 9);
  });

  test('knows no more than the use of the CPU does', () => {
    const prices = { perCpuHour: 1 };
    const item = onGpus(0, { cpu_utilization: 100 });
    expect(costs(item, prices).ofMillion).toEqual([null, null]);
    const { whole } = item;
    const known = { ...whole, intervals: { ...whole.intervals, cpu_utilization: [90, 110] as const } };
    const [low, high] = costs({ ...item, whole: known, models: { m: known } }, prices).ofMillion!;
    const { million } = costs(item, prices);
    expect(low).toBeCloseTo(million! / (1 + Math.hypot(0.05, 0.1)), 6);
    expect(high).toBeCloseTo(million! / (1 - Math.hypot(0.05, 0.1)), 6);
  });

  test.each<[string, Measurement, Prices]>([
    ['on the CPU, of which only GPUs have a price', onGpus(0, { cpu_utilization: 50 }), { perGpuHour: 2 }],
    ['on a GPU, of which only the CPU has a price', onGpus(1, { cpu_utilization: 50 }), { perCpuHour: 2 }],
    ['with a price of the CPU, whose use is not known', onGpus(1), { perGpuHour: 2, perCpuHour: 1 }],
    ['on the CPU, whose use is not known', onGpus(0), { perCpuHour: 2 }],
    ['where nothing was inferred', onGpus(1, { perf_throughput: 0 }), { perGpuHour: 2 }],
    ['where no price is given', onGpus(1), { currency: 'EUR', requestRate: 5 }],
  ])('is not told of what is %s', (_, item, prices) => {
    const { whole } = derived(item, served(), { requestRate: 10, ...prices });
    expect(Object.keys(whole.values).filter((tag) => tag.startsWith('cost_'))).toEqual([]);
    expect(Object.keys(whole.intervals).filter((tag) => tag.startsWith('cost_'))).toEqual([]);
  });
});

describe('the cost of a month', () => {
  const prices = { perGpuHour: 2, requestRate: 250 };

  test('is that of as many whole replicas as keep up, for 730 hours', () => {
    // Three servers of 100 infer/s; with 95 each still three, with 105 as well.
    const { month, ofMonth } = costs(onGpus(1), prices);
    expect(month).toBe(3 * 2 * 730);
    expect(ofMonth).toEqual([3 * 2 * 730, 3 * 2 * 730]);
  });

  test('may be that of one replica more or less', () => {
    const { month, ofMonth } = costs(onGpus(1), { ...prices, requestRate: 298 });
    expect(month).toBe(3 * 2 * 730);
    expect(ofMonth).toEqual([3 * 2 * 730, 4 * 2 * 730]);
  });

  test('needs no further replica where the last digit alone is missing', () => {
    const item = measurement({ perf_throughput: 0.1 });
    expect(costs({ ...item, gpusInUse: 1 }, { ...prices, requestRate: 0.3 }).month).toBe(3 * 2 * 730);
  });

  test('counts requests of the batch that was measured, and one replica at least', () => {
    const point = inFlight('m', 4, 8);
    expect(costs(onGpus(1, {}, { point }), prices).month).toBe(20 * 2 * 730);
    expect(costs(onGpus(1), { ...prices, requestRate: 0.001 }).month).toBe(2 * 730);
  });

  test('is not told where no request rate is', () => {
    expect(costs(onGpus(1), { perGpuHour: 2 }).month).toBeUndefined();
  });
});

describe('the GPUs in use', () => {
  const prices = { perGpuHour: 3.6 };
  const gauges = { 'GPU-a': { gpu_utilization: 50 }, 'GPU-b': { gpu_utilization: 50 } };
  const gpusOf = (config: ModelConfig, gpus: Measurement['gpus'], values: Record<string, number> = {}) => {
    const { million } = costs({ ...measurement({ ...values, perf_throughput: 100 }), gpus }, prices, config);
    return million === undefined ? undefined : Math.round(million / 10);
  };

  test.each<[string, ModelConfig, Measurement['gpus'], number | undefined]>([
    ['listed', { instance_group: [{ kind: 'KIND_GPU', count: 2, gpus: [1] }] }, gauges, 1],
    ['all that there are', { instance_group: [{ kind: 'KIND_GPU', count: 2 }] }, gauges, 2],
    ['those of several groups, each once', { instance_group: [{ gpus: [0] }, { gpus: [0, 1] }] }, gauges, 2],
    ['with a group on the CPU beside', { instance_group: [{ kind: 'KIND_CPU' }, { gpus: [1] }] }, gauges, 1],
    ["those of the server's choice", {}, gauges, 2],
    ["those of the model's choice", { instance_group: [{ kind: 'KIND_MODEL' }] }, gauges, 2],
    ['not known', { instance_group: [{ kind: 'KIND_GPU' }] }, {}, undefined],
  ])('are told by the configuration where the measurement does not: %s', (_, config, gpus, count) => {
    expect(gpusOf(config, gpus)).toBe(count);
  });

  test('are none where the server ran on this machine and none was seen', () => {
    const item = measurement({ perf_throughput: 100, cpu_utilization: 100 });
    expect(costs(item, { perCpuHour: 0.36 }, {}).million).toBeCloseTo(1, 9);
  });

  test('are those of the configuration in effect', () => {
    const { models } = trial('m_config_default', [], { config: { name: 'm' } });
    const effective = { instance_group: [{ kind: 'KIND_CPU', count: 1 }] };
    const steps = { startS: 0, loadS: 0, warmupS: 0, measureS: 0, stopS: 0 };
    const item = { ...measurement({ perf_throughput: 100, cpu_utilization: 100 }), gpus: gauges };
    const end = { effective, warnings: [], steps };
    expect(
      derived(item, { models, end }, { perCpuHour: 0.36 }).whole.values['cost_per_million_inferences'],
    ).toBeCloseTo(1, 9);
  });
});

describe('the energy of what was measured before it was worked out at once', () => {
  const gpus = { 'GPU-a': { gpu_power_usage: 300 }, 'GPU-b': { gpu_power_usage: 100 } };
  const item = (gpusInUse: number): Measurement => {
    const intervals = { perf_throughput: [100, 100] as const, gpu_power_usage: [180, 220] as const };
    return {
      ...measurement({ perf_throughput: 100, gpu_power_usage: 200 }, 1, { intervals }),
      gpus,
      gpusInUse,
    };
  };

  test('is that of all GPUs together by their mean power, and says so', () => {
    const found = derived(item(2), served());
    expect(found.whole.values['energy_per_thousand_inferences']).toBeCloseTo(4000, 9);
    const [low, high] = found.whole.intervals['energy_per_thousand_inferences']!;
    expect(low).toBeCloseTo(4000 / 1.1, 6);
    expect(high).toBeCloseTo(4000 / 0.9, 6);
    expect(found.energyBy).toBe('power');
  });

  test.each([0, 1])('is not told where %d of the two GPUs are in use: which is not known', (count) => {
    expect(derived(item(count), served())).toEqual(item(count));
  });
});

describe('a measurement with what follows from it', () => {
  test('is the same where nothing does', () => {
    const item = onGpus(1);
    expect(derived(item, served())).toBe(item);
    const [priced] = [derived(item, served(), { perGpuHour: 2 })];
    expect(derived(priced, served(), { perGpuHour: 2 })).toBe(priced);
  });

  test('follows other prices, and loses its costs without any', () => {
    const priced = derived(onGpus(1), served(), { perGpuHour: 2, requestRate: 5 });
    expect(derived(priced, served())).toEqual(onGpus(1));
    const dearer = derived(priced, served(), { perGpuHour: 4 });
    expect(dearer.whole.values['cost_per_million_inferences']).toBeCloseTo(4e6 / 100 / 3600, 9);
    expect(dearer.whole.values).not.toHaveProperty('cost_per_month');
  });

  test('of one model alone has the same of the model', () => {
    const { whole, models } = derived(onGpus(1), served(), { perGpuHour: 2 });
    expect(models['m']).toBe(whole);
  });

  test('leaves what failed or was skipped as it is', () => {
    const failed = { state: 'failed', key: 'k', point: inFlight('m', 1), cause: 'no' } as const;
    const both = { ...trial('a', [onGpus(1)]) };
    const all = { ...both, points: [...both.points, failed] };
    expect(derivedTrial(all, { perGpuHour: 1 }).points[1]).toBe(failed);
    expect(derivedTrial(all)).toBe(all);
  });
});
