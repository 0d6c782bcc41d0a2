import { fromBinary } from '@bufbuild/protobuf';
import {
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
} from '../../model-config/gen/grpc_service_pb.ts';
import { failure, type RequestFailure } from './connection.ts';
import type { EngineSettings, ExpectedOutput } from './protocol.ts';

/** An answer as its connection hands it over. */
export interface AnswerBody {
  readonly bytes: Buffer;
  /** HTTP: bytes of JSON in front of the binary tensors; undefined when the answer is JSON alone. */
  readonly jsonLength: number | undefined;
}

/** What is wrong with an answer whose outputs are known beforehand; undefined when they are as they must be. */
export function validate(
  answer: AnswerBody | undefined,
  expected: readonly ExpectedOutput[],
  engine: Pick<EngineSettings, 'kind'> & { readonly http2?: { readonly streaming?: unknown } },
): RequestFailure | undefined {
  let outputs: ReadonlyMap<string, Uint8Array> | undefined;
  try {
    outputs =
      answer &&
      (engine.kind === 'http1' || engine.kind === 'undici'
        ? httpOutputs(answer)
        : grpcOutputs(answer.bytes, engine.kind, engine.http2?.streaming !== undefined));
  } catch {
    // Told below.
  }
  if (!outputs) return failure('wrong output', 'the answer holds no outputs that can be compared');
  for (const { name, data } of expected) {
    const found = outputs.get(name);
    if (!found) return failure('wrong output', `output "${name}" is missing`);
    if (Buffer.compare(found, data) !== 0)
      return failure('wrong output', `output "${name}" is not what validation_data says`);
  }
  return undefined;
}

/** JSON that names the outputs and their sizes, then their bytes in the same order. */
function httpOutputs({ bytes, jsonLength }: AnswerBody): ReadonlyMap<string, Uint8Array> {
  const end = jsonLength ?? bytes.length;
  const { outputs } = JSON.parse(bytes.toString('utf8', 0, end)) as {
    outputs: { name: string; parameters: { binary_data_size: number } }[];
  };
  let at = end;
  return new Map(
    outputs.map(({ name, parameters }) => {
      const data = bytes.subarray(at, at + parameters.binary_data_size);
      at += parameters.binary_data_size;
      return [name, data];
    }),
  );
}

function grpcOutputs(
  bytes: Buffer,
  engine: EngineSettings['kind'],
  streaming: boolean,
): ReadonlyMap<string, Uint8Array> {
  // Our own unary answers carry the length of the message in front.
  const message = engine === 'http2' && !streaming ? bytes.subarray(5) : bytes;
  const response = streaming
    ? fromBinary(ModelStreamInferResponseSchema, message).inferResponse!
    : fromBinary(ModelInferResponseSchema, message);
  return new Map(response.outputs.map(({ name }, index) => [name, response.rawOutputContents[index]!]));
}
