import { rootMeanSquare } from 'simple-statistics';
import { compareMeasured } from '../../goal/score.ts';
import type { Goal } from '../../record/goal.ts';
import { batchSizeOf, type LoadPoint, levelOf as levelOfLoad } from '../../record/load-point.ts';
import type { Candidate } from '../../space/space.ts';
import { type Course, isAt, levelOf, type Made, type Place, SHORT_MS } from './course.ts';

/** How often a sentinel is looked at. */
export interface SentinelSettings {
  /** Of the run between two looks; 0: there are none. */
  readonly minutes: number;
  /** The share of the measuring time that looks may take as long as the machine is the same; absent: 5 %. */
  readonly share?: number;
}

/** The looks take this share of the measuring time at most, as long as the machine is the same; and more once it was not. */
const SHARE = 0.05;
const SHARE_AFTER_SHIFT = 0.15;
/** A look for a suspicion comes no sooner than when this share of the measuring time pays for it. */
const SHARE_OF_ONE = 0.2;
/** So many looks more are made at most for a doubt about one. */
const MOST_FOR_DOUBT = 2;
/**
 * A sentinel is changed for another point where its looks scatter by this much (standard deviation of their logarithm), so that a
 * change of 30 % is hardly to be seen, and by so many times as much as measurements of that point. Not tuned.
 */
const USELESS = 0.12;
const MUCH_SCATTER = 3;
/** ... as soon as both were measured so often once more. */
const LEAST_STEPS = 4;

/**
 * How many looks a run takes that measures for so long, on a machine that stays the same.
 * @param costS of one look.
 */
export function regularLooks(
  { totalS, costS }: { readonly totalS: number; readonly costS: number },
  { minutes, share = SHARE }: SentinelSettings,
): number {
  if (minutes <= 0) return 0;
  return Math.floor(Math.min(totalS / (60 * minutes), (share * totalS) / costS));
}

/** Says when the sentinel is to be looked at. */
export class Lookout {
  readonly #course: Course;
  readonly #intervalMs: number;
  readonly #shareOfSteady: number;
  /** Seconds that went into everything, and into looks. */
  #totalS = 0;
  #spentS = 0;
  /** Looks that were made for a doubt about the last regular one. */
  #forDoubt = 0;

  constructor(course: Course, { minutes, share = SHARE }: SentinelSettings) {
    this.#course = course;
    this.#intervalMs = minutes * 60_000;
    this.#shareOfSteady = share;
  }

  /** A look begins. */
  begin(): void {
    this.#forDoubt = this.isInDoubt ? this.#forDoubt + 1 : 0;
  }

  /** Something was measured, or failed, and took so long. */
  took(seconds: number, isLook: boolean): void {
    this.#totalS += seconds;
    if (isLook) this.#spentS += seconds;
  }

  /** @param isHurried little time is left: a look is made for a doubt alone. */
  isDue(isHurried: boolean): boolean {
    if (this.#course.made.length === 0) return false;
    if (this.isInDoubt) return true;
    if (isHurried) return false;
    const sinceMs = this.#sinceMs();
    const intervalMs = this.#course.steady ? this.#intervalMs : this.#intervalMs / 2;
    if (sinceMs >= intervalMs && this.#mayPay()) return true;
    return this.#isSuspicious() && this.#mayPayForSuspicion();
  }

  /** A look is due for a doubt about the last one. */
  get isInDoubt(): boolean {
    return this.#course.doubtful && this.#forDoubt < MOST_FOR_DOUBT;
  }

  /**
   * The last measurements are often those that the verdict rests on.
   * @param wasRepaired something was measured again already.
   */
  isDueAtEnd(wasRepaired: boolean): boolean {
    if (this.#sinceMs() === 0) return false;
    if (!this.#course.steady) return !wasRepaired || this.#mayPay();
    return this.#sinceMs() >= this.#intervalMs / 2 && this.#mayPay();
  }

  /** How long the run went on since the last look ended, ms; before the first, since its own first measurement. */
  #sinceMs(): number {
    const from = this.#course.last ?? this.#course.made[0];
    return from ? this.#course.lastMs - from.endMs : 0;
  }

  /** Seconds that a look takes: the longest of the last starts of a server, and a measurement. */
  #costS(): number {
    const seconds = this.#course.made.flatMap(({ figures }) => figures.seconds ?? []);
    const starts = seconds.map(({ start }) => start).filter((start) => start > 0);
    const look = this.#course.last?.figures.seconds?.look ?? seconds.at(-1)?.look ?? 0;
    return look + Math.max(0, ...starts.slice(-3));
  }

  #mayPay(): boolean {
    return this.#spentS + this.#costS() <= this.#share() * this.#totalS;
  }

  #mayPayForSuspicion(): boolean {
    const isPaid = this.#costS() <= SHARE_OF_ONE * this.#totalS && this.#totalS * 1000 >= SHORT_MS;
    return isPaid && this.#spentS <= this.#share() * this.#totalS;
  }

