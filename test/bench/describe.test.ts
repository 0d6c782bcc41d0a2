import { expect, test } from 'vitest';
import { description, fallsOf, scatteringOf } from '../../bench/search/describe.ts';
import type { Row } from '../../bench/search/grid.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

const row = (variant: number, level: number, start: string, values: Row['values']): Row => ({
  model: 'm',
  variant: `m_config_${variant}`,
  settings: { instance_group: '1:GPU', max_batch_size: '8', dynamic_batching: '0' },
  batchSize: 1,
  level,
  isRate: false,
  values,
  start,
  deviations: { perf_throughput: 0.01 },
});

const LEVELS = [1, 2, 4, 8];

/** Two starts of each of so many configurations; a part of the scatter is the start's, the rest each look's. */
function grid(ofStart: number, ofLook: number, p99 = (level: number) => 10 * level): Row[] {
  const random = randomSource(1);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: 200 }, (_, variant) =>
    [1, 2].flatMap((start) => {
      const own = ofStart * normal();
      return LEVELS.map((level) => {
        const off = Math.exp(own + ofLook * normal());
        return row(variant, level, `${variant}.${start}`, {
          perf_throughput: 100 * off,
          perf_latency_p99: p99(level),
        });
      });
    }),
  ).flat();
}

test('the scatter of one look, and how much of it all looks at one start share', () => {
  const [apart, together] = [grid(0, 0.1), grid(0.08, 0.06)].map(
    (rows) => scatteringOf(rows, 'perf_throughput')!,
  );
  for (const { pairs, deviation, byMedian, far } of [apart!, together!]) {
    expect(pairs).toBe(800);
    expect(deviation).toBeCloseTo(0.1, 2);
    expect(byMedian).toBeCloseTo(0.1, 1);
    expect(far).toBeLessThan(0.02);
  }
  expect(apart!.shared).toBeCloseTo(0, 1);
  expect(together!.shared).toBeCloseTo(0.64, 1);
  expect(together!.told).toEqual([expect.closeTo(0.01), expect.closeTo(0.01)]);
  expect(
    scatteringOf(
      grid(0, 0.1).filter((_, index) => index % 8 < 4),
      'perf_throughput',
    ),
  ).toBeUndefined();
});

test('where p99 falls with more load, by more than noise explains', () => {
  expect(fallsOf(grid(0, 0.1))).toEqual([]);
  const falling = fallsOf(grid(0, 0.1, (level) => (level === 2 ? 30 : 10 + level)));
  expect(falling).toHaveLength(200);
  expect(falling[0]).toMatchObject({ from: { level: 2 }, to: { level: 4 }, by: expect.closeTo(1 - 14 / 30) });
});

test('the account of a grid with one look at each point says nothing of scatter', () => {
  const once = grid(0, 0.1).filter((_, index) => index % 8 < 4);
  expect(description(once)).toContain('800 points of 200 configurations, 0 of them');
  expect(description(once)).not.toContain('shared by a start');
  expect(description(grid(0, 0.1))).toContain('shared by a start');
});
