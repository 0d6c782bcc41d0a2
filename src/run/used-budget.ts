import type { SearchSettings } from '../config/search-settings.ts';
import type { UsedBudget } from '../record/run.ts';

/** What a user may have allowed of one thing. */
interface Allowed extends Omit<UsedBudget, 'most'> {
  readonly most: number | undefined;
}

/**
 * The budget of the user's that is used, the smallest of those that count the same; undefined where the user gave none,
 * so that the search judged by itself what was enough.
 * @param of what a search had no more of.
 * @param points of the space, of which shares may be allowed.
 */
export function usedBudget(
  of: UsedBudget['of'],
  { maxMeasurements, maxVariants, optuna = {} }: SearchSettings,
  points: number,
  maxMinutes: number | undefined,
): UsedBudget | undefined {
  const { maxTrials, maxShare } = optuna;
  const ofSpace = maxShare === undefined ? undefined : Math.max(1, Math.floor(maxShare * points));
  const all: readonly Allowed[] = [
    { option: 'max_measurements', most: maxMeasurements, of: 'measurements' },
    { option: 'optuna_max_trials', most: maxTrials, of: 'measurements' },
    { option: 'max_percentage_of_search_space', most: ofSpace, of: 'measurements' },
    { option: 'max_variants', most: maxVariants, of: 'configurations' },
    { option: 'max_minutes', most: maxMinutes, of: 'minutes' },
  ];
  return all
    .flatMap(({ most, ...budget }) => (most === undefined || budget.of !== of ? [] : [{ ...budget, most }]))
    .sort((a, b) => a.most - b.most)[0];
}
