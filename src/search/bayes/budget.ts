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
 * What a space of so many points is worth (tuned with `npm run bench:search`): measurements of 8 % of them, but 20 at least and 35 at most; eight starts, and up
 * to fifteen where more than 26 measurements are. What so many measurements as are given are worth in starts: eight for 20 and
 * seven more for each 15 beyond.
 */
export function budgetFor(points: number, given?: number): Budget {
  if (given !== undefined)
    return { measurements: given, starts: Math.max(3, Math.round(8 + ((given - 20) * 7) / 15)) };
  const measurements = Math.max(20, Math.min(35, Math.round(points * 0.08)));
  return { measurements, starts: Math.max(8, Math.round(8 + ((measurements - 26) * 7) / 9)) };
}
