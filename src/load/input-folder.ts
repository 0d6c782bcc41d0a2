import { readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { userError } from '../ground/errors.ts';
import { nearest } from '../ground/wording.ts';
import { readInput, whatLiesAt } from './input-source.ts';
import type { Inference, InputSpec, Row, TensorSpec } from './inputs.ts';
import { bytesOf, checkRequestBytes, countOf, shapeText } from './sizes.ts';
import { byteSize, encodeValues } from './tensor-data.ts';

/** Most bytes that a file of texts may have. */
const MOST_TEXT_BYTES = 256 * 2 ** 20;

/**
 * A folder with a file for each input, named like it, for one inference: raw little-endian bytes, or for BYTES a line
 * for each element. A file named like an output says what the model must answer.
 * @throws UserError naming the file and the input.
 */
export function readInputFolder(
  path: string,
  inputs: readonly InputSpec[],
  outputs: readonly TensorSpec[] | undefined,
): Inference {
  const rows = new Map<string, Row>();
  for (const spec of inputs) {
    const row = rowOf(path, spec, 'input');
    if (row) rows.set(spec.name, row);
    else if (!spec.optional) throw missing(path, spec.name);
  }
  const expected = new Map<string, Row>();
  for (const spec of outputs ?? []) {
    const row = inputs.some(({ name }) => name === spec.name) ? undefined : rowOf(path, spec, 'output');
    if (row) expected.set(spec.name, row);
  }
  return { inputs: rows, ...(expected.size > 0 && { expected }), place: path };
}

/** undefined where there is no such file. */
function rowOf(folder: string, spec: TensorSpec, what: 'input' | 'output'): Row | undefined {
  const { name, datatype } = spec;
  const file = resolve(folder, name);
  // A name that leads out of the folder names no file of it.
  const inside = relative(folder, file);
  if (name.includes('\0') || inside === '' || inside === '..' || inside.startsWith('../')) return undefined;
  const found = whatLiesAt(file);
  if (!found) return undefined;
  if (found.kind === 'folder')
    throw userError(`input-data: ${file} is a folder`, `give ${what} "${name}" as a file`);
  if (found.bytes === 0 && countOf(spec.dims) !== 0) throw userError(`input-data: ${file} is empty`);
  return datatype === 'BYTES'
    ? textsOf(readInput(file, found.bytes, MOST_TEXT_BYTES), spec, file, what)
    : rawOf(file, found.bytes, spec, what);
}

function missing(folder: string, name: string): Error {
  const files = readdirSync(folder);
  const near = files.find((file) => file.startsWith(`${name}.`)) ?? nearest(name, files);
  const there = near ? `, and there is "${near}"` : '';
  return userError(
    `input-data: no data for input "${name}" in ${folder}`,
    `a file is named like its input: "${name}"${there}`,
  );
}

function rawOf(file: string, bytes: number, spec: TensorSpec, what: string): Row {
  const { name, datatype } = spec;
  const dims = dimsOf(spec, bytes / byteSize(datatype)!);
  const wanted = dims && bytesOf(datatype, dims);
  if (!dims || bytes !== wanted) {
    const needs = wanted === undefined ? 'shape' : `${wanted} bytes`;
    const sizes = `${datatype} ${shapeText(spec.dims)}`;
    throw userError(
      `${file}: ${what} "${name}" needs ${wanted === undefined ? 'its ' : ''}${needs} (${sizes}), found ${bytes}`,
      wanted === undefined ? `say its sizes with shape: ${name}:SIZE,SIZE` : undefined,
    );
  }
  checkRequestBytes(bytes, file, 'give smaller tensors');
  return { dims, data: readInput(file, bytes, bytes) };
}

/** Lines as they stand in the file, the break behind the last one left out. */
function textsOf(bytes: Buffer, spec: TensorSpec, file: string, what: string): Row {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf('\n', start);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  const dims = dimsOf(spec, lines.length);
  if (!dims || lines.length !== countOf(dims)) {
    const wanted = dims ? `${countOf(dims)} lines` : 'its shape';
    throw userError(`${file}: ${what} "${spec.name}" needs ${wanted}, found ${lines.length} lines`);
  }
  return { dims, data: encodeValues('BYTES', lines) };
}

/** The sizes, one that is open told by how many elements there are; undefined where they do not tell it. */
function dimsOf({ dims }: TensorSpec, elements: number): readonly number[] | undefined {
  const open = dims.filter((size) => size === -1).length;
  if (open === 0) return dims;
  const rest = countOf(dims.filter((size) => size !== -1));
  const size = elements / rest;
  return open === 1 && Number.isInteger(size) ? dims.map((dim) => (dim === -1 ? size : dim)) : undefined;
}
