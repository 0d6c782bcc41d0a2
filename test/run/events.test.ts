import { expect, test } from 'vitest';
import { UserError, userError } from '../../src/ground/errors.ts';
import { type Happening, mistakeTeller, type RunEvent, tellAll } from '../../src/run/events.ts';

test('a listener that throws keeps no other from being told', () => {
  const told: RunEvent[] = [];
  const tell = tellAll([
    () => {
      throw new Error('no ear');
    },
    (event) => told.push(event),
  ]);
  expect(() => tell({ kind: 'end', interrupted: false })).toThrow('no ear');
  expect(told).toMatchObject([{ kind: 'end', at: expect.any(String) }]);
});

test('each problem of a mistake is told once, also where it is thrown on among others; a bug is none', () => {
  const told: Happening[] = [];
  const tell = mistakeTeller((happening) => told.push(happening));
  const first = userError('no model', 'name one', { file: 'perf.yaml', line: 2, column: 1 });
  tell(first);
  tell(new UserError([...first.problems, { message: 'no disk', fault: 'environment' }]));
  tell(new Error('a bug'));
  expect(told).toEqual([
    {
      kind: 'mistake',
      fault: 'input',
      message: 'no model',
      hint: 'name one',
      place: { file: 'perf.yaml', line: 2, column: 1 },
    },
    { kind: 'mistake', fault: 'environment', message: 'no disk' },
  ]);
});
