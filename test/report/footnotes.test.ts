import { expect, test } from 'vitest';
import { footnotesOf } from '../../src/report/footnotes.ts';

test('each remark is told once, with the range of its numbers; rows carry its number', () => {
  expect(footnotesOf([['known to ± 4 %', 'shared'], ['known to ± 12 %'], []])).toEqual({
    marks: ['1, 2', '1', ''],
    notes: [
      { number: '1', text: 'known to ± 4 to 12 %' },
      { number: '2', text: 'shared' },
    ],
  });
});

test('what all rows carry is no mark of any of them, unless there is one row alone', () => {
  expect(footnotesOf([['few'], ['few', 'late']])).toEqual({
    marks: ['', '1'],
    notes: [
      { number: '', text: 'few' },
      { number: '1', text: 'late' },
    ],
  });
  expect(footnotesOf([['few']])).toEqual({ marks: ['1'], notes: [{ number: '1', text: 'few' }] });
  expect(footnotesOf([])).toEqual({ marks: [], notes: [] });
});
