import { readFileSync } from 'node:fs';
import type { LoadSettings } from '../config/experiment.ts';
import { messageOf, userError } from '../errors.ts';
import type { ModelConfig } from '../model-config/config.ts';
import type { ModelMetadata } from '../server/triton.ts';
import { suggestion } from '../wording.ts';
import { encodeValues, isKnownDatatype, randomSource, randomValue } from './tensor-data.ts';

/** An input of a model without its batch dimension; -1 = variable. */
export interface InputSpec {
  readonly name: string;
  readonly datatype: string;
  readonly dims: readonly number[];
}

/** One input of one request, ready to be sent. */
export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** Different requests are sent in turn, so that no cache is measured by mistake. */
const PAYLOADS = 8;
const PAYLOAD_BYTES = 64 * 2 ** 20;

export const inputsOfMetadata = (model: ModelMetadata, batching: boolean): InputSpec[] =>
  model.inputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    dims: batching ? shape.slice(1) : shape,
  }));

/** The inputs a config.pbtxt names; empty when it leaves them to the server. */
export const inputsOfConfig = (config: ModelConfig): InputSpec[] =>
  ((config['input'] ?? []) as { name?: string; data_type?: string; dims?: string[] }[]).map((input) => ({
    name: input.name ?? '',
    datatype: (input.data_type ?? '').replace('TYPE_STRING', 'BYTES').replace('TYPE_', ''),
    dims: (input.dims ?? []).map(Number),
  }));

/**
 * The inputs with every size known.
 * @throws UserError when a `shape` names no input or contradicts a fixed size, or a variable size has none.
 */
export function resolveShapes(inputs: readonly InputSpec[], shapes: LoadSettings['shapes']): InputSpec[] {
  for (const name of Object.keys(shapes)) {
    if (!inputs.some((input) => input.name === name)) {
      throw userError(
        `perf_analyzer_flags.shape: the model has no input "${name}"`,
        suggestion(
          name,
          inputs.map((input) => input.name),
        ),
      );
    }
  }
  return inputs.map((input) => {
    const { name, datatype, dims } = input;
    if (!isKnownDatatype(datatype))
      throw userError(`input "${name}" has datatype ${datatype}, of which tma can make no data`);
    const given = shapes[name];
    const wanted = given ?? dims;
    const fits =
      wanted.length === dims.length &&
      wanted.every((size, index) => dims[index] === -1 || dims[index] === size);
    if (!fits) {
      throw userError(
        `perf_analyzer_flags.shape: ${name}:${wanted.join(',')} does not fit the model's [${dims.join(', ')}]`,
        'give one size for each dimension, the batch dimension left out',
      );
    }
    if (wanted.includes(-1)) {
      throw userError(
        `input "${name}" has a variable size: [${dims.join(', ')}]`,
        `say what to send under perf_analyzer_flags, for example shape: ${name}:${dims.map((size) => (size === -1 ? 64 : size)).join(',')}`,
      );
    }
    return { name, datatype, dims: wanted };
  });
}

/**
 * The tensors of several different requests.
 * @param seed the same seed makes the same data.
 */
export function makePayloads(
  inputs: readonly InputSpec[],
  settings: LoadSettings,
  batch: { readonly size: number; readonly dimension: boolean },
  seed = 1,
): Tensor[][] {
  const specs = resolveShapes(inputs, settings.shapes);
  const shapeOf = (spec: InputSpec): number[] =>
    batch.dimension ? [batch.size, ...spec.dims] : [...spec.dims];
  const { inputData } = settings;
  if (inputData.kind === 'file') return payloadsOfFile(inputData.path, specs, batch.size, shapeOf);
  const random = randomSource(seed);
  const value = (datatype: string): unknown => {
    if (datatype === 'BYTES' && settings.stringData !== undefined) return settings.stringData;
    if (inputData.kind === 'zero') return datatype === 'BYTES' ? '' : 0;
    return randomValue(datatype, random, settings.stringLength);
  };
  const make = (): Tensor[] =>
    specs.map((spec) => {
      const shape = shapeOf(spec);
      const count = shape.reduce((product, size) => product * size, 1);
      const values = Array.from({ length: count }, () => value(spec.datatype));
      return { name: spec.name, datatype: spec.datatype, shape, data: encodeValues(spec.datatype, values) };
    });
  const first = make();
  const bytes = first.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const count =
    inputData.kind === 'zero'
      ? 1
      : Math.max(1, Math.min(PAYLOADS, Math.floor(PAYLOAD_BYTES / Math.max(1, bytes))));
  return [first, ...Array.from({ length: count - 1 }, make)];
}

/** perf_analyzer's input file: `{"data": [{"INPUT": values | {content, shape} | {b64}} ...]}`, a step an inference. */
function payloadsOfFile(
  path: string,
  specs: readonly InputSpec[],
  batchSize: number,
  shapeOf: (spec: InputSpec) => number[],
): Tensor[][] {
  const steps = readSteps(path);
  const bytesOf = (spec: InputSpec, step: Record<string, unknown>, index: number): Buffer => {
    const raw = step[spec.name];
    const wrong = (what: string): never => {
      throw userError(`${path}: step ${index + 1}: ${what}`, 'one entry per input of the model');
    };
    if (raw === undefined) return wrong(`input "${spec.name}" is missing`);
    if (typeof raw === 'object' && raw !== null && 'b64' in raw)
      return Buffer.from(String(raw.b64), 'base64');
    const content = typeof raw === 'object' && raw !== null && 'content' in raw ? raw.content : raw;
    const values = [content].flat(Number.POSITIVE_INFINITY) as unknown[];
    const wanted = spec.dims.reduce((product, size) => product * size, 1);
    if (values.length !== wanted)
      return wrong(`input "${spec.name}" needs ${wanted} values, found ${values.length}`);
    return encodeValues(spec.datatype, values);
  };
  const count = Math.max(1, Math.floor(steps.length / batchSize));
  return Array.from({ length: count }, (_, payload) =>
    specs.map((spec) => {
      const rows = Array.from({ length: batchSize }, (_row, row) => {
        const index = (payload * batchSize + row) % steps.length;
        return bytesOf(spec, steps[index]!, index);
      });
      return { name: spec.name, datatype: spec.datatype, shape: shapeOf(spec), data: Buffer.concat(rows) };
    }),
  );
}

function readSteps(path: string): Record<string, unknown>[] {
  let data: unknown;
  try {
    data = (JSON.parse(readFileSync(path, 'utf8')) as { data?: unknown }).data;
  } catch (error) {
    throw userError(`perf_analyzer_flags.input-data: cannot read ${path}: ${messageOf(error)}`);
  }
  const steps = Array.isArray(data) ? (data.flat() as Record<string, unknown>[]) : [];
  if (steps.length === 0) {
    throw userError(`${path} holds no data`, 'expected {"data": [{"INPUT": [values]}]}');
  }
  return steps;
}
