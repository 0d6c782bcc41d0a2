/** Sixteen bits of a float: how many hold the fraction, and the exponent of the least normal number. */
const FORMATS = {
  FP16: { fraction: 10, least: -14, infinity: 0x7c00, nan: 0x7e00 },
  BF16: { fraction: 7, least: -126, infinity: 0x7f80, nan: 0x7fc0 },
} as const;

const scratch = new DataView(new ArrayBuffer(8));

/** The power of two in a number that is neither 0 nor subnormal. */
function exponentOf(value: number): number {
  scratch.setFloat64(0, value);
  return ((scratch.getUint16(0) >>> 4) & 0x7ff) - 1023;
}

/** The bits of the nearest number in 16 bits, of two equally near ones the even; too large is infinity. */
export function halfOf(format: keyof typeof FORMATS, value: number): number {
  const { fraction, least, infinity, nan } = FORMATS[format];
  if (Number.isNaN(value)) return nan;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(exponentOf(size), least);
  // Exact: a power of two, and the result has no more bits than the value.
  const units = roundToEven(size / 2 ** (exponent - fraction));
  // Numbers in order have bits in order, subnormal ones too: a carry makes the next exponent.
  return sign | Math.min(infinity, (exponent - least) * 2 ** fraction + units);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
