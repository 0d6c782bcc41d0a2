import { expect, test } from 'vitest';
import { NONE, settingColumns } from '../../src/report/setting-columns.ts';
import { describeConfig } from '../../src/report/table-view.ts';
import { trial } from '../support/run.ts';

const configured = (name: string, config: object, assignment: Record<string, unknown>) =>
  trial(name, [], { config: { name: 'm', max_batch_size: 8, ...config }, assignment });

test('what differs has a column, each value by its own path; what a configuration does not set is read from it', () => {
  const { varying, constant } = settingColumns(
    [
      configured('m_config_default', { parameters: { threads: { string_value: '4' } } }, {}),
      configured('m_config_0', { dynamic_batching: {} }, { dynamic_batching: {}, max_batch_size: 8 }),
      configured(
        'm_config_1',
        { dynamic_batching: { max_queue_delay_microseconds: '100' } },
        {
          dynamic_batching: { max_queue_delay_microseconds: 100 },
          parameters: { threads: { string_value: '8' } },
        },
      ),
    ],
    0,
  );
  expect(varying).toEqual([
    { name: 'dynamic batching', path: 'dynamic_batching', cells: ['off', 'on', 'on'] },
    {
      name: 'max_queue_delay_microseconds',
      path: 'dynamic_batching.max_queue_delay_microseconds',
      cells: ['', '', '100'],
    },
    { name: 'threads', path: 'parameters.threads.string_value', cells: ['4', '', '8'] },
  ]);
  expect(constant.map(({ name, cells }) => [name, cells[0]])).toContainEqual(['max batch size', '8']);
});

test('what one leaves empty and another fills in has one column', () => {
  const accelerator = { execution_accelerators: { cpu_execution_accelerator: [{ name: 'openvino' }] } };
  const { varying } = settingColumns(
    [
      configured('a', {}, { optimization: {} }),
      configured('b', { optimization: accelerator }, { optimization: accelerator }),
    ],
    0,
  );
  expect(varying.map(({ path, cells }) => [path, cells])).toEqual([
    ['optimization.execution_accelerators.cpu_execution_accelerator', ['', 'openvino']],
  ]);
});

test('parameters with the same last name are told apart', () => {
  const { varying } = settingColumns(
    [
      configured('a', {}, { 'parameters.x.string_value': '1', 'other.x': 1 }),
      configured('b', {}, { 'parameters.x.string_value': '2', 'other.x': 2 }),
    ],
    0,
  );
  expect(varying.map(({ name }) => name)).toEqual(['parameters.x', 'other.x']);
});

test('an ensemble has neither instances nor a batcher of its own, and is not said to', () => {
  const ensemble = configured('m_config_default', { platform: 'ensemble', ensemble_scheduling: {} }, {});
  const { constant } = settingColumns([ensemble], 0);
  expect(constant.map(({ name, cells: [cell] }) => `${name} ${cell}`)).toEqual([
    `instances ${NONE}`,
    'max batch size 8',
    `dynamic batching ${NONE}`,
  ]);
  expect(describeConfig(ensemble)).toBe('ensemble, max batch size 8');
});
