import { afterEach, expect, test, vi } from 'vitest';
import type { LaunchSettings } from '../../src/config/experiment.ts';
import { surroundingsOf } from '../../src/run/surroundings.ts';
import { launchSettings, plan } from '../support/experiment.ts';

const lane = {
  gpus: { kind: 'all' },
  devices: undefined,
  machine: { gpus: [], cores: [0], cuda: {} },
  cpus: undefined,
} as const;
const packages = vi.fn(async () => 'packages');
const at = (changes: Partial<LaunchSettings>, python?: { reads: string[] }) =>
  surroundingsOf(launchSettings(changes), lane, plan(), { ...(python && { python }) }, { packages });

afterEach(() => {
  vi.unstubAllEnvs();
  packages.mockClear();
});

test('a server of this machine has of the shell what its model reads, and the packages that this finds', async () => {
  vi.stubEnv('A_DELAY', '3');
  for (const mode of ['local', 'c_api'] as const) {
    const found = await at({ mode }, { reads: ['A_DELAY'] });
    expect(found).toMatchObject({ inherited: { A_DELAY: '3' }, packages: 'packages' });
    expect((await at({ mode })).inherited).not.toHaveProperty('A_DELAY');
  }
});

test('a container and a server elsewhere have nothing of it', async () => {
  for (const mode of ['docker', 'remote'] as const)
    expect(await at({ mode }, { reads: ['A_DELAY'] })).toEqual({ reuse: false });
});

test('no Python is run for a model without code in it', async () => {
  expect((await at({})).packages).toBeUndefined();
  expect(packages).not.toHaveBeenCalled();
});

test('one server for all variants is said where there is a choice', async () => {
  const reused = async (mode: LaunchSettings['mode']) => (await at({ mode, reuse: true })).reuse;
  expect([await reused('local'), await reused('docker')]).toEqual([true, true]);
  expect([await reused('remote'), await reused('c_api')]).toEqual([false, false]);
});
