import { fromBinary } from '@bufbuild/protobuf';
import {
  type ModelInferResponse_InferOutputTensor as GrpcOutput,
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
} from '../../model-config/gen/grpc_service_pb.ts';
import { JsonText } from '../json/json-text.ts';
import { type Element, encodeValues } from '../tensor-data.ts';
import { encodeNested } from '../tensor-entry.ts';
import type { AnswerBody } from './connection.ts';
import type { EngineSettings } from './protocol.ts';

/** Raw bytes of outputs by their names. */
type Outputs = ReadonlyMap<string, Uint8Array>;

/** How the answer came. */
export type AnswerForm = Pick<EngineSettings, 'kind'> & { readonly http2?: { readonly streaming?: unknown } };

/** The outputs of an answer. Throws whatever comes of one that holds none. */
export const outputsOf = (answer: AnswerBody, { kind, http2 }: AnswerForm): Outputs =>
  kind === 'http1' || kind === 'undici'
    ? httpOutputs(answer)
    : grpcOutputs(answer.bytes, kind, http2?.streaming !== undefined);

/** JSON that names the outputs and their sizes, then their bytes in the same order; or values in the JSON itself. */
function httpOutputs({ bytes, jsonLength }: AnswerBody): Outputs {
  const end = jsonLength ?? bytes.length;
  const json = new JsonText(bytes.subarray(0, end), 'answer');
  const part = (of: number, key: string): number | undefined =>
    json.kind(of) === 'map' ? json.entries(of).get(key) : undefined;
  let behind = end;
  return new Map(
    json.items(part(json.root, 'outputs')!).map((output) => {
      const name = json.text(part(output, 'name')!).toString();
      const parameters = part(output, 'parameters');
      const size = parameters === undefined ? undefined : part(parameters, 'binary_data_size');
      if (size === undefined) {
        const datatype = json.text(part(output, 'datatype')!).toString();
        return [name, encodeNested(json, part(output, 'data')!, datatype, name)];
      }
      const from = behind;
      behind += Number(json.source(size));
      return [name, bytes.subarray(from, behind)];
    }),
  );
}

function grpcOutputs(bytes: Buffer, engine: EngineSettings['kind'], streaming: boolean): Outputs {
  // Our own unary answers carry the length of the message in front.
  const message = engine === 'http2' && !streaming ? bytes.subarray(5) : bytes;
  const { outputs, rawOutputContents } = streaming
    ? fromBinary(ModelStreamInferResponseSchema, message).inferResponse!
    : fromBinary(ModelInferResponseSchema, message);
  return new Map(
    outputs.map((output, index) => [output.name, rawOutputContents[index] ?? contentsOf(output)]),
  );
}

/** Values that a server other than Triton may put into fields of their types. */
function contentsOf({ datatype, contents }: GrpcOutput): Uint8Array {
  const { boolContents, intContents, int64Contents, uintContents, uint64Contents } = contents!;
  const lists: readonly (readonly Element[])[] = [
    ...[boolContents, intContents, int64Contents, uintContents, uint64Contents],
    ...[contents!.fp32Contents, contents!.fp64Contents, contents!.bytesContents],
  ];
  return encodeValues(datatype, lists.find((values) => values.length > 0) ?? []);
}
