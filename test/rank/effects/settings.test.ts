import { expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/model-config/model-config.ts';
import { settingsOf } from '../../../src/rank/effects/settings.ts';
import { trial } from '../../support/run.ts';

const OPENVINO = { execution_accelerators: { cpu_execution_accelerator: [{ name: 'openvino' }] } };
/** The default, as the server told it, beside two configurations that set this. */
const levels = (path: string, values: readonly unknown[], effective: Record<string, unknown>) => {
  const base = trial('m_config_default', [], { config: { name: 'm' } });
  const trials = values.map((value, index) =>
    trial(`m_config_${index}`, [], { assignment: { [path]: value } }),
  );
  const told = { ...base, end: { ...base.end!, effective: effective as ModelConfig } };
  return settingsOf([told, ...trials]).find((setting) => setting.path === path)!.levels;
};

test('what the server completes of a field that the model leaves to it is its value', () => {
  const completed = { instance_group: [{ name: 'm_0', kind: 'KIND_CPU', count: 1 }], max_batch_size: 4 };
  expect(levels('max_batch_size', [4, 8], completed)).toEqual(['4', '8']);
  const groups = [[{ kind: 'KIND_CPU', count: 1 }], [{ kind: 'KIND_CPU', count: 2 }]];
  expect(levels('instance_group', groups, completed)).toEqual(['1:CPU', '2:CPU']);
});

test('a message that the server fills with its defaults is not set', () => {
  const pinned = { input_pinned_memory: { enable: true }, output_pinned_memory: { enable: true } };
  expect(levels('optimization', [OPENVINO, OPENVINO], { optimization: pinned })).toEqual([
    'not set',
    'openvino',
  ]);
});
