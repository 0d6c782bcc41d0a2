import { compareMeasured } from '../../goal/score.ts';
import { counted } from '../../ground/wording.ts';
import { batchSizeOf, type LoadPoint, levelOf as levelOfLoad } from '../../record/load-point.ts';
import type { Candidate, SkippedPoints, Space } from '../../space/space.ts';
import type { FailureMemory } from '../failure-memory.ts';
import { withLimits } from '../limited.ts';
import {
  type Answer,
  type Ask,
  altered,
  type Figures,
  isAsk,
  type Outcome,
  type Standing,
} from '../search.ts';
import { corrected } from './corrected.ts';
import { Course, levelOf, type Made, type Place, type Shift } from './course.ts';
import { lacking } from './lacking.ts';

/** Whether the machine was the same throughout, and what was measured while it was not. */
export interface Drift {
  /** The point that was looked at again and again. */
  readonly sentinel: Place;
  /** How often it was, the search's own measurements of it included. */
  readonly looks: number;
  readonly shifts: readonly Shift[];
  /**
   * What was measured in another state of the machine than the figures that are compared, or while it changed: by which
   * share the sentinel did better (above 0) or worse then.
   */
  readonly drifted: ReadonlyMap<Ask, number>;
  /** How many points were measured again for it. */
  readonly again: number;
  /** All that the verdict needs is known in the state whose figures are compared, the present one. */
  readonly complete: boolean;
}

/** How often a sentinel is looked at. */
export interface SentinelSettings {
  /** Of the run between two looks; 0: there are none. */
  readonly minutes: number;
  /** The share of the measuring time that looks may take as long as the machine is the same; absent: 5 %. */
  readonly share?: number;
}

/** A search that knows whether the machine drifted. */
export interface WatchedSearch extends FailureMemory {
  /** undefined: the machine was looked at once at most. */
  drift(): Drift | undefined;
}

/** The looks take this share of the measuring time at most, as long as the machine is the same; and more once it was not. */
const SHARE = 0.05;
const SHARE_AFTER_SHIFT = 0.15;
/** A look for a suspicion comes no sooner than when this share of the measuring time pays for it. */
const SHARE_OF_ONE = 0.2;
/** So many looks more are made at most for a doubt about one. */
const MOST_FOR_DOUBT = 2;
/** What other programs have of the CPU differs by this share before it is suspicious, twice in a row. */
const SUSPICIOUS = 0.25;
/** So many points are measured again at least where the verdict needs them, or this share of all that were measured. */
const MOST_AGAIN = 8;
const MOST_AGAIN_SHARE = 0.25;
/** And so many when little time is left. */
const MOST_AGAIN_HURRIED = 2;

/**
 * A search that looks again and again at one point, the sentinel, to see whether the machine is as it was, and has what
 * the verdict needs measured again where it is not.
 *
 * - The sentinel is the default configuration at one of its loads: it is there in every run. Where it fails, the best so far.
 * - A look is due after `minutes` of the run, where the CPU that other programs have or a GPU that is held back raises a
 *   suspicion, and at the end; but never so that looks take more than 5 % of the measuring time. So a short run pays nothing.
 *   Times come with the outcomes: a run that is repeated looks in the same places.
 * - What is a shift says `statesOf`. One look that is off is looked at once more before anything follows.
 * - There is no bisection: a block between two looks is a few minutes long, and each look would cost as much as measuring one
 *   of its points again. What was measured in it counts as in doubt.
 * - Figures of one state alone are compared: those of the state that the machine is in when the search ends, as nobody can
 *   measure in another. Until all that the verdict needs is measured in that state (a budget may prevent it) they are those
 *   of the state in which most was measured. All others stay, marked as drifted.
 * - A search that can is told what the others would come to now (`revise`), so that it looks where it is worthwhile; what it
 *   leaves open is asked for here.
 *
 * Every look counts as a measurement of `--max-measurements`.
 */
export function withSentinel(search: FailureMemory, space: Space, settings: SentinelSettings): WatchedSearch {
  if (settings.minutes <= 0)
    return { ...altered(search, {}), givenUp: () => search.givenUp(), drift: () => undefined };
  const watched = new Watched(search, space, settings);
  const { maxMeasurements } = space.plan.search;
  const limited = withLimits(watched.asSearch(), maxMeasurements === undefined ? {} : { maxMeasurements });
  return { ...limited, givenUp: () => watched.givenUp(), drift: () => watched.drift() };
}

