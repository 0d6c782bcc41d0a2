/** What a search may use. */
export interface Budget {
  /** Measurements, those of finalists included. */
  readonly measurements: number;
  /** Starts of a server. */
  readonly starts: number;
  /** Configurations. */
  readonly variants?: number;
  /** It goes on until so many are measured, whatever it expects of them. */
  readonly least?: number;
  /** It ends after so many measurements in a row that were not better than the best before. */
  readonly patience?: number;
}

/**
 * What a space of so many points is worth: 8 % of them, but 24 at least and 35 at most; and what so many measurements are
 * worth in starts, eight for 20 and seven more for each 15 beyond.
 */
export function budgetFor(points: number, given?: number): Budget {
  const measurements = given ?? Math.max(24, Math.min(35, Math.round(points * 0.08)));
  const starts = Math.round(8 + ((measurements - 20) * 7) / 15);
  return { measurements, starts: Math.max(given === undefined ? 8 : 3, starts) };
}
