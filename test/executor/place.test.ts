import { expect, test } from 'vitest';
import { planLanes } from '../../src/executor/lanes.ts';
import { trialPlaceOf } from '../../src/executor/place.ts';
import type { Gpu } from '../../src/server/gpu/list.ts';
import { launchSettings } from '../support/experiment.ts';

const GPUS = [0, 1, 2].map(
  (index): Gpu => ({ index, uuid: `GPU-${index}`, name: 'H100', memoryMB: 80_000, driver: '580', mig: [] }),
);
const uuids = (
  mode: 'local' | 'docker',
  ids: string[] | undefined,
  serverEnvironment: Record<string, string>,
): readonly string[] => {
  const launch = launchSettings({ mode, ...(ids && { gpus: { kind: 'ids', ids } }) });
  const [lane] = planLanes(launch, { gpus: GPUS, cores: [0] });
  return trialPlaceOf(lane!, { launch, serverEnvironment }).uuids;
};

test('the GPUs that are watched are those of the lane', () => {
  expect(uuids('local', undefined, {})).toEqual(['GPU-0', 'GPU-1', 'GPU-2']);
  expect(uuids('local', ['2'], {})).toEqual(['GPU-2']);
});

test('what perf.yaml tells the server of GPUs holds: a process counts those of the machine, a container its own', () => {
  const environment = { CUDA_VISIBLE_DEVICES: '1' };
  expect(uuids('local', undefined, environment)).toEqual(['GPU-1']);
  expect(uuids('local', ['2'], environment)).toEqual(['GPU-1']);
  expect(uuids('docker', ['1', '2'], environment)).toEqual(['GPU-2']);
  expect(uuids('docker', ['2'], environment)).toEqual([]);
  expect(uuids('local', undefined, { CUDA_VISIBLE_DEVICES: '' })).toEqual([]);
});
