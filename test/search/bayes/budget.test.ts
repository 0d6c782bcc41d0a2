import { expect, test } from 'vitest';
import { budgetFor, ownBudget } from '../../../src/search/bayes/budget.ts';

test('a budget of the user is his and needs no reason', () => {
  expect(budgetFor(9)).toEqual({ measurements: 9 });
});

test('few points are measured as often as brute force and a check of its best would, and that is what it says', () => {
  expect(ownBudget(70)).toEqual({
    measurements: 85,
    because: '85 measurements, as many as brute force and a check of its best would take, did not decide it',
  });
});

test('of many points no more than a number that does not depend on them', () => {
  const { measurements, because } = ownBudget(5000);
  expect(ownBudget()).toEqual({ measurements, because });
  expect(because).toBe(`${measurements} measurements did not decide it`);
});

test('what must be measured is, whatever a search takes of itself', () => {
  expect(ownBudget(5000, 401).measurements).toBe(401);
  expect(ownBudget(10, 20).measurements).toBe(25);
});
