const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** No integer datatype holds more digits. */
const MOST_DIGITS = 20;

/** What a number's text is, exactly: a whole number, a number with a fraction, or a whole one with too many digits. */
export type Whole =
  | { readonly kind: 'whole'; readonly value: bigint }
  | { readonly kind: 'fraction' | 'huge' };

/** Reads the text of a number without going through a float: 9007199254740993, 1e3, 12.50e1. */
export function wholeNumber(text: string): Whole | undefined {
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const [, sign, before = '', after = '', exponent = '0'] = match;
  const digits = before + after;
  let [start, end] = [0, digits.length];
  while (digits[start] === '0') start++;
  if (start === end) return { kind: 'whole', value: 0n };
  while (digits[end - 1] === '0') end--;
  // The power of ten behind the last digit that is not 0.
  const power = Number(exponent) - after.length + (digits.length - end);
  if (power < 0) return { kind: 'fraction' };
  if (end - start + power > MOST_DIGITS) return { kind: 'huge' };
  const value = BigInt(digits.slice(start, end) + '0'.repeat(power));
  return { kind: 'whole', value: sign === '-' ? -value : value };
}
