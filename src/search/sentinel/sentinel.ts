import { counted } from '../../ground/wording.ts';
import type { Candidate, SkippedPoints, Space } from '../../space/space.ts';
import { BesideSearch } from '../beside.ts';
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
import { Course, levelOf, type Place, type Shift } from './course.ts';
import { lacking } from './lacking.ts';
import { Lookout, type SentinelSettings, sentinelOf, steadierOf } from './lookout.ts';

/** Whether the machine was the same throughout, and what was measured while it was not. */
export interface Drift {
  /** The point that was looked at again and again. */
  readonly sentinel: Place;
  /** How often it was, the search's own measurements of it included. */
  readonly looks: number;
  readonly shifts: readonly Shift[];
  /**
   * What was measured in another state of the machine than the figures that are compared, or while it changed: by which
   * share the sentinel did better (above 0) or worse then; 0: it was not looked at in that state, in which other programs
   * had much more, or much less, of the CPU.
   */
  readonly drifted: ReadonlyMap<Ask, number>;
  /** How many points were measured again for it. */
  readonly again: number;
  /** All that the verdict needs is known in the state whose figures are compared, the present one. */
  readonly complete: boolean;
}

/** A search that knows whether the machine drifted. */
export interface WatchedSearch extends FailureMemory {
  /** undefined: the machine was looked at once at most. */
  drift(): Drift | undefined;
}

/** So many points are measured again at least where the verdict needs them, or this share of all that were measured. */
const MOST_AGAIN = 8;
const MOST_AGAIN_SHARE = 0.25;
/** And so many when little time is left. */
const MOST_AGAIN_HURRIED = 2;

/**
 * A search that looks again and again at one point, the sentinel, to see whether the machine is as it was, and has what
 * the verdict needs measured again where it is not.
 *
 * - The sentinel is the default configuration at one of its loads: it is there in every run. Where it fails, the best so far;
 *   where it scatters by far more than other points do, the one of those that was measured most.
 * - A look is due after `minutes` of the run, where the CPU that other programs have or a GPU that is held back raises a
 *   suspicion, and at the end; but never so that looks take more than 5 % of the measuring time. So a short run pays nothing.
 *   Times come with the outcomes: a run that is repeated looks in the same places.
 * - What was measured while other programs had much more of the CPU is in a state of its own, also where the sentinel is held
 *   up little: they hold other configurations up more.
 * - What else is a shift says `statesOf`. One look that is off is looked at once or twice more, on other servers, before anything
 *   follows; and what measurements of other points deny is none.
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

type Measured = Extract<Outcome, { state: 'measured' }>;

/** What the wrapper itself asked for. */
type Errand = 'look' | 'again';

class Watched {
  readonly #search: FailureMemory;
  readonly #space: Space;
  readonly #course = new Course();
  readonly #lookout: Lookout;
  readonly #errands = new Map<Ask, Errand>();
  readonly #beside = new BesideSearch();
  readonly #out = new Set<Candidate>();
  /** What the slot that looked last ran before. */
  #ranBefore: Candidate | undefined;
  readonly #skipped: SkippedPoints[] = [];
  /** Measured or failed. */
  #told = 0;
  #again = 0;
  /** The sentinel can't be measured any more. */
  #blind = false;
  /** The sentinel was changed for another point, once; and what it was before, as long as the other is the sentinel. */
  #wasChanged = false;
  #first: Place | undefined;
  /** Looks that were asked for at once after one that was in doubt. */
  readonly #forDoubt = new Set<Ask>();
  #hurried = false;
  /** Several slots measure at once, each of which is another program to the others. */
  #several = false;
  #hurriedForBudget = false;
  /** All that the verdict needs is known in the present state. */
  #complete = false;

  constructor(search: FailureMemory, space: Space, settings: SentinelSettings) {
    this.#search = search;
    this.#space = space;
    this.#lookout = new Lookout(this.#course, settings);
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
      this.#beside.begin(answer);
      if (this.#beside.inFlight.size > 1) this.#several = true;
    }
    return answer;
  }

  #nextOf({ on, busy }: Standing): Answer {
    const taken = this.#beside.taken({ busy });
    const look = this.#mayLook() && this.#lookout.isDue(this.#hurried) ? this.#look(on, taken) : undefined;
    if (look) return look;
    this.#saveForVerdict();
    const answer = this.#search.ask({ on: this.#asBefore(on, taken), busy: taken });
    if (answer !== 'done') return answer;
    // What others measure may show that there is more to do.
    if (this.#beside.inFlight.size > 0) return 'wait';
    const last =
      this.#mayLook() && this.#lookout.isDueAtEnd(this.#again > 0) ? this.#look(on, taken) : undefined;
    return last ?? this.#measureAgain(on) ?? 'done';
  }

  /**
   * What the search is told that a slot's server runs: after a look, what ran before it. A look is no reason for it to go on
   * with the sentinel's configuration, only because that is there now.
   */
  #asBefore(on: Candidate | undefined, taken: ReadonlySet<Candidate>): Candidate | undefined {
    if (!this.#beside.isOfLook(on)) return on;
    return this.#ranBefore && taken.has(this.#ranBefore) ? undefined : this.#ranBefore;
  }

