import { nearest } from '../ground/wording.ts';
import { elementReader } from './element.ts';
import type { Row, TensorSpec } from './inputs.ts';
import type { JsonText } from './json/json-text.ts';
import { countOf, shapeText } from './sizes.ts';
import { byteSize, encodeValues, LENGTH_BYTES, tensorWriter } from './tensor-data.ts';

const PARTS = ['content', 'shape', 'b64'];
const LONGEST_PART = 7;

/** What a tensor's entry in a step says: where its values or its base64 start, and its sizes if they were given. */
interface Entry {
  readonly content?: number | undefined;
  readonly b64?: number | undefined;
  readonly shape?: readonly number[] | undefined;
}

/**
 * One tensor of one inference: values, flat or nested; `{content, shape}`; `{b64}` or `{content: {b64}, shape}`.
 * @param name how messages call it. @throws UserError with line and column.
 */
export function readTensor(json: JsonText, at: number, spec: TensorSpec, name: string): Row {
  const wrong = (where: number, what: string, hint?: string): never =>
    json.fail(where, `${name} ${what}`, hint);
  const { content, b64, shape } = entryOf(json, at, wrong);
  if (b64 !== undefined) return fromBase64(json, b64, spec, shape, wrong);
  return fromValues(json, content!, spec, shape, name, wrong);
}

type Wrong = (where: number, what: string, hint?: string) => never;

function entryOf(json: JsonText, at: number, wrong: Wrong): Entry {
  if (json.kind(at) !== 'map') return { content: at };
  const parts = json.entries(at);
  for (const [key, where] of parts) {
    const meant = key.length > LONGEST_PART + 2 ? undefined : nearest(key, PARTS);
    if (!PARTS.includes(key) && meant !== undefined && !parts.has(meant))
      wrong(where, `has an unknown key "${key}"`, `did you mean "${meant}"?`);
  }
  const content = parts.get('content');
  const b64 = parts.get('b64');
  if (content !== undefined && b64 !== undefined)
    wrong(b64, 'has both content and b64', 'keep one of the two');
  const sizes = parts.get('shape');
  const shape = sizes === undefined ? undefined : sizesOf(json, sizes, wrong);
  if (b64 !== undefined) return { b64, shape };
  if (content === undefined)
    return wrong(
      at,
      'has neither values nor content nor b64',
      'write {"content": [values], "shape": [sizes]}',
    );
  if (json.kind(content) !== 'map') return { content, shape };
  const inner = json.entries(content).get('b64');
  if (inner === undefined) return wrong(content, 'has a content that is neither a list nor {"b64": "..."}');
  return { b64: inner, shape };
}

function sizesOf(json: JsonText, at: number, wrong: Wrong): number[] {
  const odd = (): never =>
    wrong(at, `has a shape that is no list of sizes: ${json.excerpt(at)}`, 'write it like [3, 224, 224]');
  if (json.kind(at) !== 'list') return odd();
  return json.items(at).map((item) => {
    const size = json.kind(item) === 'number' ? Number(json.source(item)) : Number.NaN;
    return Number.isSafeInteger(size) && size >= 0 ? size : odd();
  });
}

function fromValues(
  json: JsonText,
  at: number,
  spec: TensorSpec,
  shape: readonly number[] | undefined,
  name: string,
  wrong: Wrong,
): Row {
  const { leaves, nesting } = nestingOf(json, at);
  const dims = dimsOf(spec, shape, leaves, nesting, (what, hint) => wrong(at, what, hint));
  const wanted = countOf(dims);
  if (leaves !== wanted) wrong(at, `needs ${wanted} values (${shapeText(dims)}), found ${leaves}`);
  return { dims, data: encodeLeaves(json, at, spec.datatype, leaves, name) };
}

function encodeLeaves(json: JsonText, at: number, datatype: string, leaves: number, name: string): Buffer {
  const writer = tensorWriter(datatype, leaves);
  const element = elementReader(json, datatype, name);
  eachLeaf(json, at, (leaf, index) => writer.push(element(leaf, index)));
  return writer.bytes();
}

/** Nested values of any shape as bytes. @throws UserError where one is none of the datatype. */
export const encodeNested = (json: JsonText, at: number, datatype: string, name: string): Buffer =>
  encodeLeaves(json, at, datatype, nestingOf(json, at).leaves, name);

/** Values inside lists inside lists; a lone value is one. */
function eachLeaf(json: JsonText, at: number, visit: (leaf: number, index: number) => void): void {
  let count = 0;
  const walk = (value: number): void => {
    if (json.kind(value) === 'list') json.eachItem(value, walk);
    else visit(value, count++);
  };
  walk(at);
}

