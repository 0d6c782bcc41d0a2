/** The two formats of 16 bits: how many bits the fraction has, and the exponent of the smallest normal number. */
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

/** The bits of the nearest 16-bit number, ties to even; what is too large becomes infinity. */
export function halfOf(format: keyof typeof FORMATS, value: number): number {
  const { fraction, least, infinity, nan } = FORMATS[format];
  if (Number.isNaN(value)) return nan;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(exponentOf(size), least);
  // This division is exact: it is by a power of two. Rounding happens only behind it.
  const units = roundToEven(size / 2 ** (exponent - fraction));
  // Exponent and fraction follow each other in the bits, so that a fraction that is rounded up to 1 raises the
  // exponent.
  return sign | Math.min(infinity, (exponent - least) * 2 ** fraction + units);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
