import { expect, test } from 'vitest';
import { inFlight, levelOf } from '../../src/record/load-point.ts';
import type { BeliefRecord, Run } from '../../src/record/run.ts';
import { closingAsk, withClosing } from '../../src/run/closing.ts';
import type { FailureMemory } from '../../src/search/failure-memory.ts';
import type { Ask, Outcome, Standing } from '../../src/search/search.ts';
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

/** So many measurements at one load, each on a server of its own. */
const onServers = (name: string, values: readonly number[], plusMinus: number) => ({
  ...trial(name, []),
  state: 'measured' as const,
  points: values.map((value, index) => ({
    state: 'measured' as const,
    key: `${name}-4`,
    measurement: measurement({ perf_throughput: value }, 4, {
      intervals: { perf_throughput: [value * (1 - plusMinus), value * (1 + plusMinus)] },
    }),
    ...(index > 0 && { again: 'afresh' as const }),
  })),
});

test('the default is not kept for want of another look at what is known less', () => {
  const base = (...values: number[]) => onServers('m_config_default', values, 0.02);
  const better = (...values: number[]) => onServers('m_config_0', values, 0.02);
  // So far do starts differ.
  const other = onServers('m_config_1', [60, 80, 57, 78, 62], 0.02);
  const known = better(110, 118, 112, 116);
  const ask = next(run(base(91), known, other), large)!;
  expect(words(ask)).toEqual(['m_config_default', 4, 'afresh']);
  // One that failed is not tried again.
  const failed = closingAsk(run(base(91), known, other), searchedSpace(large), [ask], undefined, [ask]);
  expect(failed).toBeUndefined();
  // What leads, where that is known less.
  const unknown = run(base(91, 93, 92, 90), better(104, 124), other);
  expect(words(next(unknown, large))).toEqual(['m_config_0', 4, 'afresh']);
  // A gain that a look more can't make sure, and one that is sure.
  expect(next(run(base(108), known, other), large)).toBeUndefined();
  expect(next(run(base(50), known, other), large)).toBeUndefined();
});

test('what leads by one look is looked at first: beside a default that was measured again it would lead no more', () => {
  const recorded = run(
    trial('m_config_default', [at(100, 4)]),
    trial('m_config_0', [at(108, 4)]),
    onServers('m_config_1', [70, 80], 0.02),
  );
  expect(words(next(recorded, large))).toEqual(['m_config_0', 4, 'afresh']);
});

test('of what is looked at once more the search learns', () => {
  const recorded = run(
    onServers('m_config_default', [91], 0.02),
    onServers('m_config_0', [110, 118, 112, 116], 0.02),
    onServers('m_config_1', [60, 80, 57, 78, 62], 0.02),
  );
  const learned: string[] = [];
  const search = {
    ask: () => 'done',
    tell: () => expect.unreachable(),
    learn: ({ candidate }: Ask) => learned.push(candidate.name),
    account: () => ({ why: 'it is over', importance: [], remarks: [] }),
    givenUp: () => [],
  } as unknown as FailureMemory;
  const closing = withClosing(search, searchedSpace(large), () => recorded);
  const standing = { busy: new Set<never>() } as unknown as Standing;
  const measured = { state: 'measured', values: {}, started: true } as unknown as Outcome;
  const asks = [closing.ask(standing), closing.ask(standing)] as Ask[];
  expect(asks.map(words)).toEqual([words(asks[1]), ['m_config_default', 4, 'afresh']]);
  closing.tell(asks[0]!, measured);
  expect(learned).toEqual(['m_config_default']);
  closing.tell(asks[1]!, { state: 'failed' } as unknown as Outcome);
  expect(closing.ask(standing)).toBe('done');
  expect(closing.account().remarks).toEqual([
    'measured for the verdict in the end: m_config_default with 4 in flight 2 times',
  ]);
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