/** How many values stand in nested lists, and the sizes of the lists where those of a level are all alike. */
function nestingOf(json: JsonText, at: number): { leaves: number; nesting: readonly number[] | undefined } {
  if (json.kind(at) !== 'list') return { leaves: 1, nesting: [] };
  let items = 0;
  let leaves = 0;
  let inner: readonly number[] | undefined = [];
  json.eachItem(at, (item, index) => {
    items++;
    if (json.kind(item) !== 'list') {
      leaves++;
      if (index > 0 && inner?.length !== 0) inner = undefined;
      return;
    }
    const found = nestingOf(json, item);
    leaves += found.leaves;
    if (index === 0) inner = found.nesting;
    else if (!inner || inner.length === 0 || found.nesting?.join() !== inner.join()) inner = undefined;
  });
  return { leaves, nesting: inner && [items, ...inner] };
}

/** The sizes of a row: given with it, or fixed, or as its lists are nested, or what its values leave for one variable size. */
function dimsOf(
  spec: TensorSpec,
  given: readonly number[] | undefined,
  values: number,
  nesting: readonly number[] | undefined,
  wrong: (what: string, hint?: string) => never,
): readonly number[] {
  const dims = given ?? spec.dims;
  const fitting = (sizes: readonly number[], to: readonly number[]): boolean =>
    sizes.length === to.length && sizes.every((size, index) => to[index] === -1 || to[index] === size);
  if (!fitting(dims, spec.dims))
    wrong(
      `has shape ${shapeText(dims)}, the model wants ${shapeText(spec.dims)}`,
      'leave the batch dimension out',
    );
  // A batch of one around it is no size of its own.
  const nested =
    nesting && nesting.length === dims.length + 1 && nesting[0] === 1 ? nesting.slice(1) : nesting;
  const isNested = nested !== undefined && nested.length === dims.length && nested.length > 1;
  const open = dims.filter((size) => size === -1).length;
  if (isNested && !fitting(nested, dims) && (open > 0 || values === countOf(dims)))
    wrong(
      `is nested as ${shapeText(nested)}, its shape is ${shapeText(dims)}`,
      'nest it like its shape, or write one flat list',
    );
  if (open === 0) return dims;
  if (isNested && fitting(nested, dims)) return nested;
  const rest = countOf(dims.filter((size) => size !== -1));
  if (open > 1 || rest === 0 || values % rest !== 0)
    wrong(
      `has a variable size, ${shapeText(dims)}, that ${values} values do not tell`,
      'give its shape: {"content": [values], "shape": [sizes]}',
    );
  return dims.map((size) => (size === -1 ? values / rest : size));
}

function fromBase64(
  json: JsonText,
  at: number,
  spec: TensorSpec,
  given: readonly number[] | undefined,
  wrong: Wrong,
): Row {
  const data = json.kind(at) === 'text' ? decodeBase64(json.text(at)) : undefined;
  if (!data) return wrong(at, 'has a b64 that is no base64');
  const size = byteSize(spec.datatype);
  const elements = size === undefined ? (serializedCount(data) ?? 1) : Math.floor(data.length / size);
  const dims = dimsOf(spec, given, elements, undefined, (what, hint) => wrong(at, what, hint));
  const count = countOf(dims);
  if (size !== undefined) {
    const wanted = count * size;
    if (data.length !== wanted)
      wrong(at, `needs ${wanted} bytes (${shapeText(dims)}), b64 holds ${data.length}`);
    return { dims, data };
  }
  if (serializedCount(data) === count) return { dims, data };
  // Elements carry their length in front; a lone one may come without.
  if (count !== 1)
    wrong(
      at,
      `needs ${count} texts (${shapeText(dims)}), b64 does not hold as many`,
      'each has its length in front, four bytes',
    );
  return { dims, data: encodeValues('BYTES', [data]) };
}

/** How many texts with their length in front the bytes are; undefined when they are not just that. */
function serializedCount(data: Buffer): number | undefined {
  let at = 0;
  let count = 0;
  for (; at + LENGTH_BYTES <= data.length; count++) at += LENGTH_BYTES + data.readUInt32LE(at);
  return at === data.length ? count : undefined;
}

/** undefined when the text is no base64, of either alphabet. */
function decodeBase64(text: Buffer): Buffer | undefined {
  const letters = text
    .toString('latin1')
    .replace(/[ \t\r\n]/g, '')
    .replace(/={1,2}$/, '');
  if (letters.length % 4 === 1 || /[^A-Za-z0-9+/_-]/.test(letters)) return undefined;
  return Buffer.from(letters, 'base64');
}
