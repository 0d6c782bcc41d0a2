import { expect, test } from 'vitest';
import { usedBudget } from '../../src/run/used-budget.ts';

const settings = { mode: 'bayes', seed: 0 } as const;

test('the budget that was given, by its option', () => {
  expect(usedBudget('measurements', { ...settings, maxMeasurements: 20 }, 400, 5)).toEqual({
    option: 'max_measurements',
    most: 20,
    of: 'measurements',
  });
  expect(usedBudget('configurations', { ...settings, maxVariants: 3, maxMeasurements: 20 }, 400, 5)).toEqual({
    option: 'max_variants',
    most: 3,
    of: 'configurations',
  });
  expect(usedBudget('minutes', settings, 400, 5)).toEqual({ option: 'max_minutes', most: 5, of: 'minutes' });
});

test('of several that count the same the smallest', () => {
  const both = { ...settings, maxMeasurements: 50, optuna: { maxTrials: 40, maxShare: 0.05 } };
  expect(usedBudget('measurements', both, 400, undefined)).toEqual({
    option: 'max_percentage_of_search_space',
    most: 20,
    of: 'measurements',
  });
  expect(usedBudget('measurements', both, 4000, undefined)).toMatchObject({ option: 'optuna_max_trials' });
});

test("a search's own judgement is no budget of the user's", () => {
  expect(usedBudget('measurements', { ...settings, maxVariants: 3 }, 400, 5)).toBeUndefined();
  expect(usedBudget('minutes', settings, 400, undefined)).toBeUndefined();
});
