import { z } from 'zod';

/** A schema for every field of a type: a field that is added to the type has to be added here, or it would not be read. */
export type Shape<T> = { readonly [Key in keyof T]-?: z.ZodType<T[Key] | undefined> };

/** An object with these fields and no others: one that is not known may be misspelt. */
export const strictly = <T>(shape: Shape<T>): z.ZodType<T> =>
  z.strictObject(shape) as unknown as z.ZodType<T>;
