import { resolve } from 'node:path';
import { isFolder } from '../ground/paths.ts';
import { type ContainerOptions, mergeContainerOptions, NO_CONTAINER_OPTIONS } from './docker-args.ts';
import type { Address, GpuChoice, LaunchSettings, ModelPlan } from './experiment.ts';
import { DEFAULT_IMAGE, type OptionKey, type OptionValues } from './options.ts';
import { show } from './written.ts';

/** Tells a mistake in one option. */
export type Refuse = (key: OptionKey, message: string, hint?: string) => void;

const DEFAULT_SHM = 2 ** 30;
/** More than any machine has. */
const MOST_GPUS = 1024;

/** Where servers come from and run, out of the options; what can't be is told to `refuse`. */
export function launchSettings(values: OptionValues, cwd: string, refuse: Refuse): LaunchSettings {
  const mode = values.triton_launch_mode ?? 'local';
  const path = (value: string | undefined): string | undefined => value && resolve(cwd, value);
  const http = address('triton_http_endpoint', values, refuse);
  const grpc = address('triton_grpc_endpoint', values, refuse);
  const metrics = address('triton_metrics_url', values, refuse);
  const remoteHost = http?.host ?? grpc?.host ?? 'localhost';
  const settings: LaunchSettings = {
    mode,
    serverPath: values.triton_server_path,
    installPath: path(values.triton_install_path),
    ports: {
      ...(http && { http: http.port }),
      ...(grpc && { grpc: grpc.port }),
      ...(metrics && { metrics: metrics.port }),
    },
    docker: {
      image: values.triton_docker_image ?? DEFAULT_IMAGE,
      publishAddress: values.triton_docker_publish_address ?? '127.0.0.1',
    },
    remote: {
      // Only what was named is used; with nothing named, the port that the client's protocol usually has.
      http:
        http ?? (grpc || values.client_protocol === 'grpc' ? undefined : { host: remoteHost, port: 8000 }),
      grpc: grpc ?? (values.client_protocol === 'grpc' ? { host: remoteHost, port: 8001 } : undefined),
      metrics: metrics ?? { host: remoteHost, port: 8002 },
      reload: values.reload_model_disable !== true,
    },
    outputPath: path(values.triton_output_path),
    readyTimeoutS: values.client_max_retries ?? 50,
    loadTimeoutS: values.model_load_timeout ?? 1800,
    gpus: gpuChoice(values.gpus, refuse),
    reuse: values.server_reuse ?? false,
    parallel: values.parallel ?? 1,
    cacheDirectory: path(values.cache_directory),
  };
  refuseContradictions(settings, refuse);
  const { outputPath } = settings;
  if (outputPath && isFolder(outputPath))
    refuse('triton_output_path', `triton_output_path: ${outputPath} is a folder`, 'name a file in it');
  if (mode === 'c_api' && values.load_generator === 'native') {
    refuse(
      'load_generator',
      'load_generator: native and triton_launch_mode: c_api exclude each other: perf_analyzer loads the library',
      'write load_generator: perf_analyzer, or leave it out',
    );
  }
  return settings;
}

function refuseContradictions({ mode, parallel, ports, outputPath }: LaunchSettings, refuse: Refuse): void {
  if (parallel === 1) return;
  const together = (key: OptionKey, reason: string): void =>
    refuse(key, `parallel: ${parallel} and ${key} exclude each other: ${reason}`, 'leave one of them out');
  if (mode === 'remote') together('triton_launch_mode', 'there is one remote server');
  if (mode === 'c_api') together('triton_launch_mode', 'perf_analyzer has the whole machine');
  if (ports.http) together('triton_http_endpoint', 'several servers need a port each');
  if (ports.grpc) together('triton_grpc_endpoint', 'several servers need a port each');
  if (ports.metrics) together('triton_metrics_url', 'several servers need a port each');
  if (outputPath) together('triton_output_path', 'several servers need a log each');
}

/** What the options that hold for every container say, without those of one model. */
export function containerOptions(values: OptionValues): ContainerOptions {
  const general: ContainerOptions = {
    ...NO_CONTAINER_OPTIONS,
    shmBytes: values.triton_docker_shm_size ?? DEFAULT_SHM,
    mounts: values.triton_docker_mounts ?? [],
    labels: values.triton_docker_labels ?? {},
  };
  return mergeContainerOptions(general, values.triton_docker_args ?? NO_CONTAINER_OPTIONS);
}

