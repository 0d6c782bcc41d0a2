import { expect, test } from 'vitest';
import { inFlight } from '../../src/record/load-point.ts';
import { failureGroups, lackingText, skippedViews } from '../../src/report/failures.ts';
import { measurement, trial } from '../support/run.ts';

const steps = { startS: 1, loadS: 1, warmupS: 0, measureS: 0, stopS: 1 };
const failing = (name: string, cause: string, more: object = {}) =>
  trial(name, [], { end: { kind: 'no such device', cause, warnings: [], steps, ...more } });

test('one cause, one advice, one log, and the names of all that failed so; the most frequent first', () => {
  const groups = failureGroups([
    failing('m_config_9', 'the port is taken', { kind: 'port taken' }),
    failing('m_config_1', 'instance group m_config_1_0 has kind KIND_GPU but no GPUs are available'),
    failing('m_config_2', 'instance group m_config_2_0 has kind KIND_GPU but no GPUs are available', {
      advice: 'is there a GPU?',
      logTail: ['E1123 first'],
      logFile: 'logs/m_config_2.log',
    }),
  ]);
  expect(groups).toMatchObject([
    {
      cause: 'instance group m_config_2_0 has kind KIND_GPU but no GPUs are available',
      advice: 'is there a GPU?',
      logTail: 'E1123 first',
      count: '2 configurations',
      where: [{ name: 'm_config_1' }, { name: 'm_config_2' }],
    },
    { cause: 'the port is taken', count: '1 configuration' },
  ]);
});

test('what was not measured is counted: configurations, points, what was skipped, what ended early', () => {
  const partly = trial('m_config_0', [measurement({}, 1)], {
    points: [
      { state: 'failed', key: 'k', point: inFlight('m', 2), cause: 'out of memory' },
      { state: 'skipped', reason: 'too large', points: [inFlight('m', 4), inFlight('m', 8)] },
    ],
    state: 'measured',
    end: { cause: 'the server died', warnings: [], steps },
  });
  expect(lackingText([failing('m_config_1', 'x'), partly])).toBe(
    '1 configuration failed, 1 configuration ended early, 1 point failed, 2 points were skipped',
  );
  expect(lackingText([trial('m_config_default', [measurement({}, 1)])])).toBe('');
  expect(skippedViews([partly])).toMatchObject([
    {
      reason: 'too large',
      points: '2 points',
      count: '1 configuration',
      where: [{ name: 'm_config_0', what: '4 in flight, batch 1; 8 in flight, batch 1' }],
    },
  ]);
});
