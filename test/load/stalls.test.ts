import { describe, expect, test } from 'vitest';
import { findStalls, movedTogether, type SignedWindow, type Signs } from '../../src/load/stalls.ts';
import { Histogram } from '../../src/statistics/histogram.ts';
import { Timeline } from '../../src/statistics/timeline.ts';

const WINDOW_MS = 200;

interface Made {
  /** So many of the 100 requests took `slowMs` instead of 5 to 6 ms. */
  readonly slow?: number;
  readonly slowMs?: number;
  /** The generator's clock was late by so much, in the middle of the window. */
  readonly lateMs?: number;
  readonly signs?: Partial<Signs>;
}

/** Quiet windows, and those that are as they are said. */
const windowsOf = (count: number, made: Readonly<Record<number, Made>>): SignedWindow[] =>
  Array.from({ length: count }, (_, index) => {
    const { slow = 0, slowMs = 54, lateMs = 0.3, signs } = made[index] ?? {};
    const latency = new Histogram();
    for (let item = 0; item < 100; item++) latency.record(item < slow ? slowMs : 5 + item / 100);
    const startMs = 1000 + index * WINDOW_MS;
    return {
      startMs,
      endMs: startMs + WINDOW_MS,
      latency,
      signs: { lateMs, lateAtMs: startMs + 100, waitedMs: 0.2, stolenMs: 0, idle: 0.8, gapMs: 1, ...signs },
    };
  });

const found = (made: Readonly<Record<number, Made>>, count = 6, sharesHost = true, isTrace = false) => {
  const { leftOut, remarks } = findStalls(windowsOf(count, made), { sharesHost, isTrace });
  return { leftOut: [...leftOut], remarks };
};
const NOTHING = { leftOut: [], remarks: [] };

test('what was found is told as data, too: whether it is left out or not', () => {
  const dataOf = (made: Readonly<Record<number, Made>>, count = 6) =>
    findStalls(windowsOf(count, made), { sharesHost: true, isTrace: false }).found;
  expect(dataOf({})).toBeUndefined();
  expect(dataOf({ 2: { slow: 8, lateMs: 48 } })).toEqual({ windows: 1, leftOut: 1, longestMs: 48 });
  const many = { 1: { slow: 8, lateMs: 48 }, 4: { slow: 8, lateMs: 44 } };
  expect(dataOf(many)).toEqual({ windows: 2, leftOut: 0, longestMs: 48 });
});

describe('a window is left out', () => {
  test("where the generator's own clock was late and requests by as much", () => {
    expect(found({ 2: { slow: 8, lateMs: 48 } })).toEqual({
      leftOut: [2],
      remarks: [
        "1 of 6 windows is left out: the host stood still for 48 ms in it (the generator's own clock was late), which is no latency of the server",
      ],
    });
  });

  test('where a core was given to others', () => {
    expect(found({ 2: { slow: 8, signs: { stolenMs: 50 } } })).toEqual({
      leftOut: [2],
      remarks: [
        "1 of 6 windows is left out: the host stood still for 50 ms in it (the hypervisor gave a core's time to others), which is no latency of the server",
      ],
    });
  });

  test("of a server that runs elsewhere: it is the client's host", () => {
    const { leftOut, remarks } = found({ 2: { slow: 8, lateMs: 48 }, 7: { slow: 3, lateMs: 44 } }, 20, false);
    expect(leftOut).toEqual([2, 7]);
    expect(remarks).toEqual([
      "2 of 20 windows are left out: the client's host stood still for up to 48 ms in them (the generator's own clock was late), which is no latency of the server",
    ]);
  });

  test('also where the lateness was told with the window before', () => {
    // The stall was behind the last answer of that window.
    const early = { lateMs: 48, lateAtMs: 1449 };
    expect(found({ 1: { signs: early }, 2: { slow: 8 } }).leftOut).toEqual([2]);
  });
});

describe('a window counts', () => {
  test('without a witness, however slow it was', () => {
    expect(found({ 2: { slow: 30, slowMs: 500 } })).toEqual(NOTHING);
  });

  test('with a stall that made no request late', () => {
    expect(found({ 2: { lateMs: 48 } })).toEqual(NOTHING);
  });

  test('where its requests were later than the stall was long: the rest is the server', () => {
    expect(found({ 2: { slow: 8, slowMs: 300, lateMs: 48 } })).toEqual(NOTHING);
  });

  test('where the clock is always as late', () => {
    const always = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [index, { lateMs: 20 }]));
    expect(found({ ...always, 2: { slow: 8, slowMs: 26, lateMs: 24 } })).toEqual(NOTHING);
  });

  test('where the generator waited for a core, which the server may have had', () => {
    const busy = { slow: 8, lateMs: 48, signs: { waitedMs: 47, gapMs: 49 } };
    expect(found({ 2: busy })).toEqual({
      leftOut: [],
      remarks: [
        "in 1 of 6 windows no request was answered for 49 ms, and the generator itself had to wait for a core: it counts, as the server's own threads may have had the cores",
      ],
    });
    // A server elsewhere has no threads here.
    expect(found({ 2: busy }, 6, false).leftOut).toEqual([2]);
  });

  test('where the system does not tell whether it waited, and the cores were busy', () => {
    const unknown = (idle: number) => ({ slow: 8, lateMs: 48, signs: { waitedMs: undefined, idle } });
    expect(found({ 2: unknown(0.1) }).leftOut).toEqual([]);
    expect(found({ 2: unknown(0.7) }).leftOut).toEqual([2]);
  });

  test('where nothing was answered and nobody saw the host stand still, which is said', () => {
    expect(found({ 2: { slow: 8, signs: { gapMs: 48 } } })).toEqual({
      leftOut: [],
      remarks: [
        "in 1 of 6 windows no request was answered for 48 ms, and nothing says that the host stood still: it counts, as the server's own",
      ],
    });
  });
});

test('too many to be left out: all count, and that is said', () => {
  const stall = { slow: 8, lateMs: 48 };
  expect(found({ 1: stall, 3: stall })).toEqual({
    leftOut: [],
    remarks: [
      "2 of 6 windows hold stalls: the host stood still for up to 48 ms in them (the generator's own clock was late); too many to be left out, so that the figures contain what is no latency of the server",
    ],
  });
  expect(found({ 1: stall }, 6, true, true)).toEqual({
    leftOut: [],
    remarks: [
      "1 of 6 windows holds a stall: the host stood still for 48 ms in it (the generator's own clock was late); a trace counts as a whole, so that the figures contain what is no latency of the server",
    ],
  });
  // Three windows are too few to miss one.
  expect(found({ 1: stall }, 3).leftOut).toEqual([]);
});

test('what is left is moved together, with what ended in it', () => {
  const windows = windowsOf(4, {});
  const timeline = new Timeline(1000);
  for (let ms = 0; ms < 800; ms += 2) timeline.add(1000 + ms + 0.5, ms >= 200 && ms < 400 ? 100 : 1);
  const left = movedTogether(windows, new Set([1]), timeline);
  expect(left.windows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [1000, 1200],
    [1200, 1400],
    [1400, 1600],
  ]);
  expect(left.timeline.slices(1000, 1600, 3)).toEqual([100, 100, 100]);
  expect(movedTogether(windows, new Set(), timeline)).toEqual({ windows, timeline });
});
