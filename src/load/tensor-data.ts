import { halfOf } from './half.ts';

/** Bytes of one element of a fixed-size Triton datatype. */
const SIZES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['UINT8', 1],
  ['INT8', 1],
  ['UINT16', 2],
  ['INT16', 2],
  ['FP16', 2],
  ['BF16', 2],
  ['UINT32', 4],
  ['INT32', 4],
  ['FP32', 4],
  ['UINT64', 8],
  ['INT64', 8],
  ['FP64', 8],
]);

/** In front of each element of a BYTES tensor stands how many bytes it has. */
export const LENGTH_BYTES = 4;

/** Bytes of one element; undefined for BYTES, whose elements have no size of their own. */
export const byteSize = (datatype: string): number | undefined => SIZES.get(datatype);

/** Whether tma can make data of a datatype. */
export const isKnownDatatype = (datatype: string): boolean => datatype === 'BYTES' || SIZES.has(datatype);

export const isFloat = (datatype: string): boolean => datatype.startsWith('FP') || datatype.startsWith('BF');

/** The least and the largest whole number that an integer datatype holds; undefined for others. */
export function rangeOf(datatype: string): readonly [bigint, bigint] | undefined {
  const match = /^(U?)INT(\d+)$/.exec(datatype);
  if (!match) return undefined;
  const bits = BigInt(match[2]!);
  return match[1] === 'U' ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

/** An element: numbers and truths for most datatypes, a text or its bytes for BYTES. */
export type Element = number | bigint | boolean | string | Uint8Array;

/** Takes the elements of a tensor one after the other and makes its little-endian bytes. */
export interface TensorWriter {
  /** The element has to fit the datatype. */
  push(element: Element): void;
  /** The bytes of what was pushed. */
  bytes(): Buffer;
}

/** @param count of the elements that will come. */
export const tensorWriter = (datatype: string, count: number): TensorWriter =>
  datatype === 'BYTES'
    ? bytesWriter(count)
    : fixedWriter(datatype, Buffer.alloc(count * byteSize(datatype)!));

/** Little-endian bytes of values in a Triton datatype; BYTES elements carry their length in front. */
export function encodeValues(datatype: string, values: readonly Element[]): Buffer {
  const writer = tensorWriter(datatype, values.length);
  for (const value of values) writer.push(value);
  return writer.bytes();
}

function bytesWriter(count: number): TensorWriter {
  // Grows as texts come: their lengths are not known before.
  let buffer = Buffer.alloc(count * LENGTH_BYTES);
  let used = 0;
  return {
    push(element) {
      const text = element instanceof Uint8Array ? element : Buffer.from(String(element));
      const end = used + LENGTH_BYTES + text.length;
      if (end > buffer.length) {
        const larger = Buffer.alloc(Math.max(end, 2 * buffer.length));
        larger.set(buffer.subarray(0, used));
        buffer = larger;
      }
      buffer.writeUInt32LE(text.length, used);
      buffer.set(text, used + LENGTH_BYTES);
      used = end;
    },
    bytes: () => (used === buffer.length ? buffer : Buffer.from(buffer.subarray(0, used))),
  };
}

function fixedWriter(datatype: string, buffer: Buffer): TensorWriter {
  const size = byteSize(datatype)!;
  const write = elementWriter(datatype, buffer);
  let at = 0;
  return {
    push(element) {
      write(element, at);
      at += size;
    },
    bytes: () => buffer.subarray(0, at),
  };
}

function elementWriter(datatype: string, buffer: Buffer): (value: Element, offset: number) => void {
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return (value, offset) => buffer.writeUInt8(Number(value), offset);
    case 'INT8':
      return (value, offset) => buffer.writeInt8(Number(value), offset);
    case 'UINT16':
      return (value, offset) => buffer.writeUInt16LE(Number(value), offset);
    case 'INT16':
      return (value, offset) => buffer.writeInt16LE(Number(value), offset);
    case 'FP16':
      return (value, offset) => buffer.writeUInt16LE(halfOf('FP16', Number(value)), offset);
    case 'BF16':
      return (value, offset) => buffer.writeUInt16LE(halfOf('BF16', Number(value)), offset);
    case 'UINT32':
      return (value, offset) => buffer.writeUInt32LE(Number(value), offset);
    case 'INT32':
      return (value, offset) => buffer.writeInt32LE(Number(value), offset);
    case 'FP32':
      return (value, offset) => buffer.writeFloatLE(Number(value), offset);
    case 'UINT64':
      return (value, offset) => buffer.writeBigUInt64LE(BigInt(value as number | string), offset);
    case 'INT64':
      return (value, offset) => buffer.writeBigInt64LE(BigInt(value as number | string), offset);
    default:
      return (value, offset) => buffer.writeDoubleLE(Number(value), offset);
  }
}

/** A random element: floats in [0, 1), integers in [0, 127], letters for BYTES. */
export function randomElement(datatype: string, random: () => number, stringLength: number): Element {
  if (datatype === 'BYTES') {
    const letters = Buffer.allocUnsafe(stringLength);
    for (let at = 0; at < stringLength; at++) letters[at] = 97 + Math.floor(random() * 26);
    return letters;
  }
  if (datatype === 'BOOL') return random() < 0.5;
  return isFloat(datatype) ? random() : Math.floor(random() * 128);
}
