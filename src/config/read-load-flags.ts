import { suggestion } from '../ground/wording.ts';
import { meanRate } from '../statistics/arrivals.ts';
import type { ArrivalSettings, InputSource, LoadSettings, StopRule, TlsSettings } from './experiment.ts';
import { type Fail, FlagReader, type GivenFlags } from './flag-reader.ts';
import { MOST_SECONDS } from './limits.ts';
import { isSwitch, loadFlags } from './load-flags.ts';
import { isEmpty, show, textOf } from './written.ts';

/** What the flags say about the load of a model. */
export interface LoadFlags {
  readonly load: LoadSettings;
  /** These win over a model's parameters, as in Model Analyzer. */
  readonly concurrency: readonly number[] | undefined;
  readonly requestRates: readonly number[] | undefined;
  readonly batchSizes: readonly number[] | undefined;
  /** End a range at the first slower load, ms. */
  readonly latencyThreshold: number | undefined;
  readonly protocol: 'http' | 'grpc' | undefined;
  /** Given, and followed by perf_analyzer alone. */
  readonly theirs: readonly string[];
  /** What was asked for and tma's own generator can't do. */
  readonly needsPerfAnalyzer?: string;
  /** A line for each flag that was given and that something else says. */
  readonly decided: readonly string[];
}

/** perf_analyzer's defaults for windows, but for their length. */
const WINDOWS = { intervalMs: 600, minRequests: 20, stability: 0.1, maxWindows: 10 };
const WINDOW_FLAGS = [
  'measurement-mode',
  'measurement-interval',
  'measurement-request-count',
  'stability-percentage',
  'max-trials',
] as const;

/** What one request can carry, and threads that one machine can have. */
const LONGEST_STRING = 100_000_000;
const MOST_THREADS = 1000;

const DEFAULT_LOAD: LoadSettings = {
  percentile: undefined,
  stopRule: { kind: 'precision', precision: 0.03, limitMs: 2500 },
  shapes: {},
  inputData: [{ kind: 'random' }],
  stringLength: 128,
  stringData: undefined,
  seed: 1,
  arrivals: { kind: 'constant' },
  failureLimit: 0.01,
  requestTimeoutMs: 60_000,
  sequences: { count: 4, length: 20, variation: 0.2, idStart: 1, idEnd: 2 ** 31 },
  streaming: false,
  headers: [],
  engine: 'auto',
  flags: [],
};

export const NO_FLAGS: LoadFlags = {
  load: DEFAULT_LOAD,
  concurrency: undefined,
  requestRates: undefined,
  batchSizes: undefined,
  latencyThreshold: undefined,
  protocol: undefined,
  theirs: [],
  decided: [],
};

/** Reads flags of the load; mistakes are told to `fail`, and the defaults stand in their place. */
export function readLoadFlags(flags: GivenFlags, fail: Fail): LoadFlags {
  for (const key of Object.keys(flags)) {
    if (loadFlags.has(key)) continue;
    const dashed = key.replaceAll('_', '-').replace(/^--/, '');
    const hint = loadFlags.has(dashed) ? `write ${dashed}` : suggestion(key, [...loadFlags.keys()]);
    fail(key, `unknown flag ${show(key)}: ${hint}`);
  }
  const read = new FlagReader(flags, fail);
  const arrivals = readArrivals(read);
  const rates = read.range('request-rate-range', false);
  const concurrency = read.range('concurrency-range', true);
  if (rates && concurrency)
    fail('request-rate-range', 'is given beside concurrency-range: keep one of the two');
  const batch = read.count('batch-size', 1);
  const protocol = read.oneOf('protocol', ['http', 'grpc'] as const, true);
  return {
    load: {
      ...(protocol === 'grpc' && { protocol }),
      percentile: read.number('percentile', 1, 99),
      stopRule: readStopRule(read),
      shapes: readShapes(read),
      inputData: readInputData(read),
      stringLength: read.count('string-length', 0, LONGEST_STRING) ?? DEFAULT_LOAD.stringLength,
      stringData: read.text('string-data'),
      seed: read.count('random-seed', 0) ?? DEFAULT_LOAD.seed,
      arrivals: arrivals ?? DEFAULT_LOAD.arrivals,
      ...optional('maxInFlight', read.count('max-in-flight', 1)),
      ...optional('threads', read.count('max-threads', 1, MOST_THREADS)),
      failureLimit: (read.number('failure-limit', 0, 100) ?? DEFAULT_LOAD.failureLimit * 100) / 100,
      requestTimeoutMs:
        (read.number('request-timeout', 0.001, MOST_SECONDS) ?? DEFAULT_LOAD.requestTimeoutMs / 1000) * 1000,
      sequences: readSequences(read),
      streaming: read.flag('streaming'),
      ...optional('sharedMemory', readSharedMemory(read)),
      headers: readHeaders(read),
      engine: read.oneOf('engine', ['auto', 'raw', 'library'] as const) ?? DEFAULT_LOAD.engine,
      ...optional('compression', readCompression(read)),
      ...optional('tls', readTls(read)),
      ...optional('modelVersion', read.text('model-version')),
      flags: argumentsOf(flags),
    },
    concurrency,
    requestRates: ownRate(arrivals) ?? rates,
    batchSizes: batch === undefined ? undefined : [batch],
    latencyThreshold: read.number('latency-threshold', 0),
    protocol,
    theirs: Object.keys(flags).filter((key) => loadFlags.get(key)?.follower === 'perf_analyzer'),
    decided: [],
    ...(isCuda(read) && {
      needsPerfAnalyzer: 'shared-memory: cuda needs a native library, which perf_analyzer has',
    }),
  };
}