  #share(): number {
    return this.#course.steady ? this.#shareOfSteady : Math.max(this.#shareOfSteady, SHARE_AFTER_SHIFT);
  }

  /** The last two measurements saw other things beside them than any look did. */
  #isSuspicious(): boolean {
    const { made, last } = this.#course;
    const at = last ? made.indexOf(last) : made.length - 3;
    const before = made.slice(Math.max(0, at - 4), at + 1);
    const since = made.slice(at + 1).slice(-2);
    if (before.length === 0 || since.length < 2) return false;
    const wasHeld = before.some(({ figures }) => figures.witness?.held);
    if (!wasHeld && since.every(({ figures }) => figures.witness?.held)) return true;
    return [true, false].some(
      (which) =>
        this.#course.isMixed &&
        !this.#course.isLookedAt(which) &&
        since.every((item) => this.#course.isCrowded(item) === which),
    );
  }
}

/**
 * The default at the middle one of the loads that it was measured at, or else the best there is. The load at which the
 * default did most would be one at which it was lucky, so that later looks there seem worse.
 */
export function sentinelOf(
  course: Course,
  goal: Pick<Goal, 'objectives' | 'constraints'>,
  out: ReadonlySet<Candidate>,
): Place | undefined {
  const made = course.made.filter(
    ({ ask, figures }) => !out.has(ask.candidate) && levelOf(ask, figures) !== undefined,
  );
  const base = made
    .filter(({ ask }) => ask.candidate.isDefault)
    .toSorted((a, b) => loadOf(a.ask.point) - loadOf(b.ask.point));
  const [best] = made.toSorted((a, b) => compareMeasured(a.figures, b.figures, goal));
  return (base[Math.floor((base.length - 1) / 2)] ?? best)?.ask;
}

/**
 * Another point to look at, where the sentinel scatters so much that it would show large changes alone, and by far more than
 * other points do: of those that do not, the one that was measured most, which tells of what was before, too. undefined: there is
 * none, or no need; or the machine changed, or may have, and that is what scatters.
 */
export function steadierOf(course: Course, out: ReadonlySet<Candidate>): Place | undefined {
  const { sentinel } = course;
  if (!course.steady || course.doubtful) return undefined;
  const scatters = course.points
    .map((own) => ({ ask: own[0]!.ask, steps: stepsOf(own) }))
    .filter(({ steps }) => steps.length >= LEAST_STEPS)
    .map(({ ask, steps }) => ({ ask, count: steps.length, scatter: rootMeanSquare(steps) / Math.SQRT2 }));
  const own = scatters.find(({ ask }) => sentinel && isAt(ask, sentinel));
  if (!own || own.scatter < USELESS) return undefined;
  const [steadier] = scatters
    .filter(({ ask, scatter }) => !out.has(ask.candidate) && own.scatter > MUCH_SCATTER * scatter)
    .toSorted((a, b) => b.count - a.count);
  return steadier?.ask;
}

/** What each measurement of a point differs by from the one before it. */
const stepsOf = (own: readonly Made[]): number[] => {
  const levels = own.flatMap(({ ask, figures }) => levelOf(ask, figures) ?? []);
  return levels.slice(1).map((level, index) => level - levels[index]!);
};

/** How large a load is: inferences in flight, or inferences asked for a second. */
export const loadOf = (point: LoadPoint): number => levelOfLoad(point) * batchSizeOf(point);
