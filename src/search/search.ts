import type { Candidate, LoadPoint } from '../space/space.ts';

/** What to measure next. */
export interface Ask {
  readonly candidate: Candidate;
  readonly point: LoadPoint;
}

/** What became of it: metric values by tag, or a failure. */
export type Outcome =
  | { readonly state: 'measured'; readonly values: Readonly<Record<string, number>> }
  | { readonly state: 'failed' };

/**
 * Decides what is measured, and in which order. It knows candidates, points and outcomes, and nothing of
 * servers, files or clocks. Asks that follow each other on one candidate share a server.
 */
export interface Search {
  readonly name: string;
  /** The next point, or undefined when there is nothing left worth measuring. */
  ask(): Ask | undefined;
  /** The outcome of the last ask; every ask is answered before the next. */
  tell(ask: Ask, outcome: Outcome): void;
  /** How many points are still expected, as far as can be known now. */
  remaining(): number;
}
