import { byteSize } from '../tensor-data.ts';

/** Whether an element is not a number, of which there are many, so that no two of them need be alike; by datatype. */
const IS_NAN: ReadonlyMap<string, (bytes: Buffer, at: number) => boolean> = new Map([
  ['FP16', (bytes, at) => (bytes.readUInt16LE(at) & 0x7fff) > 0x7c00],
  ['BF16', (bytes, at) => (bytes.readUInt16LE(at) & 0x7fff) > 0x7f80],
  ['FP32', (bytes, at) => Number.isNaN(bytes.readFloatLE(at))],
  ['FP64', (bytes, at) => Number.isNaN(bytes.readDoubleLE(at))],
]);

/** In what bytes of a datatype differ from those that were wanted, in words; undefined when they are alike. */
export function differenceOf(datatype: string, found: Uint8Array, wanted: Uint8Array): string | undefined {
  if (Buffer.compare(found, wanted) === 0) return undefined;
  if (found.length !== wanted.length) return `it has ${found.length} bytes instead of ${wanted.length}`;
  const [a, b] = [found, wanted].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  ) as [Buffer, Buffer];
  const size = byteSize(datatype);
  if (size === undefined) return 'its texts differ';
  const isNotANumber = IS_NAN.get(datatype);
  for (let at = 0; at + size <= a.length; at += size) {
    if (a.compare(b, at, at + size, at, at + size) === 0) continue;
    if (!(isNotANumber?.(a, at) && isNotANumber(b, at))) return `value ${at / size + 1} differs`;
  }
  return undefined;
}
