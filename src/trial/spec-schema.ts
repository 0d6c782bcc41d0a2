import { z } from 'zod';
import type { ContainerOptions, Mount } from '../config/docker-args.ts';
import type {
  Address,
  ArrivalSettings,
  DockerSettings,
  GeneratorSettings,
  GpuChoice,
  InputSource,
  LaunchSettings,
  LoadSettings,
  RemoteSettings,
  SequenceSettings,
  StopRule,
  TlsSettings,
} from '../config/experiment.ts';
import type { ServerFlags } from '../config/server-flags.ts';
import type { Place } from '../ground/errors.ts';
import { strictly } from '../ground/shape.ts';
import { config, point } from '../record/line.ts';
import {
  type ServedModel,
  TRIAL_SPEC_VERSION,
  type TrialPlace,
  type TrialSettings,
  type TrialSpec,
} from './trial-spec.ts';

const text = z.string();
const texts = z.array(text);
const seconds = z.number().nonnegative();
const count = z.int().nonnegative();
const port = z.int().min(0).max(65_535);
const byName = z.record(text, text);
const pairs = z.array(z.tuple([text, text]));

const tls = strictly<TlsSettings>({
  caFile: text.optional(),
  keyFile: text.optional(),
  certificateFile: text.optional(),
  verifyPeer: z.boolean(),
  verifyHost: z.boolean(),
});

const stopRule: z.ZodType<StopRule> = z.union([
  z.strictObject({
    kind: z.literal('precision'),
    precision: z.number().positive(),
    limitMs: z.number().positive(),
  }),
  z.strictObject({
    kind: z.literal('windows'),
    intervalMs: z.number().positive(),
    minRequests: count,
    stability: z.number().nonnegative(),
    maxWindows: z.int().positive(),
  }),
]);

const inputSource: z.ZodType<InputSource> = z.union([
  z.strictObject({ kind: z.enum(['random', 'zero']) }),
  z.strictObject({ kind: z.enum(['file', 'folder']), path: text }),
]) as z.ZodType<InputSource>;

const arrivals: z.ZodType<ArrivalSettings> = z.union([
  z.strictObject({ kind: z.enum(['constant', 'poisson']) }),
  z.strictObject({ kind: z.literal('intervals'), gapsMs: z.array(z.number()) }),
  z.strictObject({ kind: z.literal('trace'), timesMs: z.array(z.number()) }),
]);

const sequences = strictly<SequenceSettings>({
  count,
  length: z.number(),
  lengthGiven: z.literal(true).optional(),
  variation: z.number(),
  idStart: z.number(),
  idEnd: z.number(),
});

const load = strictly<LoadSettings>({
  protocol: z.literal('grpc').optional(),
  percentile: z.number().optional(),
  stopRule,
  shapes: z.record(text, z.array(z.number())),
  inputData: z.array(inputSource),
  stringLength: count,
  stringData: text.optional(),
  seed: z.number(),
  arrivals,
  maxInFlight: z.int().positive().optional(),
  threads: z.int().positive().optional(),
  failureLimit: z.number().min(0).max(1),
  requestTimeoutMs: z.number().positive(),
  sequences,
  streaming: z.boolean(),
  sharedMemory: z.strictObject({ outputBytes: count }).optional(),
  headers: pairs,
  compression: z.enum(['gzip', 'deflate']).optional(),
  tls: z.strictObject({ http: tls.optional(), grpc: tls.optional() }).optional(),
  engine: z.enum(['auto', 'raw', 'library']),
  modelVersion: text.optional(),
  flags: texts,
});

const generator: z.ZodType<GeneratorSettings> = z.union([
  z.strictObject({ kind: z.literal('native') }),
  z.strictObject({
    kind: z.literal('perf_analyzer'),
    path: text.optional(),
    timeoutS: seconds,
    cpuPercent: z.number(),
    maxAdjusts: count,
    output: z.strictObject({ file: text.optional() }).optional(),
  }),
]) as z.ZodType<GeneratorSettings>;

const gpus: z.ZodType<GpuChoice> = z.union([
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('count'), count }),
  z.strictObject({ kind: z.literal('ids'), ids: texts }),
]);

const address = strictly<Address>({ host: text, port, tls: tls.optional() });

const launch = strictly<LaunchSettings>({
  mode: z.enum(['local', 'docker', 'remote', 'c_api']),
  serverPath: text.optional(),
  installPath: text.optional(),
  ports: z.strictObject({ http: port.optional(), grpc: port.optional(), metrics: port.optional() }),
  docker: strictly<DockerSettings>({ image: text, publishAddress: text }),
  remote: strictly<RemoteSettings>({
    http: address.optional(),
    grpc: address.optional(),
    metrics: address,
    reload: z.boolean(),
  }),
  outputPath: text.optional(),
  readyTimeoutS: seconds,
  loadTimeoutS: seconds,
  gpus,
  reuse: z.boolean(),
  parallel: z.union([z.int().positive(), z.literal('auto')]),
  cacheDirectory: text.optional(),
});

const container = strictly<ContainerOptions>({
  image: text.optional(),
  name: text.optional(),
  platform: text.optional(),
  networkMode: text.optional(),
  shmBytes: z.number().optional(),
  environment: byName,
  labels: byName,
  mounts: z.array(strictly<Mount>({ source: text, target: text, mode: text })),
  fields: z.record(text, z.unknown()),
  ignored: texts,
});

const serverFlags: z.ZodType<ServerFlags> = z.record(text, z.union([text, texts]));

const settings = strictly<TrialSettings>({
  load,
  generator,
  launch,
  serverFlags,
  serverEnvironment: byName,
  container,
  monitoringIntervalS: z.number().positive(),
  describeS: seconds.optional(),
});

const model = strictly<ServedModel>({
  name: text,
  role: z.enum(['measured', 'composing']),
  assignment: z.record(text, z.unknown()),
  config: config.optional(),
  folder: text.optional(),
  fingerprint: text,
  place: z.custom<Place>((value) => typeof value === 'object' && value !== null).optional(),
});

const place = strictly<TrialPlace>({ gpus, uuids: texts, cpus: text.optional() });

/** A trial's spec as JSON has it; a field that is not known is refused, as it may be misspelt. */
export const trialSpecSchema = strictly<TrialSpec>({
  version: z.literal(TRIAL_SPEC_VERSION, { error: `expected ${TRIAL_SPEC_VERSION}: another tma wrote it` }),
  variant: text,
  models: z.tuple([model], model),
  settings,
  place,
  server: strictly<Required<TrialSpec>['server']>({ path: text, hash: text }).optional(),
  logFile: text,
  ownLog: z.boolean(),
  modelRepository: text.optional(),
  points: z.array(point).optional(),
});
