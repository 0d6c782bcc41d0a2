import { z } from 'zod';
import { anything, byteSize, flag, integer, keys, signedInteger, text, texts, words } from './values.ts';
import { isMapping, show, textOf } from './written.ts';

/** A folder of the engine's host, seen in the container under another path. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

/** What the user wants of a container beyond what tma gives it. */
export interface ContainerOptions {
  readonly image?: string;
  /** First part of the container's name. */
  readonly name?: string;
  readonly platform?: string;
  readonly networkMode?: string;
  readonly shmBytes?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Everything else, by its path in the engine's API (`HostConfig.Memory`). */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Keys that were given and that a launcher decides itself. */
  readonly ignored: readonly string[];
}

/** `host:dest` or `host:dest:mode`, Docker's own spelling. */
export const mount = z.unknown().transform((value, context): Mount => {
  const parts = typeof value === 'string' ? value.split(':') : [];
  const [source = '', target = '', mode = 'rw'] = parts;
  const good =
    (parts.length === 2 || parts.length === 3) && target.startsWith('/') && source !== '' && mode !== '';
  if (good) return { source, target, mode };
  context.addIssue({
    code: 'custom',
    message: `expected HOST_PATH:CONTAINER_PATH:ro or :rw, found ${show(value)}`,
  });
  return z.NEVER;
});

/** A list of mounts, or one text with commas. */
export const mounts = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value),
  z.array(mount, 'expected a list of HOST_PATH:CONTAINER_PATH:ro or :rw'),
);

/** docker-py's `volumes`: a list of mounts, or `{host: {bind: PATH, mode: ro}}`. */
const volumes = z.preprocess(
  (value) =>
    isMapping(value)
      ? Object.entries(value).map(([host, to]) => {
          const { bind, mode } = isMapping(to) ? to : {};
          return `${host}:${textOf(bind) ?? ''}:${textOf(mode) ?? 'rw'}`;
        })
      : value,
  mounts,
);

/** A mapping, or docker's `["NAME=value"]`. */
const pairs = z.preprocess(
  (value) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? Object.fromEntries(value.map((item) => [item.split('=')[0], item.slice(item.indexOf('=') + 1)]))
      : value,
  texts,
);

/** `blkio_weight_device`: `/dev/sda:500`. */
const weights = words.transform((list, context) =>
  list.map((item) => {
    const match = /^(.+):(\d{1,4})$/.exec(item);
    if (!match) context.addIssue({ code: 'custom', message: `expected DEVICE:WEIGHT, found ${show(item)}` });
    return { Path: match?.[1] ?? item, Weight: Number(match?.[2] ?? 0) };
  }),
);

/** Keys of Model Analyzer's triton_docker_args that go into the engine's API as they are, and where to. */
const FIELDS = {
  blkio_weight: [integer(), 'HostConfig.BlkioWeight'],
  blkio_weight_device: [weights, 'HostConfig.BlkioWeightDevice'],
  cap_add: [words, 'HostConfig.CapAdd'],
  cap_drop: [words, 'HostConfig.CapDrop'],
  cgroup_parent: [text, 'HostConfig.CgroupParent'],
  cgroupns: [text, 'HostConfig.CgroupnsMode'],
  cpu_count: [integer(), 'HostConfig.CpuCount'],
  cpu_percent: [integer(), 'HostConfig.CpuPercent'],
  cpu_period: [integer(), 'HostConfig.CpuPeriod'],
  cpu_quota: [signedInteger, 'HostConfig.CpuQuota'],
  cpu_rt_period: [integer(), 'HostConfig.CpuRealtimePeriod'],
  cpu_shares: [integer(), 'HostConfig.CpuShares'],
  cpuset_cpus: [text, 'HostConfig.CpusetCpus'],
  cpuset_mems: [text, 'HostConfig.CpusetMems'],
  domainname: [text, 'Domainname'],
  entrypoint: [words, 'Entrypoint'],
  hostname: [text, 'Hostname'],
  init: [flag, 'HostConfig.Init'],
  ipc_mode: [text, 'HostConfig.IpcMode'],
  isolation: [text, 'HostConfig.Isolation'],
  kernel_memory: [byteSize, 'HostConfig.KernelMemory'],
  mac_address: [text, 'MacAddress'],
  mem_limit: [byteSize, 'HostConfig.Memory'],
  mem_reservation: [byteSize, 'HostConfig.MemoryReservation'],
  memswap_limit: [byteSize, 'HostConfig.MemorySwap'],
  nano_cpus: [integer(), 'HostConfig.NanoCpus'],
  oom_kill_disable: [flag, 'HostConfig.OomKillDisable'],
  oom_score_adj: [signedInteger, 'HostConfig.OomScoreAdj'],
  pid_mode: [text, 'HostConfig.PidMode'],
  pids_limit: [signedInteger, 'HostConfig.PidsLimit'],
  privileged: [flag, 'HostConfig.Privileged'],
  publish_all_ports: [flag, 'HostConfig.PublishAllPorts'],
  runtime: [text, 'HostConfig.Runtime'],
  stop_signal: [text, 'StopSignal'],
  user: [text, 'User'],
  userns_mode: [text, 'HostConfig.UsernsMode'],
  uts_mode: [text, 'HostConfig.UTSMode'],
  volume_driver: [text, 'HostConfig.VolumeDriver'],
  working_dir: [text, 'WorkingDir'],
} as const;

