import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wholeNumber } from '../../src/load/whole-number.ts';

test.each([
  ['9007199254740993', 9007199254740993n],
  ['-3345936507911876459', -3345936507911876459n],
  ['18446744073709551615', 18446744073709551615n],
  ['1e3', 1000n],
  ['12.50e1', 125n],
  ['-0', 0n],
  ['0.000', 0n],
  ['0e999999999999', 0n],
  ['100e-2', 1n],
  ['9007199254740993.000', 9007199254740993n],
  ['900719925474099300e-2', 9007199254740993n],
])('%s is whole', (text, value) => {
  expect(wholeNumber(text)).toEqual({ kind: 'whole', value });
});

test.each([
  ['1.5', 'fraction'],
  ['1e-400000000000', 'fraction'],
  ['1e400000000000', 'huge'],
  ['1'.repeat(100_000), 'huge'],
  [`0.${'0'.repeat(100_000)}1`, 'fraction'],
])('%#', (text, kind) => {
  expect(wholeNumber(text)).toEqual({ kind });
});

test('what is no number is none', () => {
  expect(['', '-', '1x', 'NaN', '0x10', '1_000', ' 1'].map(wholeNumber)).toEqual(Array(7).fill(undefined));
});

test('any integer of 64 bits, however it is written', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.nat(5), (value, zeros) => {
      for (const text of [
        `${value}`,
        `${value}.${'0'.repeat(zeros + 1)}`,
        `${value}${'0'.repeat(zeros)}e-${zeros}`,
      ])
        expect(wholeNumber(text)).toEqual({ kind: 'whole', value });
    }),
  );
});
