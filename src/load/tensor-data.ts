/** Bytes of one element of a fixed-size Triton datatype. */
const SIZES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  BF16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
};

/** Bytes of one element; BYTES elements have no size of their own. */
export const byteSize = (datatype: string): number => SIZES[datatype] ?? 1;

/** Whether tma can make data of a datatype. */
export const isKnownDatatype = (datatype: string): boolean => datatype === 'BYTES' || datatype in SIZES;

/** Little-endian bytes of values in a Triton datatype; BYTES elements carry their length in front. */
export function encodeValues(datatype: string, values: readonly unknown[]): Buffer {
  if (datatype === 'BYTES') {
    return Buffer.concat(
      values.map((value) => {
        const text = Buffer.from(String(value));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return Buffer.concat([length, text]);
      }),
    );
  }
  const size = SIZES[datatype]!;
  const buffer = Buffer.alloc(values.length * size);
  const write = writer(datatype, buffer);
  values.forEach((value, index) => {
    write(value, index * size);
  });
  return buffer;
}

function writer(datatype: string, buffer: Buffer): (value: unknown, offset: number) => void {
  switch (datatype) {
    case 'BOOL':
      return (value, offset) => buffer.writeUInt8(value === true || value === 1 ? 1 : 0, offset);
    case 'UINT8':
      return (value, offset) => buffer.writeUInt8(Number(value), offset);
    case 'INT8':
      return (value, offset) => buffer.writeInt8(Number(value), offset);
    case 'UINT16':
      return (value, offset) => buffer.writeUInt16LE(Number(value), offset);
    case 'INT16':
      return (value, offset) => buffer.writeInt16LE(Number(value), offset);
    case 'FP16':
      return (value, offset) => buffer.writeUInt16LE(halfBits(Number(value)), offset);
    case 'BF16':
      return (value, offset) => buffer.writeUInt16LE(floatBits(Number(value)) >>> 16, offset);
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
export function randomValue(datatype: string, random: () => number, stringLength: number): unknown {
  if (datatype === 'BYTES') {
    return Array.from({ length: stringLength }, () =>
      String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join('');
  }
  if (datatype === 'BOOL') return random() < 0.5;
  return /^(FP|BF)/.test(datatype) ? random() : Math.floor(random() * 128);
}

const scratch = new DataView(new ArrayBuffer(4));

function floatBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

/** IEEE 754 half precision, rounded towards zero; too large becomes infinity, too small zero. */
function halfBits(value: number): number {
  const bits = floatBits(value);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const mantissa = (bits >>> 13) & 0x3ff;
  if (Number.isNaN(value)) return 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  return exponent <= 0 ? sign : sign | (exponent << 10) | mantissa;
}
