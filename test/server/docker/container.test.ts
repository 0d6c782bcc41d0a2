import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_CONTAINER_OPTIONS } from '../../../src/config/docker-args.ts';
import {
  type ContainerPlan,
  containerName,
  containerSpec,
  publishedPorts,
} from '../../../src/server/docker/container.ts';
import { deviceRequests, gpuPassing } from '../../../src/server/docker/gpus.ts';
import { resourcesOf } from '../../../src/server/docker/server.ts';
import { experimentOf, folder, launchRequest, messageOf } from '../../support/experiment.ts';

const plan = (changes: Partial<ContainerPlan> = {}): ContainerPlan => ({
  image: 'tritonserver',
  name: 'tma-1',
  labels: { 'tma.run': '1' },
  network: { kind: 'published', name: undefined, address: '127.0.0.1' },
  ports: { http: 1, grpc: 2, metrics: 3 },
  devices: [],
  hostPath: (path) => path,
  ...changes,
});
const argsOf = (yaml: string) =>
  experimentOf(`triton_launch_mode: docker\n${yaml}\nprofile_models: m`).models[0]!.container;

describe('a container', () => {
  test("the user's options and tma's, merged", () => {
    const container = argsOf(
      [
        'triton_docker_labels: {a: 1, tma.run: mine}',
        'triton_docker_mounts: /data:/data:ro,/x:/y',
        'triton_docker_args:',
        '  mem_limit: 2g',
        '  environment: [A=1, B=x=y]',
        '  volumes: {/v: {bind: /w, mode: ro}}',
        '  cap_add: SYS_NICE',
        '  pids_limit: -1',
        '  shm_size: 512m',
        '  entrypoint: [/opt/entry, --quiet]',
      ].join('\n'),
    );
    const spec = containerSpec(launchRequest({ container, environment: { A: '2', C: '$HOME' } }), plan());
    expect(spec).toMatchObject({
      Labels: { a: '1', 'tma.run': '1' },
      Entrypoint: ['/opt/entry', '--quiet'],
      HostConfig: {
        Memory: 2 ** 31,
        ShmSize: 2 ** 29,
        PidsLimit: -1,
        CapAdd: ['SYS_NICE'],
        Binds: ['/data:/data:ro', '/x:/y:rw', '/v:/w:ro'],
        Mounts: [{ Type: 'bind', Source: '/models', Target: '/models', ReadOnly: true }],
      },
    });
    expect(spec.Env).toEqual(['A=1', `C=${process.env['HOME']}`, 'B=x=y']);
    expect(spec.HostConfig).not.toHaveProperty('Privileged');
  });

  test('no shell: whatever a name or a value holds is one argument', () => {
    const spec = containerSpec(
      launchRequest({ modelRepository: '/m; rm -rf /', flags: { 'log-verbose': '$(x)' } }),
      plan(),
    );
    expect(spec.Cmd).toEqual(
      expect.arrayContaining(['--model-repository=/m; rm -rf /', '--log-verbose=$(x)']),
    );
    expect(spec.Cmd?.[0]).toBe('tritonserver');
    expect(containerName('tma', 'a/b c;d')).toBe('tma-a_b_c_d');
  });

  test('in a joined network nothing is published, and the server keeps to the loopback address', () => {
    const spec = containerSpec(launchRequest(), plan({ network: { kind: 'joined', name: 'host' } }));
    expect(spec.HostConfig).toMatchObject({ NetworkMode: 'host' });
    expect(spec.HostConfig).not.toHaveProperty('PortBindings');
    expect(spec.Cmd).toEqual(expect.arrayContaining(['--http-address=127.0.0.1', '--http-port=1']));
  });

  test("ports that nobody fixed are the engine's to choose, and read back from it", () => {
    const { HostConfig } = containerSpec(launchRequest(), plan({ ports: { grpc: 9001 } }));
    const bindings = HostConfig?.PortBindings as Record<string, { HostIp: string; HostPort: string }[]>;
    expect(bindings['8000/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: '' }]);
    expect(bindings['8001/tcp']).toEqual([{ HostIp: '127.0.0.1', HostPort: '9001' }]);
    const told = {
      '8000/tcp': [{ HostPort: '32768' }],
      '8001/tcp': [{ HostPort: '9001' }],
      '8002/tcp': null,
    };
    expect(publishedPorts(told)).toEqual({ http: 32768, grpc: 9001, metrics: 0 });
  });

  test("a mount of the user's at the repository's place wins", () => {
    const container = {
      ...NO_CONTAINER_OPTIONS,
      mounts: [{ source: '/other', target: '/models', mode: 'ro' }],
    };
    expect(containerSpec(launchRequest({ container }), plan()).HostConfig?.Mounts).toEqual([]);
  });

  test('cores, the cache, and paths of the host', () => {
    const spec = containerSpec(
      launchRequest({ cpus: '0,1', cacheDirectory: '/cache' }),
      plan({ hostPath: (path) => `/host${path}` }),
    );
    expect(spec.HostConfig).toMatchObject({
      CpusetCpus: '0,1',
      Mounts: [
        { Source: '/host/models', Target: '/models', ReadOnly: true },
        { Source: '/host/cache', Target: '/cache', ReadOnly: false },
      ],
    });
    expect(spec.Env).toContain('CUDA_CACHE_PATH=/cache/cuda');
  });
});

describe('triton_docker_args', () => {
  test.each([
    [
      'triton_docker_args: {mem_limt: 1g}',
      'perf.yaml:2:22: triton_docker_args.mem_limt: unknown key "mem_limt": did you mean "mem_limit"',
    ],
    ['triton_docker_args: {mem_limit: lots}', 'triton_docker_args.mem_limit: expected a size such as 512m'],
    ['triton_docker_args: {privileged: maybe}', 'triton_docker_args.privileged: expected true or false'],
    ['triton_docker_mounts: [/a]', 'expected HOST_PATH:CONTAINER_PATH:ro or :rw, found "/a"'],
    ['triton_docker_shm_size: 1x', 'expected a size such as 512m'],
  ])('%s', (yaml, message) => {
    expect(messageOf(`triton_launch_mode: docker\n${yaml}\nprofile_models: m`)).toContain(message);
  });

  test("a model's own over the global ones; what tma decides itself is said", () => {
    const { models, notes } = experimentOf(
      'triton_launch_mode: docker\ntriton_docker_args: {mem_limit: 1g, detach: true}\nprofile_models: {m: {triton_docker_args: {mem_limit: 2g}}}',
    );
    expect(models[0]!.container.fields).toEqual({ 'HostConfig.Memory': 2 ** 31 });
    expect(notes).toContain('triton_docker_args without effect: detach (tma decides these itself)');
  });

  test('without docker they are named once', () => {
    expect(experimentOf('triton_docker_image: x\nprofile_models: m').notes).toEqual([
      'triton_docker_image has no effect with triton_launch_mode local',
    ]);
  });
});

describe('GPUs', () => {
  const gpus = [
    { index: 0, uuid: 'GPU-a', name: 'H100', memoryMB: 1, driver: '1', mig: [] },
    { index: 1, uuid: 'GPU-b', name: 'H100', memoryMB: 1, driver: '1', mig: [] },
  ];

  test('the NVIDIA runtime where there is one, else CDI where it knows GPUs', () => {
    const specs = folder();
    mkdirSync(specs, { recursive: true });
    writeFileSync(
      join(specs, 'nvidia.yaml'),
      'cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices: [{name: 0}, {name: all}]\n',
    );
    writeFileSync(join(specs, 'other.json'), '{"kind": "vendor.com/nic", "devices": [{"name": "n0"}]}');
    expect(gpuPassing({ Runtimes: { nvidia: {} }, CDISpecDirs: [specs] })).toEqual({ by: 'nvidia' });
    expect(gpuPassing({ Runtimes: { runc: {} }, CDISpecDirs: [specs] })).toEqual({
      by: 'cdi',
      devices: ['0', 'all'],
    });
    expect(gpuPassing({ CDISpecDirs: [folder()] })).toEqual({ by: 'nvidia' });
    const told = [{ Source: 'cdi', ID: 'nvidia.com/gpu=3' }];
    expect(gpuPassing({ DiscoveredDevices: told })).toEqual({ by: 'cdi', devices: ['3'] });
  });

  test("CDI's names: by UUID where it has only indices, and all where it has no such name", () => {
    const passing = { by: 'cdi', devices: ['0', '1'] } as const;
    expect(deviceRequests({ kind: 'ids', ids: ['GPU-b'] }, passing, gpus)[0]?.DeviceIDs).toEqual([
      'nvidia.com/gpu=1',
    ]);
    expect(deviceRequests({ kind: 'all' }, passing)[0]?.DeviceIDs).toEqual([
      'nvidia.com/gpu=0',
      'nvidia.com/gpu=1',
    ]);
    expect(deviceRequests({ kind: 'ids', ids: [] }, passing)).toEqual([]);
  });
});

test("the engine's statistics: what is only cached does not count, and the limit says what is left", () => {
  const stats = (limit: number) =>
    ({
      memory_stats: { usage: 500e6, limit, stats: { inactive_file: 100e6 } },
      cpu_stats: { cpu_usage: { total_usage: 3e9 } },
    }) as never;
  expect(resourcesOf(stats(1000e6), 50_000)).toEqual({ usedMB: 400, availableMB: 600, cpuS: 3 });
  expect(resourcesOf(stats(64e9), 2000)?.availableMB).toBe(2000);
  expect(resourcesOf({} as never, 1)).toBeUndefined();
});
