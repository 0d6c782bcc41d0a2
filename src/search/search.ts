import type { Constraint } from '../record/goal.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Importance } from '../record/run.ts';
import type { Candidate } from '../space/space.ts';

/** What to measure next. */
export interface Ask {
  readonly candidate: Candidate;
  readonly point: LoadPoint;
  /** It was measured before, and is to be once more: on the server that runs, or on one started for it. */
  readonly again?: 'here' | 'afresh';
  /**
   * What the point must keep to be of interest. One of these surely broken is enough to know; one that is in doubt is
   * worth more time.
   */
  readonly matters?: readonly Constraint[];
}

/** What one measurement says, by metric tag. */
export interface Figures {
  readonly values: Readonly<Record<string, number>>;
  /** Standard deviation of a value as a share of it, where the measurement tells it. */
  readonly deviations?: Readonly<Record<string, number>>;
}

/** What became of it: metric values by tag, or a failure. */
export type Outcome =
  | ({ readonly state: 'measured' } & Figures)
  | {
      readonly state: 'failed';
      /** `out of GPU memory`, `config rejected` ... */
      readonly kind: string;
      readonly cause: string;
      /** It failed for want of memory, so that something larger must fail, too. */
      readonly wantsRoom: boolean;
      /** Every other configuration would meet it, too. */
      readonly concernsAll?: boolean;
    };

/** What an earlier run measured: of another night, on another GPU, before the model's files changed. */
export interface Earlier {
  /** The `key` of a candidate; undefined: the default configuration, whatever it was then. */
  readonly candidateKey: string | undefined;
  readonly point: LoadPoint;
  readonly values: Readonly<Record<string, number>>;
}

/** A search's own account of itself. */
export interface Account {
  /** Why there is nothing left to ask, in words. */
  readonly why: string;
  /** Largest first; [] where the search learns nothing of the kind. */
  readonly importance: readonly Importance[];
  /** More about how it went, a sentence each. */
  readonly remarks: readonly string[];
}

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
  /** Little time is left: only what the verdict needs is asked for from here on. */
  wrapUp?(): void;
  account?(): Account;
}
