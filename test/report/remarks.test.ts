import { expect, test } from 'vitest';
import { atRate } from '../../src/record/load-point.ts';
import { remarksOf } from '../../src/report/remarks.ts';
import { measurement } from '../support/run.ts';

test('each remark once with its loads; where only numbers differ, their range', () => {
  expect(
    remarksOf([
      measurement({}, 4, { warnings: ['known to ± 14 %, not to the 3 % asked for', 'a GPU was shared'] }),
      measurement({}, 1, { warnings: ['known to ± 4.5 %, not to the 3 % asked for'] }),
      measurement({}, 8, { warnings: ['p99 rests on 1,100 requests'] }),
      measurement({}, 2, { warnings: ['p99 rests on 90 requests', 'a GPU was shared'] }),
    ]),
  ).toEqual([
    'with 1, 4: known to ± 4.5 to 14 %, not to the 3 % asked for',
    'with 2, 4: a GPU was shared',
    'with 2, 8: p99 rests on 90 to 1,100 requests',
  ]);
  expect(remarksOf([measurement({}, 1, { point: atRate('m', 50), warnings: ['late'] })])).toEqual([
    'at 50: late',
  ]);
  expect(remarksOf([measurement({})])).toEqual([]);
});
