import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from 'simple-statistics';
import { describe, expect, test } from 'vitest';
import { readGrid } from '../../../bench/search/grid.ts';
import { landscapeOf } from '../../../bench/search/landscape.ts';
import { byLook } from '../../../bench/search/noise.ts';
import { type Replay, replay } from '../../../bench/search/replay.ts';
import { bayesSearch } from '../../../src/search/bayes/bayes.ts';
import { budgetOf, searchedSpace } from '../../../src/search/search-for.ts';

const FOLDER = 'test/fixtures/landscapes';
const objectives = [{ tag: 'perf_throughput', weight: 1 }];
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith('.csv')))('%s', (name) => {
  const rows = readGrid(join(FOLDER, name));
  const free = landscapeOf(rows, { objectives, constraints: [] });
  const play = (share?: number): Replay[] => {
    const value = (share ?? 0) * free.optimum!.values['perf_latency_p99']!;
    const constraints =
      share === undefined ? [] : [{ tag: 'perf_latency_p99', bound: 'max' as const, value }];
    const landscape = landscapeOf(rows, { objectives, constraints });
    const noise = byLook(0.02, 0.08);
    return SEEDS.map((seed) => {
      const search = bayesSearch(landscape.space, budgetOf(searchedSpace(landscape.space)));
      return replay(landscape, search, noise, seed);
    });
  };

  test.each([undefined, 0.6])('finds nearly the best in a quarter of the points (limit %s)', (share) => {
    const runs = play(share);
    expect(median(runs.map(({ ratio }) => ratio))).toBeGreaterThan(0.9);
    expect(runs.filter(({ missed }) => missed > 0.05)).toEqual([]);
    const counts = runs.map(({ measurements }) => measurements);
    expect(median(counts)).toBeLessThanOrEqual(0.25 * free.points);
    expect(Math.max(...counts)).toBeLessThanOrEqual(0.3 * free.points);
  });
});
