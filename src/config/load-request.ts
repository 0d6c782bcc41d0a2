import { type Problem, UserError, userError } from '../ground/errors.ts';
import type { Address, GeneratorSettings, RemoteSettings } from './experiment.ts';
import { generatorSettings } from './generator.ts';
import { type CommandLine, readOptions } from './given-options.ts';
import { type LoadFlags, readLoadFlags } from './read-load-flags.ts';

/** Load for one model on a server that runs already: what `tma load` was asked for. */
export interface LoadRequest {
  readonly model: string;
  readonly flags: LoadFlags;
  /** How to reach the server. */
  readonly remote: RemoteSettings;
  readonly generator: GeneratorSettings;
  /** The file for perf_analyzer's CSV, as it was named. */
  readonly reportFile: string | undefined;
}

/** Options of `tma profile` that say what makes the load. */
export const GENERATOR_OPTIONS = [
  'load_generator',
  'perf_analyzer_path',
  'perf_analyzer_timeout',
  'perf_analyzer_cpu_util',
  'perf_analyzer_max_auto_adjusts',
] as const;

/**
 * Reads what load is wanted.
 * @param given perf_analyzer's flags by their names without hyphens in front: `{ 'model-name': 'm', 'concurrency-range': '1:4' }`.
 * @param options those of GENERATOR_OPTIONS that were given.
 * @throws UserError with everything that is wrong with the flags.
 */
export function loadRequest(
  given: Readonly<Record<string, unknown>>,
  options: CommandLine = {},
  cwd: string = process.cwd(),
): LoadRequest {
  const problems: Problem[] = [];
  const flags = readLoadFlags(given, (flag, message) => problems.push({ message: `--${flag}: ${message}` }));
  if (flags.needsPerfAnalyzer && options.load_generator !== 'perf_analyzer')
    problems.push({
      message: flags.needsPerfAnalyzer,
      hint: 'leave it out, or add --load-generator perf_analyzer',
    });
  if (problems.length > 0) throw new UserError(problems);
  const { 'model-name': model, url, 'latency-report-file': reportFile } = given;
  if (typeof model !== 'string') throw userError('no model', 'name it with -m MODEL');
  const { values } = readOptions(undefined, options, 'profile');
  return {
    model,
    flags,
    remote: remoteOf(url, flags),
    generator: generatorSettings(Object.fromEntries(GENERATOR_OPTIONS.map((key) => [key, values[key]])), cwd),
    reportFile: typeof reportFile === 'string' ? reportFile : undefined,
  };
}

/** Where the server is: one address, spoken to by the protocol that was asked for. */
function remoteOf(url: unknown, { load }: LoadFlags): RemoteSettings {
  const grpc = load.protocol === 'grpc';
  const text = typeof url === 'string' ? url : 'localhost';
  const secure = grpc ? load.tls?.grpc : /^https:/.test(text) ? (load.tls?.http ?? VERIFIED) : undefined;
  const address = { ...addressOf(text, grpc ? 8001 : 8000), ...(secure && { tls: secure }) };
  return {
    http: grpc ? undefined : address,
    grpc: grpc ? address : undefined,
    metrics: { host: address.host, port: 8002 },
    reload: false,
  };
}

const VERIFIED = { verifyPeer: true, verifyHost: true };

function addressOf(url: string, port: number): Address {
  const match = /^(?:(?:https?|grpcs?):\/\/)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(url);
  if (!match) throw userError(`--url: expected HOST:PORT, found "${url}"`);
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2] ?? port) };
}
