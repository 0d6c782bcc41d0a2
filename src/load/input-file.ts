import { readFileSync } from 'node:fs';
import { messageOf, userError } from '../errors.ts';
import { suggestion } from '../wording.ts';
import type { InputSpec, Tensor, TensorSpec } from './inputs.ts';
import type { BatchShape, Payload, Payloads } from './payloads.ts';
import { byteSize, encodeValues } from './tensor-data.ts';

/** A step of the file: an inference's values by the name of the tensor. */
type Step = Readonly<Record<string, unknown>>;
/** A tensor of one inference. */
interface Row {
  readonly dims: readonly number[];
  readonly data: Buffer;
}

/** Keys of a step that are no tensors. */
const TIMESTAMP = 'timestamp';

/**
 * Reads perf_analyzer's input file: `{"data": [step, ...]}`, or a list of steps for each of several streams, and
 * `validation_data` of the same form. A step gives each input as values, as `{content, shape}` or as `{b64}`.
 * Inferences of one request follow each other in the file.
 * @throws UserError naming the file, the step and the input.
 */
export function readInputFile(
  path: string,
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[],
  batch: BatchShape,
): Payloads {
  const { data, validation } = parse(path);
  if (validation && validation.length !== data.length)
    throw userError(`${path}: validation_data has ${validation.length} streams, data has ${data.length}`);
  const times: number[] = [];
  const streams = data.map((steps, stream) => {
    const place = (step: number): string =>
      data.length > 1 ? `${path}: stream ${stream + 1}, step ${step + 1}` : `${path}: step ${step + 1}`;
    for (const step of steps) {
      const [time] = [step[TIMESTAMP]].flat();
      if (typeof time === 'number') times.push(time);
    }
    const expected = validation?.[stream];
    if (expected && expected.length !== steps.length)
      throw userError(`${path}: validation_data has ${expected.length} steps, data has ${steps.length}`);
    const count = Math.max(1, Math.floor(steps.length / batch.size));
    return Array.from({ length: count }, (_, request): Payload => {
      const rows = Array.from(
        { length: batch.size },
        (_row, row) => (request * batch.size + row) % steps.length,
      );
      const tensors = inputs.flatMap((spec) =>
        batched(spec, rows, (row) => rowOf(spec, steps[row]!, place(row)), batch, place(rows[0]!)),
      );
      for (const row of rows) checkNames(steps[row]!, inputs, place(row));
      if (!expected) return { tensors };
      const wanted = outputs.filter(({ name }) => rows.every((row) => expected[row]![name] !== undefined));
      return {
        tensors,
        expected: wanted.flatMap((spec) =>
          batched(
            { ...spec, optional: false },
            rows,
            (row) => rowOf({ ...spec, optional: false }, expected[row]!, place(row)),
            batch,
            place(rows[0]!),
          ),
        ),
      };
    });
  });
  return { streams, ...(times.length > 0 && { timesMs: times }), notes: [] };
}

/** The rows of one tensor as a batch; [] when an optional input is left out of all. */
function batched(
  spec: InputSpec,
  rows: readonly number[],
  read: (row: number) => Row | undefined,
  batch: BatchShape,
  place: string,
): Tensor[] {
  const all = rows.map(read);
  const given = all.filter((row) => row !== undefined);
  if (given.length === 0) return [];
  const first = given[0]!;
  const alike = given.every((row) => row.dims.join() === first.dims.join());
  if (given.length !== all.length || !alike)
    throw userError(`${place}: the inferences of one request give input "${spec.name}" in different shapes`);
  const shape = batch.dimension ? [batch.size, ...first.dims] : [...first.dims];
  return [
    { name: spec.name, datatype: spec.datatype, shape, data: Buffer.concat(given.map(({ data }) => data)) },
  ];
}

/** One tensor of one inference; undefined when an optional one is left out. */
function rowOf(spec: InputSpec, step: Step, place: string): Row | undefined {
  const wrong = (what: string): never => {
    throw userError(`${place}: input "${spec.name}" ${what}`, 'one entry for each input of the model');
  };
  const raw = step[spec.name];
  if (raw === undefined) return spec.optional ? undefined : wrong('is missing');
  const entry = (Array.isArray(raw) || typeof raw !== 'object' || raw === null ? { content: raw } : raw) as {
    content?: unknown;
    shape?: unknown;
    b64?: unknown;
  };
  const given = entry.shape;
  if (
    given !== undefined &&
    !(Array.isArray(given) && given.every((size) => Number.isInteger(size) && (size as number) >= 0))
  )
    wrong(`has a shape that is no list of sizes: ${JSON.stringify(given)}`);
  if (entry.b64 !== undefined) return fromBase64(spec, entry.b64, given as number[] | undefined, wrong);
  if (entry.content === undefined) wrong('has neither values nor content nor b64');
  const values = [entry.content].flat(Number.POSITIVE_INFINITY) as unknown[];
  const dims = dimsOf(spec, given as number[] | undefined, values.length, wrong);
  const wanted = dims.reduce((product, size) => product * size, 1);
  if (values.length !== wanted)
    wrong(`needs ${wanted} values ([${dims.join(', ')}]), found ${values.length}`);
  const odd = values.findIndex((value) => !isOf(spec.datatype, value));
  if (odd >= 0) wrong(`is ${spec.datatype}, value ${odd + 1} is ${JSON.stringify(values[odd])}`);
  try {
    return { dims, data: encodeValues(spec.datatype, values) };
  } catch (error) {
    return wrong(`is ${spec.datatype}: ${messageOf(error)}`);
  }
}

