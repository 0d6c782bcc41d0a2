import { expect, test } from 'vitest';
import { LineReader, lineOf } from '../../src/record/line.ts';
import { inFlight } from '../../src/record/load-point.ts';
import { beliefRecord } from '../../src/run/belief-record.ts';
import type { Belief } from '../../src/search/search.ts';
import { buildSpace } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const space = buildSpace(
  plan({ parameters: [{ path: 'max_batch_size', segments: ['max_batch_size'], values: [4, 8] }] }),
  { name: 'm', max_batch_size: 2 },
);
const [, one, two] = space.candidates;
const belief: Belief = {
  candidate: one!,
  point: inFlight('m', 64),
  value: 7905,
  interval: [7610, 8190],
  keeps: 0.97,
  better: { chance: 0.12, candidate: two!, point: inFlight('m', 128) },
  more: { minutes: 10, gain: 0.004, by: '--patience thorough' },
};
const goal = {
  objectives: [{ tag: 'perf_throughput', weight: 10 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 20 }],
} as const;
const search = {
  kind: 'search',
  models: ['m'],
  search: 'bayes',
  why: '',
  points: { all: 2, seen: 2 },
  configurations: { all: 1, seen: 1 },
  measurements: 2,
  importance: [],
  skipped: [],
  remarks: [],
} as const;

test('holds names and what differs, and comes back from the journal as it was', () => {
  const record = beliefRecord(belief, goal)!;
  expect(record).toEqual({
    goal,
    variant: 'm_config_0',
    point: inFlight('m', 64),
    value: 7905,
    interval: [7610, 8190],
    keeps: 0.97,
    better: {
      chance: 0.12,
      variant: 'm_config_1',
      assignment: { max_batch_size: 8 },
      point: inFlight('m', 128),
    },
    more: { minutes: 10, gain: 0.004, by: '--patience thorough' },
  });
  const ended = { option: 'max_minutes', most: 0.5, of: 'minutes' } as const;
  const entry = { ...search, belief: record, ended } as const;
  expect(new LineReader().read(lineOf(entry))).toEqual({ kind: 'entry', entry });
});

test('what is no number is left out, so that the line can be read', () => {
  const record = beliefRecord(
    {
      ...belief,
      value: Number.NaN,
      interval: [0, Number.POSITIVE_INFINITY],
      keeps: 1 + 1e-12,
      more: { minutes: 10, gain: Number.NaN },
    },
    goal,
  )!;
  expect(record).not.toHaveProperty('value');
  expect(record).not.toHaveProperty('interval');
  expect(record).not.toHaveProperty('more');
  expect(record.keeps).toBe(1);
  expect(new LineReader().read(lineOf({ ...search, belief: record }))).toMatchObject({ kind: 'entry' });
  expect(beliefRecord({ ...belief, keeps: Number.NaN }, goal)).toBeUndefined();
  expect(beliefRecord(undefined, goal)).toBeUndefined();
});

test('a probability beyond 0 to 1 is no belief', () => {
  const record = { ...beliefRecord(belief, goal)!, keeps: 1.5 };
  expect(new LineReader().read(lineOf({ ...search, belief: record }))).toMatchObject({ kind: 'wrong' });
});
