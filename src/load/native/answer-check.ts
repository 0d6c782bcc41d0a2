import { fromBinary } from '@bufbuild/protobuf';
import {
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
} from '../../model-config/gen/grpc_service_pb.ts';
import type { AnswerForm } from './answer-outputs.ts';
import { type AnswerBody, failure, type RequestFailure } from './connection.ts';
import type { OutputShape, SharedRequest } from './protocol.ts';
import { validate } from './validate.ts';

/**
 * Between two looks at answers there is this time at least, ms, and for those that are larger than so many bytes as much longer:
 * an answer that is looked at is held, which where cores are few is CPU taken from the server.
 */
const EVERY_MS = 10;
const EVERY_BYTES = 64 * 1024;
/** An answer in JSON alone takes long to read: of those larger than this only the first few are looked at. */
const MOST_JSON = 64 * 1024;
const FIRST = 8;
/** Bytes of an element. Those of BYTES differ, so that it is not here. */
const BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  INT8: 1,
  UINT8: 1,
  INT16: 2,
  UINT16: 2,
  FP16: 2,
  BF16: 2,
  INT32: 4,
  UINT32: 4,
  FP32: 4,
  INT64: 8,
  UINT64: 8,
  FP64: 8,
};

/**
 * Checks answers. Where validation_data says what the outputs are, each answer is compared with it. Else an answer now
 * and
 * then is looked at, whether it has the outputs that the model declares; once one has not, every one is.
 */
export class AnswerCheck {
  readonly #form: AnswerForm;
  readonly #declared: ReadonlyMap<string, OutputShape>;
  #nextMs = 0;
  /** Until the next look, by the latest answer. */
  #restMs = EVERY_MS;
  #seen = 0;
  /** Whether a wrong answer was found. */
  #found = false;

  /** @param declared by the model; none where it may leave them out, as a decoupled one does. */
  constructor(form: AnswerForm, declared: readonly OutputShape[]) {
    this.#form = form;
    this.#declared = new Map(declared.map((output) => [output.name, output]));
  }

  /** Whether the answer to a request that is sent now is wanted, body and all. */
  wants(request: SharedRequest | undefined, nowMs: number): boolean {
    if (request?.expected) return true;
    if (this.#declared.size === 0 || (nowMs < this.#nextMs && !this.#found)) return false;
    this.#nextMs = nowMs + this.#restMs;
    return true;
  }

  /** What is wrong with an answer; undefined when nothing is, or it was not wanted. */
  check(request: SharedRequest | undefined, body: AnswerBody | undefined): RequestFailure | undefined {
    if (request?.expected) return validate(body, request.expected, this.#form);
    if (!body || this.#declared.size === 0) return undefined;
    this.#restMs = EVERY_MS * Math.max(1, body.bytes.length / EVERY_BYTES);
    if (
      ++this.#seen > FIRST &&
      body.jsonLength === undefined &&
      body.bytes.length > MOST_JSON &&
      isHttp(this.#form)
    )
      return undefined;
    const wrong = this.#whatIsWrong(body);
    if (wrong === undefined) return undefined;
    this.#found = true;
    return failure('wrong output', wrong);
  }

  #whatIsWrong(body: AnswerBody): string | undefined {
    let outputs: readonly Output[];
    try {
      outputs = isHttp(this.#form) ? httpOutputs(body) : grpcOutputs(body.bytes, this.#form);
    } catch {
      return 'the answer names no outputs';
    }
    if (outputs.length === 0) return 'the answer has no outputs';
    for (const output of outputs) {
      const declared = this.#declared.get(output.name);
      const wrong = declared ? differenceOf(output, declared) : 'is none of the model’s';
      if (wrong !== undefined) return `output "${output.name}" ${wrong}`;
    }
    return undefined;
  }
}

/** What an answer says of an output. */
interface Output extends OutputShape {
  /** Of its data; undefined where that is elsewhere, or in another form. */
  readonly bytes: number | undefined;
}

function differenceOf({ datatype, shape, bytes }: Output, declared: OutputShape): string | undefined {
  if (datatype !== declared.datatype) return `is ${datatype}, and the model says ${declared.datatype}`;
  const fits =
    shape.length === declared.shape.length &&
    shape.every((size, index) => declared.shape[index] === -1 || declared.shape[index] === size);
  if (!fits) return `has the shape [${shape.join(', ')}], and the model says [${declared.shape.join(', ')}]`;
  const wanted = shape.reduce((product, size) => product * size, BYTES[datatype] ?? Number.NaN);
  if (bytes === undefined || Number.isNaN(wanted) || bytes === wanted) return undefined;
  return `is ${bytes} bytes long, and its shape [${shape.join(', ')}] takes ${wanted}`;
}

const isHttp = ({ kind }: AnswerForm): boolean => kind === 'http1' || kind === 'undici';

/** Throws whatever comes of an answer that is none. */
function httpOutputs({ bytes, jsonLength }: AnswerBody): Output[] {
  const end = jsonLength ?? bytes.length;
  const { outputs } = JSON.parse(bytes.toString('utf8', 0, end)) as {
    outputs: {
      name: unknown;
      datatype: unknown;
      shape: unknown[];
      parameters?: { binary_data_size?: unknown };
    }[];
  };
  let left = bytes.length - end;
  return outputs.map(({ name, datatype, shape, parameters }) => {
    const size = parameters?.binary_data_size;
    const data = size === undefined ? undefined : Math.min(left, Number(size));
    left -= data ?? 0;
    return { name: String(name), datatype: String(datatype), shape: shape.map(Number), bytes: data };
  });
}

function grpcOutputs(bytes: Buffer, { kind, http2 }: AnswerForm): Output[] {
  const streaming = http2?.streaming !== undefined;
  // Our own unary answers carry the length of the message in front.
  const message = kind === 'http2' && !streaming ? bytes.subarray(5) : bytes;
  const { outputs, rawOutputContents } = streaming
    ? fromBinary(ModelStreamInferResponseSchema, message).inferResponse!
    : fromBinary(ModelInferResponseSchema, message);
  return outputs.map(({ name, datatype, shape }, index) => ({
    name,
    datatype,
    shape: shape.map(Number),
    // Triton leaves it empty where the data went into shared memory.
    bytes: rawOutputContents[index]?.length || undefined,
  }));
}
