import { userError } from '../ground/errors.ts';
import type { BatchShape, Inference, InputSpec, Payload, Row, Tensor, TensorSpec } from './inputs.ts';
import { checkAllBytes, checkRequestBytes } from './sizes.ts';

/**
 * Where the steps of a file do not divide into batches, the batches run over its end into its beginning, on and on,
 * until
 * one ends where the file does. When all of these take more than this, only the last batch of one pass is filled up so.
 */
const MOST_CYCLE_BYTES = 256 * 2 ** 20;
const MOST_CYCLE_ROWS = 2 ** 18;

/**
 * Puts the inferences of each stream together to requests of `batch.size`, in order. Behind the last inference comes
 * the
 * first again, so that each is sent, whatever the batch size.
 * @throws UserError when the inferences of a request do not fit together, or all are more than tma keeps ready.
 */
export function batches(
  streams: readonly (readonly Inference[])[],
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[],
  batch: BatchShape,
): Payload[][] {
  let total = 0;
  const rowsOf = streams.map((steps) => {
    const rows = rowsOfRequests(steps, batch.size);
    total += rows.flat().reduce((sum, row) => sum + bytesOfInference(steps[row]!), 0);
    return rows;
  });
  checkAllBytes(
    total,
    `input-data with batch size ${batch.size}`,
    'give fewer steps or a smaller batch size',
  );
  return streams.map((steps, stream) =>
    rowsOf[stream]!.map((rows) =>
      requestOf(
        rows.map((row) => steps[row]!),
        inputs,
        outputs,
        batch,
      ),
    ),
  );
}

/** For each request the positions of its inferences in the stream. */
function rowsOfRequests(steps: readonly Inference[], size: number): number[][] {
  const largest = steps.reduce((most, step) => Math.max(most, bytesOfInference(step)), 1);
  const cycle = steps.length / greatestDivisor(steps.length, size);
  // A file that says when each request is due is sent once, as it is.
  const isTimed = steps.some(({ dueMs }) => dueMs !== undefined);
  const isLong = cycle * size > MOST_CYCLE_ROWS || cycle * size * largest > MOST_CYCLE_BYTES;
  const count = isTimed || isLong ? Math.ceil(steps.length / size) : cycle;
  return Array.from({ length: count }, (_, request) =>
    Array.from({ length: size }, (_row, row) => (request * size + row) % steps.length),
  );
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

function bytesOfInference({ inputs }: Inference): number {
  let bytes = 0;
  for (const { data } of inputs.values()) bytes += data.length;
  return bytes;
}

function requestOf(
  steps: readonly Inference[],
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[],
  batch: BatchShape,
): Payload {
  const { place } = steps[0]!;
  const bytes = steps.reduce((sum, step) => sum + bytesOfInference(step), 0);
  checkRequestBytes(bytes, place, 'give smaller tensors, or a smaller batch size');
  const [{ dueMs }] = steps as [Inference];
  const due = dueMs === undefined ? {} : { dueMs };
  const tensors = inputs.flatMap((spec) =>
    batched(
      spec,
      steps.map((step) => step.inputs.get(spec.name)),
      batch,
      `${place}: input`,
    ),
  );
  if (steps.every(({ expected }) => expected === undefined)) return { tensors, ...due };
  // An output of which not every inference says what it must be can't be compared.
  const known = outputs.filter(({ name }) => steps.every(({ expected }) => expected?.has(name)));
  return {
    tensors,
    ...due,
    expected: known.flatMap((spec) =>
      batched(
        spec,
        steps.map((step) => step.expected?.get(spec.name)),
        batch,
        `${place}: output`,
      ),
    ),
  };
}

/** The rows of one tensor as a batch; [] when an optional input is left out of all. */
function batched(
  spec: TensorSpec & Partial<InputSpec>,
  rows: readonly (Row | undefined)[],
  batch: BatchShape,
  place: string,
): Tensor[] {
  const { name, datatype } = spec;
  const given = rows.filter((row) => row !== undefined);
  const [first] = given;
  if (!first) return [];
  const alike = given.every((row) => row.dims.join() === first.dims.join());
  if (given.length !== rows.length || !alike)
    throw userError(
      `${place} "${name}" has different shapes in the ${rows.length} inferences of one request`,
      'give steps of one shape, or a batch size of 1',
    );
  const one = { name, datatype, shape: [...first.dims], data: first.data };
  if (!batch.dimension) return [one];
  if (spec.isShape) {
    // Sizes are those of the whole request.
    if (given.some((row) => !row.data.equals(first.data)))
      throw userError(
        `${place} "${name}" holds sizes, which have to be equal in all inferences of one request`,
      );
    return [one];
  }
  const data = given.length === 1 ? first.data : Buffer.concat(given.map((row) => row.data));
  return [{ ...one, shape: [batch.size, ...first.dims], data }];
}
