import type { InputSource, LoadSettings } from '../config/experiment.ts';
import { userError } from '../ground/errors.ts';
import { randomSource } from '../statistics/random-source.ts';
import { batches } from './batches.ts';
import { readInputFile } from './input-file.ts';
import { readInputFolder } from './input-folder.ts';
import { whatLiesAt } from './input-source.ts';
import {
  type BatchShape,
  type Inference,
  type InputSpec,
  type Payload,
  type Payloads,
  resolveShapes,
  type TensorSpec,
} from './inputs.ts';
import { bytesOf, checkRequestBytes, countOf, shapeText } from './sizes.ts';
import { type Element, randomElement, tensorWriter } from './tensor-data.ts';

/** Different requests are sent in turn, so that no cache is measured by mistake. */
const PAYLOADS = 8;
const PAYLOAD_BYTES = 64 * 2 ** 20;

/**
 * The requests to send.
 * @param outputs of the model, for answers to compare; undefined where they are not known yet.
 * @throws UserError when data, shapes and the model's inputs do not fit each other, naming the input.
 */
export function makePayloads(
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[] | undefined,
  settings: LoadSettings,
  batch: BatchShape,
): Payloads {
  if (batch.size > 1 && !batch.dimension)
    throw userError(`batch size ${batch.size}: the model takes no batches, its max_batch_size is 0`);
  const paths = pathsOf(settings.inputData);
  if (paths.length === 0) return generated(inputs, settings, batch);
  const { inputs: specs } = resolveShapes(inputs, settings.shapes, { guess: false });
  const read = readAll(paths, specs, outputs);
  return {
    streams: batches(read.streams, specs, outputs ?? [], batch),
    ownLength: read.ownLength,
    notes: [],
  };
}

const pathsOf = (sources: readonly InputSource[]): string[] =>
  sources.flatMap((source) => ('path' in source ? [source.path] : []));

/** Streams of all files; steps that stand in no stream are one stream, as in perf_analyzer. */
function readAll(
  paths: readonly string[],
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[] | undefined,
): { streams: Inference[][]; ownLength: boolean } {
  const loose: Inference[] = [];
  const streams: Inference[][] = [];
  for (const path of paths) {
    const found = whatLiesAt(path);
    if (!found) throw userError(`input-data: ${path} is neither a .json file nor a folder: nothing is there`);
    if (found.kind === 'folder') {
      if (paths.length > 1)
        throw userError(`input-data: ${path} is a folder`, 'a folder can only be given alone');
      return { streams: [[readInputFolder(path, inputs, outputs)]], ownLength: false };
    }
    const file = readInputFile(path, found.bytes, inputs, outputs);
    if (file.kind === 'steps') for (const step of file.steps) loose.push(step);
    else for (const stream of file.streams) streams.push(stream);
  }
  return { streams: loose.length > 0 ? [loose, ...streams] : streams, ownLength: true };
}

/** Random data or zeros. */
function generated(inputs: readonly InputSpec[], settings: LoadSettings, batch: BatchShape): Payloads {
  const { inputs: specs, guesses } = resolveShapes(inputs, settings.shapes, { batching: batch.dimension });
  checkGenerated(specs, settings, batch);
  const zero = settings.inputData[0]?.kind === 'zero';
  const random = randomSource(settings.seed);
  const element = (datatype: string): Element => {
    if (datatype === 'BYTES' && settings.stringData !== undefined) return settings.stringData;
    if (zero) return datatype === 'BYTES' ? '' : 0;
    return randomElement(datatype, random, settings.stringLength);
  };
  const make = (): Payload => ({
    tensors: specs.map((spec) => {
      const shape = shapeOf(spec, batch);
      const count = countOf(shape);
      const writer = tensorWriter(spec.datatype, count);
      for (let at = 0; at < count; at++) writer.push(element(spec.datatype));
      return { name: spec.name, datatype: spec.datatype, shape, data: writer.bytes() };
    }),
  });
  const first = make();
  const bytes = first.tensors.reduce((sum, tensor) => sum + tensor.data.length, 0);
  const count = zero ? 1 : Math.max(1, Math.min(PAYLOADS, Math.floor(PAYLOAD_BYTES / Math.max(1, bytes))));
  return {
    streams: [[first, ...Array.from({ length: count - 1 }, make)]],
    ownLength: false,
    notes: guesses,
  };
}

const shapeOf = (spec: InputSpec, batch: BatchShape): number[] =>
  batch.dimension ? [batch.size, ...spec.dims] : [...spec.dims];

/**
 * Whether data can be made up for inputs, before any is.
 * @throws UserError when a request would be larger than tma sends, or an input's values are sizes.
 */
export function checkGenerated(
  specs: readonly InputSpec[],
  { stringData, stringLength }: LoadSettings,
  batch: BatchShape,
): void {
  const textBytes = stringData === undefined ? stringLength : Buffer.byteLength(stringData);
  let total = 0;
  for (const spec of specs) {
    if (spec.isShape)
      throw userError(
        `input "${spec.name}" holds sizes of other tensors, which can't be made up`,
        'give its values with input-data',
      );
    // Sizes that are still open are at least 1.
    const shape = shapeOf(spec, batch).map((size) => (size === -1 ? 1 : size));
    total += bytesOf(spec.datatype, shape, textBytes);
    const texts = spec.datatype === 'BYTES' ? `, texts of ${textBytes} bytes` : '';
    checkRequestBytes(
      total,
      `input "${spec.name}" (${spec.datatype} ${shapeText(shape)}${texts})`,
      'give smaller sizes with shape, or a smaller batch size',
    );
  }
}
