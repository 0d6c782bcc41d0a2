import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadSettings } from '../config/experiment.ts';
import { messageOf, userError } from '../errors.ts';
import { randomSource } from '../statistics/random.ts';
import { readInputFile } from './input-file.ts';
import { type InputSpec, resolveShapes, type Tensor, type TensorSpec } from './inputs.ts';
import { byteSize, encodeValues, randomValue } from './tensor-data.ts';

/** One request's inputs. */
export interface Payload {
  readonly tensors: readonly Tensor[];
  /** What the model must answer, where that is known. */
  readonly expected?: readonly Tensor[];
}

/** Requests to send in turn; a stream is what one sequence sends. */
export interface Payloads {
  readonly streams: readonly (readonly Payload[])[];
  /** When the requests are due, ms from the start, where the file says so. */
  readonly timesMs?: readonly number[];
  /** What was guessed, in words. */
  readonly notes: readonly string[];
}

/** How inferences are put together to a request. */
export interface BatchShape {
  readonly size: number;
  /** Whether tensors have a batch dimension at all. */
  readonly dimension: boolean;
}

/** Different requests are sent in turn, so that no cache is measured by mistake. */
const PAYLOADS = 8;
const PAYLOAD_BYTES = 64 * 2 ** 20;

/**
 * The requests to send.
 * @throws UserError when data, shapes and the model's inputs do not fit each other, naming the input.
 */
export function makePayloads(
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[],
  settings: LoadSettings,
  batch: BatchShape,
): Payloads {
  const [source] = settings.inputData;
  const files = settings.inputData.flatMap((item) => (item.kind === 'file' ? [item.path] : []));
  if (files.length > 0) {
    const { inputs: specs } = resolveShapes(inputs, settings.shapes, false);
    const read = files.map((path) => readInputFile(path, specs, outputs, batch));
    const times = read.flatMap((file) => file.timesMs ?? []);
    return {
      streams: read.flatMap(({ streams }) => streams),
      ...(times.length > 0 && { timesMs: times.sort((a, b) => a - b) }),
      notes: [],
    };
  }
  const { inputs: specs, guesses } = resolveShapes(inputs, settings.shapes);
  const payloads =
    source?.kind === 'folder'
      ? [fromFolder(source.path, specs, batch)]
      : generated(specs, settings, batch, source?.kind === 'zero');
  return { streams: [payloads], notes: guesses };
}

const shapeOf = (spec: InputSpec, batch: BatchShape): number[] =>
  batch.dimension ? [batch.size, ...spec.dims] : [...spec.dims];

const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

function generated(
  specs: readonly InputSpec[],
  settings: LoadSettings,
  batch: BatchShape,
  zero: boolean,
): Payload[] {
  const random = randomSource(settings.seed);
  const value = (datatype: string): unknown => {
    if (datatype === 'BYTES' && settings.stringData !== undefined) return settings.stringData;
    if (zero) return datatype === 'BYTES' ? '' : 0;
    return randomValue(datatype, random, settings.stringLength);
  };
  const make = (): Payload => ({
    tensors: specs.map(({ name, datatype, ...spec }) => {
      const shape = shapeOf({ name, datatype, ...spec }, batch);
      const values = Array.from({ length: countOf(shape) }, () => value(datatype));
      return { name, datatype, shape, data: encodeValues(datatype, values) };
    }),
  });
  const first = make();
  const bytes = first.tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const count = zero ? 1 : Math.max(1, Math.min(PAYLOADS, Math.floor(PAYLOAD_BYTES / Math.max(1, bytes))));
  return [first, ...Array.from({ length: count - 1 }, make)];
}

/** A file for each input, named like it: raw little-endian bytes, or for BYTES a line for each element. */
function fromFolder(path: string, specs: readonly InputSpec[], batch: BatchShape): Payload {
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw userError(`input-data: ${path} is neither a .json file nor a folder`);
  const tensors = specs.flatMap((spec): Tensor[] => {
    const file = join(path, spec.name);
    if (!existsSync(file) && spec.optional) return [];
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      throw userError(`input-data: no data for input "${spec.name}": ${messageOf(error)}`);
    }
    const wanted = countOf(spec.dims);
    const one =
      spec.datatype === 'BYTES'
        ? encodeValues('BYTES', linesOf(bytes, spec.name, wanted, file))
        : sized(bytes, spec, wanted, file);
    const data = Buffer.concat(Array.from({ length: batch.size }, () => one));
    return [{ name: spec.name, datatype: spec.datatype, shape: shapeOf(spec, batch), data }];
  });
  return { tensors };
}

function linesOf(bytes: Buffer, name: string, wanted: number, file: string): string[] {
  const lines = bytes.toString('utf8').replace(/\n$/, '').split('\n');
  if (lines.length === wanted) return lines;
  throw userError(`${file}: input "${name}" needs ${wanted} lines, found ${lines.length}`);
}

function sized(bytes: Buffer, { name, datatype, dims }: InputSpec, count: number, file: string): Buffer {
  const wanted = count * byteSize(datatype);
  if (bytes.length === wanted) return bytes;
  throw userError(
    `${file}: input "${name}" needs ${wanted} bytes (${datatype} [${dims.join(', ')}]), found ${bytes.length}`,
  );
}
