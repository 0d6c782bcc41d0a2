import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema } from '../../model-config/gen/grpc_service_pb.ts';
import type { Endpoint } from '../../server/triton.ts';
import type { Tensor } from '../inputs.ts';

/** One gRPC message of KServe v2 inference, tensors as raw bytes, serialised once and sent as it is many times. */
export const encodeGrpcRequest = (model: string, tensors: readonly Tensor[]): Buffer =>
  Buffer.from(
    toBinary(
      ModelInferRequestSchema,
      create(ModelInferRequestSchema, {
        modelName: model,
        inputs: tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(BigInt) })),
        rawInputContents: tensors.map(({ data }) => data),
      }),
    ),
  );

/**
 * One whole HTTP/1.1 request of KServe v2 inference with the binary tensor extension, serialised once and sent
 * as it is many times. Outputs are asked for in binary, too.
 */
export function encodeRequest({ host, port }: Endpoint, model: string, tensors: readonly Tensor[]): Buffer {
  const json = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: data.length },
      })),
      parameters: { binary_data_output: true },
    }),
  );
  const length = json.length + tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const head = [
    `POST /v2/models/${encodeURIComponent(model)}/infer HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Content-Type: application/octet-stream',
    `Inference-Header-Content-Length: ${json.length}`,
    `Content-Length: ${length}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), json, ...tensors.map((tensor) => tensor.data)]);
}
