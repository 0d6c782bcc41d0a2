import { expect, test } from 'vitest';
import type { Constraint } from '../../src/record/goal.ts';
import { outcomeOf } from '../../src/run/outcome.ts';
import { measurement } from '../support/run.ts';

const most = (value: number, tag = 'perf_latency_p99'): Constraint => ({ tag, bound: 'max', value });
const told = (constraints: readonly Constraint[]) => {
  const beyond = {
    perf_latency_p99: { limit: 20, share: 0.004, of: 900 },
    perf_latency_p90: { limit: 15, share: 0.05, of: 1000 },
  };
  const record = {
    state: 'measured',
    key: 'k',
    measurement: { ...measurement({ perf_throughput: 100 }), beyond },
  } as const;
  return outcomeOf(record, false, constraints);
};

test('the shares beyond the limits that hold now', () => {
  expect(told([most(20), most(15, 'perf_latency_p90')])).toMatchObject({
    state: 'measured',
    beyond: { perf_latency_p99: { share: 0.004, of: 900 }, perf_latency_p90: { share: 0.05, of: 1000 } },
  });
});

test('none of what an earlier session counted against another limit, or against one that is gone', () => {
  expect(told([most(25), most(15, 'perf_latency_p90')])).toMatchObject({
    beyond: { perf_latency_p90: { share: 0.05, of: 1000 } },
  });
  expect(told([most(25)])).not.toHaveProperty('beyond');
  expect(told([])).not.toHaveProperty('beyond');
});

test('how long the start of its server and the look took, as the record tells', () => {
  const taken = { ...measurement({ perf_throughput: 100 }), warmupS: 0.4, durationS: 1.6 };
  const record = { state: 'measured', key: 'k', measurement: taken } as const;
  expect(outcomeOf({ ...record, startS: 7 }, true, [])).toMatchObject({ seconds: { start: 7, look: 2 } });
  expect(outcomeOf(record, false, [])).toMatchObject({ seconds: { start: 0, look: 2 } });
});

test('none of a measurement that has none', () => {
  const record = { state: 'measured', key: 'k', measurement: measurement({ perf_throughput: 100 }) } as const;
  expect(outcomeOf(record, true, [most(20)])).not.toHaveProperty('beyond');
});
