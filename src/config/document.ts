import { z } from 'zod';
import { type FieldType, MODEL_CONFIG_TYPE } from '../model-config/schema.ts';
import { OPTIONS, type Option, type OptionKey } from './options.ts';
import { modelSettingsForm } from './profile-models.ts';

const rows = Object.entries(OPTIONS) as [OptionKey, Option][];

/** perf.yaml as JSON Schema (draft 2020-12), with every option's help. */
export function perfSchema(): Record<string, unknown> {
  const $defs: Record<string, unknown> = {};
  message(MODEL_CONFIG_TYPE, $defs);
  const properties = Object.fromEntries(
    rows.map(([key, { schema, help, fallback }]) => {
      const description = fallback ? `${help} (default: ${fallback})` : help;
      return [key, { ...jsonOf(schema), description }];
    }),
  );
  const { properties: ofModel, ...model } = jsonOf(modelSettingsForm);
  // What may be said of a model as of all is said once.
  const shared = Object.entries(ofModel ?? {}).map(([key, value]) => [
    key,
    key in properties ? { $ref: `#/properties/${key}` } : value,
  ]);
  $defs['Model'] = { ...model, properties: Object.fromEntries(shared) };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'perf.yaml',
    type: 'object',
    properties,
    additionalProperties: false,
    $defs,
  };
}

const jsonOf = (schema: z.ZodType): Omit<z.core.JSONSchema.BaseSchema, '$schema'> => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return json;
};

/** A message of Triton's as a definition, under its own name; answers the reference to it. */
function message(
  type: Extract<FieldType, { kind: 'message' }>,
  defs: Record<string, unknown>,
): { readonly $ref: string } {
  const $ref = `#/$defs/${type.name}`;
  if (!(type.name in defs)) {
    defs[type.name] = {};
    const fields = [...type.fields].map(([name, field]) => [name, swept(field, defs)]);
    defs[type.name] = {
      type: 'object',
      properties: Object.fromEntries(fields),
      additionalProperties: false,
    };
  }
  return { $ref };
}

/** A field's own value, a list of such to try each, or null to leave it alone. */
function swept(type: FieldType, defs: Record<string, unknown>): Record<string, unknown> {
  const own = typed(type, defs);
  return { anyOf: [own, { type: 'array', items: own }, { type: 'null' }] };
}

function typed(type: FieldType, defs: Record<string, unknown>): Record<string, unknown> {
  switch (type.kind) {
    case 'message':
      return message(type, defs);
    case 'list':
      return { type: 'array', items: typed(type.of, defs) };
    case 'map':
      return { type: 'object', additionalProperties: swept(type.of, defs) };
    case 'enum':
      return { enum: type.names };
    case 'integer':
      return { type: ['integer', 'string'] };
    case 'number':
      return { type: ['number', 'string'] };
    case 'boolean':
      return { enum: [true, false, 'true', 'false'] };
    case 'string':
      return { type: ['string', 'number', 'boolean'] };
  }
}
