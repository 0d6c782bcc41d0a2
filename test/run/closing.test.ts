import { expect, test } from 'vitest';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import type { BeliefRecord, Run } from '../../src/record/run.ts';
import { closingAsk } from '../../src/run/closing.ts';
import type { Ask } from '../../src/search/search.ts';
import { searchedSpace } from '../../src/search/search-for.ts';
import { buildSpace, type Space } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';
import { measurement, run, trial } from '../support/run.ts';

const parameter = {
  path: 'max_batch_size',
  segments: ['max_batch_size'],
  values: Array.from({ length: 40 }, (_, index) => index + 1),
};
const small = buildSpace(plan({ concurrency: [1, 4], parameters: [{ ...parameter, values: [8] }] }), {
  name: 'm',
  max_batch_size: 4,
});
const large = buildSpace(plan({ concurrency: [1, 4], parameters: [parameter] }), {
  name: 'm',
  max_batch_size: 41,
});
const at = (throughput: number, concurrency: number) =>
  measurement({ perf_throughput: throughput }, concurrency);
const words = (ask: Ask | undefined) => ask && [ask.candidate.name, levelOf(ask.point), ask.again];
const next = (recorded: Run, space: Space, asked: readonly Ask[] = [], belief?: BeliefRecord) =>
  closingAsk(recorded, searchedSpace(space), asked, belief);

test('the default is measured at the load of what leads, once', () => {
  const recorded = run(trial('m_config_default', [at(50, 1)]), trial('m_config_0', [at(100, 4)]));
  const ask = next(recorded, small)!;
  expect(words(ask)).toEqual(['m_config_default', 4, undefined]);
  // It failed there: it is not tried again and again.
  expect(next(recorded, small, [ask])).toBeUndefined();
  const both = run(trial('m_config_default', [at(50, 1), at(60, 4)]), trial('m_config_0', [at(100, 4)]));
  expect(next(both, small)).toBeUndefined();
});

test('nothing is lacking where the default leads, was not measured, or nothing keeps the limits', () => {
  expect(next(run(trial('m_config_default', [at(50, 1)])), small)).toBeUndefined();
  expect(next(run(trial('m_config_0', [at(50, 1)])), small)).toBeUndefined();
  const recorded = run(trial('m_config_default', [at(50, 1)]), trial('m_config_0', [at(100, 4)]));
  const strict = {
    ...small,
    plan: { ...small.plan, constraints: [{ tag: 'perf_throughput', bound: 'min', value: 1e6 }] as const },
  };
  expect(next(recorded, strict)).toBeUndefined();
});

test('a client batch that the default can not take is not put on it', () => {
  const batch = { ...at(100, 4), point: inFlight('m', 4, 8) };
  const recorded = run(trial('m_config_default', [at(50, 1)]), trial('m_config_0', [batch]));
  expect(next(recorded, small)).toBeUndefined();
});

test('what leads by one look is confirmed where a search confirmed others', () => {
  const base = trial('m_config_default', [at(50, 4)]);
  const confirmed = {
    ...trial('m_config_1', []),
    state: 'measured' as const,
    points: [100, 101].map((value, index) => ({
      state: 'measured' as const,
      key: 'k',
      measurement: at(value, 4),
      ...(index > 0 && { again: 'afresh' as const }),
    })),
  };
  const recorded = run(base, trial('m_config_0', [at(150, 4)]), confirmed);
  expect(words(next(recorded, large))).toEqual(['m_config_0', 4, 'afresh']);
  // A lead within luck is not named, so that it needs no confirming.
  expect(next(run(base, trial('m_config_0', [at(105, 4)]), confirmed), large)).toBeUndefined();
  // What measures everything once confirms nothing.
  const grid = {
    ...large,
    plan: { ...large.plan, search: { ...large.plan.search, mode: 'manual' as const } },
  };
  expect(next(recorded, grid)).toBeUndefined();
});

test('what the search would name by its own belief is what the default is held against, and is not confirmed once more', () => {
  const base = trial('m_config_default', [at(50, 1)]);
  const confirmed = {
    ...trial('m_config_1', [at(90, 1)]),
    points: [100, 101].map((value, index) => ({
      state: 'measured' as const,
      key: 'k',
      measurement: at(value, 1),
      ...(index > 0 && { again: 'afresh' as const }),
    })),
  };
  const recorded = run(base, trial('m_config_0', [at(95, 4)]), confirmed);
  const { objectives, constraints } = large.plan;
  const belief: BeliefRecord = {
    goal: { objectives, constraints },
    ...{ variant: 'm_config_0', point: inFlight('m', 4), keeps: 1, better: { chance: 0 } },
  };
  expect(next(recorded, large)).toBeUndefined();
  const ask = next(recorded, large, [], belief)!;
  expect(words(ask)).toEqual(['m_config_default', 4, undefined]);
  expect(next(recorded, large, [ask], belief)).toBeUndefined();
});
