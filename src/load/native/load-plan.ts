import { availableParallelism } from 'node:os';
import type { LoadSettings } from '../../config/experiment.ts';
import { UserError } from '../../ground/errors.ts';
import { batchSizeOf } from '../../record/load-point.ts';
import { isHttpName, whyNotByHttp } from '../../server/model-path.ts';
import type { Endpoint } from '../../server/triton.ts';
import type { Arrivals } from '../../statistics/arrivals.ts';
import { inputsOfMetadata, isBatching, outputsOfMetadata, type Payload, type Payloads } from '../inputs.ts';
import { LoadFailure, type LoadJob } from '../load-generator.ts';
import { makePayloads } from '../payloads.ts';
import { checkRequestBytes } from '../sizes.ts';
import { connectionLimits, whyTooMany } from './connection-limits.ts';
import type { CrewInput } from './crew.ts';
import { describeEngine } from './describe-engine.ts';
import type { EngineSettings, LoadShape, SequenceSettings } from './protocol.ts';
import { proxyFor } from './proxy.ts';
import { inferPath, type RequestOptions } from './request.ts';
import { type SharedTensors, shareTensors } from './shared-memory.ts';
import { sharedRequests } from './shared-requests.ts';

/** Requests at a time on one gRPC connection: with more they would wait for each other there. */
const STREAMS = 6;
/** Most requests in flight of an open loop that was given no limit; what is due then waits, and is late. */
const MOST_IN_FLIGHT = 1024;
const SERVICE = '/inference.GRPCInferenceService';
/**
 * So many requests in flight one thread keeps up without being late; `npm run bench:load -- client` measures what it
 * can do.
 */
const SLOTS_OF_A_THREAD = 64;

/** How a point's load will be made. */
export interface LoadPlan extends AsyncDisposable {
  readonly crew: CrewInput;
  readonly threads: number;
  /** The engine, in words. */
  readonly engine: string;
  /** What was guessed, in words. */
  readonly notes: readonly string[];
}

