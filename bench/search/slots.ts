import type { Ask, Figures, Outcome, Search } from '../../src/search/search.ts';
import { isAsk } from '../../src/search/search.ts';
import type { Candidate } from '../../src/space/space.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

/** How long a start of a server and a measurement take on the simulated clock. */
export interface Seconds {
  readonly start: number;
  readonly look: number;
}

/** About what they took on an H200, where a model of a Python backend was loaded. */
export const SECONDS: Seconds = { start: 10, look: 2.5 };

/** By what share either way that differs. */
const SPREAD = 0.25;

/** What became of an ask. */
export type Answered =
  | ({ readonly state: 'measured' } & Figures)
  | {
      readonly state: 'failed';
      readonly kind: string;
      readonly cause: string;
      readonly wantsRoom: boolean;
    };

/** How slots spent their time. */
export interface Times {
  /** From the first ask to the last outcome. */
  readonly elapsedS: number;
  /** Share of the time that slots worked, until each was told that it is done: the rest they waited. */
  readonly busy: number;
  readonly starts: number;
  /** Longest thinking between two measurements, ms of the real clock. */
  readonly slowestMs: number;
}

interface Slot {
  on: Candidate | undefined;
  ask: Ask | undefined;
  outcome: Outcome | undefined;
  /** When it is through with its ask, or, if it waits, since when. */
  atS: number;
}

/**
 * Lets so many slots work through a search on a simulated clock: who is through first tells first, and those that wait ask
 * again then. Each outcome tells the search what it took.
 */
export function runSlots(
  search: Search,
  {
    slots: count,
    seed,
    seconds: usual = SECONDS,
  }: { readonly slots: number; readonly seed: number; readonly seconds?: Seconds | undefined },
  answer: (ask: Ask, started: boolean) => Answered,
): Times {
  const random = randomSource(seed * 31_337 + 11);
  const lasting = (seconds: number): number => seconds * (1 + SPREAD * (2 * random() - 1));
  const working: Slot[] = [];
  let [workedS, waitedS, starts, slowestMs, elapsedS] = [0, 0, 0, 0, 0];

  /** What is left of these slots: those that wait. */
  const serve = (slots: readonly Slot[], nowS: number): Slot[] =>
    slots.filter((slot) => {
      const busy = new Set(working.map(({ ask }) => ask!.candidate));
      const begun = performance.now();
      const next = search.ask({ on: slot.on, busy });
      slowestMs = Math.max(slowestMs, performance.now() - begun);
      if (next === 'wait') return true;
      waitedS += nowS - slot.atS;
      if (!isAsk(next)) return false;
      const started = slot.on !== next.candidate || next.again === 'afresh';
      const answered = answer(next, started);
      const seconds = {
        start: started ? lasting(usual.start) : 0,
        look: answered.state === 'measured' ? lasting(usual.look) : 0,
      };
      const tookS = seconds.start + seconds.look;
      if (started) starts++;
      workedS += tookS;
      slot.ask = next;
      slot.outcome = { ...answered, started, seconds };
      slot.atS = nowS + tookS;
      working.push(slot);
      return false;
    });

  const idle = (): Slot => ({ on: undefined, ask: undefined, outcome: undefined, atS: 0 });
  let waiting = serve(Array.from({ length: count }, idle), 0);
  while (working.length > 0) {
    const slot = working.reduce((a, b) => (b.atS < a.atS ? b : a));
    working.splice(working.indexOf(slot), 1);
    elapsedS = slot.atS;
    slot.on = slot.outcome!.state === 'measured' ? slot.ask!.candidate : undefined;
    search.tell(slot.ask!, slot.outcome!);
    waiting = serve([slot, ...waiting], slot.atS);
  }
  if (waiting.length > 0) throw new Error(`${search.name} lets slots wait while nothing is measured`);
  return { elapsedS, busy: workedS / (workedS + waitedS), starts, slowestMs };
}
