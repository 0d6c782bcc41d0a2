import { expect, test } from 'vitest';
import { positionOfError, positionOfUnclosed } from '../../src/model-config/text-place.ts';

test('a mistake in a long text is found by looking at few beginnings of it', () => {
  const text = `${'input { name: "x" }\n'.repeat(4000)}  bogus: 1\n${'# more\n'.repeat(100)}`;
  let looks = 0;
  const position = positionOfError(text, (beginning) => {
    looks++;
    return beginning.includes('bogus');
  });
  expect(position).toEqual({ line: 4001, column: 3 });
  expect(looks).toBeLessThan(30);
});

test.each([
  ['a: 1\nb {\n  c: [ 1\n', { line: 3, column: 6 }],
  ['a { b: "}" # }\n', { line: 1, column: 3 }],
  ["a { b: '\\'}' }", undefined],
  ['a < b: 1 >', undefined],
  ['}}} a {', { line: 1, column: 7 }],
])('the bracket that is never closed: %j', (text, position) => {
  expect(positionOfUnclosed(text)).toEqual(position);
});

test('where no beginning fails alike the end is told', () => {
  expect(positionOfError('a\nb', () => false)).toEqual({ line: 2, column: 1 });
  expect(positionOfError('', () => true)).toEqual({ line: 1, column: 1 });
});
