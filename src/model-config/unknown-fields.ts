import { suggestion } from '../ground/wording.ts';
import { type FieldType, MODEL_CONFIG_TYPE } from './schema.ts';

/** A key that Triton's ModelConfig does not have. */
export interface UnknownField {
  /** Keys and positions on the way to it, itself included. */
  readonly path: readonly (string | number)[];
  /** What is wrong with it, in words, with the nearest name. */
  readonly message: string;
}

/** What stands in the JSON of a model configuration and means nothing to it, at every depth. */
export const unknownFields = (config: unknown): UnknownField[] => fieldsIn(MODEL_CONFIG_TYPE, config, []);

function fieldsIn(type: FieldType, value: unknown, path: readonly (string | number)[]): UnknownField[] {
  if (typeof value !== 'object' || value === null) return [];
  if (type.kind === 'list' && Array.isArray(value))
    return value.flatMap((item, index) => fieldsIn(type.of, item, [...path, index]));
  if (Array.isArray(value)) return [];
  if (type.kind === 'map')
    return Object.entries(value).flatMap(([key, item]) => fieldsIn(type.of, item, [...path, key]));
  if (type.kind !== 'message') return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const field = type.fields.get(key) ?? type.fields.get(snakeCase(key));
    if (field) return fieldsIn(field, item, [...path, key]);
    const hint = suggestion(key, type.fields.keys());
    return [{ path: [...path, key], message: `no such field in Triton's ${type.name}: ${hint}` }];
  });
}

/** JSON of protobuf may have a field's name as `maxBatchSize`, too. */
const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
