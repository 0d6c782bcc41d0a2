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
  /** It is asked for to see whether the machine is as it was: it does not count among the measurements of its point. */
  readonly sentinel?: true;
  /** It is measured whatever is known of it, and does not count as something that the search looked at. */
  readonly anew?: true;
}

/** What one measurement says, by metric tag. */
export interface Figures {
  readonly values: Readonly<Record<string, number>>;
  /** Standard deviation of a value as a share of it, where the measurement tells it. */
  readonly deviations?: Readonly<Record<string, number>>;
}

/** What was seen beside a measurement that may say why it differs from another. */
export interface Witness {
  /** Share of the machine's CPU that other programs had, 0 to 1; absent: not known. */
  readonly othersShare?: number;
  /** Share of it that nobody used, 0 to 1; absent: not known. */
  readonly idleShare?: number;
  /** A GPU was held back by its temperature or its power supply, or was used by others. */
  readonly held: boolean;
}

/** What became of an ask. */
export type Outcome = {
  /** A server was started for it, whether or not it came up. */
  readonly started: boolean;
  /** Seconds that it took, where they are known: the start of the server, and the measurement. */
  readonly seconds?: { readonly start: number; readonly look: number };
  /** When it was measured, ms since 1970: the beginning; absent: it was not, or by an earlier session. */
  readonly atMs?: number;
  readonly witness?: Witness;
} & (
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
    }
  /** It was not measured and counts as not asked for: its slot is gone, or it may not be measured. */
  | { readonly state: 'withdrawn' }
);

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
  /** The budget of which it had no more, where it would have gone on with more; absent: it ended of itself. */
  readonly ended?: 'measurements' | 'configurations' | 'minutes';
}

/** What a search believes of its verdict. */
export interface Belief {
  readonly candidate: Candidate;
  readonly point: LoadPoint;
  /** The objective, where there is one alone, in its own unit, with an interval of 95 % that covers starts of the server. */
  readonly value?: number;
  readonly interval?: readonly [number, number];
  /** Probability that every limit is kept. */
  readonly keeps: number;
  /**
   * Probability that some other point that keeps the limits is better by more than 5 %, and the likeliest of these.
   */
  readonly better: {
    readonly chance: number;
    readonly candidate?: Candidate;
    readonly point?: LoadPoint;
  };
  /**
   * By what share of the objective so many further minutes are expected to make the verdict better, and the option with
   * which the search would go on for that, as it is written: `--patience thorough`.
   */
  readonly more?: { readonly minutes: number; readonly gain: number; readonly by?: string };
}

/** Where a slot stands that asks for work. A slot works on one configuration at a time. */
export interface Standing {
  /** The configuration that the slot's server runs now; undefined: none runs. */
  readonly on?: Candidate | undefined;
  /** The configurations that other slots work on: their points are not to be asked for here. */
  readonly busy: ReadonlySet<Candidate>;
}

/**
 * What a slot is to do. wait: nothing now, but something may come when another ask is told; done: nothing will come any
 * more, the slots that are at work see the rest through.
 */
export type Answer = Ask | 'wait' | 'done';

/**
 * Decides what is measured, and in which order. It knows candidates, points and outcomes, and nothing of servers, files or
 * clocks.
 *
 * Several slots may ask, each with its own standing. Every ask is told exactly once, the object itself, in any order
 * across the slots; no two slots have the same ask, or asks of the same configuration, at the same time.
 */
export interface Search {
  readonly name: string;
  /**
   * What a slot is to do next. 'wait' only while an ask is not told yet, so that slots never wait for each other.
   * An ask that was withdrawn is there again for whoever asks next, unless its candidate was dropped.
   */
  ask(at: Standing): Answer;
  tell(ask: Ask, outcome: Outcome): void;
  /** Gives up what is left of a candidate; answers what that was. An ask of it that is not told yet is told all the same. */
  drop(candidate: Candidate): readonly LoadPoint[];
  /** How many points are still to be told, as far as can be known now. */
  remaining(): number;
  /** Little time is left: only what the verdict needs is asked for from here on. */
  wrapUp?(): void;
  /**
   * The machine has changed: what these asks told counts from here on as given, and not at all where nothing is given.
   * What other asks told counts as it was told, whatever was said of them before.
   */
  revise?(changed: ReadonlyMap<Ask, Figures | undefined>): void;
  /** Tells it a measurement of one of its points that it did not ask for. */
  learn?(ask: Ask, measured: Extract<Outcome, { state: 'measured' }>): void;
  account(): Account;
  /** What it believes of its verdict; undefined, or no such method: it has none of its own. */
  belief?(): Belief | undefined;
}

/** A search that does as another one does, but for what is given. */
export const altered = (search: Search, changes: Partial<Search>): Search => ({
  name: search.name,
  ask: (at) => search.ask(at),
  tell: (ask, outcome) => search.tell(ask, outcome),
  drop: (candidate) => search.drop(candidate),
  remaining: () => search.remaining(),
  wrapUp: () => search.wrapUp?.(),
  ...(search.revise && { revise: (changed) => search.revise?.(changed) }),
  ...(search.learn && { learn: (ask, measured) => search.learn?.(ask, measured) }),
  account: () => search.account(),
  belief: () => search.belief?.(),
  ...changes,
});

export const isAsk = (answer: Answer): answer is Ask => typeof answer === 'object';
