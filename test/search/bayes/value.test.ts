import { expect, test } from 'vitest';
import { Economy } from '../../../src/search/bayes/economy.ts';
import type { Knowledge, Spot } from '../../../src/search/bayes/knowledge.ts';
import { bestStep } from '../../../src/search/bayes/value.ts';
import type { Candidate } from '../../../src/space/space.ts';

const candidate = (name: string): Candidate => ({ name, models: [{ config: {} }] }) as unknown as Candidate;
const spot = (id: number, looks: number): Spot =>
  ({
    id,
    candidate: candidate(`config_${id}`),
    results: Array.from({ length: looks }, () => ({ server: id, values: {} })),
  }) as unknown as Spot;

/** The worth of points as logarithms, and how far each may be off. */
function knowledgeOf(known: ReadonlyMap<Spot, { mean: number; deviation: number }>): Knowledge {
  const look = (item: Spot) => {
    const { mean, deviation } = known.get(item)!;
    const worth = { mean, variance: deviation ** 2, noise: { start: 1e-4, look: 1e-4 } };
    return { worth, rooms: [], holds: 1, nearly: 1 };
  };
  return {
    spots: [...known.keys()],
    believing: () => ({ look, worthWith: () => () => 0 }),
    standing: (item: Spot) => known.get(item)!.mean,
    chances: () => () => 1,
    most: () => Number.POSITIVE_INFINITY,
    serverOf: () => undefined,
  } as unknown as Knowledge;
}

/** What is expected of looking at a point that probably is 35 % worse than the best, give or take 10 %. */
function gainAt(looks: number): number {
  const [leader, other] = [spot(0, 3), spot(1, looks)];
  const knowledge = knowledgeOf(
    new Map([
      [leader, { mean: 0, deviation: 0.01 }],
      [other, { mean: -0.35, deviation: 0.1 }],
    ]),
  );
  const isAllowed = (item: Spot): boolean => item === other;
  return bestStep(knowledge, new Economy(), { on: undefined, pending: [], isAllowed, byThroughput: true })!
    .gain;
}

test('what was never looked at may be far off, so that it is worth a look where what was looked at is not', () => {
  expect(gainAt(0)).toBeGreaterThan(20 * gainAt(1));
});

test('a point that is better by what is expected is worth a look by about that', () => {
  const [leader, better] = [spot(0, 3), spot(1, 0)];
  const knowledge = knowledgeOf(
    new Map([
      [leader, { mean: 0, deviation: 0.01 }],
      [better, { mean: 0.3, deviation: 0.02 }],
    ]),
  );
  const place = { on: undefined, pending: [], isAllowed: () => true, byThroughput: true };
  const step = bestStep(knowledge, new Economy(), place)!;
  expect(step.spot).toBe(better);
  expect(step.gain).toBeCloseTo(0.29, 2);
});
