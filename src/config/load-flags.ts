/** Who follows a flag: tma's own generator, or perf_analyzer alone. */
type Follower = 'native' | 'perf_analyzer';

/** One of perf_analyzer's flags, or one of ours in its manner. */
export interface LoadFlag {
  readonly short?: string;
  /** What stands behind it; absent = a switch. */
  readonly value?: string;
  readonly help: string;
  /** May be given several times. */
  readonly list?: boolean;
  readonly follower: Follower;
  /** Not perf_analyzer's: never handed to it. */
  readonly ours?: boolean;
  /** A flag of `tma load` only: perf.yaml has another key for it. */
  readonly commandOnly?: boolean;
}

const native = (help: string, value?: string, more: Partial<LoadFlag> = {}): LoadFlag => ({
  help,
  follower: 'native',
  ...(value !== undefined && { value }),
  ...more,
});
const ours = (help: string, value?: string, more: Partial<LoadFlag> = {}): LoadFlag =>
  native(help, value, { ours: true, ...more });
const theirs = (value?: string, more: Partial<LoadFlag> = {}): LoadFlag => ({
  help: 'perf_analyzer only',
  follower: 'perf_analyzer',
  ...(value !== undefined && { value }),
  ...more,
});
const file = 'FILE';

/**
 * Flags of the load, under the names that perf_analyzer gives them: keys of `perf_analyzer_flags` in perf.yaml and
 * flags of `tma load`.
 */
export const LOAD_FLAGS = {
  'model-name': native('the model', 'NAME', { short: '-m' }),
  'model-version': native('its version; the newest one by default', 'N', { short: '-x' }),
  url: native('the server; by default port 8000 of localhost, 8001 with gRPC', 'HOST:PORT', { short: '-u' }),
  protocol: native('http or grpc (default: http)', 'NAME', { short: '-i' }),
  'batch-size': native('inferences in one request (default: 1)', 'N', { short: '-b' }),
  'concurrency-range': native('requests in flight: N, or first:last, or first:last:step', 'RANGE'),
  'request-rate-range': native('requests a second instead: N, or first:last:step', 'RANGE'),
  'request-distribution': native('of a request rate: constant or poisson', 'NAME'),
  'request-intervals': native('gaps between requests, a line each in microseconds, again and again', file),
  'request-times': ours('when requests are due, a line each in ms from the start', file),
  'max-in-flight': ours('drop what is due while so many requests are in flight', 'N'),
  'max-threads': native('threads that share the load', 'N'),
  'input-data': native('random, zero, a .json file or a folder of raw files', 'DATA', { list: true }),
  shape: native('sizes of an input, as NAME:SIZE,SIZE without the batch dimension', 'SHAPE', { list: true }),
  'string-length': native('length of random strings (default: 128)', 'N'),
  'string-data': native('send this string', 'TEXT'),
  'random-seed': ours('makes the same data, arrivals and sequences again (default: 1)', 'N'),
  'num-of-sequences': native('live sequences with a request rate (default: 4)', 'N'),
  'sequence-length': native(
    'requests of a sequence (default: as many as a stream of the file, else 20)',
    'N',
  ),
  'sequence-length-variation': native('by so many percent it varies (default: 20)', 'PERCENT'),
  'sequence-id-range': native('ids of sequences, as first:last', 'RANGE'),
  streaming: native('send requests through gRPC streams (decoupled models need it)'),
  'shared-memory': native('none or system: inputs and outputs in shared memory', 'KIND'),
  'output-shared-memory-size': native('bytes of each output there (default: 102400)', 'BYTES'),
  'http-header': native('send this header (gRPC: metadata), as NAME:VALUE', 'HEADER', {
    short: '-H',
    list: true,
  }),
  'grpc-compression-algorithm': native('none, gzip or deflate', 'NAME'),
  percentile: native('measure until this percentile is known, too', 'N'),
  'stop-rule': ours('when a point is done: precision or windows (default: precision)', 'RULE'),
  precision: ours('half width of the 95 % interval, percent of the throughput (default: 3)', 'PERCENT'),
  'time-limit': ours('seconds until a point that is not precise is ended and marked (default: 2.5)', 'S'),
  'measurement-mode': native('windows: time_windows or count_windows', 'MODE'),
  'measurement-interval': native('windows: length of one in ms', 'MS', { short: '-p' }),
  'measurement-request-count': native('windows: requests in one', 'N'),
  'stability-percentage': native('windows: how far three may differ (default: 10)', 'PERCENT', {
    short: '-s',
  }),
  'max-trials': native('windows: how many at most (default: 10)', 'N', { short: '-r' }),
  'latency-threshold': native('end a range at the first load slower than this, ms', 'MS', { short: '-l' }),
  'request-timeout': ours('seconds until a request without an answer has failed (default: 60)', 'S'),
  engine: ours('how requests are sent: auto, raw (sockets of our own) or library (default: auto)', 'NAME'),
  'failure-limit': ours('percent of requests that may fail before the load does (default: 1)', 'PERCENT'),
  'ssl-grpc-use-ssl': native('gRPC over TLS'),
  'ssl-grpc-root-certifications-file': native("who may have signed the server's certificate", file),
  'ssl-grpc-private-key-file': native("the client's key", file),
  'ssl-grpc-certificate-chain-file': native("the client's certificates", file),
  'ssl-https-verify-peer': native("0: don't ask who signed the server's certificate", '0|1'),
  'ssl-https-verify-host': native("0: don't ask whose certificate it is", '0|1|2'),
  'ssl-https-ca-certificates-file': native("who may have signed the server's certificate", file),
  'ssl-https-client-certificate-file': native("the client's certificate", file),
  'ssl-https-client-certificate-type': native('PEM or DER', 'TYPE'),
  'ssl-https-private-key-file': native("the client's key", file),
  'ssl-https-private-key-type': native('PEM or DER', 'TYPE'),
  'latency-report-file': native('write the figures to this CSV file', file, { short: '-f' }),
  async: theirs(),
  sync: theirs(),
  'binary-search': theirs(),
  'service-kind': theirs('KIND'),
  'model-signature-name': theirs('NAME'),
  'triton-server-directory': theirs('DIR'),
  'model-repository': theirs('DIR'),
  'collect-metrics': theirs(),
  'metrics-url': theirs('URL'),
  'metrics-interval': theirs('MS'),
  'bls-composing-models': theirs('NAMES'),
  verbose: theirs(),
  'extra-verbose': theirs(),
  'verbose-csv': theirs(),
} as const satisfies Record<string, LoadFlag>;

export type LoadFlagName = keyof typeof LOAD_FLAGS;

/** Every flag by its name, as one type. */
export const loadFlags: ReadonlyMap<string, LoadFlag> = new Map(Object.entries(LOAD_FLAGS));

/** perf_analyzer's switches: they stand without a value, and only where it is true. */
export const isSwitch = (name: string): boolean => loadFlags.get(name)?.value === undefined;
