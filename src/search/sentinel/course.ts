import { mean } from 'simple-statistics';
import { isRate, isSamePoint } from '../../record/load-point.ts';
import type { Candidate } from '../../space/space.ts';
import type { Ask, Figures, Outcome } from '../search.ts';
import type { Other } from './others.ts';
import { type Look, statesOf } from './states.ts';

/** A measurement of this session, with when it was made. */
export interface Made {
  readonly ask: Ask;
  readonly figures: Extract<Outcome, { state: 'measured' }>;
  readonly startMs: number;
  readonly endMs: number;
  /** It was asked for at once after a look that was in doubt. */
  readonly isForDoubt?: boolean;
}

/** Where the machine changed: after the look that ended at `fromMs`, and before the one that began at `untilMs`. */
export interface Shift {
  readonly fromMs: number;
  readonly untilMs: number;
  /** By which share the sentinel did better (above 0) or worse than before. */
  readonly by: number;
}

/**
 * By so much more of the CPU that other programs have the machine is another, whatever a look at the sentinel says: what
 * holds the sentinel up a little may hold other configurations up much. Not tuned.
 */
const MUCH_MORE = 0.25;
/**
 * With less of the CPU idle than this, what other programs had is what the server left them: a program that takes whatever
 * is idle has more beside a configuration that uses less, and the machine is the same. Not tuned.
 */
const LEAST_IDLE = 0.05;
/** A run that is shorter than this is over soon: of what goes on beside it nothing follows. */
export const SHORT_MS = 30_000;

/** The state in which a point was measured; undefined: the machine changed between the looks before and after it. */
export type StateAt = number | undefined;

/** Two measurements of a point count as a repeat while they are no further apart: the machine was hardly another. */
const SOON_MS = 180_000;

/** A configuration under a load. */
export type Place = Pick<Ask, 'candidate' | 'point'>;

/** Whether it is of a configuration under a load. */
export const isAt = (ask: Place, { candidate, point }: Place): boolean =>
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

/** A look at the sentinel, and the state that the machine was in. */
interface PlacedLook extends Look {
  readonly made: Made;
  readonly startMs: number;
  readonly endMs: number;
  readonly isCrowded: boolean;
  readonly state: number;
}

/**
 * What was measured in this session, in order of its time, and in which state of the machine. Measurements beside which
 * other programs had much more of the CPU are never in one state with the others.
 */
export class Course {
  readonly #made: Made[] = [];
  readonly #points = new Map<Candidate, Map<string, Made[]>>();
  /** By measurements: what their logarithm differs by from that of the same point soon before. */
  readonly #repeats = new Map<Made, number>();
  #lastMs = 0;
  #looks: readonly PlacedLook[] = [];
  #calmLooks: readonly PlacedLook[] = [];
  #crowdedLooks: readonly PlacedLook[] = [];
  /** Logarithm of how well the sentinel does in each state that was looked at. */
  #levels: readonly number[] = [];
  #doubtful = false;
  #noise = statesOf([]).noise;
  #sentinel: Place | undefined;
  /** The least that other programs had of the CPU beside a measurement, where that was all that they wanted. */
  #leastShare = 1;
  #mostShare = 0;

