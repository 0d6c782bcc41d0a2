import type { LoadSettings } from '../config/experiment.ts';
import { userError } from '../ground/errors.ts';
import { suggestion } from '../ground/wording.ts';
import { maxBatchSize } from '../model-config/config.ts';
import type { ModelConfig } from '../model-config/model-config.ts';
import type { ModelMetadata } from '../server/triton.ts';
import { isKnownDatatype } from './tensor-data.ts';

/** An input or output of a model without its batch dimension; -1 = variable. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: string;
  readonly dims: readonly number[];
}

export interface InputSpec extends TensorSpec {
  /** Requests may leave it out. */
  readonly optional: boolean;
  /** Its values are sizes of other tensors (a shape tensor): one for the whole request, without a batch dimension. */
  readonly isShape?: true;
}

/** One input of one request, ready to be sent. */
export interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** Whether requests carry a batch dimension; asked of the metadata where the configuration is not known. */
export function isBatching(model: ModelMetadata, config: ModelConfig): boolean {
  if (Object.keys(config).length > 0) return maxBatchSize(config) > 0;
  return model.inputs.length > 0 && model.inputs.every(({ shape }) => shape[0] === -1);
}

/** The inputs that a server tells of; which of them are optional or hold sizes stands in the configuration. */
export function inputsOfMetadata(model: ModelMetadata, config: ModelConfig): InputSpec[] {
  const batching = isBatching(model, config);
  const known = new Map(inputsOfConfig(config).map((input) => [input.name, input]));
  return model.inputs.map(({ name, datatype, shape }) => {
    const { optional = false, isShape, dims } = known.get(name) ?? {};
    if (isShape) return { name, datatype, dims: dims ?? shape, optional, isShape };
    return { name, datatype, dims: batching ? shape.slice(1) : shape, optional };
  });
}

/** The outputs that a server tells of. */
export const outputsOfMetadata = (model: ModelMetadata, config: ModelConfig): TensorSpec[] =>
  model.outputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    dims: isBatching(model, config) ? shape.slice(1) : shape,
  }));

/** The inputs a config.pbtxt names; empty when it leaves them to the server. */
export const inputsOfConfig = (config: ModelConfig): InputSpec[] =>
  configured(config, 'input').map((input) => ({
    ...specOf(input),
    optional: input.optional === true,
    ...(input.is_shape_tensor === true && { isShape: true }),
  }));

/** The outputs a config.pbtxt names. */
export const outputsOfConfig = (config: ModelConfig): TensorSpec[] =>
  configured(config, 'output').map(specOf);

/** An input or output as config.pbtxt has it: the server completes what it leaves out. */
interface Configured {
  readonly name?: string;
  readonly data_type?: unknown;
  readonly dims?: readonly (string | number)[];
  readonly optional?: boolean;
  readonly is_shape_tensor?: boolean;
}

const configured = (config: ModelConfig, key: 'input' | 'output') => (config[key] ?? []) as Configured[];

const specOf = ({ name, data_type: type, dims }: Configured): TensorSpec => ({
  name: name ?? '',
  datatype: String(type ?? '')
    .replace('TYPE_STRING', 'BYTES')
    .replace('TYPE_', ''),
  dims: (dims ?? []).map(Number),
});

/** Whether a config.pbtxt says all of its inputs, or of its outputs, so that nothing of them is left to the server. */
export function isComplete(config: ModelConfig, key: 'input' | 'output'): boolean {
  const tensors = configured(config, key);
  return (
    tensors.length > 0 &&
    tensors.every(({ name, data_type: type, dims }) => name && type !== undefined && (dims ?? []).length > 0)
  );
}

/** Inputs with sizes as far as they are known, and what was guessed, in words. */
export interface ResolvedInputs {
  readonly inputs: readonly InputSpec[];
  readonly guesses: readonly string[];
}

/**
 * The inputs with the sizes that were given; where a variable size is wanted and none was given, a guess.
 * @param options.guess false leaves variable sizes open: files may bring their own.
 * @param options.batching false: requests carry no batch dimension in front of these sizes.
 * @throws UserError when a `shape` names no input or contradicts a fixed size.
 */
