import { expect, test } from 'vitest';
import { parseExactJson } from '../../src/ground/exact-json.ts';

test('integers beyond 2^53 keep all their digits; everything else is as JSON.parse has it', () => {
  const text =
    '{"a": [9007199254740993, -18446744073709551615, 9007199254740991], "b": 1.5, "c": "12345678901234567890"}';
  expect(parseExactJson(text)).toEqual({
    a: [9007199254740993n, -18446744073709551615n, 9007199254740991],
    b: 1.5,
    c: '12345678901234567890',
  });
  expect(parseExactJson('[9007199254740993, 1e20, 0.12345678901234568]', String)).toEqual([
    '9007199254740993',
    1e20,
    0.12345678901234568,
  ]);
  expect(parseExactJson('[1]')).toEqual([1]);
  expect(() => parseExactJson('[12345678901234567890')).toThrow(SyntaxError);
});

test('keys that objects have by nature are keys like others', () => {
  const json = parseExactJson('{"__proto__": 12345678901234567890}');
  expect(Object.entries(json as object)).toEqual([['__proto__', 12345678901234567890n]]);
});
