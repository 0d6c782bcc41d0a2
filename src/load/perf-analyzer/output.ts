/** Microseconds and counts of one model's server side, as perf_analyzer prints them; what it leaves out is absent. */
export interface ServerPart {
  /** Absent for the model that load is put on. */
  readonly name?: string;
  readonly version?: string;
  readonly inferenceCount?: number;
  readonly executionCount?: number;
  readonly cacheHitCount?: number;
  readonly cacheMissCount?: number;
  readonly successCount?: number;
  readonly requestUs?: number;
  readonly overheadUs?: number;
  readonly queueUs?: number;
  readonly computeUs?: number;
  readonly computeInputUs?: number;
  readonly computeInferUs?: number;
  readonly computeOutputUs?: number;
  readonly cacheHitUs?: number;
  readonly cacheMissUs?: number;
}

/** A window, as `-v` prints it. */
export interface Pass {
  readonly throughput: number;
  readonly latencyUs: number;
  /** 95 of `p95 latency`; absent for the average. */
  readonly percentile?: number;
}

/** What a client measured at one load. */
export interface ClientPart {
  readonly requestCount: number;
  readonly throughput: number;
  readonly sendRate?: number;
  /** Percent of the requests that were sent late. */
  readonly delayedPercent?: number;
  readonly sequenceCount?: number;
  readonly sequenceRate?: number;
  readonly responseThroughput?: number;
  readonly overheadPercent?: number;
  readonly averageUs?: number;
  readonly deviationUs?: number;
  readonly percentilesUs: Readonly<Record<number, number>>;
  /** Of the HTTP or gRPC time. */
  readonly sendUs?: number;
  readonly receiveUs?: number;
  readonly sendReceiveUs?: number;
  readonly responseWaitUs?: number;
}

/** One load of a run: without a client part it was given up. */
export interface Level {
  /** undefined where the run prints none (request intervals). */
  readonly load: { readonly kind: 'concurrency' | 'request rate'; readonly value: number } | undefined;
  readonly passes: readonly Pass[];
  readonly client?: ClientPart;
  readonly server?: ServerPart;
  readonly composing: readonly ServerPart[];
  /** The client could not keep the load up. */
  readonly overloaded: boolean;
  /** Metric -> GPU UUID -> value, in the printed unit (%, watts, bytes). */
  readonly gpus: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

type Draft = { -readonly [Key in keyof Level]: Level[Key] } & {
  passes: Pass[];
  composing: ServerPart[];
  gpus: Record<string, Record<string, number>>;
};

/** Derived times can fall below zero and wrap around to these. */
const NONSENSE = 2 ** 53;
const number = (text: string | undefined): number | undefined => {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) && value < NONSENSE ? value : undefined;
};

/** The lines of a level, each with what it adds. Lines that are none of these are left alone. */
const SERVER_FIELDS: readonly [RegExp, keyof ServerPart][] = [
  [/^Inference count: (\d+)/, 'inferenceCount'],
  [/^Execution count: (\d+)/, 'executionCount'],
  [/^Cache hit count: (\d+)/, 'cacheHitCount'],
  [/^Cache miss count: (\d+)/, 'cacheMissCount'],
  [/^Successful request count: (\d+)/, 'successCount'],
  [/^Avg request latency: (\d+) usec/, 'requestUs'],
  [/overhead (\d+) usec/, 'overheadUs'],
  [/queue (\d+) usec/, 'queueUs'],
  [/\+ compute (\d+) usec/, 'computeUs'],
  [/compute input (\d+) usec/, 'computeInputUs'],
  [/compute infer (\d+) usec/, 'computeInferUs'],
  [/compute output (\d+) usec/, 'computeOutputUs'],
  [/^Average Cache Hit Latency: (\d+) usec/, 'cacheHitUs'],
  [/^Average Cache Miss Latency: (\d+) usec/, 'cacheMissUs'],
];