export function resolveShapes(
  inputs: readonly InputSpec[],
  shapes: LoadSettings['shapes'],
  { guess = true, batching = true }: { readonly guess?: boolean; readonly batching?: boolean } = {},
): ResolvedInputs {
  const names = inputs.map((input) => input.name);
  for (const name of Object.keys(shapes)) {
    if (!names.includes(name))
      throw userError(`shape: the model has no input "${name}"`, suggestion(name, names));
  }
  const guesses: string[] = [];
  const resolved = inputs.map((input) => {
    const { name, datatype, dims } = input;
    if (!isKnownDatatype(datatype))
      throw userError(`input "${name}" has datatype ${datatype}, of which tma can make no data`);
    const wanted = (Object.hasOwn(shapes, name) ? shapes[name] : undefined) ?? dims;
    checkFits(input, wanted);
    if (!guess || !wanted.includes(-1)) return { ...input, dims: wanted };
    const guessed = guessSizes(datatype, wanted, batching);
    guesses.push(
      `input "${name}" has a variable size, [${dims.join(', ')}]: [${guessed.join(', ')}] is sent, a guess; say what is real with shape: ${name}:${guessed.join(',')}`,
    );
    return { ...input, dims: guessed };
  });
  return { inputs: resolved, guesses };
}

function checkFits({ name, dims }: InputSpec, wanted: readonly number[]): void {
  const fits =
    wanted.length === dims.length &&
    wanted.every((size, index) => dims[index] === -1 || dims[index] === size);
  if (fits && wanted.every((size) => Number.isSafeInteger(size))) return;
  throw userError(
    `shape: ${name}:${wanted.join(',')} does not fit the model's [${dims.join(', ')}]`,
    dims.length === 0
      ? 'the input is a single value: leave its shape out'
      : 'give one size for each dimension, the batch dimension left out',
  );
}

/**
 * Guesses variable sizes: 224 for both of a picture (two of them, beside one or three channels), 1 for texts, else 64.
 * Where Triton adds no batch dimension, a variable size in front is taken to be the model's own batch dimension, and
 * is 1.
 */
function guessSizes(datatype: string, dims: readonly number[], batching: boolean): number[] {
  if (!batching && dims.length > 1 && dims[0] === -1)
    return [1, ...guessSizes(datatype, dims.slice(1), true)];
  const variable = dims.filter((size) => size === -1).length;
  const isPicture = variable === 2 && (dims.includes(3) || dims.includes(1));
  const size = datatype === 'BYTES' ? 1 : isPicture ? 224 : 64;
  return dims.map((dim) => (dim === -1 ? size : dim));
}

/** One request's inputs. */
export interface Payload {
  readonly tensors: readonly Tensor[];
  /** What the model must answer, where that is known. */
  readonly expected?: readonly Tensor[];
  /** When it is due, ms from the start, where the file says so. */
  readonly dueMs?: number;
}

/** What is to be sent: requests in streams. Sequences send one stream each; without sequences all are sent in turn. */
export interface Payloads {
  readonly streams: readonly (readonly Payload[])[];
  /** Whether a stream is one whole sequence, as those of a file are, so that its length is that of the sequence. */
  readonly ownLength: boolean;
  /** What was guessed, in words. */
  readonly notes: readonly string[];
}

/** How inferences are put together to a request. */
export interface BatchShape {
  readonly size: number;
  /** Whether tensors have a batch dimension at all. */
  readonly dimension: boolean;
}

/** The tensor of one inference, without a batch dimension. */
export interface Row {
  readonly dims: readonly number[];
  readonly data: Buffer;
}

/** What is known of one inference before it is sent. */
export interface Inference {
  readonly inputs: ReadonlyMap<string, Row>;
  readonly expected?: ReadonlyMap<string, Row>;
  /** When it is due, ms from the start. */
  readonly dueMs?: number;
  /** Where it was given, for messages. */
  readonly place: string;
}
