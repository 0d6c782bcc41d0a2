import { expect, test } from 'vitest';
import { outcomeOf } from '../../src/run/outcome.ts';
import { measurement } from '../support/run.ts';

test('how long the start of its server and the look took, as the record tells', () => {
  const taken = { ...measurement({ perf_throughput: 100 }), warmupS: 0.4, durationS: 1.6 };
  const record = { state: 'measured', key: 'k', measurement: taken } as const;
  expect(outcomeOf({ ...record, startS: 7 }, true)).toMatchObject({ seconds: { start: 7, look: 2 } });
  expect(outcomeOf(record, false)).toMatchObject({ seconds: { start: 0, look: 2 } });
});
