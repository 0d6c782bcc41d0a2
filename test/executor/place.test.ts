import { describe, expect, test } from 'vitest';
import { NO_CONTAINER_OPTIONS } from '../../src/config/docker-args.ts';
import { planLanes } from '../../src/executor/lanes.ts';
import { hasGpu, placeOf, trialPlaceOf } from '../../src/executor/place.ts';
import type { Gpu } from '../../src/server/gpu/list.ts';
import type { CudaVariables } from '../../src/server/gpu/visible.ts';
import { launchSettings, plan } from '../support/experiment.ts';

const GPUS = [0, 1, 2].map(
  (index): Gpu => ({ index, uuid: `GPU-${index}`, name: 'H100', memoryMB: 80_000, driver: '580', mig: [] }),
);

interface Given {
  readonly mode?: 'local' | 'docker';
  readonly ids?: string[];
  readonly environment?: Record<string, string>;
  readonly ofContainer?: Record<string, string>;
  readonly cuda?: CudaVariables;
  readonly gpus?: readonly Gpu[];
}

function given({ mode = 'local', ids, environment = {}, ofContainer = {}, cuda = {}, gpus = GPUS }: Given) {
  const launch = launchSettings({ mode, ...(ids && { gpus: { kind: 'ids', ids } }) });
  const [lane] = planLanes(launch, { gpus, cores: [0], cuda });
  const container = { ...NO_CONTAINER_OPTIONS, environment: ofContainer };
  return { lane: lane!, launch, settings: { serverEnvironment: environment, container } };
}

const uuids = (from: Given): readonly string[] => {
  const { lane, launch, settings } = given(from);
  return trialPlaceOf(lane, { launch, ...settings }).uuids;
};
const ONE = { CUDA_VISIBLE_DEVICES: '1' };

describe('the GPUs that are watched', () => {
  test('are those of the lane, in the order of the server', () => {
    expect(uuids({})).toEqual(['GPU-0', 'GPU-1', 'GPU-2']);
    expect(uuids({ ids: ['2', '1'] })).toEqual(['GPU-2', 'GPU-1']);
    expect(uuids({ cuda: { CUDA_VISIBLE_DEVICES: '2,0' } })).toEqual(['GPU-2', 'GPU-0']);
    // Inside a container GPUs stand in the order of the bus, however they were asked for.
    expect(uuids({ mode: 'docker', ids: ['2', '1'] })).toEqual(['GPU-1', 'GPU-2']);
  });

  test('are those that perf.yaml tells the server of: a process counts those of the machine, a container its own', () => {
    expect(uuids({ environment: ONE })).toEqual(['GPU-1']);
    expect(uuids({ environment: ONE, ids: ['2'] })).toEqual(['GPU-1']);
    expect(uuids({ environment: ONE, cuda: { CUDA_VISIBLE_DEVICES: '2' } })).toEqual(['GPU-1']);
    expect(uuids({ environment: ONE, mode: 'docker', ids: ['1', '2'] })).toEqual(['GPU-2']);
    expect(uuids({ ofContainer: ONE, mode: 'docker' })).toEqual(['GPU-1']);
    expect(uuids({ environment: { CUDA_VISIBLE_DEVICES: '' } })).toEqual([]);
  });

  test('say whether instances can be on one', () => {
    const has = (from: Given): boolean => {
      const { lane, launch, settings } = given(from);
      return hasGpu([lane], launch, settings);
    };
    expect(has({})).toBe(true);
    expect(has({ environment: { CUDA_VISIBLE_DEVICES: '-1' } })).toBe(false);
    expect(has({ cuda: { CUDA_VISIBLE_DEVICES: '' } })).toBe(false);
    expect(has({ cuda: { CUDA_VISIBLE_DEVICES: '' }, environment: ONE })).toBe(true);
    expect(has({ gpus: [] })).toBe(false);
  });
});

test('what is measured on one GPU holds for another of its kind, and not for another part of a divided one', () => {
  const gpusOf = (list: string, gpus?: readonly Gpu[]) => {
    const { lane, launch } = given({ cuda: { CUDA_VISIBLE_DEVICES: list }, ...(gpus && { gpus }) });
    return placeOf(lane, launch, plan()).gpus;
  };
  expect(gpusOf('0')).toEqual(gpusOf('1'));
  const mig = [
    { uuid: 'MIG-a', profile: '1g.10gb' },
    { uuid: 'MIG-b', profile: '3g.40gb' },
  ];
  const divided = [{ ...GPUS[0]!, mig }];
  expect(gpusOf('MIG-a', divided)).not.toEqual(gpusOf('MIG-b', divided));
});
