import { isRate, isSamePoint } from '../../record/load-point.ts';
import type { Candidate } from '../../space/space.ts';
import type { Ask, Figures, Outcome } from '../search.ts';
import { type Look, type States, statesOf } from './states.ts';

/** A measurement of this session, with when it was made. */
export interface Made {
  readonly ask: Ask;
  readonly figures: Extract<Outcome, { state: 'measured' }>;
  readonly startMs: number;
  readonly endMs: number;
}

/** Where the machine changed: after the look that ended at `fromMs`, and before the one that began at `untilMs`. */
export interface Shift {
  readonly fromMs: number;
  readonly untilMs: number;
  /** By which share the sentinel did better (above 0) or worse than before. */
  readonly by: number;
}

/** The state in which a point was measured; undefined: the machine changed between the looks before and after it. */
export type StateAt = number | undefined;

/** Two measurements of a point count as a repeat while they are no further apart: the machine was hardly another. */
const SOON_MS = 180_000;

/** A configuration under a load. */
export type Place = Pick<Ask, 'candidate' | 'point'>;

const isAt = (ask: Place, { candidate, point }: Place): boolean =>
  ask.candidate === candidate && isSamePoint(ask.point, point);

const tagOf = ({ point }: Place): string => (isRate(point) ? 'perf_latency_avg' : 'perf_throughput');

/**
 * Logarithm of how well a measurement did: of its throughput; where requests come at a rate, whatever the server can do,
 * of one over its mean latency. undefined where neither was measured.
 */
export function levelOf({ point }: Place, { values }: Figures): number | undefined {
  const latency = values['perf_latency_avg'];
  const value = isRate(point) ? latency && 1 / latency : values['perf_throughput'];
  return value !== undefined && value > 0 ? Math.log(value) : undefined;
}

/** What was measured in this session, in order of its time, and in which state of the machine. */
export class Course {
  readonly #made: Made[] = [];
  /** The last measurement of each point. */
  readonly #latest = new Map<Candidate, Map<string, Made>>();
  /** By measurements: what their logarithm differs by from that of the same point soon before. */
  readonly #repeats = new Map<Made, number>();
  #lastMs = 0;
  #states: States = statesOf([]);
  #looks: (Look & { readonly made: Made })[] = [];
  #sentinel: Place | undefined;

  add(made: Made): void {
    // Slots tell in the order in which they end.
    const at = this.#made.findLastIndex(({ startMs }) => startMs <= made.startMs);
    this.#made.splice(at + 1, 0, made);
    this.#lastMs = Math.max(this.#lastMs, made.endMs);
    this.#compare(made);
    if (this.#sentinel && isAt(made.ask, this.#sentinel)) this.#learn(this.#sentinel);
  }

  /** The point that is looked at from now on. */
  watch(sentinel: Place): void {
    this.#sentinel = sentinel;
    this.#learn(sentinel);
  }

  #compare(made: Made): void {
    const { candidate, point } = made.ask;
    const own = this.#latest.get(candidate) ?? new Map<string, Made>();
    this.#latest.set(candidate, own);
    const key = JSON.stringify(point);
    const before = own.get(key);
    own.set(key, made);
    if (!before || made.startMs - before.endMs > SOON_MS) return;
    const [level, old] = [levelOf(made.ask, made.figures), levelOf(before.ask, before.figures)];
    if (level !== undefined && old !== undefined) this.#repeats.set(made, level - old);
  }

  #learn(sentinel: Place): void {
    this.#looks = this.#made.flatMap((made) => {
      const level = isAt(made.ask, sentinel) ? levelOf(made.ask, made.figures) : undefined;
      if (level === undefined) return [];
      const deviation = made.figures.deviations?.[tagOf(made.ask)];
      const { startMs, endMs } = made;
      return [{ level, startMs, endMs, made, ...(deviation !== undefined && { deviation }) }];
    });
    const others = [...this.#repeats].filter(([{ ask }]) => !isAt(ask, sentinel));
    this.#states = statesOf(
      this.#looks,
      others.map(([, difference]) => difference),
    );
  }

  /** When the last of the measurements ended, ms since 1970. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get made(): readonly Made[] {
    return this.#made;
  }

  get sentinel(): Place | undefined {
    return this.#sentinel;
  }

  /** The last look; undefined: there was none. */
  get last(): Made | undefined {
    return this.#looks.at(-1)?.made;
  }

  get looks(): number {
    return this.#looks.length;
  }

  get doubtful(): boolean {
    return this.#states.doubtful;
  }

  /** Standard deviation of the logarithm of one measurement. */
  get noise(): number {
    return this.#states.noise;
  }

  /** Whether the machine was always the same, as far as is known. */
  get steady(): boolean {
    return this.#states.levels.length < 2;
  }

  /** The state of the last look that is told, a doubtful one left out. */
  get present(): number {
    return this.#states.of.at(-1) ?? 0;
  }

  /** The state in which most was measured, the latest of equal ones. */
  get usual(): number {
    const counts = this.#states.levels.map(
      (_, state) => this.#made.filter((made) => this.stateAt(made) === state).length,
    );
    return counts.lastIndexOf(Math.max(...counts));
  }

  /** In which state a measurement was made: that of the looks around it, or of the one that there is. */
  stateAt({ startMs, endMs }: Made): StateAt {
    const [before, after] = this.#around(startMs, endMs);
    if (before === undefined || after === undefined) return before ?? after ?? 0;
    return before === after ? before : undefined;
  }

  /** The states of the last look that began before a measurement ended, and of the first one that ended after it began. */
  #around(startMs: number, endMs: number): [StateAt, StateAt] {
    const { of } = this.#states;
    const before = this.#looks.findLastIndex((look) => look.startMs < endMs);
    const after = this.#looks.findIndex((look) => look.endMs > startMs);
    return [of[before], of[after]];
  }

  /** How many times as well the sentinel did in one state as in another. */
  ratio(state: number, to: number): number {
    const { levels } = this.#states;
    return Math.exp((levels[state] ?? 0) - (levels[to] ?? 0));
  }

  /** The states that a measurement may have been made in. */
  statesAround(made: Made): number[] {
    const state = this.stateAt(made);
    if (state !== undefined) return [state];
    return this.#around(made.startMs, made.endMs).filter((found) => found !== undefined);
  }

  get shifts(): readonly Shift[] {
    const { of } = this.#states;
    return of.slice(1).flatMap((state, index) => {
      const before = of[index]!;
      if (state === before) return [];
      const [old, next] = [this.#looks[index]!, this.#looks[index + 1]!];
      return [{ fromMs: old.endMs, untilMs: next.startMs, by: this.ratio(state, before) - 1 }];
    });
  }
}