const optional = <Key extends string, T>(key: Key, value: T | undefined): Partial<Record<Key, T>> =>
  value === undefined ? {} : ({ [key]: value } as Record<Key, T>);

function readArrivals(read: FlagReader): ArrivalSettings | undefined {
  const gaps = read.numbersOf('request-intervals');
  const times = read.numbersOf('request-times');
  if (gaps && times)
    return read.fail('request-times', 'is given beside request-intervals: keep one of the two');
  const source = gaps ? 'request-intervals' : 'request-times';
  if ((gaps || times) && read.given('request-rate-range'))
    return read.fail(source, 'is given beside request-rate-range: keep one of the two');
  if (gaps) {
    return gaps.some((gap) => gap > 0)
      ? { kind: 'intervals', gapsMs: gaps.map((us) => us / 1000) }
      : read.fail('request-intervals', 'every gap is 0');
  }
  if (times) {
    const sorted = times.toSorted((a, b) => a - b);
    return { kind: 'trace', timesMs: sorted.map((time) => time - sorted[0]!) };
  }
  const kind = read.oneOf('request-distribution', ['constant', 'poisson'] as const);
  return kind && { kind };
}

/** Gaps and times bring their own rate, requests a second. */
function ownRate(arrivals: ArrivalSettings | undefined): number[] | undefined {
  if (arrivals?.kind !== 'intervals' && arrivals?.kind !== 'trace') return undefined;
  return [Number(meanRate(arrivals).toPrecision(6))];
}

/** Who sets the windows wants them; else the interval decides. */
function readStopRule(read: FlagReader): StopRule {
  const precision = read.number('precision', 0.01, 100);
  const limit = read.number('time-limit', 0.1, MOST_SECONDS);
  const given = WINDOW_FLAGS.some((key) => read.given(key));
  const rule = read.oneOf('stop-rule', ['precision', 'windows'] as const);
  const windows = {
    kind: 'windows' as const,
    ...WINDOWS,
    ...readWindows(read),
  };
  if (rule ? rule === 'windows' : given && precision === undefined) return windows;
  const standard = DEFAULT_LOAD.stopRule as StopRule & { kind: 'precision' };
  return {
    kind: 'precision',
    precision: precision === undefined ? standard.precision : precision / 100,
    limitMs: limit === undefined ? standard.limitMs : limit * 1000,
  };
}

function readWindows(read: FlagReader) {
  const mode = read.oneOf('measurement-mode', ['time_windows', 'count_windows'] as const);
  const interval = read.number('measurement-interval', 1, MOST_SECONDS * 1000);
  const requests = read.count('measurement-request-count', 1);
  const stability = read.number('stability-percentage', 0.1);
  const trials = read.count('max-trials', 1);
  return {
    ...optional('intervalMs', mode === 'count_windows' ? 1 : interval),
    ...(mode === 'count_windows' && { minRequests: requests ?? 50 }),
    ...optional('stability', stability === undefined ? undefined : stability / 100),
    ...optional('maxWindows', trials),
  };
}

/** `name:d1,d2`, one or a list; sizes without the batch dimension. */
function readShapes(read: FlagReader): Record<string, number[]> {
  // Without a prototype: an input may have any name.
  const shapes: Record<string, number[]> = Object.create(null);
  for (const item of read.list('shape')) {
    const match = /^(\S+):(\d+(?:,\d+)*)$/.exec(item.trim());
    const sizes = (match?.[2] ?? '').split(',').map(Number);
    if (match && sizes.every(Number.isSafeInteger)) shapes[match[1]!] = sizes;
    else read.fail('shape', shapeMistake(item));
  }
  return shapes;
}

function shapeMistake(item: string): string {
  const parts = item.trim().split(/\s+/);
  const several = parts.length > 1 && parts.every((part) => /:\d+(,\d+)*$/.test(part));
  return several
    ? `several shapes are a list: shape: [${parts.map((part) => JSON.stringify(part)).join(', ')}]`
    : `expected INPUT:SIZE,SIZE..., found ${show(item)}`;
}

