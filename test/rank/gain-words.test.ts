import { expect, test } from 'vitest';
import { gainRange, gainText, gainWithRange } from '../../src/rank/gain-words.ts';
import { type Gain, gainOf, isDifferent, widened } from '../../src/rank/noise.ts';
import { measurement } from '../support/run.ts';

const NOISE = { starts: { perf_throughput: 0 } };
const OBJECTIVES = [{ tag: 'perf_throughput', weight: 1 }];
/** The gain of one throughput over another, both known to the same share. */
function gain(value: number, over: number, share: number): Gain {
  const [a, b] = [value, over].map((throughput) =>
    measurement({ perf_throughput: throughput }, 1, {
      intervals: { perf_throughput: [throughput * (1 - share), throughput * (1 + share)] },
    }),
  );
  return gainOf(a!, b!, OBJECTIVES, NOISE)!;
}

test('a gain that is known well has the same to both sides', () => {
  const close = gain(185, 100, 0.07);
  expect(gainRange(close)).toBe('± 18.4');
  expect(gainWithRange(close)).toBe('+85.0 % ± 18.4');
  expect(gainText(close)).toBe('85.0 % (± 18.4) better');
  expect(gainText(gain(80, 100, 0.01))).toBe('20.0 % (± 1.13) worse');
});

test('of one that is not both ends are told', () => {
  expect(gainWithRange(gain(175, 100, 0.24))).toBe('+75.0 %, +23.5 to +148');
  expect(gainText(gain(50, 100, 0.3))).toBe('50.0 % (−67.9 to −22.1) worse');
});

test('half as good is as far from as good as twice as good is', () => {
  for (const share of [0.1, 0.3, 0.45, 0.55]) {
    const [more, less] = [gain(200, 100, share), gain(100, 200, share)];
    expect(isDifferent(more)).toBe(isDifferent(less));
    expect((1 + more.low / 100) * (1 + less.high / 100)).toBeCloseTo(1, 12);
  }
  expect(isDifferent(gain(200, 100, 0.44))).toBe(true);
  expect(isDifferent(gain(200, 100, 0.46))).toBe(false);
});

test('a wider interval is as many times as wide to either side, as how many times as good', () => {
  const narrow = gain(150, 100, 0.1);
  const wide = widened(narrow, 2);
  expect(wide.percent).toBe(narrow.percent);
  expect(Math.log((100 + wide.high) / 150)).toBeCloseTo(2 * Math.log((100 + narrow.high) / 150), 12);
  expect(Math.log((100 + wide.low) / 150)).toBeCloseTo(2 * Math.log((100 + narrow.low) / 150), 12);
});
