import type { StopRule } from '../../config/experiment.ts';
import type { Arrivals } from '../../statistics/arrivals.ts';
import { longestOf } from '../stop-rule.ts';
import type { LoadShape } from './protocol.ts';

/** So many failures in a row end a load ... */
const HOPELESS = 10;
/** ... once they go on for this long: connections that are all lost in one moment may come back. */
const HOPELESS_MS = 300;
/** Where a share of the requests may fail, as many must fail in a row as would by chance with this probability only. */
const CHANCE = 1e-6;
/** A window is held open for want of requests this long at most. */
const WINDOW_LIMIT_MS = 15_000;
/**
 * Requests without an answer are looked for every 200 ms only; they are to be counted as failed before this is over.
 */
const SLACK_MS = 500;
/** Times come at random: the longest gap of many, in mean gaps. */
const LONG_GAP = 10;

/** What a wait is for, and how long it goes on without that; times in ms. */
export interface WaitRule {
  /** Both have to be there. */
  readonly milliseconds: number;
  readonly requests: number;
  /** It ends after this time also with fewer requests, if any was answered. */
  readonly limitMs: number;
  /** After so long without any answer, every request in flight has timed out. */
  readonly silenceMs: number;
  /** So many failures in a row end the load. */
  readonly hopeless: number;
  /** Share of the requests that may fail; absent while warming up, where it does not matter. */
  readonly failureLimit?: number;
}

/** What happened since a wait began. */
export interface Seen {
  readonly elapsedMs: number;
  readonly answered: number;
  readonly failed: number;
  /** Since the last answer, before the wait or in it. */
  readonly silentMs: number;
  readonly failedInRow: number;
}

/** Judges a wait by how it goes now: that all was well before does not help a server that no longer answers. */
export function judgeWait(rule: WaitRule, seen: Seen): 'go on' | 'enough' | 'failing' | 'silent' {
  const { elapsedMs, answered, failed, silentMs, failedInRow } = seen;
  const timeIsThere = elapsedMs >= rule.milliseconds;
  if (timeIsThere && answered >= rule.requests) return 'enough';
  if (failedInRow >= rule.hopeless && silentMs >= HOPELESS_MS) return 'failing';
  // Too many, even if all that are missing were answered now.
  const tooMany =
    rule.failureLimit !== undefined &&
    failed > rule.failureLimit * (failed + Math.max(answered, rule.requests));
  if (timeIsThere && failed >= HOPELESS && tooMany) return 'failing';
  if (silentMs >= rule.silenceMs) return 'silent';
  return answered > 0 && elapsedMs >= rule.limitMs ? 'enough' : 'go on';
}

/** What does not change from one wait of a load to the next. */
export type Patience = Pick<WaitRule, 'silenceMs' | 'hopeless'>;

/** How patient to be with a server under a load. */
export function patienceWith(
  shape: LoadShape,
  { requestTimeoutMs, failureLimit }: { readonly requestTimeoutMs: number; readonly failureLimit: number },
): Patience {
  const inRow = Math.ceil(Math.log(CHANCE) / Math.log(Math.min(0.999, Math.max(0.01, failureLimit))));
  return {
    silenceMs: requestTimeoutMs + SLACK_MS + (shape.kind === 'open' ? longestGapMs(shape.arrivals) : 0),
    hopeless: Math.max(HOPELESS, shape.kind === 'closed' ? shape.slots : 0, inRow),
  };
}

/** How long a window may stay open for want of requests. */
export const windowLimitMs = (milliseconds: number): number => Math.max(WINDOW_LIMIT_MS, 3 * milliseconds);

/** Time that a whole load can take at most, however slowly it goes. */
export function longestLoadMs(shape: LoadShape, rule: StopRule, { silenceMs }: Patience): number {
  const traceMs =
    shape.kind === 'open' && shape.arrivals.kind === 'trace' ? (shape.arrivals.timesMs.at(-1) ?? 0) : 0;
  // The warm-up, then the windows, then a last answer.
  return silenceMs + longestOf(rule, windowLimitMs) + traceMs + silenceMs;
}

/** The longest time in which no request is due. */
function longestGapMs(arrivals: Arrivals): number {
  switch (arrivals.kind) {
    case 'constant':
      return 1000 / arrivals.rate;
    case 'poisson':
      return (LONG_GAP * 1000) / arrivals.rate;
    case 'intervals':
      return arrivals.gapsMs.reduce((most, gap) => Math.max(most, gap), 0);
    case 'trace':
      return arrivals.timesMs.reduce(
        (most, time, index) => Math.max(most, time - (arrivals.timesMs[index - 1] ?? 0)),
        0,
      );
  }
}