function fromBase64(
  spec: InputSpec,
  text: unknown,
  given: readonly number[] | undefined,
  wrong: (what: string) => never,
): Row {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text))
    wrong('has a b64 that is no base64');
  const data = Buffer.from(text as string, 'base64');
  if (spec.datatype === 'BYTES') {
    const dims = dimsOf(spec, given, 1, wrong);
    // Elements carry their length in front; a lone one may come without.
    return {
      dims,
      data: isSerialized(
        data,
        dims.reduce((product, size) => product * size, 1),
      )
        ? data
        : withLength(data),
    };
  }
  const size = byteSize(spec.datatype);
  const dims = dimsOf(spec, given, Math.floor(data.length / size), wrong);
  const wanted = dims.reduce((product, dim) => product * dim, size);
  if (data.length !== wanted) wrong(`needs ${wanted} bytes ([${dims.join(', ')}]), b64 holds ${data.length}`);
  return { dims, data };
}

/** The sizes of a row: given with it, or fixed, or what its values leave for one variable size. */
function dimsOf(
  spec: InputSpec,
  given: readonly number[] | undefined,
  values: number,
  wrong: (what: string) => never,
): readonly number[] {
  const dims = given ?? spec.dims;
  const fits =
    dims.length === spec.dims.length && dims.every((size, index) => [-1, size].includes(spec.dims[index]!));
  if (!fits) wrong(`has shape [${dims.join(', ')}], the model wants [${spec.dims.join(', ')}]`);
  const open = dims.filter((size) => size === -1).length;
  if (open === 0) return dims;
  const rest = dims.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  if (open > 1 || rest === 0 || values % rest !== 0)
    wrong(`has a variable size, [${dims.join(', ')}], that ${values} values do not tell: give its shape`);
  return dims.map((size) => (size === -1 ? values / rest : size));
}

function isOf(datatype: string, value: unknown): boolean {
  if (datatype === 'BYTES') return typeof value === 'string' || typeof value === 'number';
  if (datatype === 'BOOL') return typeof value === 'boolean' || value === 0 || value === 1;
  if (!/^(FP|BF)/.test(datatype) && !Number.isInteger(Number(value))) return false;
  return typeof value === 'number' || typeof value === 'boolean';
}

function isSerialized(data: Buffer, count: number): boolean {
  let at = 0;
  let found = 0;
  for (; at + 4 <= data.length; found++) at += 4 + data.readUInt32LE(at);
  return at === data.length && found === count;
}

function withLength(data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([length, data]);
}

function checkNames(step: Step, inputs: readonly InputSpec[], place: string): void {
  const names = inputs.map(({ name }) => name);
  for (const key of Object.keys(step)) {
    if (key === TIMESTAMP || names.includes(key)) continue;
    throw userError(`${place}: the model has no input "${key}"`, suggestion(key, names));
  }
}

/** Streams of steps; a flat list of steps is one stream. */
function parse(path: string): { data: Step[][]; validation: Step[][] | undefined } {
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw userError(`input-data: cannot read ${path}: ${messageOf(error)}`);
  }
  const { data, validation_data: validation } = (file ?? {}) as { data?: unknown; validation_data?: unknown };
  const streams = streamsOf(data, `${path}: data`);
  if (streams.length === 0)
    throw userError(`${path} holds no data`, 'expected {"data": [{"INPUT": [values]}]}');
  return {
    data: streams,
    validation: validation === undefined ? undefined : streamsOf(validation, `${path}: validation_data`),
  };
}

function streamsOf(value: unknown, place: string): Step[][] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    throw userError(`${place} is no list`, 'expected a list of steps, or of lists of steps');
  if (value.length === 0) return [];
  const nested = value.every(Array.isArray);
  const streams = (nested ? value : [value]) as unknown[][];
  for (const [stream, steps] of streams.entries()) {
    if (steps.length === 0) throw userError(`${place}: stream ${stream + 1} is empty`);
    const odd = steps.findIndex((step) => typeof step !== 'object' || step === null || Array.isArray(step));
    if (odd >= 0)
      throw userError(
        `${place}: step ${odd + 1} is ${JSON.stringify(steps[odd])?.slice(0, 80)}`,
        'expected {"INPUT": [values]}',
      );
  }
  return streams as Step[][];
}