/** What the wrapper itself asked for. */
type Errand = 'look' | 'again';

class Watched {
  readonly #search: FailureMemory;
  readonly #space: Space;
  readonly #intervalMs: number;
  readonly #shareOfSteady: number;
  readonly #course = new Course();
  readonly #errands = new Map<Ask, Errand>();
  /** Everything that is not told yet, the search's own asks as well. */
  readonly #inFlight = new Set<Ask>();
  readonly #out = new Set<Candidate>();
  /** Configurations whose server a look has started, and the search has measured nothing on since. */
  readonly #restarted = new Set<Candidate>();
  /** What the slot that looked last ran before. */
  #ranBefore: Candidate | undefined;
  readonly #skipped: SkippedPoints[] = [];
  /** Seconds that went into everything, and into looks. */
  #totalS = 0;
  #spentS = 0;
  /** Measured or failed. */
  #told = 0;
  /** Looks that were made for a doubt about the last regular one. */
  #forDoubt = 0;
  #again = 0;
  /** The sentinel can't be measured any more. */
  #blind = false;
  #hurried = false;
  #hurriedForBudget = false;
  /** All that the verdict needs is known in the present state. */
  #complete = false;
  /** Several slots measure at once, each of which is another program to the others. */
  #several = false;

  constructor(search: FailureMemory, space: Space, { minutes, share = SHARE }: SentinelSettings) {
    this.#search = search;
    this.#space = space;
    this.#intervalMs = minutes * 60_000;
    this.#shareOfSteady = share;
  }

