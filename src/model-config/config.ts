import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { fromText, toText } from '@bufbuild/protobuf/txtpb';
import { messageOf, type Place, UserError, userError } from '../ground/errors.ts';
import { grouped, suggestion } from '../ground/wording.ts';
import { ModelConfigSchema } from './gen/model_config_pb.ts';
import type { ModelConfig } from './model-config.ts';
import { MODEL_CONFIG_FIELDS } from './schema.ts';
import { positionOfError, positionOfUnclosed } from './text-place.ts';
import { unknownNumbers, withoutUnknownNumbers } from './unknown-numbers.ts';

const plain = { useProtoFieldName: true } as const;

/** A text of more characters is no config.pbtxt, and is refused unread. */
const MOST_CHARACTERS = 2_000_000;
/** In a longer one the place of a mistake is not looked for: that reads the text again and again. */
const MOST_TO_SEARCH = 300_000;

/**
 * Parses the text of a config.pbtxt.
 * @throws UserError naming `file:line:column` and the nearest field name.
 */
export function parseConfigText(text: string, file: string): ModelConfig {
  if (text.length > MOST_CHARACTERS)
    throw userError(`${file} has ${grouped(text.length)} characters: it is no config.pbtxt`);
  try {
    const config = toJson(ModelConfigSchema, fromText(ModelConfigSchema, text), plain) as ModelConfig;
    const [unknown] = unknownNumbers(config);
    if (unknown) throw new Error(`unknown enum value ${unknown.value} for field "${unknown.field}"`);
    return config;
  } catch (error) {
    throw configError(text, file, messageOf(error));
  }
}

function configError(text: string, file: string, message: string): UserError {
  const unknown = /unknown field "([^"]{1,100})" for message (\S+)/.exec(message);
  const place = placeOfError(text, file, message);
  // It may quote what stands in the file.
  const short = message.length > 400 ? `${message.slice(0, 300)} ... ${message.slice(-60)}` : message;
  return new UserError({
    message: `${place ? '' : `${file}: `}not a valid model configuration: ${short}`,
    place,
    hint: unknown
      ? `${suggestion(unknown[1]!, MODEL_CONFIG_FIELDS.get(unknown[2]!) ?? [])} (fields of Triton up to 26.10 are known)`
      : undefined,
  });
}

/** The parser names no position. */
function placeOfError(text: string, file: string, message: string): Place | undefined {
  if (text.length > MOST_TO_SEARCH) return undefined;
  const unclosed = /unexpected end of input/.test(message) ? positionOfUnclosed(text) : undefined;
  const number = /^unknown enum value (\d+) for field "(\w+)"$/.exec(message);
  const failsAlike = number
    ? (beginning: string) => new RegExp(`\\b${number[2]}\\s*:[^:]*\\b${number[1]}\\b`).test(beginning)
    : (beginning: string) => messageOfParsing(beginning) === message;
  return { file, ...(unclosed ?? positionOfError(text, failsAlike)) };
}

function messageOfParsing(text: string): string | undefined {
  try {
    fromText(ModelConfigSchema, text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The text of a config.pbtxt, two-space indentation, a field a line. */
export const printConfigText = (config: ModelConfig): string =>
  toText(ModelConfigSchema, fromJson(ModelConfigSchema, config));

/**
 * Brings JSON in any accepted spelling (camelCase, numbers for 64-bit fields, explicit defaults) into the one
 * form of ModelConfig. Throws a plain Error in protobuf's words when it is no model configuration.
 */
export const normalizeConfig = (json: unknown): ModelConfig =>
  toJson(ModelConfigSchema, fromJson(ModelConfigSchema, json as JsonValue), plain) as ModelConfig;

/** The same, for JSON of a server that may be newer than our schema: fields and values we do not know are dropped. */
export const configOfServer = (json: unknown): ModelConfig =>
  withoutUnknownNumbers(
    toJson(
      ModelConfigSchema,
      fromJson(ModelConfigSchema, json as JsonValue, { ignoreUnknownFields: true }),
      plain,
    ) as ModelConfig,
  );

const isObject = (value: unknown): value is Record<string, JsonValue> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Puts `patch` over `base`: objects merge key by key, null takes away, anything else replaces (Model Analyzer's rule).
 */
export function mergeConfig(base: ModelConfig, patch: ModelConfig): ModelConfig {
  // A map may have any key, also one that means something to an object.
  const result = new Map<string, JsonValue>(Object.entries(base));
  for (const [key, value] of Object.entries(patch)) {
    const old = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isObject(old) && isObject(value) ? (mergeConfig(old, value) as JsonValue) : value);
  }
  return Object.fromEntries(result);
}

/** A text that is equal for equal values: object keys sorted at every level. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) && !isSorted(Object.keys(inner))
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const isSorted = (keys: readonly string[]): boolean =>
  keys.every((key, index) => index === 0 || keys[index - 1]! < key);

/** Largest batch a request may carry: 0 in the configuration means that the model does not batch. */
export const maxBatchSize = (config: ModelConfig): number => Number(config['max_batch_size'] ?? 0);

/** The instance groups with their kind without the prefix and their total count; empty when not given. */
export function instanceGroups(config: ModelConfig): { kind: string; count: number }[] {
  const groups = (config['instance_group'] ?? []) as unknown as Record<string, JsonValue>[];
  return groups.map((group) => ({
    kind: String(group['kind'] ?? 'KIND_AUTO').replace('KIND_', ''),
    count: Number(group['count'] ?? 1) * Math.max(1, Array.isArray(group['gpus']) ? group['gpus'].length : 1),
  }));
}

/**
 * The numbers of the GPUs that instances of a configuration are placed on. What leaves that to the server, to the model
 * (KIND_MODEL) or to the members of an ensemble is taken to have all that the server may use. The configuration in effect, as
 * the server tells it, leaves nothing to it.
 * @param visible how many GPUs the server may use; undefined: not known.
 * @returns undefined where that can't be told.
 */
export function gpusOf(config: ModelConfig, visible: number | undefined): readonly number[] | undefined {
  const groups = (config['instance_group'] ?? []) as unknown as readonly Record<string, JsonValue>[];
  const all = visible === undefined ? undefined : Array.from({ length: visible }, (_, index) => index);
  const placed = (groups.length > 0 ? groups : [{}]).map(({ kind, gpus }: Record<string, JsonValue>) => {
    if (kind === 'KIND_CPU') return [];
    return Array.isArray(gpus) && gpus.length > 0 ? gpus.map(Number) : all;
  });
  return placed.every((list) => list !== undefined) ? [...new Set(placed.flat())] : undefined;
}

/** The configuration on the CPU: groups that leave their kind to the server get KIND_CPU, explicit ones stay. */
export function onCpu(config: ModelConfig): ModelConfig {
  type Group = { count?: number; kind?: string };
  const groups = (config['instance_group'] as Group[] | undefined) ?? [{ count: 1 }];
  const isOpen = ({ kind }: Group): boolean => kind === undefined || kind === 'KIND_AUTO';
  return {
    ...config,
    instance_group: groups.map((group) =>
      isOpen(group) ? { ...group, kind: 'KIND_CPU' } : group,
    ) as JsonValue,
  };
}
