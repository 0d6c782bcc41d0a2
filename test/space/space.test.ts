import { expect, test } from 'vitest';
import { parametersOf } from '../../src/config/sweep.ts';
import { atRate, inFlight } from '../../src/record/load-point.ts';
import { isOfPlan } from '../../src/space/loads.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const base = { name: 'm', max_batch_size: 4, instance_group: [{ kind: 'KIND_CPU', count: 1 }] };
const swept = (value: unknown) => parametersOf(value, () => undefined).parameters;

test('the default comes first, the others are named in the order of the sweep', () => {
  const { candidates } = buildSpace(plan({ parameters: swept({ max_batch_size: [1, 2] }) }), base);
  expect(
    candidates.map(({ name, isDefault, models: [{ assignment }] }) => [name, isDefault, assignment]),
  ).toEqual([
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
  const twice = [...parameters, ...swept({ priority: [] })];
  const space = buildSpace(plan({ parameters: twice }), { ...base, dynamic_batching: {} });
  expect(space.candidates.map((item) => item.name)).toEqual(['m_config_default', 'm_config_0', 'm_config_1']);
  expect(space.duplicates).toBe(0);
  const again = buildSpace(
    plan({ parameters: swept({ max_batch_size: [8, 8], backend: ['python', 'python'] }) }),
    base,
  );
  expect(again.candidates.map((item) => item.name)).toEqual(['m_config_default', 'm_config_0']);
  expect(again.duplicates).toBe(3);
});

test('null is a configuration without what the default has', () => {
  const parameters = swept({
    dynamic_batching: [null, { max_queue_delay_microseconds: { start: 0, stop: 100, step: 100 } }],
  });
  const { candidates } = buildSpace(plan({ parameters }), { ...base, dynamic_batching: {} });
  expect(candidates.map(({ models: [{ config }] }) => config['dynamic_batching'])).toEqual([
    {},
    undefined,
    // Triton's own default is not written.
    {},
    { max_queue_delay_microseconds: '100' },
  ]);
});

test('what is listed and equals the default has a number of its own, as in Model Analyzer', () => {
  const { candidates } = buildSpace(plan({ parameters: swept({ max_batch_size: [4, 8] }) }), base);
  const [first, same] = candidates;
  expect(same).toMatchObject({
    name: 'm_config_0',
    isDefault: false,
    models: [{ config: first!.models[0].config }],
  });
  expect(same!.key).not.toBe(first!.key);
});

test('max_batch_size changes fastest, wherever it stands', () => {
  const space = buildSpace(
    plan({ parameters: swept({ max_batch_size: [1, 2], priority: undefined, backend: ['a', 'b'] }) }),
    base,
  );
  expect(space.candidates.slice(1).map(({ models: [{ assignment }] }) => assignment)).toEqual([
    { backend: 'a', max_batch_size: 1 },
    { backend: 'a', max_batch_size: 2 },
    { backend: 'b', max_batch_size: 1 },
    { backend: 'b', max_batch_size: 2 },
  ]);
  expect(space.groups.map((group) => group.map(({ name }) => name))).toEqual([
    ['m_config_0', 'm_config_1'],
    ['m_config_2', 'm_config_3'],
  ]);
});

test('an automatic search makes candidates as it goes', () => {
  const automatic = { instanceCounts: [1, 2], batchSizes: [1, 2, 4] };
  const space = buildSpace(plan({ automatic }), { ...base, dynamic_batching: { preferred_batch_size: [4] } });
  expect(space.candidates).toHaveLength(1);
  expect(space.most).toBe(7);
  const made = space.automatic!.propose(2, 8);
  expect(made.name).toBe('m_config_0');
  expect(made.models[0].config).toMatchObject({
    max_batch_size: 8,
    instance_group: [{ kind: 'KIND_GPU', count: 2 }],
    dynamic_batching: { preferred_batch_size: [4] },
  });
  expect(space.automatic!.propose(2, 8)).toBe(made);
  expect(space.pointsOf(made)).toHaveLength(1);
});

test('an automatic search on a model that does not batch, on a machine without a GPU', () => {
  const automatic = { instanceCounts: [1, 2], batchSizes: [1, 2, 4] };
  const space = buildSpace(plan({ automatic }), { name: 'm' }, false);
  expect(space.automatic!.batchSizes).toEqual([]);
  const {
    models: [{ config }],
  } = space.automatic!.propose(2, undefined);
  expect(config).toEqual({ name: 'm', instance_group: [{ kind: 'KIND_CPU', count: 2 }] });
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
    'm_config_1 2: client batch 3 exceeds max_batch_size 2',
    'm_config_2 2: preferred_batch_size 8 exceeds max_batch_size 1',
    'm_config_2 2: client batch 3 on a model that does not batch (max_batch_size 0)',
    'm_config_3 2: preferred_batch_size 8 exceeds max_batch_size 2',
    'm_config_3 2: client batch 3 exceeds max_batch_size 2',
  ]);
  expect(space.pointsOf(space.candidates[2]!)).toEqual([inFlight('m', 1), inFlight('m', 2)]);
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
  expect(space.candidates[1]!.models[0].config).toEqual(space.candidates[0]!.models[0].config);
  expect(space.candidates[2]!.models[0].assignment['optimization']).toEqual({ cuda: { graphs: true } });
});

test('cpu_only puts variants that leave the kind open on the CPU, and leaves the default alone', () => {
  const { candidates } = buildSpace(plan({ cpuOnly: true, parameters: swept({ max_batch_size: 8 }) }), {
    name: 'm',
  });
  expect(candidates[0]!.models[0].config).not.toHaveProperty('instance_group');
  expect(candidates[1]!.models[0].config['instance_group']).toEqual([{ count: 1, kind: 'KIND_CPU' }]);
});

test.each([
  ['listed', {}, [true, false, false, false]],
  ['searched', { refine: { steps: 5, configurations: 3 } }, [true, true, false, false]],
])('loads that a plan may come to: %s', (_, changes, expected) => {
  const of = plan({ concurrency: [2], batchSizes: [1], ...changes });
  const points = [inFlight('m', 2), inFlight('m', 3), inFlight('m', 2, 2), atRate('m', 2)];
  expect(points.map((point) => isOfPlan(of, point))).toEqual(expected);
});
