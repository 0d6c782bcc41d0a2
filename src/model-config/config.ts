import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf';
import { fromText, toText } from '@bufbuild/protobuf/txtpb';
import { messageOf, type Place, UserError } from '../errors.ts';
import { suggestion } from '../wording.ts';
import { ModelConfigSchema } from './gen/model_config_pb.ts';
import { MODEL_CONFIG_FIELDS } from './schema.ts';

/**
 * A Triton model configuration as plain JSON with the field names of config.pbtxt (snake_case), the form in
 * which everything here handles it. Fields at their proto3 default are absent; 64-bit integers are strings.
 */
export type ModelConfig = Readonly<Record<string, JsonValue>>;

const plain = { useProtoFieldName: true } as const;

/**
 * Parses the text of a config.pbtxt.
 * @throws UserError naming `file:line:column` and the nearest field name.
 */
export function parseConfigText(text: string, file: string): ModelConfig {
  try {
    return toJson(ModelConfigSchema, fromText(ModelConfigSchema, text), plain) as ModelConfig;
  } catch (error) {
    const message = messageOf(error);
    const unknown = /unknown field "([^"]+)" for message (\S+)/.exec(message);
    throw new UserError({
      message: `not a valid model configuration: ${message}`,
      place: placeOfError(text, file, message),
      hint: unknown
        ? `${suggestion(unknown[1]!, MODEL_CONFIG_FIELDS.get(unknown[2]!) ?? [])} (fields of Triton up to 26.10 are known)`
        : undefined,
    });
  }
}

/**
 * The parser names no position. The offending line is the last one of the shortest prefix of the text that
 * fails with the same message (shorter prefixes parse, or fail for ending early).
 */
function placeOfError(text: string, file: string, message: string): Place {
  const lines = text.split('\n');
  const failsAlike = (count: number): boolean => {
    try {
      fromText(ModelConfigSchema, lines.slice(0, count).join('\n') + '\n');
      return false;
    } catch (error) {
      return messageOf(error) === message;
    }
  };
  const found = lines.findIndex((_, index) => failsAlike(index + 1));
  const line = found < 0 ? lines.length : found + 1;
  const content = lines[line - 1] ?? '';
  const token = /"([^"]+)"/.exec(message)?.[1];
  const at = token ? content.indexOf(token) : -1;
  return { file, line, column: (at >= 0 ? at : content.search(/\S|$/)) + 1 };
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

/** The same, for JSON of a server that may be newer than our schema: fields we do not know are dropped. */
export const configOfServer = (json: unknown): ModelConfig =>
  toJson(
    ModelConfigSchema,
    fromJson(ModelConfigSchema, json as JsonValue, { ignoreUnknownFields: true }),
    plain,
  ) as ModelConfig;

const isObject = (value: unknown): value is Record<string, JsonValue> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts `patch` over `base`: objects merge key by key, null takes away, anything else replaces (Model Analyzer's rule). */
export function mergeConfig(base: ModelConfig, patch: ModelConfig): ModelConfig {
  const result: Record<string, JsonValue> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (value === null) {
      delete result[key];
      continue;
    }
    result[key] = isObject(old) && isObject(value) ? (mergeConfig(old, value) as JsonValue as never) : value;
  }
  return result;
}

/** A text that is equal for equal values: object keys sorted at every level. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

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
