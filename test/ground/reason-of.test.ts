import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/ground/errors.ts';

const thrown = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

test('the reason of an error of the system without its code and its call, where people know it', () => {
  expect(reasonOf(thrown(() => readFileSync('/no/such/file')))).toBe('no such file or directory');
  expect(reasonOf(thrown(() => readFileSync('/')))).toBe('illegal operation on a directory');
  expect(reasonOf(new Error('ENOSPC: no space left on device, write'))).toBe(
    'ENOSPC: no space left on device, write',
  );
  expect(reasonOf(new Error('something else'))).toBe('something else');
});
