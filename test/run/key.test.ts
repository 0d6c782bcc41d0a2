import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelPlan } from '../../src/config/experiment.ts';
import type { Place } from '../../src/executor/place.ts';
import { machineFacts } from '../../src/executor/place.ts';
import { atRate, inFlight, type LoadPoint } from '../../src/record/load-point.ts';
import { changedLoad, changedParts } from '../../src/run/changes.ts';
import { loadParts, pointKey, variantKey } from '../../src/run/key.ts';
import type { Surroundings } from '../../src/run/surroundings.ts';
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

test('a load on one model has a key made as in journals of version 1', () => {
  // Both are others with every MEASURING_VERSION, and with nothing else.
  const key = (point: LoadPoint): string => pointKey('variant', point, load(), { name: 'native' });
  expect(key(inFlight('m', 4, 2))).toBe('8f37aa1d61a81e7b');
  expect(key(atRate('m', 12.5))).toBe('aeb45e333aafa48f');
  const [first] = inFlight('m', 4, 2).streams;
  expect(key({ streams: [first, first] })).not.toBe(key({ streams: [first] }));
});

describe('what a server is surrounded by', () => {
  const fixed = { ...place, machine: ['a CPU', 2] };
  const server = { path: '/tritonserver', hash: 's' };
  const of = (
    changes: { base?: object; plan?: Partial<ModelPlan>; place?: Partial<Place> } = {},
    surroundings: Surroundings = {},
  ) =>
    variantKey(
      candidate,
      { ...base, ...changes.base },
      plan({ serverEnvironment: { LEVEL: 'debug' }, ...changes.plan }),
      server,
      { ...fixed, ...changes.place },
      surroundings,
    );
  const changed = (before: ReturnType<typeof of>, after: ReturnType<typeof of>) =>
    changedParts(run(trial('m_config_default', [measurement({})], before)), {
      ...after,
      models: [{ name: 'm', role: 'measured' }],
      isDefault: true,
    });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('is in no key where it is as usual: what was measured before it was looked at is still known', () => {
    expect(of().key).toBe('5f4f9592b543f8a1');
    expect(of({}, { inherited: {}, packages: undefined, reuse: false }).key).toBe('5f4f9592b543f8a1');
    expect(of({ place: { container: plan().container } }).key).toBe('f4b74bb0d8c13aeb');
  });

  test.each([
    ['OMP_NUM_THREADS', { inherited: { OMP_NUM_THREADS: '4' } }],
    ['server_reuse', { reuse: true }],
    ['the Python packages, not recorded then', { packages: 'p' }],
  ])('%s', (name, surroundings) => {
    expect(changed(of(), of({}, surroundings))).toEqual([name]);
  });

  test('changed: each is told by its name', () => {
    const at = (threads: string, packages: string) =>
      of({}, { inherited: { OMP_NUM_THREADS: threads, LD_PRELOAD: 'x' }, packages });
    expect(changed(at('4', 'p'), at('8', 'q'))).toEqual(['OMP_NUM_THREADS', 'the Python packages']);
  });

  test("an ensemble's members", () => {
    const [one, other] = ['1', '2'].map((members) => of({ base: { members } }));
    expect(changed(one!, other!)).toEqual(['the models that it is made of']);
    expect(changed(of(), one!)).toEqual(['the models that it is made of, not recorded then']);
  });

  test("a variable that is handed on is what tma's own environment has in it", () => {
    const handedOn = () => of({ plan: { serverEnvironment: { DELAY: '$D', KEY: '${' + 'D}x' } } });
    vi.stubEnv('D', '1');
    const before = handedOn();
    expect(handedOn()).toEqual(before);
    expect(JSON.stringify(before)).not.toContain('1x');
    vi.stubEnv('D', '2');
    expect(changed(before, handedOn())).toEqual(['triton_server_environment']);
  });

  test("so is a container's", () => {
    const container = { ...plan().container, environment: { DELAY: '$D' } };
    const handedOn = () => of({ plan: { container }, place: { container } });
    vi.stubEnv('D', '1');
    const before = handedOn();
    vi.stubEnv('D', '2');
    expect(changed(before, handedOn())).toEqual(["the container's settings"]);
  });
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
