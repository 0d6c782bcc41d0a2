import { describe, expect, test } from 'vitest';
import type { ModelPlan } from '../../src/config/experiment.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { batchSizeOf, levelOf } from '../../src/record/load-point.ts';
import { searchedSpace, searchFor } from '../../src/search/search-for.ts';
import { buildSpace } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { askAndTell, askOf, asksOf, failed, measured } from '../support/slots.ts';

describe('as every search', () => {
  searchContract('brute and what follows', (space) =>
    searchFor(searchedSpace({ ...space, plan: { ...space.plan, refine: { steps: 5, configurations: 2 } } })),
  );
  searchContract(
    'brute and what follows under a limit',
    (space) =>
      searchFor(
        searchedSpace({ ...space, plan: { ...space.plan, refine: { steps: 5, configurations: 2 } } }),
      ),
    true,
  );
});

const LADDER = [1, 2, 4, 8, 16, 32, 64];
const ladder = (changes: Partial<ModelPlan> = {}): ModelPlan =>
  plan({ concurrency: LADDER, stopAtPlateau: true, refine: { steps: 5, configurations: 3 }, ...changes });

/** `config level` of every point that is asked for; latency in ms is the concurrency unless said otherwise. */
function visit(
  of: ModelPlan,
  outcome: (level: number, name: string) => Partial<Record<string, number>> | 'failed',
  base: ModelConfig = { name: 'm' },
): string[] {
  const space = buildSpace(of, base);
  const search = searchFor(searchedSpace(space));
  const asks = asksOf(search, ({ candidate, point }) => {
    const values = outcome(levelOf(point), candidate.name);
    if (values === 'failed') return failed();
    return {
      state: 'measured',
      values: { perf_latency_p99: levelOf(point), ...values } as Record<string, number>,
    };
  });
  return asks.map(({ candidate, point }) => `${candidate.name.replace('m_config_', '')} ${levelOf(point)}`);
}

const limit = (value: number) => [{ tag: 'perf_latency_p99', bound: 'max' as const, value }];

test('without a limit nothing follows but what was measured', () => {
  expect(visit(ladder(), (level) => ({ perf_throughput: Math.min(level, 4) * 100 }))).toEqual(
    [1, 2, 4, 8, 16, 32].map((level) => `default ${level}`),
  );
});

test('between the last load that keeps the limit and the first that does not, it is halved', () => {
  const seen = visit(ladder({ constraints: limit(21) }), (level) => ({ perf_throughput: level }));
  expect(seen.slice(LADDER.length)).toEqual([24, 20, 22, 21].map((level) => `default ${level}`));
});

test('the steps are counted, and the first two loads are a pair as well', () => {
  const steps = ladder({ constraints: limit(21), refine: { steps: 2, configurations: 3 } });
  expect(visit(steps, (level) => ({ perf_throughput: level })).slice(LADDER.length)).toEqual([
    'default 24',
    'default 20',
  ]);
  const early = ladder({ concurrency: [8, 16, 32], constraints: limit(9) });
  expect(visit(early, (level) => ({ perf_throughput: level })).slice(3)).toEqual([
    'default 12',
    'default 10',
    'default 9',
  ]);
});

test('where the smallest load breaks the limit, smaller ones are tried', () => {
  const seen = visit(ladder({ concurrency: [8, 16], constraints: limit(3) }), (level) => ({
    perf_throughput: level,
  }));
  expect(seen).toEqual(['default 8', 'default 16', 'default 4', 'default 2', 'default 3']);
  expect(
    visit(ladder({ concurrency: [1], constraints: limit(0.5) }), () => ({ perf_throughput: 1 })),
  ).toEqual(['default 1']);
});

test('request rates are refined as such', () => {
  const rates = ladder({ concurrency: [], requestRates: [16, 32], constraints: limit(20) });
  expect(visit(rates, (level) => ({ perf_throughput: level }))).toEqual(
    [16, 32, 24, 20, 22, 21].map((level) => `default ${level}`),
  );
});

