import { describe, expect, test } from 'vitest';
import { parametersOf } from '../../src/config/sweep.ts';
import { derived } from '../../src/goal/costs.ts';
import { breaks, compareMeasured, type Measured } from '../../src/goal/score.ts';
import { maxBatchSize } from '../../src/model-config/config.ts';
import type { Goal, Prices } from '../../src/record/goal.ts';
import { levelOf } from '../../src/record/load-point.ts';
import { bayesSearch } from '../../src/search/bayes/bayes.ts';
import { instancesOf } from '../../src/search/bayes/encoding.ts';
import { bruteSearch } from '../../src/search/brute.ts';
import { quickSearch } from '../../src/search/quick.ts';
import type { Ask, Search } from '../../src/search/search.ts';
import { buildSpace, type Space } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';
import { measurement } from '../support/run.ts';
import { measured, play, type Result } from '../support/slots.ts';

const INSTANCES = [1, 2, 3, 4, 5];
const prices: Prices = { perCpuHour: 0.1, requestRate: 1000 };

/**
 * A server on the CPU whose instances hold each other up: each further one makes it faster, and every inference dearer. Larger
 * batches pay, up to 8.
 */
function serve({ candidate, point }: Pick<Ask, 'candidate' | 'point'>): Measured {
  const [{ config }] = candidate.models;
  const [instances, batch] = [instancesOf(config), Math.min(8, Math.max(1, maxBatchSize(config)))];
  const inFlight = levelOf(point);
  const busy = Math.min(instances, inFlight);
  const filled = Math.min(batch, Math.max(1, inFlight / busy));
  const executionMs = (4 + filled) * (1 + 0.15 * (busy - 1));
  const perf_throughput = (1000 * busy * filled) / (executionMs + 0.5);
  const item = {
    ...measurement({ perf_throughput, perf_latency_p99: (1300 * inFlight) / perf_throughput }, inFlight),
    gpusInUse: 0,
  };
  const values = {
    ...item.whole.values,
    cpu_utilization: 20 + (100 * busy * executionMs) / (executionMs + 0.5),
  };
  return derived({ ...item, whole: { ...item.whole, values } }, candidate, prices).whole;
}

const resultOf = (ask: Ask): Result => {
  const { perf_throughput = 0, ...others } = serve(ask).values;
  return measured(perf_throughput, others);
};

const spaceOf = (goal: Pick<Goal, 'objectives' | 'constraints'>, listed: boolean): Space =>
  buildSpace(
    plan({
      ...goal,
      prices,
      concurrency: [1, 2, 4, 8, 16, 32],
      ...(listed
        ? {
            parameters: parametersOf(
              {
                max_batch_size: [1, 2, 4, 8],
                instance_group: INSTANCES.map((count) => [{ kind: 'KIND_CPU', count }]),
              },
              () => undefined,
            ).parameters,
          }
        : { automatic: { instanceCounts: INSTANCES, batchSizes: [1, 2, 4, 8, 16] } }),
    }),
    {
      name: 'm',
      max_batch_size: 8,
      dynamic_batching: {},
      instance_group: [{ kind: 'KIND_CPU', count: 1 }],
    },
  );

/** The best of what a search looked at, and of everything that there is. */
function bestOf(goal: Pick<Goal, 'objectives' | 'constraints'>, space: Space, search: Search) {
  const top = (all: readonly Pick<Ask, 'candidate' | 'point'>[]): Measured | undefined =>
    all
      .map((ask) => serve(ask))
      .sort((a, b) => compareMeasured(a, b, goal))
      .find((item) => !breaks(item, goal.constraints));
  const { told } = play(search, resultOf);
  const all = space.candidates.flatMap((candidate) =>
    space.pointsOf(candidate).map((point) => ({ candidate, point })),
  );
  return { found: top(told.map(({ ask }) => ask)), best: top(all), looks: told.length, all: all.length };
}

const only = (tag: string) => [{ tag, weight: 1 }];
const cost = 'cost_per_million_inferences';

describe('the cheapest is not the fastest', () => {
  const top = (tag: string): Measured => {
    const goal = { objectives: only(tag), constraints: [] };
    const space = spaceOf(goal, true);
    return bestOf(goal, space, bruteSearch(space)).best!;
  };
  const [cheapest, fastest] = [top(cost), top('perf_throughput')];

  test('here', () => {
    expect(cheapest.values[cost]).toBeLessThan(0.8 * fastest.values[cost]!);
    expect(cheapest.values['perf_throughput']).toBeLessThan(0.8 * fastest.values['perf_throughput']!);
  });

  const GOALS: readonly [string, Pick<Goal, 'objectives' | 'constraints'>][] = [
    ['cost', { objectives: only(cost), constraints: [] }],
    ['the cost of a month', { objectives: only('cost_per_month'), constraints: [] }],
    [
      'cost with a least throughput',
      { objectives: only(cost), constraints: [{ tag: 'perf_throughput', bound: 'min', value: 1500 }] },
    ],
    [
      'throughput that may cost only so much',
      {
        objectives: only('perf_throughput'),
        constraints: [{ tag: cost, bound: 'max', value: 1.15 * cheapest.values[cost]! }],
      },
    ],
    [
      'cost and latency together',
      { objectives: [...only(cost), { tag: 'perf_latency_p99', weight: 1 }], constraints: [] },
    ],
  ];

  describe.each(GOALS)('by %s', (_, goal) => {
    const worth = (item: Measured | undefined): number =>
      goal.objectives.reduce(
        (product, { tag }) =>
          product * (tag === 'perf_throughput' ? item!.values[tag]! : 1 / item!.values[tag]!),
        1,
      );

    test('brute force finds the best', () => {
      const space = spaceOf(goal, true);
      const { found, best } = bestOf(goal, space, bruteSearch(space));
      expect(found).toEqual(best);
    });

    test("tma's own search comes within 5 % of it with a part of the measurements", () => {
      const space = spaceOf(goal, true);
      const { found, best, looks, all } = bestOf(goal, space, bayesSearch(space));
      expect(worth(found)).toBeGreaterThan(0.95 * worth(best));
      expect(looks).toBeLessThan(0.6 * all);
    });
  });

  test("quick's hill climb stops where instances begin to cost more than they bring", () => {
    const climb = (tag: string) => {
      const goal = { objectives: only(tag), constraints: [] };
      const space = spaceOf(goal, false);
      const search = quickSearch({
        plan: space.plan,
        candidates: space.candidates,
        automatic: space.automatic!,
      });
      return bestOf(goal, space, search).found!.values;
    };
    const [byCost, byThroughput] = [climb(cost), climb('perf_throughput')];
    expect(byCost[cost]).toBeLessThan(0.8 * byThroughput[cost]!);
    expect(byCost['perf_throughput']).toBeLessThan(byThroughput['perf_throughput']!);
  });
});
