/** A stretch of `performance.now()`: from the first edge of the windows that count to the last one. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The samples that tell of a span and of nothing before it: each stands for the `ageMs` before it was taken. Where the
 * span is too short for one, the last that was taken within it, which tells of it most.
 */
export function samplesWithin<Sample extends { readonly atMs: number }>(
  samples: readonly Sample[],
  { startMs, endMs }: Span,
  ageMs: number,
): Sample[] {
  const taken = samples.filter(({ atMs }) => atMs >= startMs && atMs <= endMs);
  const whole = taken.filter(({ atMs }) => atMs - ageMs >= startMs);
  return whole.length > 0 ? whole : taken.slice(-1);
}
