import { z } from 'zod';
import { isTooDeep, tag } from '../record/checks.ts';

/** Metric tag and value; null: no number, as Python writes it. */
const tagged = z.array(z.tuple([tag, z.looseObject({ _value: z.number().nullable() })]).rest(z.unknown()));

const measurement = z.object({
  _gpu_data: z.record(z.string(), tagged),
  _model_config_measurements: z
    .tuple([
      z.object({
        _model_specific_pa_params: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
        _non_gpu_data: tagged,
      }),
    ])
    .rest(z.unknown()),
});

/** Of a composing model: as a variant, or in older checkpoints the configuration itself. */
const composing = z.array(
  z.looseObject({
    name: z.string().optional(),
    model_config: z.looseObject({ name: z.string().optional() }).optional(),
  }),
);

const variant = z.object({
  _model_run_configs: z
    .tuple([
      z
        .object({
          _model_config_variant: z
            .object({ model_config: z.looseObject({}), cpu_only: z.boolean().optional() })
            .optional(),
          /** Older checkpoints have the configuration itself. */
          _model_config: z.looseObject({}).optional(),
          _composing_config_variants: composing.nullish(),
          _composing_configs: composing.nullish(),
        })
        .refine(({ _model_config_variant, _model_config }) => _model_config_variant ?? _model_config, {
          error: 'no configuration',
        }),
    ])
    .rest(z.unknown()),
});

const stored = z.object({
  'ResultManager.results': z.object({
    _results: z.record(z.string(), z.record(z.string(), z.unknown())),
  }),
  'ResultManager.server_only_data': z.record(z.string(), tagged).nullish(),
});

/** What Model Analyzer stores, as far as it is read here. */
export type Stored = z.infer<typeof stored>;
export type StoredVariant = z.infer<typeof variant>;
export type StoredMeasurement = z.infer<typeof measurement>;
export type Tagged = z.infer<typeof tagged>;

/** A checkpoint's text, variants and measurements not looked at yet. @throws Error saying what is wrong. */
export function storedIn(text: string): Stored {
  const value = parsePythonJson(text);
  if (isTooDeep(value)) throw new Error('it is nested too deep');
  return check(stored, value);
}

/** A variant and its measurements by their keys. @throws Error saying what is wrong. */
export const readVariant = (value: unknown): readonly [StoredVariant, Record<string, unknown>] => {
  const [first, measurements] = check(
    z.tuple([variant, z.record(z.string(), z.unknown())]).rest(z.unknown()),
    value,
  );
  return [first, measurements];
};

/** @throws Error saying what is wrong. */
export const readMeasurement = (value: unknown): StoredMeasurement => check(measurement, value);

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`${issue!.path.join('.') || 'it'}: ${issue!.message}`);
}

/** JSON as Python writes it, NaN and Infinity included: they are read as null. */
function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
      found.startsWith('"') ? found : 'null',
    );
    if (plain === text) throw error;
    return JSON.parse(plain);
  }
}