const CLIENT_FIELDS: readonly [RegExp, (keyof ClientPart)[]][] = [
  [/^Request count: (\d+)/, ['requestCount']],
  [/^Throughput: (\S+) infer\/sec/, ['throughput']],
  [/^Avg send request rate: (\S+) infer\/sec/, ['sendRate']],
  [/desired request rate\. (\S+)% of the requests were delayed/, ['delayedPercent']],
  [/^Sequence count: (\d+) \((\S+) seq\/sec\)/, ['sequenceCount', 'sequenceRate']],
  [/^Response Throughput: (\S+) infer\/sec/, ['responseThroughput']],
  [/^Avg client overhead: (\S+)%/, ['overheadPercent']],
  [/^Avg latency: (\d+) usec \(standard deviation (\d+) usec\)/, ['averageUs', 'deviationUs']],
  [/\(send\/recv (\d+) usec/, ['sendReceiveUs']],
  [/\(\(un\)marshal request\/response (\d+) usec/, ['sendReceiveUs']],
  [/\((?:send|marshal) (\d+) usec/, ['sendUs']],
  [/response wait (\d+) usec/, ['responseWaitUs']],
  [/\+ (?:receive|unmarshal) (\d+) usec/, ['receiveUs']],
];

const GPU_METRICS: Readonly<Record<string, string>> = {
  'Avg GPU Utilization:': 'utilization',
  'Avg GPU Power Usage:': 'power',
  'Max GPU Memory Usage:': 'usedMemory',
  'Total GPU Memory:': 'totalMemory',
};

/**
 * Reads what perf_analyzer printed, all of it or what has come so far: every load with its passes, the client's and
 * the server's figures, composing models and GPUs.
 */
export function parseOutput(text: string): Level[] {
  const reader = new OutputReader();
  for (const line of text.split('\n')) reader.read(line.replace(/^\[1,\d+\]<stdout>:/, '').trim());
  return reader.levels;
}

const HEADER = /^(Request concurrency|Request Rate): ([\d.e+]+)(?: |$)/;
const PASS = /^Pass \[\d+\] throughput: (\S+) infer\/sec\. (?:Avg latency|p(\d+) latency): (\d+) usec/;
const OVERLOADED = '[WARNING] Perf Analyzer is not able to keep up with the desired load';

/** Reads line after line; most belong to the part of a level that was begun last. */
class OutputReader {
  readonly levels: Draft[] = [];
  #part: 'none' | 'client' | 'server' | 'gpus' = 'none';
  #gpuMetric = '';

  read(line: string): void {
    const level = this.levels.at(-1);
    const header = HEADER.exec(line);
    const pass = PASS.exec(line);
    if (header) this.#head(header[1] === 'Request Rate' ? 'request rate' : 'concurrency', Number(header[2]));
    else if (pass) this.#pass(level ?? this.#begin(undefined), pass);
    else if (line === 'Client:') {
      const open = level && !level.client ? level : this.#begin(undefined);
      open.client = { requestCount: 0, throughput: 0, percentilesUs: {} };
      this.#part = 'client';
    } else if (line === 'Server:') {
      this.#part = 'server';
      if (level) level.server = {};
    } else if (line === 'Server Prometheus Metrics:') this.#part = 'gpus';
    else if (line.startsWith('Inferences/Second vs. Client')) this.#part = 'none';
    else if (line.startsWith(OVERLOADED)) {
      if (level) level.overloaded = true;
    } else if (level) this.#inPart(level, line);
  }

  #begin(load: Level['load']): Draft {
    const level: Draft = { load, passes: [], composing: [], overloaded: false, gpus: {} };
    this.levels.push(level);
    this.#part = 'none';
    return level;
  }

  #head(kind: 'request rate' | 'concurrency', value: number): void {
    const last = this.levels.at(-1);
    // With a warm-up the line stands there twice.
    const repeated = last?.load?.value === value && last.passes.length === 0 && !last.client;
    if (!repeated) this.#begin({ kind, value });
  }

  #pass(level: Draft, [, throughput, percentile, latencyUs]: RegExpExecArray): void {
    level.passes.push({
      throughput: Number(throughput),
      latencyUs: Number(latencyUs),
      ...(percentile && { percentile: Number(percentile) }),
    });
  }

  #inPart(level: Draft, line: string): void {
    if (this.#part === 'client') level.client = readClient(level.client!, line);
    if (this.#part === 'server') this.#ofServer(level, line);
    if (this.#part === 'gpus') this.#ofGpus(level, line);
  }

  #ofServer(level: Draft, line: string): void {
    const name = /^(.+), version: (\S*)$/.exec(line);
    if (name) level.composing.push({ name: name[1]!, version: name[2]! });
    else if (level.composing.length > 0)
      level.composing[level.composing.length - 1] = readServer(level.composing.at(-1)!, line);
    else level.server = readServer(level.server ?? {}, line);
  }

  #ofGpus(level: Draft, line: string): void {
    this.#gpuMetric = GPU_METRICS[line] ?? this.#gpuMetric;
    const cell = /^(\S+) : (\S+?)(?:%| watts| bytes)$/.exec(line);
    const value = number(cell?.[2]);
    if (!cell || value === undefined) return;
    level.gpus[this.#gpuMetric] ??= {};
    level.gpus[this.#gpuMetric]![cell[1]!] = value;
  }
}

function readClient(client: ClientPart, line: string): ClientPart {
  const percentile = /^p(\d+) latency: (\d+) usec/.exec(line);
  if (percentile) {
    const value = number(percentile[2]);
    return value === undefined
      ? client
      : { ...client, percentilesUs: { ...client.percentilesUs, [Number(percentile[1])]: value } };
  }
  const found: Record<string, number> = {};
  for (const [pattern, keys] of CLIENT_FIELDS) {
    const match = pattern.exec(line);
    keys.forEach((key, index) => {
      const value = number(match?.[index + 1]);
      if (value !== undefined) found[key] = value;
    });
  }
  return { ...client, ...found };
}

function readServer(server: ServerPart, line: string): ServerPart {
  const found: Record<string, number> = {};
  // The stages in the line of cache misses are theirs alone.
  const fields = line.startsWith('Average Cache') ? SERVER_FIELDS.slice(-2) : SERVER_FIELDS;
  for (const [pattern, key] of fields) {
    const value = number(pattern.exec(line)?.[1]);
    if (value !== undefined) found[key] = value;
  }
  return { ...server, ...found };
}
