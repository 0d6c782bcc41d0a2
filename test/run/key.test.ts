import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Place } from '../../src/executor/place.ts';
import { machineFacts } from '../../src/executor/place.ts';
import { atRate, inFlight, type LoadPoint } from '../../src/record/load-point.ts';
import { changedLoad, changedParts } from '../../src/run/changes.ts';
import { loadParts, pointKey, variantKey } from '../../src/run/key.ts';
import type { Candidate } from '../../src/space/space.ts';
import { folder, load, plan } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const candidate: Candidate = {
  models: [{ name: 'm', assignment: {}, config: { name: 'm' }, role: 'measured' }],
  name: 'm_config_default',
  isDefault: true,
  key: 'default',
};
const base = { name: 'm', folder: undefined, config: undefined, fingerprint: 'f', notes: [] };
const place = {
  machine: machineFacts(),
  gpus: undefined,
  driver: undefined,
  cores: undefined,
  container: undefined,
};
const keyAt = (changes: Partial<Place>, server = 's') =>
  variantKey(candidate, base, plan(), { path: '/tritonserver', hash: server }, { ...place, ...changes });

test('another machine is measured again, and said', () => {
  const before = keyAt({});
  expect(keyAt({})).toEqual(before);
  const known = run(trial('m_config_default', [measurement({})], before));
  for (const machine of [
    ['another CPU', ...machineFacts().slice(1)],
    [...machineFacts().slice(0, -1), 1000],
  ]) {
    const after = keyAt({ machine });
    expect(after.key).not.toBe(before.key);
    expect(
      changedParts(known, { ...after, models: [{ name: 'm', role: 'measured' }], isDefault: true }),
    ).toEqual(['the machine']);
  }
  expect(
    changedParts(known, {
      ...keyAt({}, 'other'),
      models: [{ name: 'm', role: 'measured' }],
      isDefault: true,
    }),
  ).toEqual(['the server']);
});

test('a load on one model has the key that it had in journals of version 1', () => {
  const key = (point: LoadPoint): string => pointKey('variant', point, load(), { name: 'native' });
  expect(key(inFlight('m', 4, 2))).toBe('8f54b3f0d55f6ea9');
  expect(key(atRate('m', 12.5))).toBe('bf7590225ebd8761');
  const [first] = inFlight('m', 4, 2).streams;
  expect(key({ streams: [first, first] })).not.toBe(key({ streams: [first] }));
});

test("another version of a generator that is not tma's is another load", () => {
  const point = inFlight('m', 1);
  const [old, now] = ['2.59.0', '2.60.0'].map((version) => ({ name: 'perf_analyzer', version }));
  expect(pointKey('v', point, load(), old!)).not.toBe(pointKey('v', point, load(), now!));
  const session = run().sessions[0]!;
  const sessions = [old!, now!].map((generator) => ({
    ...session,
    load: { m: loadParts(load(), generator) },
  }));
  expect(changedLoad({ ...run(), sessions }, 'm')).toEqual(['load_generator']);
});

test('what a journal of an early version did not record is not called a change', () => {
  const { 'the machine': _, ...parts } = keyAt({}).parts;
  const known = run(trial('m_config_default', [measurement({})], { key: 'old', parts }));
  expect(
    changedParts(known, { ...keyAt({}), models: [{ name: 'm', role: 'measured' }], isDefault: true }),
  ).toEqual(['the machine, not recorded then']);
  const { 'how tma measures': __, ...early } = loadParts(load(), { name: 'native' });
  const sessions = [early, loadParts(load(), { name: 'native' })].map((item) => ({
    ...run().sessions[0]!,
    load: { m: item },
  }));
  expect(changedLoad({ ...run(), sessions }, 'm')).toEqual(['how tma measures, not recorded then']);
});

test('other data in the same file is another load, the same data is not, whenever it was written', () => {
  const path = folder();
  const file = join(path, 'data.json');
  const generator = { name: 'native' };
  const keysOf = (kind: 'file' | 'folder', where: string) => {
    const settings = load({ inputData: [{ kind, path: where }] });
    const parts = loadParts(settings, generator);
    return [pointKey('v', inFlight('m', 1), settings, generator), JSON.stringify(parts)];
  };
  const both = () => [keysOf('file', file), keysOf('folder', path)];
  writeFileSync(file, '{"data": [1]}');
  const before = both();
  writeFileSync(file, '{"data": [1] }');
  const after = both();
  for (const [at, keys] of before.entries())
    for (const [part, key] of keys.entries()) expect(after[at]![part]).not.toBe(key);
  writeFileSync(file, '{"data": [1]}');
  expect(both()).toEqual(before);
  // What is not there is told elsewhere.
  expect(keysOf('file', join(path, 'nothing.json'))).toEqual(keysOf('file', join(path, 'nothing.json')));
});
