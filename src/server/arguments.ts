import type { LaunchRequest } from './launcher.ts';

export type Ports = Readonly<Record<'http' | 'grpc' | 'metrics', number>>;

/** Where a server listens, and how it calls the shared memory of its Python models. */
export interface Placement {
  readonly address: string;
  readonly ports: Ports;
  readonly sharedMemory: string;
}

/**
 * tma's flags, then the user's over them; names with `_` or `-`. Whether a server completes configurations is left to
 * Triton's own default, or to the user: variants are completed as the default configuration is.
 */
export function serverArguments(
  request: Pick<LaunchRequest, 'modelRepository' | 'flags'>,
  { address, ports, sharedMemory }: Placement,
): string[] {
  const flags = new Map<string, string | readonly string[]>([
    ['model-repository', request.modelRepository ?? ''],
    ['model-control-mode', 'explicit'],
    ['http-address', address],
    ['grpc-address', address],
    ['metrics-address', address],
    ['http-port', String(ports.http)],
    ['grpc-port', String(ports.grpc)],
    ['metrics-port', String(ports.metrics)],
    ['metrics-interval-ms', '500'],
    // Nothing is in flight when a server is stopped; without it the server waits by whole seconds.
    ['exit-timeout-secs', '0'],
  ]);
  for (const [name, value] of Object.entries(request.flags)) {
    flags.set(name.replace(/^--/, '').replaceAll('_', '-'), value);
  }
  const list = [...flags].flatMap(([name, value]) =>
    [value].flat().map((item) => (item === '' ? `--${name}` : `--${name}=${item}`)),
  );
  // A Python model's shared memory, findable by us when its interpreter was not left the time to free it.
  list.push(`--backend-config=python,shm-region-prefix-name=${sharedMemory}`);
  return list;
}

/** The user's environment with `$NAME` replaced by tma's own. */
export function expandEnvironment(
  user: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const expand = (value: string): string =>
    value.replace(/\$(\w+|\{\w+\})/g, (_match, name: string) => own[name.replace(/[{}]/g, '')] ?? '');
  return Object.fromEntries(Object.entries(user).map(([name, value]) => [name, expand(value)]));
}

/** A folder that CUDA keeps compiled kernels in, with the other caches. */
export const cacheEnvironment = (folder: string | undefined): Record<string, string> =>
  folder === undefined ? {} : { CUDA_CACHE_PATH: `${folder}/cuda` };
