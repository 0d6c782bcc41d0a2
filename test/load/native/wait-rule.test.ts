import { describe, expect, test } from 'vitest';
import {
  judgeWait,
  longestLoadMs,
  patienceWith,
  type Seen,
  type WaitRule,
} from '../../../src/load/native/wait-rule.ts';

const rule: WaitRule = {
  milliseconds: 200,
  requests: 8,
  limitMs: 15_000,
  silenceMs: 60_500,
  hopeless: 10,
  failureLimit: 0.01,
};
const judge = (seen: Partial<Seen>, changes: Partial<WaitRule> = {}) =>
  judgeWait(
    { ...rule, ...changes },
    { elapsedMs: 100, answered: 0, failed: 0, silentMs: 100, failedInRow: 0, ...seen },
  );

describe('a wait', () => {
  test('is over with the time and the requests, not with one of them', () => {
    expect(judge({ elapsedMs: 250, answered: 8 })).toBe('enough');
    expect(judge({ elapsedMs: 150, answered: 800 })).toBe('go on');
    expect(judge({ elapsedMs: 250, answered: 7 })).toBe('go on');
  });

  test('few requests are enough when the window was open for long, none are not', () => {
    expect(judge({ elapsedMs: 15_000, answered: 1 })).toBe('enough');
    expect(judge({ elapsedMs: 20_000, silentMs: 20_000 })).toBe('go on');
  });

  test('nothing but failures ends it, however many answers came before; connections lost at once do not', () => {
    const row = { answered: 5000, failed: 10, failedInRow: 10 };
    expect(judge({ ...row, silentMs: 400 })).toBe('failing');
    expect(judge({ ...row, silentMs: 5 })).toBe('go on');
  });

  test('too many failures end it once the window only waits for requests', () => {
    const half = { answered: 6, failed: 12, failedInRow: 1, silentMs: 5 };
    expect(judge({ ...half, elapsedMs: 100 })).toBe('go on');
    expect(judge({ ...half, elapsedMs: 300 })).toBe('failing');
    expect(judge({ ...half, elapsedMs: 300 }, { failureLimit: 0.7 })).toBe('go on');
    const { failureLimit: _, ...warmUp } = rule;
    expect(judgeWait(warmUp, { ...half, elapsedMs: 300 })).toBe('go on');
  });

  test('silence ends it, also when there were answers in it', () => {
    expect(judge({ elapsedMs: 62_000, silentMs: 60_500, answered: 3 }, { limitMs: 90_000 })).toBe('silent');
  });
});

describe('patience', () => {
  const settings = { requestTimeoutMs: 60_000, failureLimit: 0.01 };
  const closed = { kind: 'closed', slots: 64 } as const;

  test('follows the request timeout, the requests in flight and the failures that are allowed', () => {
    expect(patienceWith(closed, settings)).toEqual({ silenceMs: 60_500, hopeless: 64 });
    // Where four of five may fail, ten in a row are nothing special.
    const lenient = patienceWith({ kind: 'closed', slots: 1 }, { ...settings, failureLimit: 0.8 });
    expect(0.8 ** lenient.hopeless).toBeLessThan(1e-6);
    expect(patienceWith(closed, { ...settings, failureLimit: 1 }).hopeless).toBeLessThan(20_000);
  });

  test.each([
    [{ kind: 'constant', rate: 0.01, seed: 1 }, 100_000],
    [{ kind: 'intervals', gapsMs: [10, 3000, 10] }, 3000],
    [{ kind: 'trace', timesMs: [0, 10, 7010] }, 7000],
  ] as const)('no request is due, so none is missed: %o', (arrivals, gapMs) => {
    const shape = { kind: 'open', arrivals, most: 8, whenFull: 'wait' } as const;
    expect(patienceWith(shape, settings).silenceMs).toBe(60_500 + gapMs);
  });

  test('a load has a longest time by every rule', () => {
    const patience = patienceWith(closed, settings);
    const windows = {
      kind: 'windows',
      intervalMs: 600,
      minRequests: 20,
      stability: 0.1,
      maxWindows: 10,
    } as const;
    expect(longestLoadMs(closed, windows, patience)).toBe(60_500 + 150_000 + 60_500);
    const precision = { kind: 'precision', precision: 0.03, limitMs: 2500 } as const;
    expect(longestLoadMs(closed, precision, patience)).toBeLessThan(200_000);
  });
});