function readInputData(read: FlagReader): InputSource[] {
  const sources = read.list('input-data').map((item): InputSource => {
    if (item === 'random' || item === 'zero') return { kind: item };
    return item.endsWith('.json') ? { kind: 'file', path: item } : { kind: 'folder', path: item };
  });
  if (sources.length > 1 && sources.some(({ kind }) => kind !== 'file'))
    read.fail('input-data', 'only .json files can be given several at once');
  return sources.length > 0 ? sources : [{ kind: 'random' }];
}

function readSequences(read: FlagReader): LoadSettings['sequences'] {
  const standard = DEFAULT_LOAD.sequences;
  const ids = read.text('sequence-id-range');
  const range = ids === undefined ? undefined : /^(\d+)(?::(\d+))?$/.exec(ids);
  const [start, end] = [Number(range?.[1] ?? standard.idStart), Number(range?.[2] ?? standard.idEnd)];
  if (range === null || start < 1 || end <= start || !Number.isSafeInteger(end))
    read.fail('sequence-id-range', `expected first:last with 1 <= first < last, found ${show(ids)}`);
  const length = read.count('sequence-length', 1);
  const variation = read.number('sequence-length-variation', 0, 100);
  return {
    count: read.count('num-of-sequences', 1) ?? standard.count,
    length: length ?? standard.length,
    ...(length !== undefined && { lengthGiven: true }),
    variation: variation === undefined ? standard.variation : variation / 100,
    idStart: start,
    idEnd: end,
  };
}

const isCuda = (read: FlagReader): boolean => read.text('shared-memory') === 'cuda';

function readSharedMemory(read: FlagReader): LoadSettings['sharedMemory'] {
  const bytes = read.count('output-shared-memory-size', 1) ?? 102_400;
  if (isCuda(read)) return undefined;
  return read.oneOf('shared-memory', ['none', 'system'] as const) === 'system'
    ? { outputBytes: bytes }
    : undefined;
}

function readHeaders(read: FlagReader): [string, string][] {
  return read.list('http-header').flatMap((item): [string, string][] => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n]*)$/.exec(item);
    // What stands there may be a secret.
    if (!match) read.fail('http-header', `expected NAME:VALUE, found ${item.length} letters that are none`);
    return match ? [[match[1]!, match[2]!]] : [];
  });
}

function readCompression(read: FlagReader): 'gzip' | 'deflate' | undefined {
  const name = read.oneOf('grpc-compression-algorithm', ['none', 'gzip', 'deflate'] as const);
  return name === 'none' ? undefined : name;
}

/** TLS by protocol: of HTTP its address decides whether it is used, of gRPC a flag. */
function readTls(read: FlagReader): LoadSettings['tls'] {
  for (const key of ['ssl-https-client-certificate-type', 'ssl-https-private-key-type'] as const)
    read.oneOf(key, ['PEM', 'DER'] as const);
  const peer = read.number('ssl-https-verify-peer', 0, 1);
  const host = read.number('ssl-https-verify-host', 0, 2);
  const http: TlsSettings = {
    ...optional('caFile', read.text('ssl-https-ca-certificates-file')),
    ...optional('keyFile', read.text('ssl-https-private-key-file')),
    ...optional('certificateFile', read.text('ssl-https-client-certificate-file')),
    verifyPeer: peer !== 0,
    verifyHost: host !== 0,
  };
  const grpc: TlsSettings = {
    ...optional('caFile', read.text('ssl-grpc-root-certifications-file')),
    ...optional('keyFile', read.text('ssl-grpc-private-key-file')),
    ...optional('certificateFile', read.text('ssl-grpc-certificate-chain-file')),
    verifyPeer: true,
    verifyHost: true,
  };
  const given = peer !== undefined || host !== undefined || Object.keys(http).length > 2;
  const secure = read.flag('ssl-grpc-use-ssl');
  return given || secure ? { ...(given && { http }), ...(secure && { grpc }) } : undefined;
}

/** The given flags as perf_analyzer's arguments: values stay whole, whatever is in them. */
function argumentsOf(flags: GivenFlags): string[] {
  return Object.entries(flags).flatMap(([key, value]) => {
    const flag = loadFlags.get(key);
    if (!flag || flag.ours || (value !== '' && isEmpty(value))) return [];
    const texts = (Array.isArray(value) ? value : [value]).map((item) => textOf(item) ?? '');
    if (isSwitch(key)) return texts[0]!.toLowerCase() === 'true' ? [`--${key}`] : [];
    const name =
      flag.short && ['-m', '-x', '-b', '-u', '-i', '-f', '-H'].includes(flag.short) ? flag.short : `--${key}`;
    return texts.flatMap((text) => [name, text]);
  });
}
