import type { LoadPoint } from '../space/load-point.ts';
import type { Candidate } from '../space/space.ts';

/** What to measure next. */
export interface Ask {
  readonly candidate: Candidate;
  readonly point: LoadPoint;
  /** It was measured before, and is to be once more: on the server that runs, or on one started for it. */
  readonly again?: 'here' | 'afresh';
}

/** What became of it: metric values by tag, or a failure. */
export type Outcome =
  | { readonly state: 'measured'; readonly values: Readonly<Record<string, number>> }
  | {
      readonly state: 'failed';
      /** `out of GPU memory`, `config rejected` ... */
      readonly kind: string;
      readonly cause: string;
      /** It failed for want of memory, so that something larger must fail, too. */
      readonly wantsRoom: boolean;
    };

/**
 * Decides what is measured, and in which order. It knows candidates, points and outcomes, and nothing of
 * servers, files or clocks. Asks that follow each other on one candidate share a server.
 */
export interface Search {
  readonly name: string;
  /**
   * The next point, or undefined when there is nothing left worth measuring now.
   * @param others candidates that are being measured elsewhere: their points are not to be asked for here.
   */
  ask(others?: ReadonlySet<Candidate>): Ask | undefined;
  /** The outcome of an ask; every ask is answered before the next on its candidate. */
  tell(ask: Ask, outcome: Outcome): void;
  /** Gives up what is left of a candidate; answers what that was. */
  drop(candidate: Candidate): readonly LoadPoint[];
  /** How many points are still expected, as far as can be known now. */
  remaining(): number;
}
