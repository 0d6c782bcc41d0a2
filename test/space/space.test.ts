import { expect, test } from 'vitest';
import { parametersOf } from '../../src/config/sweep.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const base = { name: 'm', max_batch_size: 4, instance_group: [{ kind: 'KIND_CPU', count: 1 }] };
const swept = (value: unknown) => parametersOf(value, () => undefined).parameters;

test('the default comes first, the others are named in the order of the sweep', () => {
  const { candidates } = buildSpace(plan({ parameters: swept({ max_batch_size: [1, 2] }) }), base);
  expect(candidates.map(({ name, isDefault, assignment }) => [name, isDefault, assignment])).toEqual([
    ['m_config_default', true, {}],
    ['m_config_0', false, { max_batch_size: 1 }],
    ['m_config_1', false, { max_batch_size: 2 }],
  ]);
});

test('a combination that equals another configuration is not listed again', () => {
  const parameters = swept({
    max_batch_size: [4, 8],
    dynamic_batching: [null, {}].filter((item) => item !== null),
  });
  const space = buildSpace(plan({ parameters }), { ...base, dynamic_batching: {} });
  expect(space.candidates.map((item) => item.name)).toEqual(['m_config_default', 'm_config_0']);
  expect(space.duplicates).toBe(1);
});

test('loads that a configuration can not take are set aside with the reason', () => {
  const parameters = swept({
    max_batch_size: [0, 2],
    dynamic_batching: { preferred_batch_size: [[2], [8]] },
  });
  const space = buildSpace(plan({ parameters, batchSizes: [1, 3], concurrency: [1, 2] }), base);
  const skipped = space.skipped.map(
    ({ candidate, points, reason }) => `${candidate.name} ${points.length}: ${reason}`,
  );
  expect(skipped).toEqual([
    'm_config_0 2: preferred_batch_size 2 exceeds max_batch_size 1',
    'm_config_0 2: client batch 3 on a model that does not batch (max_batch_size 0)',
    'm_config_1 2: preferred_batch_size 8 exceeds max_batch_size 1',
    'm_config_1 2: client batch 3 on a model that does not batch (max_batch_size 0)',
    'm_config_2 2: client batch 3 exceeds max_batch_size 2',
    'm_config_3 2: preferred_batch_size 8 exceeds max_batch_size 2',
    'm_config_3 2: client batch 3 exceeds max_batch_size 2',
  ]);
  expect(space.points.get(space.candidates[3]!)).toEqual([
    { batchSize: 1, concurrency: 1 },
    { batchSize: 1, concurrency: 2 },
  ]);
});

test('fields that exclude each other are a mistake, told before anything starts', () => {
  const parameters = swept({ dynamic_batching: {} });
  expect(() => buildSpace(plan({ parameters }), { ...base, sequence_batching: {} })).toThrow(
    /not a model configuration: .*oneof/,
  );
});

test('an empty optimization is the default, not another configuration', () => {
  const space = buildSpace(
    plan({ parameters: swept({ optimization: [{}, { cuda: { graphs: true } }] }) }),
    base,
  );
  expect(space.candidates.map((item) => item.name)).toEqual(['m_config_default', 'm_config_0']);
  expect(space.candidates[1]!.assignment['optimization']).toEqual({ cuda: { graphs: true } });
});

test('cpu_only puts variants that leave the kind open on the CPU, and leaves the default alone', () => {
  const { candidates } = buildSpace(plan({ cpuOnly: true, parameters: swept({ max_batch_size: 8 }) }), {
    name: 'm',
  });
  expect(candidates[0]!.config).not.toHaveProperty('instance_group');
  expect(candidates[1]!.config['instance_group']).toEqual([{ count: 1, kind: 'KIND_CPU' }]);
});
