import type { LoadSettings } from '../../config/experiment.ts';
import type { Payload, Payloads } from '../inputs.ts';
import type { EngineSettings, SharedRequest } from './protocol.ts';
import {
  compressed,
  type EncodedRequest,
  encodeBareBody,
  encodeGrpcRequest,
  encodeHttpRequest,
  type RequestOptions,
} from './request.ts';
import { SharedBytes } from './shared-bytes.ts';
import type { SharedTensors } from './shared-memory.ts';

/** How requests go over the wire. */
interface Wire {
  readonly engine: EngineSettings;
  readonly authority: string;
  readonly settings: LoadSettings;
  readonly options: RequestOptions;
  /** Tensors that the server finds elsewhere. */
  readonly tensors: SharedTensors | undefined;
}

/** Requests as bytes with what must be answered, stream by stream, all in memory that threads share. */
export function sharedRequests(streams: Payloads['streams'], wire: Wire): SharedRequest[][] {
  const memory = new SharedBytes();
  return streams.map((steps) =>
    steps.map((payload) => {
      const { expected } = payload;
      return {
        ...encode(payload, wire, memory),
        ...(expected && {
          expected: expected.map(({ name, datatype, data }) => ({
            name,
            datatype,
            data: memory.join([data]),
          })),
        }),
      };
    }),
  );
}

function encode(payload: Payload, wire: Wire, memory: SharedBytes): EncodedRequest {
  const { engine, authority, settings, tensors } = wire;
  const options = tensors
    ? { ...wire.options, inputRegions: tensors.inputsOf(payload), outputRegions: tensors.outputs }
    : wire.options;
  if (engine.kind === 'undici') return encodeBareBody(payload.tensors, options, memory.join);
  if (engine.kind === 'http1')
    return encodeHttpRequest({ authority, headers: settings.headers }, payload.tensors, options, memory.join);
  if (!settings.compression || engine.kind !== 'http2')
    return encodeGrpcRequest(payload.tensors, options, memory.join);
  const { bytes } = compressed(encodeGrpcRequest(payload.tensors, options), settings.compression);
  return { bytes: memory.join([bytes]) };
}
