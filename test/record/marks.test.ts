import { expect, test } from 'vitest';
import { combined } from '../../src/record/combined.ts';
import { MARK_TAGS, MARKS, marksOf } from '../../src/record/marks.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import { measurement } from '../support/run.ts';

const tagsOf = (changes: Partial<Measurement>): string[] =>
  marksOf(measurement({}, 1, changes)).map(({ tag }) => tag);
const state = (...throttled: string[]) => ({ 'GPU-1': { throttled } });
const late = (p99: number, full = false) => ({ engine: 'e', full, lateness: { p50: 0, p99 } });

/** For each mark a measurement that carries it, and one that all but does. */
const CASES: Readonly<Record<string, readonly [yes: Partial<Measurement>, no: Partial<Measurement>]>> = {
  unstable: [{ stable: false }, { stable: true }],
  'few-samples': [{ requests: 458 }, { requests: 459 }],
  'client-bound': [
    { bottleneck: { who: 'client', reasons: ['its busiest thread worked 97 % of the time'] } },
    { bottleneck: { who: 'server', reasons: [] } },
  ],
  'late-sends': [{ client: late(3) }, { client: late(2) }],
  'rate-missed': [
    { client: { engine: 'e', asked: 102 }, values: { perf_send_rate: 100 } } as object,
    { client: { engine: 'e', asked: 101 }, values: { perf_send_rate: 100 } } as object,
  ],
  'failed-requests': [{ failures: { timeout: { count: 1, message: 'late' } } }, { failures: {} }],
  throttled: [{ gpuStates: state('power cap') }, { gpuStates: state() }],
  'shared-gpu': [{ gpuSharers: [{ uuid: 'GPU-1', pid: 7, name: 'other' }] }, { gpuSharers: [] }],
  'shared-cpu': [{ othersShare: 0.2 }, { othersShare: 0.19 }],
  'host-stalled': [{ stalls: { windows: 1, leftOut: 1, longestMs: 48 } }, {}],
  drifted: [{ drifted: { by: -0.08 } }, {}],
  'beside-others': [{ besideOthers: 'it was slower than usual' }, { againAlone: 'x' }],
  'shared-server': [{ shared: true }, { shared: false }],
  'taken-over': [{ takenOver: true }, {}],
};

test('there is a case for every mark, and every mark says what it means and what to do', () => {
  expect(Object.keys(CASES)).toEqual(MARK_TAGS);
  for (const { words, advice } of Object.values(MARKS))
    expect(words.length * advice.length).toBeGreaterThan(0);
});

test.each(MARK_TAGS)('%s is carried where it is so, and by nothing else', (tag) => {
  const [yes, no] = CASES[tag]!;
  expect(tagsOf(yes)).toEqual([tag]);
  expect(tagsOf(no)).toEqual([]);
});

test('a mark says what it says of this measurement', () => {
  const textOf = (changes: Partial<Measurement>): string | undefined =>
    marksOf(measurement({}, 1, changes))[0]?.text;
  expect(marksOf(measurement({}, 1, { takenOver: true, startedAt: '2026-01-10T02:00:00.000Z' }))).toEqual([
    { tag: 'taken-over', from: '2026-01-10', text: 'measured on 2026-01-10 and taken over' },
  ]);
  expect(textOf({ drifted: { by: -0.08 } })).toBe(
    'the machine was 8.0 % slower than when what it is compared with was measured',
  );
  expect(textOf({ drifted: { by: 0 } })).toMatch(/^other programs had much more/);
  expect(textOf({ othersShare: 0.714 })).toBe("other programs had 71 % of this machine's CPU meanwhile");
  expect(textOf({ counted: 5, stalls: { windows: 1, leftOut: 1, longestMs: 48 } })).toBe(
    "the host stood still for up to 48 ms in 1 of 6 windows; they are left out of the client's figures",
  );
  expect(textOf({ counted: 6, stalls: { windows: 3, leftOut: 0, longestMs: 48 } })).toBe(
    'the host stood still for up to 48 ms in 3 of 6 windows, and the figures hold that',
  );
});

test('where it is not recorded how many requests there were, nothing is said of them', () => {
  expect(tagsOf({ requests: 0 })).toEqual([]);
});

test('a p99 that is the mean of several looks rests on the requests of one', () => {
  const look = () => measurement({}, 1, { requests: 300 });
  expect(marksOf(combined([look(), look()])).map(({ tag }) => tag)).toEqual(['few-samples']);
});

test('what one of several looks is marked by marks them all', () => {
  const all = combined([
    measurement({}, 1, {
      takenOver: true,
      othersShare: 0.4,
      gpuStates: { 'GPU-1': { throttled: ['power cap'], smClockMHz: [900, 1500], temperatureC: 80 } },
      gpuSharers: [{ uuid: 'GPU-1', pid: 7, name: 'other' }],
      stalls: { windows: 1, leftOut: 1, longestMs: 48 },
    }),
    measurement({}, 1, {
      drifted: { by: 0.05 },
      othersShare: 0.1,
      gpuStates: { 'GPU-1': { throttled: [], smClockMHz: [1400, 1980], temperatureC: 70 } },
      gpuSharers: [{ uuid: 'GPU-1', pid: 7, name: 'other' }],
      stalls: { windows: 2, leftOut: 2, longestMs: 20 },
    }),
  ]);
  expect(marksOf(all).map(({ tag }) => tag)).toEqual([
    'throttled',
    'shared-gpu',
    'shared-cpu',
    'host-stalled',
    'drifted',
    'taken-over',
  ]);
  expect(all.gpuStates).toEqual({
    'GPU-1': { throttled: ['power cap'], smClockMHz: [900, 1980], temperatureC: 80 },
  });
  expect(all.stalls).toEqual({ windows: 3, leftOut: 3, longestMs: 48 });
  expect(all.gpuSharers).toHaveLength(1);
});
