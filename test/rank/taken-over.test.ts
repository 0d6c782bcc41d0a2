import { expect, test } from 'vitest';
import { takenOverText } from '../../src/rank/taken-over.ts';
import { measurement, trial } from '../support/run.ts';

const on = (day: string, level: number) =>
  measurement({}, level, { takenOver: true, startedAt: `${day}T03:00:00.000Z` });

test.each([
  ['nothing', [measurement({})], undefined],
  ['one day', [on('2026-01-10', 1), measurement({}, 2)], '1 of 2 points were measured on 2026-01-10'],
  ['all of it', [on('2026-01-10', 1), on('2026-01-10', 2)], 'all 2 points were measured on 2026-01-10'],
  ['two days', [on('2026-02-01', 1), on('2026-01-10', 2)], 'on 2026-01-10 and 2026-02-01 and taken over'],
  [
    'many days',
    [on('2026-02-01', 1), on('2026-01-10', 2), on('2026-03-01', 3)],
    'between 2026-01-10 and 2026-03-01',
  ],
])('%s', (_name, measurements, text) => {
  const told = takenOverText([trial('m_config_0', measurements)]);
  if (text === undefined) expect(told).toBeUndefined();
  else expect(told).toContain(text);
});
