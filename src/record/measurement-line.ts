import { z } from 'zod';
import type { Shape } from '../ground/shape.ts';
import { name } from './checks.ts';
import type { Bottleneck, ClientReport } from './client.ts';
import type { GpuState } from './gpu-state.ts';
import type { Load, LoadPoint, Stream } from './load-point.ts';
import type { Beyond, Composing, ComposingModel, Figures, GpuSharer, HostStalls } from './measurement.ts';
import type { StoredMeasurement } from './one-model.ts';
import type { FailureCount } from './request-failures.ts';
import { isUnchecked } from './upgrade.ts';

// A measurement and its load, as the journal and results.json have them.

/**
 * A record by name, of which a journal has very many: checked in one go, which takes a fraction of what a schema for each value
 * takes.
 * @param json the same of a value as JSON Schema.
 */
const recordOf = <T>(isValue: (value: unknown) => boolean, expected: string, json: object) =>
  z
    .custom<Record<string, T>>()
    .superRefine((all: unknown, context) => {
      if (!isUnchecked(all)) {
        context.addIssue({ code: 'custom', message: 'expected an object' });
        return;
      }
      for (const key in all) {
        if (!isValue(all[key]))
          context.addIssue({ code: 'custom', path: [key], message: `expected ${expected}` });
      }
    })
    .meta({ type: 'object', propertyNames: { type: 'string' }, additionalProperties: json });

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value);

const NUMBER_OR_NULL = { type: ['number', 'null'] };

export const values = recordOf<number | null>(isNumberOrNull, 'a number', NUMBER_OR_NULL)
  // What JSON can't say (no number, infinity) is written as null. What is no record comes here, too.
  .overwrite((all) =>
    isUnchecked(all) && Object.values(all).includes(null)
      ? Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
      : all,
  ) as z.ZodType<Record<string, number>, Record<string, number | null>>;
export const byGpu = z.record(z.string(), values);
const texts = z.array(z.string());
export const seconds = z
  .number()
  .nonnegative()
  .nullable()
  .transform((value) => value ?? 0);
const size = z.number().positive();

export const load = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('concurrency'), inFlight: size }),
  z.object({ kind: z.literal('rate'), perSecond: size }),
]) satisfies z.ZodType<Load>;

export const stream = z.object({
  model: name,
  load,
  batchSize: z.int().positive(),
} satisfies Shape<Stream>);

export const point = z.object({ streams: z.tuple([stream], stream) } satisfies Shape<LoadPoint>);

export const client = z.object({
  engine: z.string(),
  threads: z.number().optional(),
  busy: z.number().optional(),
  cpuUs: z.number().optional(),
  gc: z.number().optional(),
  floor: z.object({ rate: z.number(), latencyMs: z.number() }).optional(),
  lateness: z.object({ p50: z.number(), p99: z.number(), p95Low: z.number().optional() }).optional(),
  asked: z.number().optional(),
  dropped: z.number().optional(),
  waited: z.number().optional(),
  full: z.boolean().optional(),
} satisfies Shape<ClientReport>);

const range = z.tuple([z.number(), z.number()]);
export const gpuState = z.object({
  smClockMHz: range.optional(),
  memoryClockMHz: range.optional(),
  temperatureC: z.number().optional(),
  powerW: z.number().optional(),
  throttled: texts,
} satisfies Shape<GpuState>);

export const bottleneck = z.object({
  who: z.enum(['server', 'client']),
  reasons: texts,
} satisfies Shape<Bottleneck>);

const intervals = recordOf<[number | null, number | null]>(
  (value) => Array.isArray(value) && value.length === 2 && value.every(isNumberOrNull),
  'two numbers',
  { type: 'array', prefixItems: [NUMBER_OR_NULL, NUMBER_OR_NULL], items: false, minItems: 2, maxItems: 2 },
);

export const figures = z.object({
  values,
  intervals,
} satisfies Shape<Figures>);

export const composingModel = z.object({
  model: name,
  requests: z.number(),
  values,
  intervals,
} satisfies Shape<ComposingModel>);

export const composing = z.object({
  by: z.enum(['steps', 'calls']),
  models: z.array(composingModel),
} satisfies Shape<Composing>);

export const beyond = z.object({
  limit: z.number(),
  share: z.number(),
  of: z.number(),
} satisfies Shape<Beyond>);

export const hostStalls = z.object({
  windows: z.number(),
  leftOut: z.number(),
  longestMs: z.number(),
} satisfies Shape<HostStalls>);

export const gpuSharer = z.object({
  uuid: z.string(),
  pid: z.number(),
  name: z.string(),
} satisfies Shape<GpuSharer>);

export const drift = z.object({ by: z.number() } satisfies Shape<NonNullable<StoredMeasurement['drifted']>>);

export const measurement = z.object({
  point,
  whole: figures,
  beyond: z.record(z.string(), beyond).optional(),
  models: z.record(z.string(), figures).optional(),
  composing: composing.optional(),
  gpus: byGpu,
  gpuStates: z.record(z.string(), gpuState).optional(),
  gpusInUse: z.int().nonnegative().optional(),
  energyBy: z.enum(['counter', 'power']).optional(),
  shared: z.boolean().optional(),
  client: client.optional(),
  bottleneck: bottleneck.optional(),
  looks: z.int().positive().optional(),
  confirmed: z.boolean().optional(),
  starts: z.int().positive().optional(),
  drifted: drift.optional(),
  stalls: hostStalls.optional(),
  gpuSharers: z.array(gpuSharer).optional(),
  takenOver: z.literal(true).optional(),
  againAlone: z.string().optional(),
  besideOthers: z.string().optional(),
  othersShare: z.number().optional(),
  idleShare: z.number().optional(),
  requests: z.number(),
  failures: z.record(
    z.string(),
    z.object({ count: z.number(), message: z.string() } satisfies Shape<FailureCount>),
  ),
  durationS: seconds,
  warmupS: seconds,
  windows: z.number(),
  counted: z.number(),
  stable: z.boolean(),
  warnings: texts,
  startedAt: z.string(),
} satisfies Shape<StoredMeasurement>);
