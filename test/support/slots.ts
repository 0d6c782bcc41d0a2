import { expect } from 'vitest';
import { type Ask, isAsk, type Outcome, type Search, type Standing } from '../../src/search/search.ts';
import type { Candidate } from '../../src/space/space.ts';
import { randomSource } from '../../src/statistics/random-source.ts';

/** An outcome before it is known whether a server was started for it. */
export type Result = Outcome extends infer One ? (One extends Outcome ? Omit<One, 'started'> : never) : never;

interface Slot {
  on: Candidate | undefined;
  ask: Ask | undefined;
  done: boolean;
}

/** One ask and what it was told, in the order in which they were told. */
export interface Told {
  readonly ask: Ask;
  readonly outcome: Outcome;
  readonly slot: number;
}

/** What a run over several slots came to. */
export interface Played {
  readonly told: readonly Told[];
  readonly starts: number;
  /** Most asks in flight at once. */
  readonly together: number;
}

export interface PlayOptions {
  readonly slots?: number;
  /** Which slot acts next is drawn with it, so that outcomes come out of order. */
  readonly seed?: number;
  /** Told of each ask in the moment in which it is given. */
  readonly onAsk?: (ask: Ask) => void;
  /** Called before each ask, with how many were told. */
  readonly before?: (told: number) => void;
}

/**
 * Lets slots work through a search until all are done, and holds it to what every search promises: no ask and no
 * configuration is with two slots at once, nothing of a busy configuration is asked for, none waits while nothing is in
 * flight, and it ends.
 */
export function play(search: Search, result: (ask: Ask) => Result, options: PlayOptions = {}): Played {
  const { slots: count = 1, seed = 1, onAsk, before } = options;
  const random = randomSource(seed);
  const slots = Array.from({ length: count }, (): Slot => ({ on: undefined, ask: undefined, done: false }));
  const told: Told[] = [];
  let starts = 0;
  let together = 0;
  /** Slots that wait since the last outcome. */
  const waiting = new Set<Slot>();
  const asks = (slot: Slot): void => {
    before?.(told.length);
    const inFlight = slots.flatMap(({ ask }) => ask ?? []);
    const busy = new Set(inFlight.map(({ candidate }) => candidate));
    const answer = search.ask({ on: slot.on, busy });
    if (answer === 'done') slot.done = true;
    else if (answer === 'wait') {
      expect(inFlight, 'a slot waits for something').not.toEqual([]);
      waiting.add(slot);
    } else if (isAsk(answer)) {
      expect(inFlight.includes(answer), 'an ask is given once').toBe(false);
      expect(busy.has(answer.candidate), 'nothing of a busy configuration').toBe(false);
      onAsk?.(answer);
      slot.ask = answer;
      together = Math.max(together, inFlight.length + 1);
    }
  };
  const tells = (slot: Slot): void => {
    const ask = slot.ask!;
    const started = slot.on !== ask.candidate || ask.again === 'afresh';
    const outcome = { ...result(ask), started } as Outcome;
    if (started) starts++;
    slot.ask = undefined;
    slot.on = outcome.state === 'measured' ? ask.candidate : undefined;
    search.tell(ask, outcome);
    told.push({ ask, outcome, slot: slots.indexOf(slot) });
    waiting.clear();
  };
  for (let step = 0; ; step++) {
    expect(step, 'it ends').toBeLessThan(20_000);
    const able = slots.filter((slot) => !slot.done && !waiting.has(slot));
    if (able.length === 0) break;
    const slot = able[Math.floor(random() * able.length)]!;
    if (slot.ask) tells(slot);
    else asks(slot);
  }
  expect(
    slots.every(({ done }) => done),
    'every slot is done',
  ).toBe(true);
  expect(search.ask({ busy: new Set() }), 'it stays done').toBe('done');
  return { told, starts, together };
}

/** The asks that one slot was given. */
export const asksOf = (search: Search, result: (ask: Ask) => Result): Ask[] =>
  play(search, result).told.map(({ ask }) => ask);

export const measured = (perf_throughput: number, more: Record<string, number> = {}): Result => ({
  state: 'measured',
  values: { perf_throughput, ...more },
});

export const failed = (wantsRoom = false, cause = 'it broke'): Result => ({
  state: 'failed',
  kind: wantsRoom ? 'out of GPU memory' : 'other',
  cause,
  wantsRoom,
});

/** The next ask of a slot that stands nowhere, or as given. */
export function askOf(search: Search, at: Partial<Standing> = {}): Ask {
  const answer = search.ask({ busy: new Set(), ...at });
  if (!isAsk(answer)) throw new Error(`the search answered ${answer}`);
  return answer;
}

/** One ask, told at once; as on a server that was started for it. */
export function askAndTell(search: Search, result: Result): Ask {
  const ask = askOf(search);
  search.tell(ask, { ...result, started: true } as Outcome);
  return ask;
}
