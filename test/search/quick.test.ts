import { describe, expect, test } from 'vitest';
import { levelOf } from '../../src/record/load-point.ts';
import { quickSearch } from '../../src/search/quick.ts';
import { buildSpace, type Space } from '../../src/space/space.ts';
import { searchContract } from '../contract/search.ts';
import { plan } from '../support/experiment.ts';
import { failed, measured, play } from '../support/slots.ts';

/** The listed batch sizes of a space as dimensions. */
const dimensions = (space: Space) =>
  quickSearch({
    plan: space.plan,
    candidates: space.candidates,
    automatic: {
      instanceCounts: [1],
      batchSizes: [1, 2, 4],
      propose: (_count, size) =>
        space.candidates.find(({ models: [{ config }] }) => config['max_batch_size'] === size)!,
    },
  });

describe('as every search', () => searchContract('quick', dimensions));

const climb = (throughput: (instances: number, batch: number) => number, limit?: number) => {
  const constraints =
    limit === undefined ? [] : [{ tag: 'perf_latency_p99', bound: 'max' as const, value: limit }];
  const space = buildSpace(
    plan({
      constraints,
      automatic: { instanceCounts: [1, 2, 3, 4, 5], batchSizes: [1, 2, 4, 8, 16, 32, 64, 128] },
    }),
    { name: 'm', max_batch_size: 8 },
  );
  const search = quickSearch({ plan: space.plan, candidates: space.candidates, automatic: space.automatic! });
  const seen: { instances: number; batch: number; concurrency: number }[] = [];
  play(
    search,
    ({
      candidate: {
        models: [{ config }],
        isDefault,
      },
      point,
    }) => {
      const [group] = (config['instance_group'] ?? []) as { count: number }[];
      const [instances, batch] = [group?.count ?? 1, Number(config['max_batch_size'])];
      if (!isDefault) seen.push({ instances, batch, concurrency: levelOf(point) });
      const value = throughput(instances, batch);
      return measured(value, { perf_latency_p99: (1000 * levelOf(point)) / value });
    },
  );
  return seen;
};

test('climbs from one instance and batches of one, with twice as many in flight as are taken at once', () => {
  const seen = climb((instances, batch) => 100 * instances * batch);
  expect(seen[0]).toEqual({ instances: 1, batch: 1, concurrency: 2 });
  expect(seen.filter(({ instances, batch, concurrency }) => concurrency !== 2 * instances * batch)).toEqual(
    [],
  );
  expect(seen.some(({ instances, batch }) => instances === 5 && batch >= 64)).toBe(true);
  expect(seen.length).toBeLessThan(30);
});

test('stays where nothing is gained', () => {
  const seen = climb(() => 100);
  expect(seen.every(({ instances, batch }) => instances <= 4 && batch <= 8)).toBe(true);
});

test('stops within the limits where more breaks them', () => {
  const seen = climb((instances, batch) => 100 * instances * Math.sqrt(batch), 40);
  expect(seen.at(-1)).toBeDefined();
  // Latency is 20 ms times the root of the batch: batches of 4 are the largest that keep 40 ms.
  expect(seen.some(({ instances, batch }) => instances > 1 && batch <= 4)).toBe(true);
  expect(seen.length).toBeLessThan(40);
});

test('a first place that fails does not end the climb, whether the default works or not', () => {
  const visited = (defaultWorks: boolean): Set<string> => {
    const space = buildSpace(plan({ automatic: { instanceCounts: [1, 2, 3], batchSizes: [1, 2, 4] } }), {
      name: 'm',
      max_batch_size: 8,
    });
    const search = quickSearch({
      plan: space.plan,
      candidates: space.candidates,
      automatic: space.automatic!,
    });
    const seen = new Set<string>();
    play(
      search,
      ({
        candidate: {
          models: [{ assignment }],
          isDefault,
        },
      }) => {
        seen.add(JSON.stringify(assignment));
        const fails = isDefault ? !defaultWorks : assignment['max_batch_size'] === 1;
        return fails ? failed() : measured(100 * Number(assignment['max_batch_size'] ?? 1));
      },
    );
    expect(search.account().why).toBe('no step from the best promised more');
    return seen;
  };
  const best = '{"max_batch_size":4,"instance_group":[{"count":1,"kind":"KIND_GPU"}]}';
  expect(visited(true)).toContain(best);
  expect(visited(false)).toContain(best);
});