test('the best configurations and the default are looked at, and none that failed', () => {
  const parameters = [{ path: 'priority', segments: ['backend'], values: ['a', 'b', 'c'] }];
  const of = ladder({
    concurrency: [1, 2],
    parameters,
    constraints: limit(1.5),
    refine: { steps: 5, configurations: 1 },
  });
  const seen = visit(of, (level, name) =>
    name === 'm_config_0'
      ? 'failed'
      : { perf_throughput: name === 'm_config_2' ? 2 * level : level, perf_latency_p99: level },
  );
  expect(seen).toEqual([
    ...['default 1', 'default 2', '0 1', '1 1', '1 2', '2 1', '2 2'],
    // Between 1 and 2 there is nothing.
  ]);
  const wide = { ...of, concurrency: [1, 4] };
  expect(
    visit(wide, (level, name) => ({ perf_throughput: name === 'm_config_2' ? 2 * level : level })).slice(8),
  ).toEqual(['2 2', 'default 2']);
});

describe('where nothing is listed', () => {
  const automatic = { instanceCounts: [1, 2, 3], batchSizes: [1, 2, 4, 8] };
  const bare: ModelPlan = plan({ concurrency: [1], automatic });
  const batching: ModelConfig = { name: 'm', max_batch_size: 4 };

  test('batch sizes are doubled while throughput grows, for each number of instances', () => {
    // Instances 1: 1, 2, 3 then no more; 2: 5, 5; 3: 6, 7, 8, 9.
    const throughput = [10, 1, 2, 3, 3, 5, 5, 6, 7, 8, 9];
    let turn = 0;
    const seen = visit(bare, () => ({ perf_throughput: throughput[turn++]! }), batching);
    expect(seen).toEqual(['default 1', ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `${index} 1`)]);
  });

  test('one that fails ends its number of instances', () => {
    const seen = visit(
      bare,
      (_, name) => (name === 'm_config_1' ? 'failed' : { perf_throughput: 1 }),
      batching,
    );
    expect(seen).toEqual(['default 1', '0 1', '1 1', '2 1', '3 1', '4 1', '5 1']);
  });

  test('a model that does not batch has numbers of instances only', () => {
    expect(visit(bare, () => ({ perf_throughput: 1 }))).toEqual(['default 1', '0 1', '1 1', '2 1']);
  });

  test('two slots have different numbers of instances, and every candidate once', () => {
    const space = buildSpace(bare, batching);
    const search = searchFor(searchedSpace(space));
    askAndTell(search, measured(1));
    const one = askOf(search);
    const other = askOf(search, { busy: new Set([one.candidate]) });
    expect(one.candidate.models[0].assignment).toMatchObject({
      max_batch_size: 1,
      instance_group: [{ count: 1 }],
    });
    expect(other.candidate.models[0].assignment).toMatchObject({
      max_batch_size: 1,
      instance_group: [{ count: 2 }],
    });
    expect(search.remaining()).toBe(12);
  });
});

test('early exit climbs a listed max_batch_size only while it pays', () => {
  const parameters = [
    { path: 'max_batch_size', segments: ['max_batch_size'], values: [1, 2, 4, 8] },
    { path: 'backend', segments: ['backend'], values: ['a', 'b'] },
  ];
  const listed = plan({ concurrency: [1], parameters });
  const rate = (name: string) => ({ perf_throughput: name.endsWith('_1') ? 1 : 2 });
  expect(visit(listed, (_, name) => rate(name))).toHaveLength(9);
  // m_config_1 is the second of its backend and no better than the first.
  expect(visit({ ...listed, earlyExit: true }, (_, name) => rate(name))).toEqual([
    'default 1',
    '0 1',
    '1 1',
    '4 1',
    '5 1',
  ]);
});

test('client batch sizes end at a plateau, too', () => {
  const of = plan({ batchSizes: [1, 2, 4, 8, 16, 32], concurrency: [1], stopAtPlateau: true });
  const space = buildSpace(of, { name: 'm', max_batch_size: 64 });
  const search = searchFor(searchedSpace(space));
  const asks = asksOf(search, ({ point }) => measured(Math.min(batchSizeOf(point), 2)));
  expect(asks.map(({ point }) => batchSizeOf(point))).toEqual([1, 2, 4, 8, 16]);
});
