import type { Patience } from '../../config/search-settings.ts';
import { counted } from '../../ground/wording.ts';

/** What a search may use. */
export interface Budget {
  /** Measurements. */
  readonly measurements: number;
  /** Why there are no more than these, where the user set none. */
  readonly because?: string;
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
export const USUAL = { measurements: 38, starts: 22 };

/**
 * A search ends after so many measurements more than there are points, the number that it takes to measure each point once and
 * the best five three times more: by then everything could have been measured.
 */
const CONFIRMING = 15;

/** Why a search ended that would have made more measurements. */
export const usedUp = ({ measurements, because }: Budget): string =>
  because ?? `its budget of ${counted(measurements, 'measurement')} is used`;

/** A budget of so many measurements, set by the user. */
export const budgetFor = (measurements: number): Budget => ({ measurements });

/**
 * What a search may use where the user set no number of measurements: it ends when what is left to gain is not worth its time.
 * @param points that there are.
 * @param least measurements that are made in any case.
 */
export function ownBudget(points: number = Number.POSITIVE_INFINITY, least = 0): Budget {
  const all = points + CONFIRMING;
  const measurements = Math.max(Math.min(MOST, all), least);
  const many = counted(measurements, 'measurement');
  return {
    measurements,
    because:
      measurements === all
        ? `${many}, as many as brute force and a check of its best would take, did not decide it`
        : `${many} did not decide it`,
  };
}
