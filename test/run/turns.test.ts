import { expect, test } from 'vitest';
import { turnsOf } from '../../src/run/turns.ts';

test('each has its part of what it and those after it take; the last one all that is left', () => {
  expect(
    turnsOf([
      { minutes: 6, points: 25 },
      { minutes: 1, points: 4 },
      { minutes: 1, points: 2 },
    ]),
  ).toEqual([
    { share: 0.75, later: 6 },
    { share: 0.5, later: 2 },
    { share: 1, later: 0 },
  ]);
});

test('what is unknown counts as the mean of the others, and alone as one of equals', () => {
  const shares = (minutes: readonly (number | undefined)[]): number[] =>
    turnsOf(minutes.map((own) => (own === undefined ? undefined : { minutes: own, points: 1 }))).map(
      ({ share }) => share,
    );
  expect(shares([undefined, 1, 3])).toEqual([1 / 3, 1 / 4, 1]);
  expect(shares([undefined, undefined])).toEqual([0.5, 1]);
  expect(shares([0, 0])).toEqual([0.5, 1]);
  // One of which all is known still gets a little.
  expect(shares([0, 20])[0]).toBeCloseTo(1 / 21);
});
