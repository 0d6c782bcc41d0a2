import { expect, test } from 'vitest';
import type { ModelConfig } from '../../src/model-config/model-config.ts';
import { settingsText } from '../../src/rank/settings-words.ts';
import { trial } from '../support/run.ts';

test.each<[ModelConfig, Record<string, unknown>, string]>([
  [
    { name: 'm', max_batch_size: 8, instance_group: [{ kind: 'KIND_GPU', count: 2 }], dynamic_batching: {} },
    { max_batch_size: 8 },
    '2 instances on GPU, max batch size 8, dynamic batching',
  ],
  [
    {
      name: 'm',
      instance_group: [
        { kind: 'KIND_CPU', count: 1 },
        { kind: 'KIND_GPU', count: 1, gpus: [0, 1] },
      ],
      dynamic_batching: { max_queue_delay_microseconds: '200', preferred_batch_size: [4, 8] },
    },
    {},
    '1 instance on CPU and 2 instances on GPU, no batching by the server, dynamic batching, 200 µs queue delay, preferred batch size 4 or 8',
  ],
  [
    { name: 'm', max_batch_size: 4 },
    {
      'optimization.cuda.graphs': true,
      'parameters.a.b': 'x',
      'dynamic_batching.max_queue_delay_microseconds': 5,
    },
    'max batch size 4, graphs true, b x',
  ],
  [{ name: 'm', max_batch_size: 4 }, { optimization: {} }, 'max batch size 4'],
  [
    { name: 'm', max_batch_size: 8, ensemble_scheduling: {} },
    { max_batch_size: 8 },
    'ensemble, max batch size 8',
  ],
  [{ name: 'm', ensemble_scheduling: {} }, {}, 'ensemble, no batching by the server'],
])('a configuration in settings', (config, assignment, text) => {
  expect(settingsText(trial('m_config_0', [], { config, assignment, end: undefined }))).toBe(text);
});
