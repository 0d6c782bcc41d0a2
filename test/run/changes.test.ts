import { expect, test } from 'vitest';
import { CONFIGURATION } from '../../src/record/fingerprints.ts';
import type { Run } from '../../src/record/run.ts';
import { changedLoad, changedParts } from '../../src/run/changes.ts';
import { measurement, run, trial } from '../support/run.ts';

const parts = (more: Record<string, string> = {}) => ({ [CONFIGURATION]: 'c1', 'the server': 's1', ...more });
const measured = (changes: Parameters<typeof trial>[2] = {}) =>
  run(trial('m_config_0', [measurement({})], { key: 'old', parts: parts(), ...changes }));
const wanted = (more: Record<string, string> = {}, isDefault = false) => ({
  key: 'new',
  models: [{ name: 'm', role: 'measured' }] as const,
  isDefault,
  parts: parts(more),
});

test('says which part of the key is another', () => {
  expect(changedParts(measured(), wanted({ 'the server': 's2' }))).toEqual(['the server']);
  expect(changedParts(measured(), wanted({ 'the GPU driver': '7' }))).toEqual(['the GPU driver']);
});

test('a number that went to another configuration is no change', () => {
  expect(changedParts(measured(), wanted({ [CONFIGURATION]: 'c2' }))).toEqual([]);
});

test("the default is the same variant whatever is in the user's config.pbtxt", () => {
  const before = measured({ isDefault: true });
  expect(changedParts(before, wanted({ [CONFIGURATION]: 'c2' }, true))).toEqual([CONFIGURATION]);
});

test('nothing is said of what is known, was never measured, or comes from an early journal', () => {
  expect(changedParts(measured({ key: 'new' }), wanted())).toEqual([]);
  expect(changedParts(measured({ state: 'failed' }), wanted({ 'the server': 's2' }))).toEqual([]);
  expect(changedParts(measured({ parts: undefined }), wanted({ 'the server': 's2' }))).toEqual([]);
});

test('the load is held against the last session that had the model', () => {
  const session = run().sessions[0]!;
  const sessions = (...loads: Record<string, Record<string, string>>[]): Run => ({
    ...run(),
    sessions: loads.map((load) => ({ ...session, load })),
  });
  const now = { m: { shape: '1', percentile: '2' } };
  expect(changedLoad(sessions({ m: { shape: '1' } }, { n: {} }, now), 'm')).toEqual(['percentile']);
  expect(changedLoad(sessions(now, now), 'm')).toEqual([]);
  expect(changedLoad(sessions({ n: {} }, now), 'm')).toEqual([]);
});