  givenUp(): SkippedPoints[] {
    return [...this.#search.givenUp(), ...this.#skipped.splice(0)];
  }

  asSearch(): FailureMemory {
    const search = this.#search;
    const changed = altered(search, {
      ask: (at) => this.#ask(at),
      tell: (ask, outcome) => this.#tell(ask, outcome),
      drop: (candidate) => {
        this.#out.add(candidate);
        return search.drop(candidate);
      },
      remaining: () => search.remaining() + (this.#course.steady || this.#complete ? 0 : 1),
      wrapUp: () => {
        this.#hurried = true;
        search.wrapUp?.();
      },
      belief: () => {
        this.#settle();
        return search.belief?.();
      },
      account: () => {
        this.#settle();
        const own = search.account();
        if (!this.#hurriedForBudget) return own;
        const budget = counted(this.#space.plan.search.maxMeasurements!, 'measurement');
        return { ...own, why: `its budget of ${budget} is used`, ended: 'measurements' };
      },
    });
    return { ...changed, givenUp: () => this.givenUp() };
  }

  #ask(at: Standing): Answer {
    const answer = this.#nextOf(at);
    if (isAsk(answer)) {
      this.#inFlight.add(answer);
      this.#several ||= this.#inFlight.size > 1;
    }
    return answer;
  }

  #nextOf({ on, busy }: Standing): Answer {
    const taken = new Set([...busy, ...[...this.#inFlight].map(({ candidate }) => candidate)]);
    const look = this.#isDue() ? this.#look(on, taken) : undefined;
    if (look) return look;
    this.#saveForVerdict();
    const answer = this.#search.ask({ on: this.#asBefore(on, taken), busy: taken });
    if (answer !== 'done' || this.#inFlight.size > 0) return answer;
    const last = this.#isDueAtEnd() ? this.#look(on, taken) : undefined;
    return last ?? this.#measureAgain(on) ?? 'done';
  }

  /**
   * What the search is told that a slot's server runs: after a look, what ran before it. A look is no reason for it to go on
   * with the sentinel's configuration, only because that is there now.
   */
  #asBefore(on: Candidate | undefined, taken: ReadonlySet<Candidate>): Candidate | undefined {
    if (on === undefined || !this.#restarted.has(on)) return on;
    return this.#ranBefore && taken.has(this.#ranBefore) ? undefined : this.#ranBefore;
  }

  /** The last measurement of the user's budget is the search's for its verdict, of which it knows nothing: looks count, too. */
  #saveForVerdict(): void {
    const { maxMeasurements } = this.#space.plan.search;
    if (maxMeasurements === undefined || this.#hurried || this.#errands.size === 0) return;
    if (this.#told + this.#inFlight.size < maxMeasurements - 1) return;
    this.#hurriedForBudget = true;
    this.#hurried = true;
    this.#search.wrapUp?.();
  }

  #sentinel(): Place | undefined {
    return this.#course.sentinel ?? this.#chosen();
  }

  #look(on: Candidate | undefined, taken: ReadonlySet<Candidate>): Ask | undefined {
    const sentinel = this.#sentinel();
    if (!sentinel || taken.has(sentinel.candidate) || this.#out.has(sentinel.candidate)) return undefined;
    this.#forDoubt = this.#isInDoubt() ? this.#forDoubt + 1 : 0;
    if (!this.#course.sentinel) this.#course.watch(sentinel);
    const { candidate, point } = sentinel;
    if (on !== candidate) this.#ranBefore = on;
    const ask: Ask = { candidate, point, again: on === candidate ? 'here' : 'afresh', sentinel: true };
    this.#errands.set(ask, 'look');
    return ask;
  }

  /**
   * The default at the middle one of the loads that it was measured at, or else the best there is. The load at which the
   * default did most would be one at which it was lucky, so that later looks there seem worse.
   */
  #chosen(): Place | undefined {
    const made = this.#course.made.filter(
      ({ ask, figures }) => !this.#out.has(ask.candidate) && levelOf(ask, figures) !== undefined,
    );
    const base = made
      .filter(({ ask }) => ask.candidate.isDefault)
      .toSorted((a, b) => loadOf(a.ask.point) - loadOf(b.ask.point));
    const [best] = made.toSorted((a, b) => compareMeasured(a.figures, b.figures, this.#space.plan));
    return (base[Math.floor((base.length - 1) / 2)] ?? best)?.ask;
  }

  #isDue(): boolean {
    if (this.#blind || this.#isLooking() || this.#course.made.length === 0) return false;
    if (this.#isInDoubt()) return true;
    if (this.#hurried) return false;
    const sinceMs = this.#sinceMs();
    const intervalMs = this.#course.steady ? this.#intervalMs : this.#intervalMs / 2;
    if (sinceMs >= intervalMs && this.#mayPay()) return true;
    return this.#isSuspicious() && this.#mayPayForSuspicion();
  }

  #isInDoubt(): boolean {
    return this.#course.doubtful && this.#forDoubt < MOST_FOR_DOUBT;
  }

  /** The last measurements are often those that the verdict rests on. */
  #isDueAtEnd(): boolean {
    if (this.#blind || this.#isLooking() || this.#sinceMs() === 0) return false;
    if (!this.#course.steady) return this.#again === 0 || this.#mayPay();
    return this.#sinceMs() >= this.#intervalMs / 2 && this.#mayPay();
  }

  #isLooking(): boolean {
    return [...this.#inFlight].some((ask) => this.#errands.get(ask) === 'look');
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
    return this.#spentS <= this.#share() * this.#totalS && this.#costS() <= SHARE_OF_ONE * this.#totalS;
  }

  #share(): number {
    return this.#course.steady ? this.#shareOfSteady : Math.max(this.#shareOfSteady, SHARE_AFTER_SHIFT);
  }

  /** The last two measurements saw other things beside them than those up to the last look. */
  #isSuspicious(): boolean {
    if (this.#several) return false;
    const { made, last } = this.#course;
    const at = last ? made.indexOf(last) : made.length - 3;
    const before = made.slice(Math.max(0, at - 4), at + 1);
    const since = made.slice(at + 1).slice(-2);
    if (before.length === 0 || since.length < 2) return false;
    const shares = before.flatMap(({ figures }) => figures.witness?.othersShare ?? []);
    // After a look it is what that look saw that counts.
    const usual = last?.figures.witness?.othersShare ?? middle(shares);
    const isOff = ({ figures: { witness } }: Made): boolean =>
      usual !== undefined &&
      witness?.othersShare !== undefined &&
      Math.abs(witness.othersShare - usual) > SUSPICIOUS;
    const wasHeld = before.some(({ figures }) => figures.witness?.held);
    const isHeld = ({ figures }: Made): boolean => figures.witness?.held === true && !wasHeld;
    return since.every(isOff) || since.every(isHeld);
  }

  /** What the verdict lacks in the present state, once the search itself has nothing more to ask. */
  #measureAgain(on: Candidate | undefined): Ask | undefined {
    if (this.#course.steady) return undefined;
    const lacks = lacking(this.#course, this.#space.plan, (candidate) => this.#out.has(candidate));
    this.#complete = lacks.length === 0;
    const most = this.#hurried
      ? MOST_AGAIN_HURRIED
      : Math.max(MOST_AGAIN, MOST_AGAIN_SHARE * this.#course.made.length);
    const [next] = lacks;
    if (!next || this.#again >= most) return undefined;
    this.#again++;
    const ask: Ask = { ...next, again: on === next.candidate ? 'here' : 'afresh' };
    this.#errands.set(ask, 'again');
    return ask;
  }

  #tell(ask: Ask, outcome: Outcome): void {
    this.#inFlight.delete(ask);
    const errand = this.#errands.get(ask);
    if (!errand) this.#search.tell(ask, this.#asOnNewServer(ask.candidate, outcome));
    if (outcome.state === 'withdrawn') {
      if (errand === 'again') this.#again--;
      return;
    }
    this.#told++;
    const { start = 0, look = 0 } = outcome.seconds ?? {};
    this.#totalS += start + look;
    if (errand === 'look') {
      this.#spentS += start + look;
      if (outcome.started) this.#restarted.add(ask.candidate);
    }
    if (outcome.state === 'failed') {
      if (errand === 'look') this.#blind = true;
      if (errand) this.#giveUp(ask.candidate);
      this.#out.add(ask.candidate);
      return;
    }
    if (outcome.atMs === undefined) return;
    const before = this.#course.shifts.length;
    const startMs = outcome.atMs;
    this.#course.add({ ask, figures: outcome, startMs, endMs: startMs + look * 1000 });
    // A look that tells nothing, like one that fails, is the last.
    if (errand === 'look' && levelOf(ask, outcome) === undefined) this.#blind = true;
    if (errand === 'again') this.#search.learn?.(ask, outcome);
    if (this.#course.shifts.length !== before) this.#complete = false;
    if (!this.#course.steady || before > 0) this.#revise();
  }

  /** The search does not know of a server that a look has started: what it measures there is not on the one before. */
  #asOnNewServer(candidate: Candidate, outcome: Outcome): Outcome {
    const isNew = this.#restarted.delete(candidate);
    return isNew && outcome.state !== 'withdrawn' ? { ...outcome, started: true } : outcome;
  }

  /** A configuration that fails when it is measured again fails as any other does. */
  #giveUp(candidate: Candidate): void {
    const points = this.#search.drop(candidate);
    if (points.length > 0)
      this.#skipped.push({ candidate, points, reason: 'it failed when it was measured again' });
  }

  /** The state whose figures are compared. */
  #reference(): number {
    return this.#complete ? this.#course.present : this.#course.usual;
  }

  /**
   * Tells the search what its figures come to in one state; what was measured while the machine changed comes to nothing.
   * @param to the present one, in which it searches, unless it is over.
   */
  #revise(to = this.#course.present): void {
    const changed = new Map<Ask, Figures | undefined>();
    for (const { ask, figures, ...made } of this.#course.made) {
      const state = this.#course.stateAt({ ask, figures, ...made });
      if (state === to) continue;
      const times = state === undefined ? undefined : this.#course.ratio(to, state);
      changed.set(ask, times === undefined ? undefined : corrected(figures, ask.point, times));
    }
    this.#search.revise?.(changed);
  }

  /** What the search comes to is about the figures that are compared. */
  #settle(): void {
    if (!this.#course.steady) this.#revise(this.#reference());
  }

  drift(): Drift | undefined {
    const { sentinel, looks, shifts, made } = this.#course;
    if (!sentinel || looks < 2) return undefined;
    const reference = this.#reference();
    const drifted = new Map<Ask, number>();
    for (const item of made) {
      if (this.#course.stateAt(item) === reference) continue;
      const offs = this.#course.statesAround(item).map((state) => this.#course.ratio(state, reference) - 1);
      drifted.set(
        item.ask,
        offs.reduce((most, by) => (Math.abs(by) > Math.abs(most) ? by : most), 0),
      );
    }
    return { sentinel, looks, shifts, drifted, again: this.#again, complete: this.#complete };
  }
}

/** How large a load is: inferences in flight, or inferences asked for a second. */
const loadOf = (point: LoadPoint): number => levelOfLoad(point) * batchSizeOf(point);

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
