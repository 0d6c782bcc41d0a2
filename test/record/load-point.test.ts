import { expect, test } from 'vitest';
import {
  atRate,
  axisOf,
  inFlight,
  isRate,
  isSamePoint,
  type LoadPoint,
  levelOf,
  levelText,
  withLevel,
} from '../../src/record/load-point.ts';

const both: LoadPoint = { streams: [...inFlight('a', 4).streams, ...inFlight('b', 2, 8).streams] };

test('one model: its level, in words', () => {
  expect([levelOf(inFlight('m', 4)), levelText(inFlight('m', 4)), isRate(inFlight('m', 4))]).toEqual([
    4,
    '4 in flight',
    false,
  ]);
  expect([levelOf(atRate('m', 12.5)), levelText(atRate('m', 12.5)), isRate(atRate('m', 12.5))]).toEqual([
    12.5,
    '12.5 requests/s',
    true,
  ]);
  expect(axisOf([atRate('m', 1), atRate('m', 2)])).toBe('requests a second');
  expect(axisOf([atRate('m', 1), inFlight('m', 2)])).toBe('requests in flight');
});

test('several models at once: the load of all, in the order they are given', () => {
  expect(levelOf(both)).toBe(6);
  expect(levelText(both)).toBe('4 in flight and 2 in flight');
  expect(
    withLevel(both, (level) => level * 2).streams.map(({ load, batchSize }) => [load, batchSize]),
  ).toEqual([
    [{ kind: 'concurrency', inFlight: 8 }, 1],
    [{ kind: 'concurrency', inFlight: 4 }, 8],
  ]);
});

test('the same load is the same model, kind, level and batch, in every stream', () => {
  expect(isSamePoint(inFlight('m', 4, 2), inFlight('m', 4, 2))).toBe(true);
  for (const other of [inFlight('m', 5, 2), inFlight('m', 4), inFlight('n', 4, 2), atRate('m', 4, 2), both])
    expect(isSamePoint(inFlight('m', 4, 2), other)).toBe(false);
  expect(isSamePoint(both, structuredClone(both))).toBe(true);
  expect(isSamePoint(both, { streams: [both.streams[1]!, both.streams[0]] })).toBe(false);
});
