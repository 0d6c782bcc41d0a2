import { z } from 'zod';
import { messageOf } from '../ground/errors.ts';
import { findMetric } from '../ground/metric.ts';
import { strictly } from '../ground/shape.ts';
import { normalizeConfig } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import { unknownFields } from '../model-config/unknown-fields.ts';
import { unknownNumbers } from '../model-config/unknown-numbers.ts';
import { name } from '../record/checks.ts';
import type { Constraint } from '../record/goal.ts';
import type { Load, LoadPoint, Stream } from '../record/load-point.ts';

/*
 * What a spec and a request have in common with the journal's lines. The journal is read as far as it can be; here
 * somebody has written or changed something, so that a field that is not known may be a misspelt one and is refused.
 */

const load: z.ZodType<Load> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('concurrency'), inFlight: z.int().positive() }),
  z.strictObject({ kind: z.literal('rate'), perSecond: z.number().positive() }),
]);

const stream = strictly<Stream>({ model: name, load, batchSize: z.int().positive() });

export const strictPoint = strictly<LoadPoint>({ streams: z.tuple([stream], stream) });

export const strictConstraint = strictly<Constraint>({
  tag: z.string().refine((text) => findMetric(text) !== undefined, 'no metric that this tma knows'),
  bound: z.enum(['min', 'max']),
  value: z.number(),
});

/** A model configuration as JSON, brought into the form that tma has of one. */
export const strictConfig: z.ZodType<ModelConfig> = z.looseObject({}).transform((value, context) => {
  const fail = (message: string, path: readonly (string | number)[] = []): void =>
    context.addIssue({ code: 'custom', message, path: [...path] });
  const unknown = unknownFields(value);
  for (const { path, message } of unknown) fail(message, path);
  if (unknown.length > 0) return z.NEVER;
  try {
    const config = normalizeConfig(value);
    for (const { field, value: number } of unknownNumbers(config)) fail(`${field} has no value ${number}`);
    return config;
  } catch (error) {
    fail(`no model configuration: ${messageOf(error)}`);
    return z.NEVER;
  }
});
