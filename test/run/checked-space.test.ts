import { describe, expect, test } from 'vitest';
import type { Prices } from '../../src/record/goal.ts';
import { checkedSpace } from '../../src/run/checked-space.ts';
import { plan } from '../support/experiment.ts';

describe('costs on a machine without a GPU', () => {
  const check =
    (prices: Prices, gpu: boolean, tag = 'cost_per_month') =>
    () =>
      checkedSpace(
        plan({
          prices,
          constraints: [{ tag, bound: 'max', value: 1 }],
          place: { file: 'perf.yaml', line: 3, column: 5 },
        }),
        { name: 'm' },
        gpu,
      );

  test('are a mistake where only GPUs have a price: nothing would have a cost', () => {
    expect(check({ perGpuHour: 2 }, false)).toThrow(
      'perf.yaml:3:5: m is judged by costs, and of what is served on the CPU there are none: there is no GPU here\n  write cost_per_cpu_hour: PRICE, of one core',
    );
  });

  test('are none where the CPU has a price, there is a GPU, or nothing is judged by them', () => {
    expect(check({ perGpuHour: 2, perCpuHour: 1 }, false)).not.toThrow();
    expect(check({ perGpuHour: 2 }, true)).not.toThrow();
    expect(check({ perGpuHour: 2 }, false, 'perf_latency_p99')).not.toThrow();
  });
});
