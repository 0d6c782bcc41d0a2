import { z } from 'zod';
import { LOAD_FLAGS, type LoadFlag } from './load-flags.ts';
import { type LoadFlags, NO_FLAGS, readLoadFlags } from './read-load-flags.ts';
import { isEmpty, isMapping, kindOf } from './written.ts';

/** What says instead, for flags that a run sets itself. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ['model-name', 'profile_models'],
  ['url', 'triton_http_endpoint and triton_grpc_endpoint'],
  ['latency-report-file', 'export_path'],
  ['service-kind', 'triton_launch_mode'],
  ['triton-server-directory', 'triton_install_path'],
  ['model-repository', 'model_repository'],
  ['metrics-url', 'triton_metrics_url'],
  ['metrics-interval', 'monitoring_interval'],
]);

/** The zod form of `perf_analyzer_flags`: a mapping of perf_analyzer's long flags to values. */
const readFlags = z.unknown().transform((value, context): LoadFlags => {
  const fail = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message });
  if (!isMapping(value)) {
    fail('', `expected a mapping of perf_analyzer's flags, found ${kindOf(value)}`);
    return NO_FLAGS;
  }
  const followed = Object.entries(value).filter(([key]) => !DECIDED.has(key));
  const decided = Object.entries(value).flatMap(([key, item]) => {
    const by = DECIDED.get(key);
    return by === undefined || isEmpty(item) ? [] : [`${key} is decided by ${by}`];
  });
  return { ...readLoadFlags(Object.fromEntries(followed), fail), decided };
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