  add(made: Made): void {
    // Slots tell in the order in which they end.
    const at = this.#made.findLastIndex(({ startMs }) => startMs <= made.startMs);
    this.#made.splice(at + 1, 0, made);
    this.#lastMs = Math.max(this.#lastMs, made.endMs);
    this.#compare(made);
    const { othersShare: share, idleShare = 1 } = made.figures.witness ?? {};
    if (idleShare >= LEAST_IDLE) this.#leastShare = Math.min(this.#leastShare, share ?? 1);
    this.#mostShare = Math.max(this.#mostShare, share ?? 0);
    const isNew =
      (this.#sentinel && isAt(made.ask, this.#sentinel)) ||
      this.#looks.some((look) => look.isCrowded !== this.isCrowded(look.made));
    if (this.#sentinel && isNew) this.#learn(this.#sentinel);
  }

  /** Whether other programs had much more of the CPU beside it than beside the one where they had least. */
  isCrowded({ figures: { witness } }: Made): boolean {
    return this.#isCrowdedBy(witness?.othersShare ?? 0);
  }

  #isCrowdedBy(share: number): boolean {
    return share - this.#leastShare > MUCH_MORE && this.#lastMs - (this.#made[0]?.startMs ?? 0) >= SHORT_MS;
  }

  /** The point that is looked at from now on. */
  watch(sentinel: Place): void {
    this.#sentinel = sentinel;
    this.#learn(sentinel);
  }

  #compare(made: Made): void {
    const { candidate, point } = made.ask;
    const points = this.#points.get(candidate) ?? new Map<string, Made[]>();
    this.#points.set(candidate, points);
    const key = JSON.stringify(point);
    const own = points.get(key) ?? [];
    points.set(key, own);
    const before = own.at(-1);
    own.push(made);
    if (!before || made.startMs - before.endMs > SOON_MS) return;
    const [level, old] = [levelOf(made.ask, made.figures), levelOf(before.ask, before.figures)];
    if (level !== undefined && old !== undefined) this.#repeats.set(made, level - old);
  }

