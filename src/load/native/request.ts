import { deflateSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema } from '../../model-config/gen/grpc_service_pb.ts';
import { modelPath } from '../../server/model-path.ts';
import type { Tensor } from '../inputs.ts';

/** A request as it goes over the wire, and where it is changed from one time to the next. */
export interface EncodedRequest {
  readonly bytes: Buffer;
  /** Positions of the sequence's id and of its two flags; absent outside sequences. */
  readonly sequence?: SequencePatch;
}

export interface SequencePatch {
  readonly form: 'json' | 'protobuf';
  readonly idAt: number;
  readonly startAt: number;
  readonly endAt: number;
}

/** Tensors that lie in a shared memory region instead of in the request. */
export interface SharedRegion {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** What a request asks beside its tensors. */
export interface RequestOptions {
  readonly model: string;
  readonly version?: string | undefined;
  /** Part of a sequence: with places for its id and flags. */
  readonly sequence?: boolean;
  /** Asks a decoupled model to mark its last answer. */
  readonly markFinal?: boolean;
  /** Where an input lies, by its name. */
  readonly inputRegions?: ReadonlyMap<string, SharedRegion>;
  /** Where an output is to be written, by its name. */
  readonly outputRegions?: ReadonlyMap<string, SharedRegion>;
}

/** The head of an HTTP request. */
export interface HttpTarget {
  readonly authority: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Puts pieces behind each other in memory of its choice. */
export type Join = (pieces: readonly Uint8Array[]) => Buffer;

/** Width of a padded id: the digits of the largest one. */
const ID_WIDTH = 20;
const ID = '"sequence_id":';
const START = '"sequence_start":';
const END = '"sequence_end":';
const NO_REGIONS: ReadonlyMap<string, SharedRegion> = new Map();
const regionParameters = ({ name, offset, bytes }: SharedRegion): Record<string, unknown> => ({
  shared_memory_region: name,
  shared_memory_byte_size: bytes,
  ...(offset > 0 && { shared_memory_offset: offset }),
});

/** JSON in front of binary tensors (KServe v2 with the binary tensor extension), and the tensors themselves. */
export function encodeBody(
  tensors: readonly Tensor[],
  options: RequestOptions,
): { json: Buffer; tensors: Buffer[] } {
  const { inputRegions = NO_REGIONS, outputRegions } = options;
  const inputs = tensors.map(({ name, datatype, shape, data }) => {
    const region = inputRegions.get(name);
    return {
      name,
      datatype,
      shape,
      parameters: region ? regionParameters(region) : { binary_data_size: data.length },
    };
  });
  const outputs =
    outputRegions &&
    [...outputRegions].map(([name, region]) => ({ name, parameters: regionParameters(region) }));
  const text = JSON.stringify({
    inputs,
    ...(outputs && { outputs }),
    parameters: { ...(!outputs && { binary_data_output: true }) },
  });
  // Fixed widths, so that another id or flag is written over this one; blanks are allowed in JSON.
  const places = `${ID}${'1'.padEnd(ID_WIDTH)},${START}false,${END}false`;
  const json = options.sequence
    ? text.replace(/"parameters":\{([^{}]*)\}\}$/, (_all, rest: string) => {
        return `"parameters":{${rest === '' ? '' : `${rest},`}${places}}}`;
      })
    : text;
  return {
    json: Buffer.from(json),
    tensors: tensors.filter(({ name }) => !inputRegions.has(name)).map(({ data }) => data),
  };
}

/** The path that inference requests go to. */
export const inferPath = ({ model, version }: RequestOptions): string => `${modelPath(model, version)}/infer`;

/** One whole HTTP/1.1 request, outputs asked for in binary. */
export function encodeHttpRequest(
  target: HttpTarget,
  tensors: readonly Tensor[],
  options: RequestOptions,
  join: Join = Buffer.concat,
): EncodedRequest {
  const body = encodeBody(tensors, options);
  const length = body.json.length + body.tensors.reduce((sum, data) => sum + data.length, 0);
  const head = [
    `POST ${inferPath(options)} HTTP/1.1`,
    `Host: ${target.authority}`,
    'Content-Type: application/octet-stream',
    `Inference-Header-Content-Length: ${body.json.length}`,
    `Content-Length: ${length}`,
    ...target.headers.map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n');
  const bytes = join([Buffer.from(head), body.json, ...body.tensors]);
  return withPlaces(bytes, head.length, options);
}

/** Bytes of the number in front of a bare body. */
const JSON_LENGTH_BYTES = 4;

/** A bare body for a library that makes the head itself, the length of its JSON in front. */
export function encodeBareBody(
  tensors: readonly Tensor[],
  options: RequestOptions,
  join: Join = Buffer.concat,
): EncodedRequest {
  const body = encodeBody(tensors, options);
  const length = Buffer.alloc(JSON_LENGTH_BYTES);
  length.writeUInt32LE(body.json.length);
  const bytes = join([length, body.json, ...body.tensors]);
  return withPlaces(bytes, JSON_LENGTH_BYTES, options);
}

/** What `encodeBareBody` put together. */
export const splitBody = (bytes: Buffer): { jsonLength: number; body: Buffer } => ({
  jsonLength: bytes.readUInt32LE(0),
  body: bytes.subarray(JSON_LENGTH_BYTES),
});

/** A request with the places of its sequence, if it is part of one, looked up behind `from`. */
function withPlaces(bytes: Buffer, from: number, { sequence }: RequestOptions): EncodedRequest {
  const at = (key: string): number => bytes.indexOf(key, from) + key.length;
  return sequence
    ? { bytes, sequence: { form: 'json', idAt: at(ID), startAt: at(START), endAt: at(END) } }
    : { bytes };
}

/** What a tensor in shared memory says of its region; {} for one that is not there. */
function parametersOf(region: SharedRegion | undefined) {
  const parameters = Object.entries(region ? regionParameters(region) : {});
  return Object.fromEntries(
    parameters.map(([key, value]) => [
      key,
      {
        parameterChoice:
          typeof value === 'string'
            ? { case: 'stringParam' as const, value }
            : { case: 'int64Param' as const, value: BigInt(value as number) },
      },
    ]),
  );
}

/** One gRPC message with its length in front, tensors as raw bytes. */
export function encodeGrpcRequest(
  tensors: readonly Tensor[],
  options: RequestOptions,
  join: Join = Buffer.concat,
): EncodedRequest {
  const { inputRegions = NO_REGIONS, outputRegions = NO_REGIONS } = options;
  const message = toBinary(
    ModelInferRequestSchema,
    create(ModelInferRequestSchema, {
      modelName: options.model,
      modelVersion: options.version ?? '',
      ...(options.markFinal && {
        parameters: {
          triton_enable_empty_final_response: { parameterChoice: { case: 'boolParam', value: true } },
        },
      }),
      inputs: tensors.map(({ name, datatype, shape }) => ({
        name,
        datatype,
        shape: shape.map(BigInt),
        parameters: parametersOf(inputRegions.get(name)),
      })),
      outputs: [...outputRegions].map(([name, region]) => ({ name, parameters: parametersOf(region) })),
    }),
  );
  // Fields may follow in any order: the tensors are not copied into the message first.
  const raw = tensors
    .filter(({ name }) => !inputRegions.has(name))
    .flatMap(({ data }) => [Buffer.from([RAW_CONTENTS, ...varint(data.length)]), data]);
  const places = options.sequence
    ? [
        parameter('sequence_id', Buffer.from([0x10, ...paddedVarint(1)])),
        parameter('sequence_start', Buffer.from([0x08, 0])),
        parameter('sequence_end', Buffer.from([0x08, 0])),
      ]
    : [];
  const pieces = [message, ...raw, ...places];
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
    1,
  );
  const bytes = join([prefix, ...pieces]);
  const [id, start, end] = places;
  if (!id || !start || !end) return { bytes };
  const endAt = bytes.length - 1;
  const startAt = endAt - end.length;
  return {
    bytes,
    sequence: { form: 'protobuf', idAt: startAt - start.length - VARINT_BYTES + 1, startAt, endAt },
  };
}

/** The same message compressed; sequences can't be written into it. */
export function compressed({ bytes }: EncodedRequest, algorithm: 'gzip' | 'deflate'): EncodedRequest {
  const message = bytes.subarray(5);
  const packed = algorithm === 'gzip' ? gzipSync(message) : deflateSync(message);
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(packed.length, 1);
  return { bytes: Buffer.concat([prefix, packed]) };
}

/** ModelInferRequest.raw_input_contents: field 7, with its length in front. */
const RAW_CONTENTS = 0x3a;

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** Bytes of a varint that is written with all the room it may take. */
const VARINT_BYTES = 10;

/** A varint of fixed width: groups of zeros at the end are allowed. */
function paddedVarint(value: number): number[] {
  return Array.from({ length: VARINT_BYTES }, (_, index) => {
    const group = Math.floor(value / 2 ** (7 * index)) % 128;
    return index < VARINT_BYTES - 1 ? group + 128 : group;
  });
}

/** An entry of ModelInferRequest.parameters (field 4): a key and an InferParameter. */
function parameter(key: string, value: Buffer): Buffer {
  const entry = Buffer.concat([
    Buffer.from([0x0a, key.length]),
    Buffer.from(key),
    Buffer.from([0x12, value.length]),
    value,
  ]);
  return Buffer.concat([Buffer.from([0x22, entry.length]), entry]);
}

/** A request's bytes for one step of a sequence, in memory of their own. */
export function withSequence(
  bytes: Buffer,
  { form, idAt, startAt, endAt }: SequencePatch,
  { id, start, end }: { readonly id: number; readonly start: boolean; readonly end: boolean },
): Buffer {
  const patched = Buffer.from(bytes);
  if (form === 'json') {
    patched.write(String(id).padEnd(ID_WIDTH), idAt, 'latin1');
    patched.write(start ? 'true ' : 'false', startAt, 'latin1');
    patched.write(end ? 'true ' : 'false', endAt, 'latin1');
  } else {
    patched.set(paddedVarint(id), idAt);
    patched[startAt] = start ? 1 : 0;
    patched[endAt] = end ? 1 : 0;
  }
  return patched;
}
