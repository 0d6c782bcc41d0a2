import type { JsonValue } from '@bufbuild/protobuf';
import type { ModelConfig } from './model-config.ts';
import { type FieldType, MODEL_CONFIG_TYPE } from './schema.ts';

/** A number where a name is wanted that our schema does not have. */
export interface UnknownNumber {
  readonly field: string;
  readonly value: number;
}

/** The numbers of enum fields that have no name: a file may give any number, and no server takes them. */
export const unknownNumbers = (config: ModelConfig): UnknownNumber[] =>
  valuesOf(MODEL_CONFIG_TYPE, config as JsonValue, '');

function valuesOf(type: FieldType | undefined, value: JsonValue, field: string): UnknownNumber[] {
  if (type?.kind === 'enum') return typeof value === 'number' ? [{ field, value }] : [];
  return childrenOf(type, value).flatMap(([key, of, item]) =>
    valuesOf(of, item, type?.kind === 'message' ? key : field),
  );
}

/** A configuration without them. */
export function withoutUnknownNumbers(config: ModelConfig): ModelConfig {
  return unknownNumbers(config).length > 0
    ? (without(MODEL_CONFIG_TYPE, config as JsonValue) as ModelConfig)
    : config;
}

function without(type: FieldType | undefined, value: JsonValue): JsonValue {
  const kept = childrenOf(type, value)
    .filter(([, of, item]) => !(of?.kind === 'enum' && typeof item === 'number'))
    .map(([key, of, item]) => [key, without(of, item)] as const);
  if (Array.isArray(value)) return kept.map(([, item]) => item);
  return typeof value === 'object' && value !== null ? Object.fromEntries(kept) : value;
}

/** What a message, a map or a list holds, with the type of each. */
function childrenOf(
  type: FieldType | undefined,
  value: JsonValue,
): [key: string, type: FieldType | undefined, value: JsonValue][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, item]) => [
    key,
    type?.kind === 'message'
      ? type.fields.get(key)
      : type?.kind === 'list' || type?.kind === 'map'
        ? type.of
        : undefined,
    item as JsonValue,
  ]);
}
