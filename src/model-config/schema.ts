import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { file_model_config, ModelConfigSchema } from './gen/model_config_pb.ts';

/** What a field of Triton's ModelConfig may hold, reduced to what the sweep rule and its messages need. */
export type FieldType =
  | { readonly kind: 'integer'; readonly signed: boolean; readonly bits: 32 | 64 }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'string' }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'message'; readonly name: string; readonly fields: ReadonlyMap<string, FieldType> }
  | { readonly kind: 'list'; readonly of: FieldType }
  /** By names, or by numbers of 0 or more. */
  | { readonly kind: 'map'; readonly keys: 'names' | 'numbers'; readonly of: FieldType };

const messages = new Map<string, FieldType>();

function messageType(desc: DescMessage): FieldType {
  const known = messages.get(desc.typeName);
  if (known) return known;
  const fields = new Map<string, FieldType>();
  const type: FieldType = { kind: 'message', name: desc.name, fields };
  messages.set(desc.typeName, type);
  for (const field of desc.fields) fields.set(field.name, fieldType(field));
  return type;
}

function scalarType(scalar: ScalarType): FieldType {
  switch (scalar) {
    case ScalarType.BOOL:
      return { kind: 'boolean' };
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return { kind: 'string' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { kind: 'number' };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { kind: 'integer', signed: false, bits: 32 };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { kind: 'integer', signed: false, bits: 64 };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { kind: 'integer', signed: true, bits: 64 };
    default:
      return { kind: 'integer', signed: true, bits: 32 };
  }
}

function elementType(field: DescField): FieldType {
  if (field.message) return messageType(field.message);
  if (field.enum) return { kind: 'enum', names: field.enum.values.map((value) => value.name) };
  return scalarType(field.scalar!);
}

function fieldType(field: DescField): FieldType {
  if (field.fieldKind === 'list') return { kind: 'list', of: elementType(field) };
  if (field.fieldKind === 'map') {
    const keys = field.mapKey === ScalarType.STRING ? 'names' : 'numbers';
    return { kind: 'map', keys, of: elementType(field) };
  }
  return elementType(field);
}

/** The type of a whole model configuration. */
export const MODEL_CONFIG_TYPE = messageType(ModelConfigSchema) as Extract<FieldType, { kind: 'message' }>;

/** Field names by full message name, for messages about a misspelt one. */
export const MODEL_CONFIG_FIELDS: ReadonlyMap<string, readonly string[]> = (() => {
  const names = new Map<string, readonly string[]>();
  const add = (message: DescMessage): void => {
    names.set(
      message.typeName,
      message.fields.map((field) => field.name),
    );
    message.nestedMessages.forEach(add);
  };
  file_model_config.messages.forEach(add);
  return names;
})();

/** The type in words, for "expected ...". */
export function describeType(type: FieldType): string {
  switch (type.kind) {
    case 'integer':
      return type.signed ? 'an integer' : 'an integer of 0 or more';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a string';
    case 'enum':
      return `one of ${type.names.join(', ')}`;
    case 'message':
      return `a mapping of ${type.name} fields`;
    case 'list':
      return `a list, each item ${describeType(type.of)}`;
    case 'map':
      return `a mapping of names to ${describeType(type.of)}`;
  }
}
