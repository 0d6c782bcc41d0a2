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
import { MOST_SECONDS } from '../config/limits.ts';
import { type ServerFlags, splitServerFlags } from '../config/server-flags.ts';
import type { Place } from '../ground/errors.ts';
import { strictly } from '../ground/shape.ts';
import { name } from '../record/checks.ts';
import { strictConfig, strictPoint } from './strict-record.ts';
import {
  notServed,
  type ServedModel,
  TRIAL_SPEC_VERSION,
  type TrialPlace,
  type TrialSettings,
  type TrialSpec,
} from './trial-spec.ts';

const text = z.string();
const texts = z.array(text);
/** What a timer can wait. */
const seconds = z.number().nonnegative().max(MOST_SECONDS);
const milliseconds = z
  .number()
  .positive()
  .max(MOST_SECONDS * 1000);
const count = z.int().nonnegative();
const port = z.int().min(0).max(65_535);
const byName = z.record(text, text);

const tls = strictly<TlsSettings>({
  caFile: text.optional(),
  keyFile: text.optional(),
  certificateFile: text.optional(),
  verifyPeer: z.boolean(),
  verifyHost: z.boolean(),
});

const stopRule: z.ZodType<StopRule> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('precision'),
    precision: z.number().positive(),
    limitMs: milliseconds,
  }),
  z.strictObject({
    kind: z.literal('windows'),
    intervalMs: milliseconds,
    minRequests: count,
    stability: z.number().nonnegative(),
    maxWindows: z.int().positive(),
  }),
]);

const inputSource: z.ZodType<InputSource> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['random', 'zero']) }),
  z.strictObject({ kind: z.enum(['file', 'folder']), path: text }),
]) as z.ZodType<InputSource>;

const arrivals: z.ZodType<ArrivalSettings> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['constant', 'poisson']) }),
  z.strictObject({
    kind: z.literal('intervals'),
    gapsMs: z
      .array(z.number().nonnegative())
      .refine((gaps) => gaps.some((gap) => gap > 0), 'expected one gap of more than 0 at least'),
  }),
  z.strictObject({
    kind: z.literal('trace'),
    timesMs: z
      .array(z.number().nonnegative())
      .min(1)
      .refine(
        (times) => times.every((time, index) => index === 0 || time >= times[index - 1]!),
        'expected times in their order',
      ),
  }),
]);

const sequences = strictly<SequenceSettings>({
  count: z.int().positive(),
  length: z.int().positive(),
  lengthGiven: z.literal(true).optional(),
  variation: z.number().min(0).max(1),
  idStart: z.int().positive(),
  idEnd: z.int().positive(),
}).refine(({ idStart, idEnd }) => idEnd > idStart, 'expected idEnd above idStart');

/** What it must be it says without showing it: it may be a secret. */
const header = z.tuple([
  text.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected a header's name"),
  text.regex(/^[^\r\n]*$/, 'expected a value of one line'),
]);

const load = strictly<LoadSettings>({
  protocol: z.literal('grpc').optional(),
  percentile: z.number().min(1).max(99).optional(),
  stopRule,
  shapes: z.record(text, z.array(count)),
  inputData: z.array(inputSource).min(1),
  stringLength: count,
  stringData: text.optional(),
  seed: count,
  arrivals,
  maxInFlight: z.int().positive().optional(),
  threads: z.int().positive().optional(),
  failureLimit: z.number().min(0).max(1),
  requestTimeoutMs: milliseconds,
  sequences,
  streaming: z.boolean(),
  sharedMemory: z.strictObject({ outputBytes: count }).optional(),
  headers: z.array(header),
  compression: z.enum(['gzip', 'deflate']).optional(),
  tls: z.strictObject({ http: tls.optional(), grpc: tls.optional() }).optional(),
  engine: z.enum(['auto', 'raw', 'library']),
  modelVersion: text.optional(),
  flags: texts,
});

const generator: z.ZodType<GeneratorSettings> = z.discriminatedUnion('kind', [
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

const gpus: z.ZodType<GpuChoice> = z.discriminatedUnion('kind', [
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

const serverFlags: z.ZodType<ServerFlags> = z
  .record(text, z.union([text, texts]))
  .superRefine((flags, context) => {
    for (const message of splitServerFlags(flags).notes) context.addIssue({ code: 'custom', message });
  });

const settings = strictly<TrialSettings>({
  load,
  generator,
  launch,
  serverFlags,
  serverEnvironment: byName,
  container,
  monitoringIntervalS: z.number().positive().max(MOST_SECONDS),
  describeS: seconds.optional(),
});

const model = strictly<ServedModel>({
  name,
  role: z.enum(['measured', 'composing']),
  assignment: z.record(text, z.unknown()),
  config: strictConfig.optional(),
  folder: text.optional(),
  fingerprint: text,
  members: text.optional(),
  place: z.custom<Place>((value) => typeof value === 'object' && value !== null).optional(),
});

const place = strictly<TrialPlace>({ gpus, uuids: texts, cpus: text.optional() });

/** A trial's spec as JSON has it; a field that is not known is refused, as it may be misspelt. */
export const trialSpecSchema = strictly<TrialSpec>({
  version: z.literal(TRIAL_SPEC_VERSION, { error: `expected ${TRIAL_SPEC_VERSION}: another tma wrote it` }),
  variant: name,
  models: z.tuple([model], model),
  settings,
  place,
  server: strictly<Required<TrialSpec>['server']>({ path: text, hash: text }).optional(),
  logFile: text,
  ownLog: z.boolean(),
  modelRepository: text.optional(),
  points: z.array(strictPoint).optional(),
}).superRefine((spec, context) => {
  for (const { path, message } of notServed(spec))
    context.addIssue({ code: 'custom', path: [...path], message });
});
