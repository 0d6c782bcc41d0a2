import { z } from 'zod';
import { type LoadFlags, NO_FLAGS, readLoadFlags } from './read-load-flags.ts';
import { show } from './yaml.ts';

/** The zod form of `perf_analyzer_flags`: a mapping of perf_analyzer's long flags to values. */
export const perfAnalyzerFlags = z.unknown().transform((value, context): LoadFlags => {
  const fail = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('', `expected a mapping of perf_analyzer's flags, found ${show(value)}`);
    return NO_FLAGS;
  }
  return readLoadFlags(value as Record<string, unknown>, fail);
});
