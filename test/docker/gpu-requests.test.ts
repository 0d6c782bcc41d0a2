import { afterAll, describe, expect, test } from 'vitest';
import { type ContainerPlan, containerSpec } from '../../src/server/docker/container.ts';
import { deviceRequests, type GpuPassing } from '../../src/server/docker/gpus.ts';
import { launchRequest } from '../support/experiment.ts';
import { engine, IMAGE, MODELS, noDocker } from './docker.ts';

const docker = engine();
const NVIDIA: GpuPassing = { by: 'nvidia' };
const CDI: GpuPassing = { by: 'cdi', devices: ['0', '1', 'all'] };

/** What the engine understood of a container that was created with these GPUs. */
async function understood(...[choice, passing]: Parameters<typeof deviceRequests>) {
  const plan: ContainerPlan = {
    image: IMAGE,
    name: `tma-test-${process.pid}`,
    labels: {},
    network: { kind: 'published', name: undefined, address: '127.0.0.1' },
    ports: { http: 18000, grpc: 18001, metrics: 18002 },
    devices: deviceRequests(choice, passing),
    hostPath: (path) => path,
  };
  const request = launchRequest({ modelRepository: MODELS, gpus: choice });
  const container = await docker.createContainer(containerSpec(request, plan));
  try {
    const { HostConfig, Config } = await container.inspect();
    return { requests: HostConfig.DeviceRequests ?? [], env: Config.Env };
  } finally {
    await container.remove({ force: true });
  }
}

describe.skipIf(noDocker !== undefined)("GPUs in the engine's own words", () => {
  afterAll(async () => {
    expect(await docker.listContainers({ all: true, filters: { name: ['tma-test'] } })).toEqual([]);
  });

  test.each([
    [
      'all',
      { kind: 'all' },
      NVIDIA,
      { Driver: 'nvidia', Count: -1, DeviceIDs: null, Capabilities: [['gpu']] },
    ],
    ['a count', { kind: 'count', count: 2 }, NVIDIA, { Driver: 'nvidia', Count: 2, DeviceIDs: null }],
    [
      'by index and UUID',
      { kind: 'ids', ids: ['1', 'GPU-a'] },
      NVIDIA,
      { Driver: 'nvidia', Count: 0, DeviceIDs: ['1', 'GPU-a'] },
    ],
    ['all by CDI', { kind: 'all' }, CDI, { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }],
    ['one by CDI', { kind: 'ids', ids: ['1'] }, CDI, { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=1'] }],
    ['a count by CDI', { kind: 'count', count: 1 }, CDI, { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'] }],
  ] as const)('%s', async (_what, choice, passing, expected) => {
    const { requests } = await understood(choice, passing);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject(expected);
  });

  test('none: no request, and an NVIDIA runtime that is the default is told so', async () => {
    const { requests, env } = await understood({ kind: 'ids', ids: [] }, NVIDIA);
    expect(requests).toEqual([]);
    expect(env).toContain('NVIDIA_VISIBLE_DEVICES=void');
  });
});
