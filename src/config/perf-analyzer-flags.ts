import { z } from 'zod';
import { suggestion } from '../wording.ts';
import type { LoadSettings } from './experiment.ts';
import { show } from './yaml.ts';

/**
 * The keys that Model Analyzer accepts under perf_analyzer_flags. Those the native generator follows have a
 * reader; the others are accepted and named as ignored.
 */
const IGNORED = [
  'service-kind model-signature-name async sync request-rate-range request-distribution request-intervals',
  'binary-search num-of-sequences latency-threshold max-threads shared-memory output-shared-memory-size',
  'sequence-length sequence-id-range streaming grpc-compression-algorithm triton-server-directory',
  'model-repository ssl-grpc-use-ssl ssl-grpc-root-certifications-file ssl-grpc-private-key-file',
  'ssl-grpc-certificate-chain-file ssl-https-verify-peer ssl-https-verify-host',
  'ssl-https-ca-certificates-file ssl-https-client-certificate-type ssl-https-client-certificate-file',
  'ssl-https-private-key-type ssl-https-private-key-file collect-metrics metrics-url metrics-interval',
  'bls-composing-models model-name model-version url protocol latency-report-file http-header verbose',
  'extra-verbose verbose-csv',
].flatMap((line) => line.split(' '));

const FOLLOWED = [
  'percentile',
  'shape',
  'input-data',
  'string-length',
  'string-data',
  'measurement-interval',
  'measurement-mode',
  'measurement-request-count',
  'stability-percentage',
  'max-trials',
  'concurrency-range',
  'batch-size',
] as const;

const KNOWN: readonly string[] = [...FOLLOWED, ...IGNORED];

/** What perf_analyzer_flags says about the load of a model. */
export interface PerfAnalyzerFlags {
  readonly load: LoadSettings;
  /** `concurrency-range` and `batch-size` win over the model's parameters, as in Model Analyzer. */
  readonly concurrency: readonly number[] | undefined;
  readonly batchSizes: readonly number[] | undefined;
  readonly ignored: readonly string[];
}

/** tma's windows: short ones, closed only when enough requests are in them. */
const DEFAULT_LOAD: LoadSettings = {
  percentile: undefined,
  shapes: {},
  inputData: { kind: 'random' },
  stringLength: 128,
  stringData: undefined,
  window: { intervalMs: 600, minRequests: 20, stability: 0.1, maxWindows: 10 },
};

export const NO_FLAGS: PerfAnalyzerFlags = {
  load: DEFAULT_LOAD,
  concurrency: undefined,
  batchSizes: undefined,
  ignored: [],
};

/** The zod form of `perf_analyzer_flags`: a mapping of perf_analyzer's long flags to values. */
export const perfAnalyzerFlags = z.unknown().transform((value, context): PerfAnalyzerFlags => {
  const fail = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: key === '' ? [] : [key], message });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('', `expected a mapping of perf_analyzer's flags, found ${show(value)}`);
    return NO_FLAGS;
  }
  const flags = value as Record<string, unknown>;
  for (const key of Object.keys(flags)) {
    if (KNOWN.includes(key)) continue;
    const dashed = key.replaceAll('_', '-').replace(/^--/, '');
    fail(
      key,
      `unknown flag ${show(key)}: ${KNOWN.includes(dashed) ? `write ${dashed}` : suggestion(key, KNOWN)}`,
    );
  }
  const number = (key: (typeof FOLLOWED)[number], least: number, most = Number.MAX_SAFE_INTEGER) => {
    if (flags[key] === undefined) return undefined;
    const found = Number(flags[key]);
    if (Number.isFinite(found) && found >= least && found <= most && flags[key] !== '') return found;
    fail(key, `expected a number from ${least} to ${most}, found ${show(flags[key])}`);
    return undefined;
  };
  const mode = flags['measurement-mode'];
  if (mode !== undefined && mode !== 'time_windows' && mode !== 'count_windows') {
    fail('measurement-mode', `expected time_windows or count_windows, found ${show(mode)}`);
  }
  const intervalMs = number('measurement-interval', 1);
  const requests = number('measurement-request-count', 1);
  const { window } = DEFAULT_LOAD;
  return {
    load: {
      percentile: number('percentile', 1, 99),
      shapes: shapes(flags['shape'], (message) => fail('shape', message)),
      inputData: inputData(flags['input-data'], (message) => fail('input-data', message)),
      stringLength: number('string-length', 0) ?? DEFAULT_LOAD.stringLength,
      stringData: flags['string-data'] === undefined ? undefined : String(flags['string-data']),
      window: {
        intervalMs: mode === 'count_windows' ? 1 : (intervalMs ?? window.intervalMs),
        minRequests: mode === 'count_windows' ? (requests ?? 50) : window.minRequests,
        stability: (number('stability-percentage', 0.1) ?? window.stability * 100) / 100,
        maxWindows: number('max-trials', 1) ?? window.maxWindows,
      },
    },
    concurrency: range(flags['concurrency-range'], (message) => fail('concurrency-range', message)),
    batchSizes: flags['batch-size'] === undefined ? undefined : [number('batch-size', 1) ?? 1],
    ignored: Object.keys(flags).filter((key) => IGNORED.includes(key)),
  };
});

/** `name:d1,d2`, one or a list; sizes without the batch dimension. */
function shapes(value: unknown, fail: (message: string) => void): Record<string, number[]> {
  if (value === undefined) return {};
  const entries = (Array.isArray(value) ? value : [value]).map((item) => {
    const match = /^(.+):(\d+(?:,\d+)*)$/.exec(String(item));
    if (!match) fail(`expected INPUT:SIZE,SIZE..., found ${show(item)}`);
    return match ? ([match[1]!, match[2]!.split(',').map(Number)] as const) : undefined;
  });
  return Object.fromEntries(entries.filter((entry) => entry !== undefined));
}

function inputData(value: unknown, fail: (message: string) => void): LoadSettings['inputData'] {
  if (value === undefined || value === 'random') return { kind: 'random' };
  if (value === 'zero') return { kind: 'zero' };
  if (typeof value === 'string' && value.endsWith('.json')) return { kind: 'file', path: value };
  fail(`expected random, zero or the path of a .json file, found ${show(value)}`);
  return { kind: 'random' };
}

/** `start:end:step`, end and step optional. */
function range(value: unknown, fail: (message: string) => void): number[] | undefined {
  if (value === undefined) return undefined;
  const parts = String(value).split(':').map(Number);
  const [start = 0, stop = start, step = 1] = parts;
  if (parts.length > 3 || !parts.every((part) => Number.isInteger(part) && part > 0) || stop < start) {
    fail(`expected start:end:step with whole numbers above 0, found ${show(value)}`);
    return undefined;
  }
  return Array.from({ length: Math.floor((stop - start) / step) + 1 }, (_, index) => start + index * step);
}
