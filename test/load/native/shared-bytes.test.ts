import { expect, test } from 'vitest';
import { SharedBytes } from '../../../src/load/native/shared-bytes.ts';

test('small pieces share memory that all threads see, large ones have their own', () => {
  const memory = new SharedBytes();
  const small = [memory.join([Buffer.from('ab'), Buffer.from('c')]), memory.join([Buffer.from('d')])];
  const large = memory.join([Buffer.alloc(2 ** 20, 1)]);
  expect(small.map(String)).toEqual(['abc', 'd']);
  expect(small[0]!.buffer).toBe(small[1]!.buffer);
  expect(large.buffer).not.toBe(small[0]!.buffer);
  expect([...small, large].every(({ buffer }) => buffer instanceof SharedArrayBuffer)).toBe(true);
  // Many do not fit into one piece of memory, and none writes over another.
  const many = Array.from({ length: 20 }, (_, index) => memory.join([Buffer.alloc(100_000, index)]));
  expect(many.every((bytes, index) => bytes.every((byte) => byte === index))).toBe(true);
});
