import type { LoadSettings } from '../config/experiment.ts';
import { userError } from '../errors.ts';
import { type ModelConfig, maxBatchSize } from '../model-config/config.ts';
import type { ModelMetadata } from '../server/triton.ts';
import { suggestion } from '../wording.ts';
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

/** The inputs that a server tells of; which of them are optional stands in the configuration. */
export function inputsOfMetadata(model: ModelMetadata, config: ModelConfig): InputSpec[] {
  const batching = isBatching(model, config);
  const optional = new Set(
    configured(config, 'input').flatMap((input) => (input.optional ? [input.name] : [])),
  );
  return model.inputs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    dims: batching ? shape.slice(1) : shape,
    optional: optional.has(name),
  }));
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
    name: input.name ?? '',
    datatype: (input.data_type ?? '').replace('TYPE_STRING', 'BYTES').replace('TYPE_', ''),
    dims: (input.dims ?? []).map(Number),
    optional: input.optional === true,
  }));

const configured = (config: ModelConfig, key: 'input') =>
  (config[key] ?? []) as { name?: string; data_type?: string; dims?: string[]; optional?: boolean }[];

/** Inputs with sizes as far as they are known, and what was guessed, in words. */
export interface ResolvedInputs {
  readonly inputs: readonly InputSpec[];
  readonly guesses: readonly string[];
}

/**
 * The inputs with the sizes that were given; where a variable size is wanted and none was given, a guess.
 * @param guess false leaves variable sizes open: files may bring their own.
 * @throws UserError when a `shape` names no input or contradicts a fixed size.
 */
export function resolveShapes(
  inputs: readonly InputSpec[],
  shapes: LoadSettings['shapes'],
  guess = true,
): ResolvedInputs {
  for (const name of Object.keys(shapes)) {
    if (inputs.some((input) => input.name === name)) continue;
    const names = inputs.map((input) => input.name);
    throw userError(`shape: the model has no input "${name}"`, suggestion(name, names));
  }
  const guesses: string[] = [];
  const resolved = inputs.map((input) => {
    const { name, datatype, dims } = input;
    if (!isKnownDatatype(datatype))
      throw userError(`input "${name}" has datatype ${datatype}, of which tma can make no data`);
    const wanted = shapes[name] ?? dims;
    const fits =
      wanted.length === dims.length &&
      wanted.every((size, index) => dims[index] === -1 || dims[index] === size);
    if (!fits) {
      throw userError(
        `shape: ${name}:${wanted.join(',')} does not fit the model's [${dims.join(', ')}]`,
        'give one size for each dimension, the batch dimension left out',
      );
    }
    if (!guess || !wanted.includes(-1)) return { ...input, dims: wanted };
    const guessed = guessSizes(datatype, wanted);
    guesses.push(
      `input "${name}" has a variable size, [${dims.join(', ')}]: [${guessed.join(', ')}] is sent, a guess; say what is real with shape: ${name}:${guessed.join(',')}`,
    );
    return { ...input, dims: guessed };
  });
  return { inputs: resolved, guesses };
}

/** Pictures are taken to be 224 by 224, one variable size to be 64, texts to be single. */
function guessSizes(datatype: string, dims: readonly number[]): number[] {
  const variable = dims.filter((size) => size === -1).length;
  const isPicture = variable === 2 && (dims.includes(3) || dims.includes(1));
  const size = datatype === 'BYTES' ? 1 : isPicture ? 224 : 64;
  return dims.map((dim) => (dim === -1 ? size : dim));
}
