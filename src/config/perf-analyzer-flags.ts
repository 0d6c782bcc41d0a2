import { z } from 'zod';
import { LOAD_FLAGS, type LoadFlag } from './load-flags.ts';
import { type LoadFlags, NO_FLAGS, readLoadFlags } from './read-load-flags.ts';
import { show } from './yaml.ts';

/** The zod form of `perf_analyzer_flags`: a mapping of perf_analyzer's long flags to values. */
const readFlags = z.unknown().transform((value, context): LoadFlags => {
  const fail = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('', `expected a mapping of perf_analyzer's flags, found ${show(value)}`);
    return NO_FLAGS;
  }
  return readLoadFlags(value as Record<string, unknown>, fail);
});

const scalar = { type: ['string', 'number', 'boolean'] };
const isKey = ([, flag]: [string, LoadFlag]): boolean => !flag.commandOnly;

export const perfAnalyzerFlags = readFlags.meta({
  type: 'object',
  properties: Object.fromEntries(
    (Object.entries(LOAD_FLAGS) as [string, LoadFlag][])
      .filter(isKey)
      .map(([name, { help, list }]) => [
        name,
        { description: help, ...(list ? { anyOf: [scalar, { type: 'array', items: scalar }] } : scalar) },
      ]),
  ),
  additionalProperties: false,
});
