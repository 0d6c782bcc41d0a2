import { resolve } from 'node:path';
import type { ContainerCreateOptions } from 'dockerode';
import {
  cacheEnvironment,
  expandEnvironment,
  type Placement,
  type Ports,
  serverArguments,
} from '../arguments.ts';
import type { LaunchRequest } from '../launcher.ts';
import type { DeviceRequest } from './gpus.ts';

/** Triton's own ports, inside a container that has a network of its own. */
const INSIDE: Ports = { http: 8000, grpc: 8001, metrics: 8002 };

/** How a container's ports are reached. */
export type Network =
  /** A network of its own (the engine's bridge, or a named one); ports are published on an address of the host. */
  | { readonly kind: 'published'; readonly name: string | undefined; readonly address: string }
  /** The network of the host or of tma's own container: nothing is published. */
  | { readonly kind: 'joined'; readonly name: string };

/** Everything that decides a container, beside the request. */
export interface ContainerPlan {
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: Network;
  /** Ports on the host; one that is not given is the engine's to choose (published networks only). */
  readonly ports: Partial<Ports>;
  readonly devices: readonly DeviceRequest[];
  /** A path of tma's as the engine's host sees it. */
  readonly hostPath: (path: string) => string;
}

/** A container as the engine's API wants it: the user's options and tma's, merged. No shell is involved. */
export function containerSpec(request: LaunchRequest, plan: ContainerPlan): ContainerCreateOptions {
  const { container, gpus, cpus, cacheDirectory, modelRepository } = request;
  const { network, ports, devices, labels } = plan;
  const joined = network.kind === 'joined';
  const placement: Placement = {
    address: joined ? '127.0.0.1' : '0.0.0.0',
    ports: joined ? { ...INSIDE, ...ports } : INSIDE,
    sharedMemory: 'tma_',
  };
  const noGpu = gpus.kind === 'ids' && gpus.ids.length === 0;
  const environment = {
    // Where NVIDIA's runtime is the default, an image that asks for all GPUs would get them.
    ...(noGpu && { NVIDIA_VISIBLE_DEVICES: 'void' }),
    ...cacheEnvironment(cacheDirectory),
    ...expandEnvironment(request.environment),
    ...expandEnvironment(container.environment),
  };
  const own = [
    ...(modelRepository === undefined ? [] : [{ path: modelRepository, readOnly: true }]),
    ...(cacheDirectory === undefined ? [] : [{ path: cacheDirectory, readOnly: false }]),
  ].filter(({ path }) => !container.mounts.some(({ target }) => target === path));
  const spec: ContainerCreateOptions = {
    name: plan.name,
    Image: plan.image,
    Cmd: ['tritonserver', ...serverArguments(request, placement)],
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    Labels: { ...container.labels, ...labels },
    AttachStdout: true,
    AttachStderr: true,
    ...(container.platform && { platform: container.platform }),
    ...(!joined && {
      ExposedPorts: Object.fromEntries(Object.values(INSIDE).map((port) => [`${port}/tcp`, {}])),
    }),
    HostConfig: {
      Init: true,
      ...(network.name !== undefined && { NetworkMode: network.name }),
      ...(network.kind === 'published' && {
        PortBindings: Object.fromEntries(
          (Object.keys(INSIDE) as (keyof Ports)[]).map((name) => [
            `${INSIDE[name]}/tcp`,
            [{ HostIp: network.address, HostPort: String(ports[name] ?? '') }],
          ]),
        ),
      }),
      Mounts: own.map(({ path, readOnly }) => ({
        Type: 'bind' as const,
        Source: plan.hostPath(path),
        Target: path,
        ReadOnly: readOnly,
      })),
      Binds: container.mounts.map(({ source, target, mode }) => `${resolve(source)}:${target}:${mode}`),
      ...(container.shmBytes !== undefined && { ShmSize: container.shmBytes }),
      ...(cpus !== undefined && { CpusetCpus: cpus }),
      DeviceRequests: devices.map((device) => ({ ...device })),
    },
  };
  for (const [path, value] of Object.entries(container.fields)) setField(spec, path, value);
  return spec;
}

function setField(spec: object, path: string, value: unknown): void {
  const steps = path.split('.');
  const last = steps.pop()!;
  const target = steps.reduce(
    (object, step) => object[step] as Record<string, unknown>,
    spec as Record<string, unknown>,
  );
  target[last] = value;
}

/** The ports of the host that the engine has published a container's on. */
export function publishedPorts(
  published: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>,
): Ports {
  const port = (name: keyof Ports): number => Number(published[`${INSIDE[name]}/tcp`]?.[0]?.HostPort ?? 0);
  return { http: port('http'), grpc: port('grpc'), metrics: port('metrics') };
}

/** A name that the engine takes: letters, digits, `_`, `.` and `-`. */
export const containerName = (...parts: readonly string[]): string =>
  parts
    .join('-')
    .replace(/[^\w.-]/g, '_')
    .slice(0, 120);
