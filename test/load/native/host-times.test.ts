import { expect, test } from 'vitest';
import { coreTimes, hostSigns } from '../../../src/load/native/host-times.ts';

const stat = (...cores: readonly string[]): string =>
  [
    'cpu  2766015 2013490 843154 1849366 11640 0 54941 4746 0 0',
    ...cores.map((core, index) => `cpu${index} ${core}`),
    'intr 5000 1 2 3',
    'ctxt 12',
  ].join('\n');

test('what each core did, in ms', () => {
  expect(coreTimes(stat('100 0 50 800 20 0 5 25 7 0'))).toEqual([
    { allMs: 10_000, idleMs: 8200, stolenMs: 250 },
  ]);
  expect(coreTimes('')).toEqual([]);
});

test('between two looks: the most that was stolen of one core, and how much of all was idle', () => {
  const before = coreTimes(stat('100 0 0 100 0 0 0 10', '100 0 0 100 0 0 0 10'));
  const after = coreTimes(stat('110 0 0 107 0 0 0 13', '100 0 0 119 0 0 0 11'));
  expect(hostSigns(before, after)).toEqual({ stolenMs: 30, idle: 26 / 40 });
});

test('nothing is told where the system tells nothing, or a core was switched off', () => {
  expect(hostSigns([], [])).toEqual({});
  expect(hostSigns(coreTimes(stat('1 0 0 1', '1 0 0 1')), coreTimes(stat('1 0 0 1')))).toEqual({});
});
