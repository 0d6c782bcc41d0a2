import { describe, expect, test } from 'vitest';
import type { SearchSettings } from '../../src/config/search-settings.ts';
import { parametersOf } from '../../src/config/sweep.ts';
import { budgetOf, choiceFor, searchedSpace, searchFor, sizeOf } from '../../src/search/search-for.ts';
import { buildSpace, type Space } from '../../src/space/space.ts';
import { plan } from '../support/experiment.ts';

const space = (search: Partial<SearchSettings>, loads: number, automatic = false): Space => {
  const parameters = automatic
    ? []
    : parametersOf({ max_batch_size: [1, 2, 4, 8] }, () => undefined).parameters;
  return buildSpace(
    plan({
      search: { mode: 'auto', seed: 0, ...search },
      parameters,
      concurrency: Array.from({ length: loads }, (_, index) => 2 ** index),
      ...(automatic && { automatic: { instanceCounts: [1, 2, 3], batchSizes: [1, 2, 4, 8] } }),
    }),
    { name: 'm', max_batch_size: 9 },
  );
};

describe('which search a space gets', () => {
  test.each([
    [space({}, 4), 'manual'],
    [space({}, 13), 'bayes'],
    [space({}, 4, true), 'brute'],
    [space({}, 11, true), 'bayes'],
    [space({ mode: 'quick' }, 11, true), 'quick'],
    [space({ mode: 'random' }, 4), 'random'],
  ] as const)('%#: %s', (item, expected) => {
    expect(choiceFor(item)).toBe(expected);
    const name = { manual: 'brute', optuna: 'bayes' }[expected as string] ?? expected;
    expect(searchFor(searchedSpace(item)).name).toBe(name);
  });
});

test('a searched space has all of an automatic one, and the default once', () => {
  const whole = searchedSpace(space({}, 11, true));
  expect(whole.candidates).toHaveLength(13);
  expect(sizeOf(whole)).toBe(13 * 11);
});

describe('what a search may use', () => {
  test('as much as is worth its time: no usual number of measurements or configurations', () => {
    const { measurements, variants } = budgetOf(searchedSpace(space({}, 40)));
    expect(measurements).toBeGreaterThanOrEqual(100);
    expect(variants).toBeUndefined();
    expect(budgetOf(searchedSpace(space({ patience: 'quick' }, 13)))).toMatchObject({ patience: 'quick' });
  });

  test('not more than it takes to measure everything, and the best five three times more', () => {
    const small = searchedSpace(space({}, 13));
    expect(budgetOf(small).measurements).toBe(sizeOf(small) + 15);
    expect(budgetOf(small).because).toContain('as many as brute force');
  });

  test('--max-measurements and --max-variants', () => {
    expect(budgetOf(searchedSpace(space({ maxMeasurements: 50, maxVariants: 4 }, 13)))).toMatchObject({
      measurements: 50,
      variants: 4,
    });
  });

  test('what must be measured is more than what a search takes of itself', () => {
    const optuna = { minTrials: 400 };
    const { measurements, least } = budgetOf(searchedSpace(space({ mode: 'optuna', optuna }, 13)));
    expect(least).toBe(400);
    expect(measurements).toBeGreaterThan(400);
  });

  test("Optuna's own: the smaller of both most, the larger of both least", () => {
    const optuna = { maxShare: 0.5, maxTrials: 12, minShare: 0.1, minTrials: 3, patience: 5 };
    expect(budgetOf(searchedSpace(space({ mode: 'optuna', optuna }, 13)))).toMatchObject({
      measurements: 12,
      least: 6,
      vain: 5,
    });
  });
});

test('a space that is searched has candidates of its own: what it was made of is as it was', () => {
  const made = space({}, 11, true);
  const before = [...made.candidates];
  const whole = searchedSpace(made);
  expect(made.candidates).toEqual(before);
  expect(whole.candidates.length).toBeGreaterThan(before.length);
  expect(whole.candidates.map(({ name }) => name).slice(0, 2)).toEqual(['m_config_default', 'm_config_0']);
  expect(searchedSpace(made).candidates).toEqual(whole.candidates);
});
