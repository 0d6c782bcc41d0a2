import { batchSizeOf } from '../../record/load-point.ts';
import { inputsOfMetadata, isBatching, resolveShapes } from '../inputs.ts';
import { LoadFailure, type LoadJob } from '../load-generator.ts';

/** How long windows are, or how many requests they hold. */
export interface WindowSize {
  readonly mode: 'time_windows' | 'count_windows';
  /** Milliseconds, or requests. */
  readonly size: number;
}

export const REPORT = 'report.csv';

/** Flags that every run sets itself, and how many arguments each takes. */
const OWN = new Set([
  ...['-m', '-b', '-i', '-f', '--concurrency-range', '--request-rate-range', '--verbose-csv', '--verbose'],
  ...['--measurement-mode', '--measurement-interval', '--measurement-request-count', '--extra-verbose'],
  ...['--num-of-sequences-set', '--binary-search', '--latency-threshold'],
]);
/** Of those, the ones without a value. */
const BARE = new Set(['--verbose-csv', '--verbose', '--extra-verbose', '--binary-search']);

/** The windows that the flags ask for; short ones of time where they ask for none. */
export function windowOf(flags: readonly string[]): WindowSize {
  const value = (name: string): string | undefined => {
    const at = flags.indexOf(name);
    return at < 0 ? undefined : flags[at + 1];
  };
  return value('--measurement-mode') === 'count_windows'
    ? { mode: 'count_windows', size: Number(value('--measurement-request-count') ?? 50) }
    : { mode: 'time_windows', size: Number(value('--measurement-interval') ?? 1000) };
}

/**
 * The arguments of one run: one load of one model. What the user gave stands last, so that it wins, as in Model
 * Analyzer; but for the load itself and where the figures go.
 * @throws LoadFailure when the server does not speak the protocol.
 */
export function argumentsFor(job: LoadJob<unknown>, window: WindowSize): string[] {
  const {
    settings,
    models: [{ metadata: model, config }],
    point,
  } = job;
  const protocol = settings.protocol ?? 'http';
  const decoupled = (config['model_transaction_policy'] as { decoupled?: boolean } | undefined)?.decoupled;
  const given = usersOwn(settings.flags);
  return [
    ...['-m', model.name, '-b', String(batchSizeOf(point))],
    ...whereOf(job, protocol),
    ...['-f', REPORT, '--verbose-csv', '-v'],
    ...loadOf(job),
    ...['--measurement-mode', window.mode],
    window.mode === 'time_windows' ? '--measurement-interval' : '--measurement-request-count',
    String(window.size),
    ...(decoupled && !given.includes('--streaming') ? ['--streaming', '--async'] : []),
    ...guessedShapes(job),
    ...given,
  ];
}

function whereOf(job: LoadJob<unknown>, protocol: 'http' | 'grpc'): string[] {
  if (job.inProcess) {
    const { installation, modelRepository } = job.inProcess;
    return [
      ...['--service-kind', 'triton_c_api', '--triton-server-directory', installation],
      ...['--model-repository', modelRepository],
    ];
  }
  const endpoint = job[protocol];
  if (!endpoint) throw new LoadFailure(`the server is not known to speak ${protocol}`);
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  // A number, as a name that resolves slowly spoils the figures without a word.
  return ['-i', protocol, '-u', `${host}:${endpoint.port}`];
}

function loadOf({ point, settings }: LoadJob<unknown>): string[] {
  const [{ load }] = point.streams;
  if (load.kind === 'concurrency') return ['--concurrency-range', `${load.inFlight}:${load.inFlight}`];
  if (settings.arrivals.kind === 'intervals') return [];
  if (settings.arrivals.kind === 'trace')
    throw new LoadFailure('perf_analyzer can send nothing at given times: use the native load generator');
  return ['--request-rate-range', `${load.perSecond}:${load.perSecond}`];
}

/** perf_analyzer wants every variable size said. */
function guessedShapes({ models: [{ metadata: model, config }], settings }: LoadJob<unknown>): string[] {
  if (settings.inputData.some(({ kind }) => kind === 'file' || kind === 'folder')) return [];
  const inputs = inputsOfMetadata(model, config);
  const { inputs: resolved } = resolveShapes(inputs, settings.shapes, {
    batching: isBatching(model, config),
  });
  return resolved.flatMap(({ name, dims }, index) =>
    inputs[index]!.dims.includes(-1) && !Object.hasOwn(settings.shapes, name)
      ? ['--shape', `${name}:${dims.join(',')}`]
      : [],
  );
}

/** The user's flags without those that a run sets itself. */
function usersOwn(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at]!;
    if (!OWN.has(flag)) kept.push(flag);
    else if (!BARE.has(flag)) at++;
  }
  return kept;
}
