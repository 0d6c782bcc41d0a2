import { expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/model-config/model-config.ts';
import { inFlight } from '../../../src/record/load-point.ts';
import { placesOf } from '../../../src/search/bayes/encoding.ts';
import type { Candidate } from '../../../src/space/space.ts';

const candidate = (name: string, config: ModelConfig): Candidate => ({
  models: [{ name: 'm', assignment: {}, config, role: 'measured' }],
  name,
  isDefault: false,
  key: name,
});
const gpus = (count: number) => [{ kind: 'KIND_GPU', count }];

test('numbers by their rank, what is absent as the least, anything else as one step', () => {
  const candidates = [
    candidate('default', { max_batch_size: 4 }),
    candidate('a', { max_batch_size: 8, instance_group: gpus(2), dynamic_batching: {} }),
    candidate('b', {
      max_batch_size: 64,
      instance_group: gpus(4),
      dynamic_batching: { max_queue_delay_microseconds: '200' },
    }),
  ];
  const { settings } = placesOf(candidates);
  // max_batch_size, dynamic_batching at all, its delay, instances.
  expect(candidates.map((item) => [...settings(item)].sort())).toEqual([
    [0, 0, 0],
    [1, 1, 1],
    [1, 2, 2],
  ]);
});

test('a batch is what waits for an instance, as far as it is allowed', () => {
  const candidates = [1, 8, 64].map((size) =>
    candidate(String(size), { max_batch_size: size, instance_group: gpus(2), dynamic_batching: {} }),
  );
  const { place } = placesOf(candidates);
  const executed = (item: Candidate, concurrency: number): number =>
    2 ** place(item, inFlight('m', concurrency)).configuration.at(-1)!;
  expect(candidates.map((item) => executed(item, 16))).toEqual([1, 8, 8]);
  expect(candidates.map((item) => executed(item, 4))).toEqual([1, 2, 2]);
});

test('where the server makes no batches, how large they may be is no distance', () => {
  const apart = (batching: object): number => {
    const sizes = [1, 64].map((size) =>
      candidate(String(size), { max_batch_size: size, instance_group: gpus(2), ...batching }),
    );
    const { place } = placesOf(sizes);
    const [a, b] = sizes.map((item) => place(item, inFlight('m', 64)).configuration);
    return Math.hypot(...a!.map((value, axis) => value - b![axis]!));
  };
  expect(apart({})).toBe(0);
  expect(apart({ dynamic_batching: {} })).toBeGreaterThan(4);
});
