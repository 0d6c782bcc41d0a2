/**
 * The nearest-rank percentile that perf_analyzer prints: the value at index floor(p/100 * (n-1) + 0.5).
 * @param sorted ascending; NaN when empty.
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const index = Math.floor((percent / 100) * (sorted.length - 1) + 0.5);
  return sorted[index] ?? Number.NaN;
}
