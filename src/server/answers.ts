import { z } from 'zod';
import { messageOf } from '../ground/errors.ts';
import { parseExactJson } from '../ground/exact-json.ts';
import { configOfServer } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import {
  type IndexEntry,
  type ModelMetadata,
  type ModelStatistics,
  type ServerMetadata,
  TritonError,
} from './triton.ts';

/**
 * Triton's answers as they must be. What comes in by HTTP or gRPC goes through here before anything else sees it; what
 * a schema does not name is dropped.
 */

const UINT64_END = 2n ** 64n;
/** An unsigned 64-bit integer: a number, or, in protobuf's JSON, its digits. */
const count = z
  .union([
    z.int().nonnegative(),
    z.bigint().nonnegative().lt(UINT64_END),
    z.string().refine((digits) => /^\d{1,20}$/.test(digits) && BigInt(digits) < UINT64_END),
  ])
  .transform((value) => BigInt(value));
const counter = z.object({ count, ns: count }).optional();

const STATISTICS = z.object({
  model_stats: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      inference_count: count.default(0n),
      execution_count: count.default(0n),
      inference_stats: z
        .object({
          success: counter,
          fail: counter,
          queue: counter,
          compute_input: counter,
          compute_infer: counter,
          compute_output: counter,
        })
        .default({}),
    }),
  ),
});

/** A size, -1 for a variable one. */
const size = z
  .union([z.int(), z.bigint(), z.string().regex(/^-?\d{1,19}$/)])
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value) && value >= -1);
const tensors = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(size) }));

const METADATA = z.object({
  name: z.string(),
  versions: z.array(z.string()).optional(),
  platform: z.string().default(''),
  inputs: tensors,
  outputs: tensors,
});

const SERVER = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()).default([]),
});

const INDEX = z.array(
  z.object({
    name: z.string(),
    version: z.string().optional(),
    state: z.string().optional(),
    reason: z.string().optional(),
  }),
);

/** JSON in which integers beyond 2^53 are what `large` makes of their digits. @throws TritonError for anything else. */
export function jsonOf(text: string, what: string, large?: (digits: string) => unknown): unknown {
  try {
    return parseExactJson(text, large);
  } catch (error) {
    throw new TritonError(200, `the server's ${what} is no JSON: ${messageOf(error)}`, 'bad answer');
  }
}

export const serverOf = (json: unknown): ServerMetadata => checked(SERVER, json, 'description of itself');

export const indexOf = (json: unknown): readonly IndexEntry[] =>
  checked(INDEX, json, 'list of models').map(({ name, version, state, reason }) => ({
    name,
    ...(version && { version }),
    ...(state && { state }),
    ...(reason && { reason }),
  }));

export function metadataOf(json: unknown, model: string): ModelMetadata {
  const { versions, ...others } = checked(METADATA, json, `metadata of ${model}`);
  isOf(others.name, model, 'metadata');
  return { ...others, ...(versions && { versions }) };
}

/** Statistics of the model's versions; those of other models are left out. Without a model those of all. */
export const statisticsOf = (json: unknown, model?: string): readonly ModelStatistics[] =>
  checked(STATISTICS, json, model === undefined ? 'statistics' : `statistics of ${model}`)
    .model_stats.filter(({ name }) => model === undefined || name === model)
    .map(({ inference_stats, ...others }) => ({
      ...others,
      inference_stats: Object.fromEntries(
        Object.entries(inference_stats).filter(([, value]) => value !== undefined),
      ),
    }));

export function configOf(json: unknown, model: string): ModelConfig {
  let config: ModelConfig;
  try {
    config = configOfServer(json);
  } catch (error) {
    const reason = `the server's configuration of ${model} is none: ${messageOf(error)}`;
    throw new TritonError(200, shortened(reason), 'bad answer');
  }
  isOf(config['name'], model, 'configuration');
  return config;
}

function isOf(name: unknown, model: string, what: string): void {
  if (name === model) return;
  const other = shortened(JSON.stringify(name) ?? 'no model');
  throw new TritonError(
    200,
    `asked for the ${what} of "${model}", the server told of ${other}`,
    'bad answer',
  );
}

function checked<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
  const found = schema.safeParse(json);
  if (found.success) return found.data;
  const { path, message } = found.error.issues[0]!;
  const where = path.length > 0 ? ` (${path.join('.')})` : '';
  throw new TritonError(200, shortened(`the server's ${what} is wrong${where}: ${message}`), 'bad answer');
}

const shortened = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)} ...` : text);
