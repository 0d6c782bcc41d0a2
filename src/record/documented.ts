import type { z } from 'zod';

/** A text for every field of an object. */
type Texts<Shape> = { readonly [Key in keyof Shape]: string };

/**
 * The same schema with a description of every field, which JSON Schema shows to those who read the file. A field that is
 * added to the schema needs its text here, or it does not compile.
 */
export const documented = <Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape>,
  texts: Texts<Shape>,
): z.ZodObject<Shape> => {
  const fields = Object.entries(schema.shape as unknown as Record<string, z.ZodType>).map(([key, field]) => [
    key,
    field.describe((texts as Record<string, string>)[key]!),
  ]);
  return schema.safeExtend(Object.fromEntries(fields)) as unknown as z.ZodObject<Shape>;
};
