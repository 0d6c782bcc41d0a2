import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  gridText,
  joined,
  meanOf,
  medianOf,
  type Row,
  readGrid,
  readRecorded,
} from '../../bench/search/grid.ts';
import type { Entry } from '../../src/record/entry.ts';
import { lineOf } from '../../src/record/line.ts';
import { folder } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const row = (level: number, values: Row['values']): Row => ({
  model: 'm',
  variant: 'm_config_0',
  settings: {},
  batchSize: 1,
  level,
  isRate: false,
  values,
});

test('of several recordings each point is the median, metric by metric; one that failed does not count', () => {
  const rows = [
    row(1, { perf_throughput: 90, perf_latency_p99: 7 }),
    row(2, {}),
    row(1, { perf_throughput: 110, perf_latency_p99: 5 }),
    row(1, { perf_throughput: 100, perf_latency_p99: 6 }),
    row(1, {}),
    row(2, {}),
  ];
  expect(medianOf(rows)).toEqual([row(1, { perf_throughput: 100, perf_latency_p99: 6 }), row(2, {})]);
});

test('of several looks at a point the truth is the mean of their logarithms; what is 0 somewhere has a plain mean', () => {
  const looks = [
    { ...row(1, { perf_throughput: 50, perf_server_queue: 0 }), start: '1' },
    { ...row(1, { perf_throughput: 200, perf_server_queue: 4 }), start: '2' },
  ];
  const [truth, ...others] = meanOf(looks);
  expect(others).toEqual([]);
  expect(truth).toEqual(row(1, { perf_throughput: expect.closeTo(100), perf_server_queue: 2 }));
});

test('starts of several recordings have numbers of their own', () => {
  const looks = ['1', '1', '7'].map((start) => ({ ...row(1, {}), start }));
  expect(joined([looks, looks, [row(2, {})]]).map(({ start }) => start)).toEqual([
    ...['1', '1', '2', '3', '3', '4'],
    undefined,
  ]);
});

test('a configuration has one name in several recordings, whatever each called it', () => {
  const named = (variant: string, count: string) => ({
    ...row(1, {}),
    variant,
    settings: { instance_group: count },
  });
  const first = [named('m_config_0', '1:GPU'), named('m_config_1', '2:GPU')];
  const second = [named('m_config_0', '2:GPU')];
  expect(joined([first, second]).map(({ variant }) => variant)).toEqual([
    'm_config_0',
    'm_config_1',
    'm_config_1',
  ]);
});

/** A journal in which one configuration was started twice, the second time after an interruption. */
function journal(): string {
  const made = run(
    trial(
      'm_config_0',
      [1, 4, 1].map((level) => measurement({ perf_throughput: 50 * level }, level)),
    ),
  );
  const [session] = made.sessions;
  const { key, models, name, isDefault, points, end } = made.trials[0]!;
  const variant = { kind: 'variant', key, models, name, isDefault } as const;
  const opening = { kind: 'session', schemaVersion: made.schemaVersion, ...session! } as const;
  const [first, second, third] = points.map((record) => ({ kind: 'point', variant: key, record }) as const);
  const entries: Entry[] = [opening, variant, first!, second!, opening, variant, third!];
  return [...entries, { kind: 'end', variant: key, end: end! } as const]
    .map((entry) => `${lineOf(entry)}\n`)
    .join('');
}

test('a journal is its looks, with the start of the server and what each says of its scatter, also compressed', () => {
  const file = join(folder(), 'journal.gz');
  writeFileSync(file, gzipSync(`${journal()}{"kind":"point","vari`));
  const rows = readRecorded(file);
  expect(rows.map(({ level, start }) => [level, start])).toEqual([
    [1, '1'],
    [4, '1'],
    [1, '2'],
  ]);
  expect(rows[1]).toMatchObject({
    settings: { instance_group: '2:CPU', dynamic_batching: 'disabled' },
    values: { perf_throughput: 200, perf_latency_p99: 10 },
    deviations: { perf_throughput: expect.closeTo(0.05 / 1.96) },
  });
  const grid = join(folder(), 'grid.csv.gz');
  writeFileSync(grid, gzipSync(gridText(rows)));
  const read = readGrid(grid);
  expect(read).toEqual(
    rows.map((item) => ({ ...item, deviations: { perf_throughput: expect.closeTo(0.05 / 1.96) } })),
  );
});
