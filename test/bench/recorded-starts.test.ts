import { expect, test } from 'vitest';
import { meanOf, type Row } from '../../bench/search/grid.ts';
import { RecordedStarts } from '../../bench/search/recorded-starts.ts';

const row = (variant: string, level: number, start: string, throughput: number): Row => ({
  model: 'm',
  variant,
  settings: {},
  batchSize: 1,
  level,
  isRate: false,
  values: { perf_throughput: throughput, perf_latency_p99: 1000 / throughput },
  start,
  deviations: { perf_throughput: 0.01 },
});

/** One configuration was looked at twice, the other once. */
const looks = [
  row('a', 1, '1', 50),
  row('a', 2, '1', 300),
  row('a', 1, '2', 200),
  row('a', 2, '2', 300),
  row('b', 1, '3', 10),
  row('b', 2, '3', 10),
];
const rows = meanOf(looks);
const at = (variant: string, level: number): Row =>
  rows.find((other) => other.variant === variant && other.level === level)!;
const source = (seed = 1) => new RecordedStarts({ rows, looks }, seed);

test('a server is one of the starts that were recorded of its configuration', () => {
  const starts = source();
  const seen = Array.from({ length: 200 }, () => {
    const server = starts.start('a');
    const look = (level: number) => server(at('a', level).values, at('a', level));
    expect(look(1)).toEqual(look(1));
    expect(look(1).deviations).toEqual({ perf_throughput: 0.01 });
    expect(look(2).values['perf_throughput']).toBeCloseTo(300);
    return Math.round(look(1).values['perf_throughput']!);
  });
  const low = seen.filter((value) => value === 50).length;
  expect(seen.filter((value) => value === 200)).toHaveLength(200 - low);
  expect(low).toBeGreaterThan(60);
  expect(low).toBeLessThan(140);
});

test('where there is one look, another configuration says by how much a start is off, with that load', () => {
  const starts = source();
  const seen = Array.from({ length: 50 }, () => {
    const server = starts.start('b');
    expect(server(at('b', 2).values, at('b', 2)).values['perf_throughput']).toBeCloseTo(10);
    const { values } = server(at('b', 1).values, at('b', 1));
    expect(values['perf_throughput']! * values['perf_latency_p99']!).toBeCloseTo(1000);
    return values['perf_throughput']!.toFixed(3);
  });
  // 50 and 200 are off by 2 from their mean; two looks are nearer to theirs than one is to the truth.
  const [more, less] = [10 * 2 ** Math.SQRT2, 10 / 2 ** Math.SQRT2];
  expect(new Set(seen)).toEqual(new Set([more.toFixed(3), less.toFixed(3)]));
});

test('the same seed draws the same starts; a grid without two of any point has no noise of its own', () => {
  const draw = (seed: number): number[] => {
    const starts = source(seed);
    return Array.from(
      { length: 20 },
      () => starts.start('a')(at('a', 1).values, at('a', 1)).values['perf_throughput']!,
    );
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const once = looks.slice(4);
  expect(() => new RecordedStarts({ rows: once, looks: once }, 1)).toThrow('two starts');
});