  /** The last measurement of the user's budget is the search's for its verdict, of which it knows nothing: looks count, too. */
  #saveForVerdict(): void {
    const { maxMeasurements } = this.#space.plan.search;
    if (maxMeasurements === undefined || this.#hurried || this.#errands.size === 0) return;
    if (this.#told + this.#beside.inFlight.size < maxMeasurements - 1) return;
    this.#hurriedForBudget = true;
    this.#hurried = true;
    this.#search.wrapUp?.();
  }

  #look(on: Candidate | undefined, taken: ReadonlySet<Candidate>): Ask | undefined {
    const sentinel = this.#choose();
    if (!sentinel || taken.has(sentinel.candidate) || this.#out.has(sentinel.candidate)) return undefined;
    const { isInDoubt } = this.#lookout;
    this.#lookout.begin();
    if (!this.#course.sentinel) this.#course.watch(sentinel);
    const { candidate, point } = sentinel;
    if (!this.#beside.isOfLook(on)) this.#ranBefore = on;
    // Another server tells whether the machine changed or the one server that was looked at is off.
    const again = on === candidate && !isInDoubt ? 'here' : 'afresh';
    const ask: Ask = { candidate, point, again, sentinel: true };
    this.#errands.set(ask, 'look');
    if (isInDoubt) this.#forDoubt.add(ask);
    return ask;
  }

  #choose(): Place | undefined {
    const { sentinel } = this.#course;
    // One that fails gives way to the one before it, unless it showed changes of the machine: that one scatters too much to show them.
    if (this.#first && sentinel && this.#out.has(sentinel.candidate) && this.#course.steady) {
      this.#course.watch(this.#first);
      this.#first = undefined;
    }
    return this.#course.sentinel ?? sentinelOf(this.#course, this.#space.plan, this.#out);
  }

  #mayLook(): boolean {
    return !this.#blind && ![...this.#beside.inFlight].some((ask) => this.#errands.get(ask) === 'look');
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
    this.#beside.end(ask);
    const errand = this.#errands.get(ask);
    if (!errand) this.#search.tell(ask, this.#beside.forSearch(ask, outcome));
    if (outcome.state === 'withdrawn') {
      if (errand === 'again') this.#again--;
      return;
    }
    this.#told++;
    const { start = 0, look = 0 } = outcome.seconds ?? {};
    this.#lookout.took(start + look, errand === 'look');
    if (errand === 'look' && outcome.started) this.#beside.lookStarted(ask);
    if (outcome.state === 'failed') {
      if (errand === 'look') this.#blind = this.#first === undefined;
      if (errand) this.#giveUp(ask.candidate);
      this.#out.add(ask.candidate);
      return;
    }
    if (outcome.atMs === undefined) return;
    const { steady: wasSteady, shifts: before } = this.#course;
    const startMs = outcome.atMs;
    const figures = this.#several ? withoutShare(outcome) : outcome;
    const isForDoubt = this.#forDoubt.has(ask);
    this.#course.add({ ask, figures, startMs, endMs: startMs + look * 1000, isForDoubt });
    this.#changeSentinel();
    // A look that tells nothing, like one that fails, is the last.
    if (errand === 'look' && levelOf(ask, outcome) === undefined) this.#blind = true;
    // What was measured for the machine's sake tells of the point, too.
    if (errand) this.#search.learn?.(ask, outcome);
    const { steady, shifts } = this.#course;
    if (shifts.length !== before.length || steady !== wasSteady) this.#complete = false;
    if (!steady || !wasSteady) this.#revise();
  }

  /** Looks at another point from now on where the sentinel scatters so much that it shows little. */
  #changeSentinel(): void {
    if (this.#wasChanged) return;
    const steadier = steadierOf(this.#course, this.#out);
    if (!steadier) return;
    this.#wasChanged = true;
    this.#first = this.#course.sentinel;
    this.#course.watch(steadier);
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
    const { steady, looks, shifts, made } = this.#course;
    const sentinel = this.#course.sentinel ?? (steady ? undefined : this.#choose());
    if (!sentinel || (looks < 2 && steady)) return undefined;
    const reference = this.#reference();
    const drifted = new Map<Ask, number>();
    const byHowMuch = (state: number): number =>
      this.#course.isKnown(state) && this.#course.isKnown(reference)
        ? this.#course.ratio(state, reference) - 1
        : 0;
    for (const item of steady ? [] : made) {
      if (this.#course.stateAt(item) === reference) continue;
      const offs = this.#course.statesAround(item).map(byHowMuch);
      drifted.set(
        item.ask,
        offs.reduce((most, by) => (Math.abs(by) > Math.abs(most) ? by : most), 0),
      );
    }
    return { sentinel, looks, shifts, drifted, again: this.#again, complete: this.#complete };
  }
}

/** Without what is known of other programs. */
function withoutShare(outcome: Measured): Measured {
  const { witness, ...rest } = outcome;
  return witness ? { ...rest, witness: { held: witness.held } } : rest;
}
