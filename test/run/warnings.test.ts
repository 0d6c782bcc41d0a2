import { expect, test } from 'vitest';
import type { ModelPlan } from '../../src/config/experiment.ts';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { warningsOf } from '../../src/run/warnings.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const warnings = (config: ModelConfig, changes: Partial<ModelPlan> = {}, gpu = false): readonly string[] =>
  warningsOf(buildSpace(plan(changes), { name: 'm', max_batch_size: 4, ...config } as ModelConfig, gpu), gpu);

test('instances on a GPU where none is seen', () => {
  const onGpu = { instance_group: [{ kind: 'KIND_GPU', count: 2 }] } as unknown as ModelConfig;
  expect(warnings(onGpu)).toEqual([
    expect.stringContaining('no GPU is seen here, and m_config_default has instances of KIND_GPU'),
  ]);
  expect(warnings(onGpu, {}, true)).toEqual([]);
  expect(warnings({ instance_group: [{ kind: 'KIND_CPU' }] } as unknown as ModelConfig)).toEqual([]);
  // The server decides.
  expect(warnings({} as ModelConfig)).toEqual([]);
});

test('a client batch that no configuration takes, and none that one takes', () => {
  expect(warnings({} as ModelConfig, { batchSizes: [1, 8, 16] })).toEqual([
    'm: no configuration takes a client batch of 8, 16: give a larger max_batch_size, or smaller batch_sizes',
  ]);
  expect(warnings({} as ModelConfig, { batchSizes: [1, 4] })).toEqual([]);
  const sizes = { path: 'max_batch_size', segments: ['max_batch_size'], values: [2, 8] };
  expect(warnings({} as ModelConfig, { batchSizes: [1, 8], parameters: [sizes] })).toEqual([]);
});