/** Prepares everything that the threads need: requests as bytes, connections, the shape of the load. */
export async function planLoad(job: LoadJob<unknown>): Promise<LoadPlan> {
  const {
    settings,
    models: [{ metadata: model, config }],
  } = job;
  const protocol = settings.protocol ?? 'http';
  const endpoint = endpointOf(job, protocol);
  if (!endpoint) throw new LoadFailure(`the server is not known to speak ${protocol}`);
  if (protocol === 'http' && !isHttpName(model.name))
    throw new LoadFailure(`${whyNotByHttp(model.name)}: use protocol grpc`);
  const decoupled =
    (config['model_transaction_policy'] as { decoupled?: boolean } | undefined)?.decoupled === true;
  if ((decoupled || settings.streaming) && protocol === 'http') {
    const why = decoupled ? `${model.name} is decoupled` : 'streaming was asked for';
    throw new LoadFailure(`${why}, which only gRPC carries: use protocol grpc`);
  }
  const stateful = config['sequence_batching'] !== undefined;
  if (stateful && settings.compression)
    throw new LoadFailure(`${model.name} keeps sequences, whose requests tma can't compress: leave it out`);
  const made = payloadsOf(job);
  const payloads = stateful ? made : { ...made, streams: inTurn(made.streams) };
  const options: RequestOptions = {
    model: model.name,
    version: settings.modelVersion,
    sequence: stateful,
    markFinal: decoupled,
  };
  const authority = `${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  const streaming = decoupled ? 'decoupled' : settings.streaming ? 'one answer each' : undefined;
  const engine = engineOf({ protocol, endpoint, authority, streaming, settings, options });
  const shape = shapeOf(job, payloads, stateful);
  const tooMany = whyTooMany(connectionsOf(shape, engine), connectionLimits(endpoint));
  if (tooMany !== undefined) throw new LoadFailure(tooMany);
  const ids = settings.sequences.idEnd - settings.sequences.idStart;
  if (stateful && mostInFlight(shape) > ids)
    throw new LoadFailure(
      `${mostInFlight(shape)} sequences are live at once, sequence-id-range has ${ids} ids for them: give more`,
    );
  const tensors = await shareAll(job, payloads);
  const streams = sharedRequests(payloads.streams, { engine, authority, settings, options, tensors });
  return {
    crew: {
      engine,
      streams,
      // A decoupled model may end with an answer that holds none.
      outputs: decoupled ? [] : model.outputs,
      shape,
      sequences: stateful ? sequencesOf(settings, payloads) : undefined,
      seed: settings.seed,
      timeoutMs: settings.requestTimeoutMs,
    },
    threads:
      settings.threads === undefined ? threadsFor(shape) : Math.min(settings.threads, mostInFlight(shape)),
    engine: describeEngine(engine),
    notes: payloads.notes,
    async [Symbol.asyncDispose]() {
      await tensors?.[Symbol.asyncDispose]();
    },
  };
}

/** Data that does not fit the model as the server has it fails this load; others may fit. */
function payloadsOf({ models: [{ metadata: model, config }], settings, point }: LoadJob<unknown>): Payloads {
  try {
    return makePayloads(inputsOfMetadata(model, config), outputsOfMetadata(model, config), settings, {
      size: batchSizeOf(point),
      dimension: isBatching(model, config),
    });
  } catch (error) {
    throw error instanceof UserError ? new LoadFailure(error.message) : error;
  }
}

/** Tensors in shared memory, where that was asked for. */
async function shareAll(
  { settings, models: [{ metadata: model }], point, triton }: LoadJob<unknown>,
  { streams }: Payloads,
): Promise<SharedTensors | undefined> {
  if (!settings.sharedMemory) return undefined;
  if (streams.flat().some(({ expected }) => expected !== undefined))
    throw new LoadFailure(
      'outputs in shared memory are not read: leave validation data or shared-memory out',
    );
  const outputs = model.outputs.map(({ name }) => name);
  const bytes = settings.sharedMemory.outputBytes * batchSizeOf(point);
  checkRequestBytes(
    bytes * outputs.length,
    `${outputs.length} outputs in shared memory`,
    'give a smaller output-shared-memory-size',
  );
  return await shareTensors(triton, streams.flat(), outputs, bytes);
}

/** The requests of a file that says when they are due in one stream, sorted by that; others as they are. */
function inTurn(streams: Payloads['streams']): Payloads['streams'] {
  const all = streams.flat();
  const dueOf = ({ dueMs }: Payload): number => dueMs ?? Number.MAX_VALUE;
  return all.some(({ dueMs }) => dueMs !== undefined)
    ? [all.toSorted((a, b) => dueOf(a) - dueOf(b))]
    : streams;
}

/**
 * How sequences are made. Those of a file's streams are as long as the streams, unless a length was asked for, as in
 * perf_analyzer.
 */
const sequencesOf = ({ sequences }: LoadSettings, { ownLength }: Payloads): SequenceSettings => {
  const { length, variation, idStart, idEnd, lengthGiven } = sequences;
  return { ...(!(ownLength && !lengthGiven) && { length }), variation, idStart, idEnd };
};

/** Where requests go; over TLS where the settings say so of gRPC. */
function endpointOf(job: LoadJob<unknown>, protocol: 'http' | 'grpc'): Endpoint | undefined {
  const endpoint = job[protocol];
  const tls = protocol === 'grpc' ? job.settings.tls?.grpc : undefined;
  return endpoint && tls && !endpoint.tls
    ? { ...endpoint, tls: { ...tls, serverName: endpoint.host } }
    : endpoint;
}

/** Raw sockets, unless a library is asked for or a proxy stands between. */
function engineOf(facts: {
  protocol: 'http' | 'grpc';
  endpoint: Endpoint;
  authority: string;
  streaming: 'decoupled' | 'one answer each' | undefined;
  settings: LoadSettings;
  options: RequestOptions;
}): EngineSettings {
  const { protocol, endpoint, authority, streaming, settings, options } = facts;
  const { headers, compression } = settings;
  const proxy = proxyFor({
    host: endpoint.tls?.serverName ?? endpoint.host,
    secure: endpoint.tls !== undefined,
  });
  const library = settings.engine === 'library' || (settings.engine === 'auto' && proxy !== undefined);
  if (protocol === 'http')
    return library
      ? { kind: 'undici', endpoint, path: inferPath(options), headers, proxy }
      : { kind: 'http1', endpoint };
  const path = `${SERVICE}/${streaming ? 'ModelStreamInfer' : 'ModelInfer'}`;
  const metadata = [
    ...headers.map(([name, value]) => [name.toLowerCase(), value] as const),
    ...(compression && !library ? [['grpc-encoding', compression] as const] : []),
  ];
  const http2 = {
    capacity: STREAMS,
    path,
    authority,
    metadata,
    secure: endpoint.tls !== undefined,
    ...(streaming && { streaming }),
    ...(compression && { compression }),
  };
  return { kind: library ? 'grpc-js' : 'http2', endpoint, http2 };
}

/** Concurrency, or arrivals; sequences in an open loop are live ones only. */
function shapeOf({ point, settings }: LoadJob<unknown>, payloads: Payloads, stateful: boolean): LoadShape {
  const [{ load }] = point.streams;
  if (load.kind === 'concurrency') return { kind: 'closed', slots: load.inFlight };
  const { maxInFlight, seed } = settings;
  const limit = stateful ? settings.sequences.count : maxInFlight;
  return {
    kind: 'open',
    arrivals: arrivalsOf(load.perSecond, settings.arrivals, seed, payloads),
    most: limit ?? MOST_IN_FLIGHT,
    whenFull: maxInFlight !== undefined && !stateful ? 'drop' : 'wait',
  };
}

function arrivalsOf(
  rate: number,
  settings: LoadJob<unknown>['settings']['arrivals'],
  seed: number,
  { streams }: Payloads,
): Arrivals {
  if (settings.kind === 'intervals' || settings.kind === 'trace') return settings;
  const timesMs = streams.flatMap((steps) => steps.flatMap(({ dueMs }) => dueMs ?? []));
  return timesMs.length > 0
    ? { kind: 'trace', timesMs: timesMs.sort((a, b) => a - b) }
    : { kind: settings.kind, rate, seed };
}

/** Requests that may be in flight at a time; a thread without any has nothing to do. */
const mostInFlight = (shape: LoadShape): number => (shape.kind === 'closed' ? shape.slots : shape.most);

/** Connections that are open from the beginning on; an open loop opens them as it needs them. */
const connectionsOf = (shape: LoadShape, { kind }: EngineSettings): number =>
  shape.kind === 'closed' ? Math.ceil(shape.slots / (kind === 'http2' ? STREAMS : 1)) : 1;

/** One thread does for most servers; machines with many cores may serve faster than that. */
function threadsFor(shape: LoadShape): number {
  const slots = shape.kind === 'closed' ? shape.slots : 1;
  return Math.max(1, Math.min(Math.floor(availableParallelism() / 4), Math.ceil(slots / SLOTS_OF_A_THREAD)));
}