  /** What was measured of other points, and between which of some looks. */
  #othersBeside(
    looks: readonly Pick<PlacedLook, 'startMs' | 'endMs'>[],
    sentinel: Place,
    isCrowded: boolean,
  ): Other[] {
    const indexOf = (at: number): number | undefined => (at < 0 ? undefined : at);
    return this.points
      .filter(([first]) => !isAt(first!.ask, sentinel))
      .flatMap((own, point) =>
        own.flatMap((made) => {
          const level = levelOf(made.ask, made.figures);
          if (level === undefined || this.isCrowded(made) !== isCrowded) return [];
          const before = indexOf(looks.findLastIndex((look) => look.startMs < made.endMs));
          const after = indexOf(looks.findIndex((look) => look.endMs > made.startMs));
          return [{ point, level, before, after }];
        }),
      );
  }

  #learn(sentinel: Place): void {
    let wasCrowded: boolean | undefined;
    const looks = this.#made.flatMap((made) => {
      const level = isAt(made.ask, sentinel) ? levelOf(made.ask, made.figures) : undefined;
      if (level === undefined) return [];
      const deviation = made.figures.deviations?.[tagOf(made.ask)];
      const { startMs, endMs } = made;
      const isCrowded = this.isCrowded(made);
      const isAtOnce = made.isForDoubt === true && wasCrowded === isCrowded;
      wasCrowded = isCrowded;
      return [
        { level, startMs, endMs, made, isCrowded, isAtOnce, ...(deviation !== undefined && { deviation }) },
      ];
    });
    const others = [...this.#repeats].filter(([{ ask }]) => !isAt(ask, sentinel));
    const repeats = others.map(([, difference]) => difference);
    const [calm, crowded] = [false, true].map((which) => {
      const own = looks.filter(({ isCrowded }) => isCrowded === which);
      return { own, states: statesOf(own, repeats, this.#othersBeside(own, sentinel, which)) };
    });
    this.#levels = [...calm!.states.levels, ...crowded!.states.levels];
    this.#looks = looks.map((look) => {
      const { own, states } = look.isCrowded ? crowded! : calm!;
      const state = states.of[own.indexOf(look)]! + (look.isCrowded ? calm!.states.levels.length : 0);
      return { ...look, state };
    });
    this.#calmLooks = this.#looks.filter(({ isCrowded }) => !isCrowded);
    this.#crowdedLooks = this.#looks.filter(({ isCrowded }) => isCrowded);
    this.#doubtful = (looks.at(-1)?.isCrowded ? crowded! : calm!).states.doubtful;
    this.#noise = (calm!.own.length >= crowded!.own.length ? calm! : crowded!).states.noise;
  }

  /** When the last of the measurements ended, ms since 1970. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get made(): readonly Made[] {
    return this.#made;
  }

  /** What was measured of each point, in the order in which it was told. */
  get points(): readonly (readonly Made[])[] {
    return [...this.#points.values()].flatMap((points) => [...points.values()]);
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
    return this.#doubtful;
  }

  /** Standard deviation of the logarithm of one measurement. */
  get noise(): number {
    return this.#noise;
  }

  /** Whether the machine was always the same, as far as is known. */
  get steady(): boolean {
    return this.#levels.length < 2 && !this.isMixed;
  }

  /** Whether other programs had much more of the CPU beside some measurements than beside others. */
  get isMixed(): boolean {
    return this.#isCrowdedBy(this.#mostShare);
  }

  /** Whether the sentinel was looked at while other programs had much of the CPU, or while they had not. */
  isLookedAt(isCrowded: boolean): boolean {
    return (isCrowded ? this.#crowdedLooks : this.#calmLooks).length > 0;
  }

  /** The state of the last measurement; a look that is in doubt tells of none. */
  get present(): number {
    const last = this.#made.at(-1);
    return (last && this.stateAt(last)) ?? this.#looks.at(-1)?.state ?? 0;
  }

  /** The state in which most was measured, the latest of equal ones. */
  get usual(): number {
    const counts: number[] = [];
    for (const made of this.#made) {
      const state = this.stateAt(made);
      if (state !== undefined) counts[state] = (counts[state] ?? 0) + 1;
    }
    return Array.from(counts, (count = 0) => count).lastIndexOf(Math.max(0, ...Object.values(counts)));
  }

  /** In which state a measurement was made: that of the looks around it, or of the one that there is. */
  stateAt(made: Made): StateAt {
    const [before, after] = this.#around(made);
    if (before !== undefined && after !== undefined && before !== after) return undefined;
    return before ?? after ?? this.#unseen(this.isCrowded(made));
  }

  /** The state of what was measured without a look at the sentinel while others had, or had not, much of the CPU. */
  #unseen(isCrowded: boolean): number {
    const count = this.#levels.length;
    return count === 0 && isCrowded ? 1 : count;
  }

  /** Whether it is known how well the sentinel does in a state. */
  isKnown(state: StateAt): boolean {
    return state !== undefined && state < this.#levels.length;
  }

  /** The states of the last look that began before a measurement ended, and of the first one that ended after it began. */
  #around(made: Made): [StateAt, StateAt] {
    const looks = this.isCrowded(made) ? this.#crowdedLooks : this.#calmLooks;
    const before = looks.findLast((look) => look.startMs < made.endMs);
    const after = looks.find((look) => look.endMs > made.startMs);
    return [before?.state, after?.state];
  }

  /**
   * How many times as well the sentinel did in one state as in another. Where one was not looked at, as well as by what other
   * programs left of the CPU.
   */
  ratio(state: number, to: number): number {
    if (state === to) return 1;
    if (this.isKnown(state) && this.isKnown(to)) return Math.exp(this.#levels[state]! - this.#levels[to]!);
    return this.#leftIn(state) / this.#leftIn(to);
  }

  /**
   * How many times as well another configuration may do in one state as in another: programs that take its CPU may hold it up
   * more than the sentinel.
   */
  mostRatio(state: number, to: number): number {
    if (!this.isMixed) return this.ratio(state, to);
    const [one, other] = [state, to].map((which) =>
      this.#made.some((made) => this.stateAt(made) === which && this.isCrowded(made)),
    );
    const ratio = this.ratio(state, to);
    return one === other ? ratio : Math.max(ratio, this.#leftIn(state) / this.#leftIn(to));
  }

  /** Mean share of the CPU that other programs left in a state. */
  #leftIn(state: number): number {
    const shares = this.#made
      .filter((made) => this.stateAt(made) === state)
      .flatMap(({ figures: { witness } }) => witness?.othersShare ?? []);
    return shares.length > 0 ? Math.max(0.01, 1 - mean(shares)) : 1;
  }

  /** The states that a measurement may have been made in. */
  statesAround(made: Made): number[] {
    const state = this.stateAt(made);
    if (state !== undefined) return [state];
    return this.#around(made).filter((found) => found !== undefined);
  }

  get shifts(): readonly Shift[] {
    return this.#looks.slice(1).flatMap((next, index) => {
      const old = this.#looks[index]!;
      if (next.state === old.state) return [];
      const by = this.ratio(next.state, old.state) - 1;
      return [{ fromMs: old.endMs, untilMs: next.startMs, by }];
    });
  }
}