/** Model Analyzer's `all`, a list, or `[]` for none; `count=2` for the first two. */
function gpuChoice(value: readonly string[] | undefined, refuse: Refuse): GpuChoice {
  const text = value?.join() ?? 'all';
  if (text === 'all') return { kind: 'all' };
  if (text === '[]' || text === '') return { kind: 'ids', ids: [] };
  const count = /^count=(\d+)$/.exec(text);
  if (count && Number(count[1]) <= MOST_GPUS) return { kind: 'count', count: Number(count[1]) };
  const wrong = value!.find((id) => !/^(\d+|(GPU|MIG)-[\w/-]+)$/.test(id));
  if (wrong !== undefined) {
    refuse(
      'gpus',
      `gpus: ${show(wrong)} is no GPU`,
      'write all, indices (0,1), UUIDs (GPU-..., MIG-...), count=N, or [] for none',
    );
  }
  return { kind: 'ids', ids: value! };
}

/** `HOST:PORT`, with or without a scheme and a path. */
function address(key: OptionKey, values: OptionValues, refuse: Refuse): Address | undefined {
  const value = values[key] as string | undefined;
  if (value === undefined) return undefined;
  const match = /^(?:(\w+):\/\/)?(\[[^\]]+\]|[^:/]+):(\d+)(?:\/.*)?$/.exec(value);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) {
    refuse(key, `${key}: expected HOST:PORT, found ${show(value)}`);
    return undefined;
  }
  const secure = match[1] === 'https' || match[1] === 'grpcs';
  const host = match[2]!.replace(/^\[|\]$/g, '');
  return { host, port, ...(secure && { tls: { verifyPeer: true, verifyHost: true } }) };
}

/** A remote server's API is spoken to over TLS as its inference is, by the keys of the first model that has some. */
export function withTls(launch: LaunchSettings, models: readonly ModelPlan[]): LaunchSettings {
  const { http, grpc } = launch.remote;
  const given = (protocol: 'http' | 'grpc') =>
    models.find(({ load }) => load.tls?.[protocol])?.load.tls?.[protocol];
  const [httpTls, grpcTls] = [http?.tls && (given('http') ?? http.tls), given('grpc') ?? grpc?.tls];
  return {
    ...launch,
    remote: {
      ...launch.remote,
      http: http && { ...http, ...(httpTls && { tls: httpTls }) },
      grpc: grpc && { ...grpc, ...(grpcTls && { tls: grpcTls }) },
    },
  };
}

/** Options that were given and mean nothing to the launcher that was chosen, one line each. */
export function launchNotes(
  values: OptionValues,
  { mode }: LaunchSettings,
  models: readonly Pick<ModelPlan, 'name' | 'container'>[],
): string[] {
  const given = (keys: readonly OptionKey[]): OptionKey[] => keys.filter((key) => values[key] !== undefined);
  const docker = given([
    'triton_docker_image',
    'triton_docker_mounts',
    'triton_docker_labels',
    'triton_docker_shm_size',
    'triton_docker_args',
    'triton_docker_publish_address',
  ]);
  const remote = given(['reload_model_disable']);
  const own = given(['triton_server_path']);
  const library = given(['triton_install_path']);
  const managed = given([
    'triton_server_flags',
    'triton_server_environment',
    'triton_output_path',
    'gpus',
    'server_reuse',
  ]);
  const serverOnly = given([
    'triton_server_flags',
    'server_reuse',
    'triton_http_endpoint',
    'triton_grpc_endpoint',
    'triton_metrics_url',
    'client_protocol',
  ]);
  const unused = [
    ...(mode === 'docker' ? [] : docker),
    ...(mode === 'remote' ? managed : remote),
    ...(mode === 'local' ? [] : own),
    ...(mode === 'c_api' ? serverOnly : library),
  ];
  const notes = unused.map((key) => `${key} has no effect with triton_launch_mode ${mode}`);
  const ignored = [...new Set(models.flatMap(({ container }) => container.ignored))];
  if (mode === 'docker' && ignored.length > 0)
    notes.push(`triton_docker_args without effect: ${ignored.join(', ')} (tma decides these itself)`);
  return notes;
}
