import type { Patience } from '../../config/search-settings.ts';

/** What a search may use. */
export interface Budget {
  /** Measurements. */
  readonly measurements: number;
  /** How much time a gain is worth. */
  readonly patience?: Patience;
  /** Configurations. */
  readonly variants?: number;
  /** It goes on until so many are measured, whatever it expects of them. */
  readonly least?: number;
  /** It ends after so many measurements in a row that were not better than the best before. */
  readonly vain?: number;
}

/** Measurements that no search passes, whatever it expects: what is left then does not become clear by more. */
const MOST = 150;

/** About what a search took in the median on simulated and recorded models (`npm run bench:search`). */
export const USUAL = { measurements: 35, starts: 25 };

/** A budget of so many measurements; without, the search ends when what is left to gain is not worth its time. */
export const budgetFor = (measurements: number = MOST): Budget => ({ measurements });