/** Keys that mean something to docker-py's `run` only, or that tma has to decide itself. */
const DECIDED = [
  'auto_remove',
  'command',
  'detach',
  'init_path',
  'network_disabled',
  'remove',
  'stderr',
  'stdin_open',
  'stdout',
  'stream',
  'tty',
  'use_config_proxy',
  'version',
] as const;

const optional = <Form extends z.ZodType>(form: Form) => form.optional();

const shape = {
  image: optional(text),
  name: optional(text),
  platform: optional(text),
  network: optional(text),
  network_mode: optional(text),
  shm_size: optional(byteSize),
  environment: optional(pairs),
  labels: optional(pairs),
  volumes: optional(volumes),
  ...(Object.fromEntries(
    Object.entries(FIELDS).map(([key, [form]]) => [key, optional(form as z.ZodType)]),
  ) as Record<keyof typeof FIELDS, z.ZodOptional<z.ZodType>>),
  ...(Object.fromEntries(DECIDED.map((key) => [key, optional(anything)])) as Record<
    (typeof DECIDED)[number],
    z.ZodOptional<typeof anything>
  >),
};

export const NO_CONTAINER_OPTIONS: ContainerOptions = {
  environment: {},
  labels: {},
  mounts: [],
  fields: {},
  ignored: [],
};

/** The zod form of `triton_docker_args`. */
export const dockerArgs = keys(shape).transform((given, context): ContainerOptions => {
  const network = given.network_mode ?? given.network;
  if (network === 'none' || network?.startsWith('container:')) {
    context.addIssue({
      code: 'custom',
      path: [given.network_mode === undefined ? 'network' : 'network_mode'],
      message: `a server in the network ${show(network)} can't be reached: write host, bridge or the name of a network`,
    });
  }
  const fields = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((key) =>
    given[key] === undefined ? [] : [[FIELDS[key][1], given[key]] as const],
  );
  return {
    ...(given.image !== undefined && { image: given.image }),
    ...(given.name !== undefined && { name: given.name }),
    ...(given.platform !== undefined && { platform: given.platform }),
    ...(network !== undefined && { networkMode: network }),
    ...(given.shm_size !== undefined && { shmBytes: given.shm_size }),
    environment: given.environment ?? {},
    labels: given.labels ?? {},
    mounts: given.volumes ?? [],
    fields: Object.fromEntries(fields),
    ignored: DECIDED.filter((key) => given[key] !== undefined && given[key] !== false),
  };
});

/** One over the other: single values replace, mappings and lists are joined. */
export const mergeContainerOptions = (base: ContainerOptions, over: ContainerOptions): ContainerOptions => ({
  ...base,
  ...over,
  environment: { ...base.environment, ...over.environment },
  labels: { ...base.labels, ...over.labels },
  mounts: [...base.mounts, ...over.mounts],
  fields: { ...base.fields, ...over.fields },
  ignored: [...base.ignored, ...over.ignored],
});
