import { describe, expect, test } from 'vitest';
import { halfOf } from '../../src/load/half.ts';

/** The value of 16 bits, by the definition of IEEE 754. */
function numberOf(bits: number, fraction: number, bias: number): number {
  const exponent = bits >>> fraction;
  const rest = bits & (2 ** fraction - 1);
  return exponent === 0
    ? rest * 2 ** (1 - bias - fraction)
    : (1 + rest / 2 ** fraction) * 2 ** (exponent - bias);
}

describe.each([
  ['FP16', 10, 15, 0x7c00],
  ['BF16', 7, 127, 0x7f80],
] as const)('%s', (format, fraction, bias, infinity) => {
  test('every number stays, what lies between two goes to the nearer, the middle to the even one', () => {
    const wrong: string[] = [];
    const check = (value: number, bits: number) => {
      if (halfOf(format, value) !== bits || halfOf(format, -value) !== (bits | 0x8000))
        wrong.push(`${value}: ${halfOf(format, value)} instead of ${bits}`);
    };
    for (let bits = 0; bits < infinity; bits++) {
      const value = numberOf(bits, fraction, bias);
      const next = numberOf(bits + 1, fraction, bias);
      const middle = (value + next) / 2;
      check(value, bits);
      check(middle, bits % 2 === 0 ? bits : bits + 1);
      check(value + (next - value) * 0.499, bits);
      check(value + (next - value) * 0.501, bits + 1);
      // Doubles just beside the middle, which are equal to it as FP32.
      check(middle * (1 - Number.EPSILON), bits);
      check(middle * (1 + 2 * Number.EPSILON), bits + 1);
    }
    expect(wrong).toEqual([]);
  });

  test('too large is infinity, too small zero; the sign stays', () => {
    expect([1e300, Number.POSITIVE_INFINITY].map((value) => halfOf(format, value))).toEqual([
      infinity,
      infinity,
    ]);
    expect(halfOf(format, -1e300)).toBe(infinity | 0x8000);
    expect([0, -0, 1e-300, -1e-300].map((value) => halfOf(format, value))).toEqual([0, 0x8000, 0, 0x8000]);
  });

  test('NaN is NaN', () => {
    expect(halfOf(format, Number.NaN)).toBeGreaterThan(infinity);
  });
});
