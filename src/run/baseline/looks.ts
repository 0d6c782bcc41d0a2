import type { SearchSettings } from '../../config/search-settings.ts';
import { counted } from '../../ground/wording.ts';
import { isSamePoint, levelText } from '../../record/load-point.ts';
import { loadedName, type PointRecord, type Run, type Trial } from '../../record/run.ts';
import { BesideSearch } from '../../search/beside.ts';
import { type Answer, type Ask, altered, isAsk, type Outcome, type Standing } from '../../search/search.ts';
import { looksAtAll, type SearchedSpace } from '../../search/search-for.ts';
import type { WatchedSearch } from '../../search/sentinel/sentinel.ts';
import type { Candidate } from '../../space/space.ts';
import type { Suspicion } from './suspicion.ts';
import type { Target } from './targets.ts';

/** Each target is measured on so many servers, early and late. */
const USUAL = 2;
/** On so many before it is called worse, where that is sure by then. */
const BEFORE_WORSE = 3;
/** On so many at most as long as it may be worse, and is not sure to be. */
const MOST = 6;
/** A target that failed so often is not tried again. */
const MOST_FAILURES = 2;

/** What the looks are made by. */
export interface Looking {
  readonly targets: readonly Target[];
  readonly space: SearchedSpace;
  /** What was measured so far. */
  result(): Run;
  /** What the comparison of that with BASE suspects. */
  suspicions(run: Run): (variant: string) => Suspicion;
}

/** A space whose search leaves room for the looks in what the user allows. */
export function withRoom(space: SearchedSpace, targets: readonly Target[]): SearchedSpace {
  if (targets.length === 0) return space;
  const { search } = space.plan;
  const room = (most: number): number => most - roomIn(most, targets);
  const further = targets.some(({ candidate }) => !candidate.isDefault);
  const { maxMeasurements, maxVariants, optuna } = search;
  const left: SearchSettings = {
    ...search,
    ...(maxMeasurements !== undefined && { maxMeasurements: room(maxMeasurements) }),
    ...(maxVariants !== undefined && { maxVariants: Math.max(1, maxVariants - (further ? 1 : 0)) }),
    ...(optuna?.maxTrials !== undefined && { optuna: { ...optuna, maxTrials: room(optuna.maxTrials) } }),
  };
  return { ...space, plan: { ...space.plan, search: left } };
}

/**
 * How many measurements the looks take beside those of the search, as far as can be known before: what a search measures
 * that goes through everything counts as one of them.
 */
export function expectedLooks(targets: readonly Target[], space: SearchedSpace): number {
  const isSeen = ({ candidate, point }: Target): boolean =>
    looksAtAll(space) &&
    space.candidates.some(
      (item) => item.key === candidate.key && space.pointsOf(item).some((own) => isSamePoint(own, point)),
    );
  return targets.reduce((sum, target) => sum + USUAL - (isSeen(target) ? 1 : 0), 0);
}

/** So many of the measurements that the user allows are kept for the looks. */
const roomIn = (most: number, targets: readonly Target[]): number =>
  Math.min(USUAL * targets.length, Math.floor(most / 2));

/**
 * A search beside which the targets of a comparison are measured anew, each on a server started for it:
 *
 * - early: as soon as the search turns to another configuration for the first time, and late: when it is done, or little time
 *   is left. What the search itself measured of a target, and an earlier part of this run, counts.
 * - where a target is suspected of being worse, again: on 3 servers in all before that is said, and on up to 6 as long as the
 *   comparison can't tell.
 *
 * Every look counts as a measurement of what the user allows; where nothing is left, none is made.
 */
export function withLooks(search: WatchedSearch, looking: Looking): WatchedSearch {
  if (looking.targets.length === 0) return search;
  const beside = new Beside(search, looking);
  const changed = altered(search, {
    ask: (at) => beside.ask(at),
    tell: (ask, outcome) => beside.tell(ask, outcome),
    drop: (candidate) => {
      beside.drop(candidate);
      return search.drop(candidate);
    },
    remaining: () => search.remaining() + beside.expected,
    wrapUp: () => {
      beside.hurry();
      search.wrapUp?.();
    },
    account: () => {
      const account = search.account();
      const { maxMeasurements } = looking.space.plan.search;
      const why =
        account.ended === 'measurements' && maxMeasurements !== undefined
          ? `its budget of ${counted(maxMeasurements, 'measurement')} is used`
          : account.why;
      return { ...account, why, remarks: [...account.remarks, ...beside.remarks()] };
    },
  });
  return { ...changed, givenUp: () => search.givenUp(), drift: () => search.drift() };
}

class Beside {
  readonly #search: WatchedSearch;
  readonly #looking: Looking;
  readonly #targets: readonly Target[];
  readonly #beside = new BesideSearch();
  readonly #looks = new Map<Target, number>();
  readonly #failures = new Map<Target, number>();
  readonly #late = new Set<Target>();
  /** What the search asked for before a look came between. */
  #held: Ask | undefined;
  #told = 0;
  #early = true;
  #hurried = false;
  #over = false;
  /** The search itself has nothing more to ask. */
  #isDone = false;

  constructor(search: WatchedSearch, looking: Looking) {
    this.#search = search;
    this.#looking = looking;
    this.#targets = looking.targets;
  }

  /** Looks that are still to come, without those for a suspicion. */
  get expected(): number {
    return this.#over ? 0 : this.#targets.filter((target) => !this.#late.has(target)).length;
  }

  drop(candidate: Candidate): void {
    for (const target of this.#targets)
      if (target.candidate === candidate) this.#failures.set(target, MOST_FAILURES);
  }

  hurry(): void {
    this.#hurried = true;
  }

  remarks(): string[] {
    const list = [...this.#looks].map(
      ([{ candidate, point }, count]) =>
        `${candidate.name} with ${levelText(point)} ${count === 1 ? 'once' : `${count} times`}`,
    );
    return list.length > 0 ? [`measured for the comparison with the baseline: ${list.join(', ')}`] : [];
  }

  ask(at: Standing): Answer {
    const answer = this.#next(at);
    if (isAsk(answer)) this.#beside.begin(answer);
    return answer;
  }

  #next(at: Standing): Answer {
    const taken = this.#beside.taken(at, ...(this.#held ? [this.#held] : []));
    if (this.#hurried) {
      const late = this.#lateLook(taken);
      if (late) return late;
    }
    const answer = this.#fromSearch(at);
    if (answer === 'done') return this.#atEnd(taken);
    if (!isAsk(answer) || !this.#early || this.#told + this.#beside.inFlight.size === 0) return answer;
    if (answer.candidate === at.on) return answer;
    const early = this.#earlyLook(new Set([...taken, answer.candidate]));
    if (early) this.#held = answer;
    return early ?? answer;
  }

  /** What the search asks for; of a server that a look started it knows nothing, and is not to go on there for that alone. */
  #fromSearch({ on, busy }: Standing): Answer {
    const held = this.#held;
    this.#held = undefined;
    return held ?? this.#search.ask({ on: this.#beside.isOfLook(on) ? undefined : on, busy });
  }

  #earlyLook(taken: ReadonlySet<Candidate>): Ask | undefined {
    const run = this.#looking.result();
    const missing = this.#open().filter((target) => recordsOf(run, target).length === 0);
    this.#early = missing.length > 0;
    return this.#look(missing, run, taken);
  }

  /** Once each: what is not told late by what an earlier part of this run measured. */
  #lateLook(taken: ReadonlySet<Candidate>): Ask | undefined {
    // What BASE came to is first, where little is left of a budget.
    const open = this.#open()
      .filter((target) => !this.#late.has(target))
      .reverse();
    if (open.length === 0) return undefined;
    const run = this.#looking.result();
    for (const target of open) if (isLate(run, target, this.#targets)) this.#late.add(target);
    const look = this.#look(
      open.filter((target) => !this.#late.has(target)),
      run,
      taken,
    );
    const target = look && this.#targetOf(look);
    if (target && recordsOf(run, target).length > 0) this.#late.add(target);
    return look;
  }

  /** What is left to look at when the search is done. */
  #atEnd(taken: ReadonlySet<Candidate>): Answer {
    this.#isDone = true;
    const late = this.#lateLook(taken);
    if (late) return late;
    if (this.#beside.inFlight.size > 0) return 'wait';
    const run = this.#looking.result();
    const suspicion = this.#looking.suspicions(run);
    const suspected = this.#open().filter((target) => {
      const looks = recordsOf(run, target).length;
      const most = { none: 0, doubt: MOST, sure: BEFORE_WORSE }[suspicion(target.candidate.name)];
      return looks < most;
    });
    const again = this.#look(suspected, run, taken);
    this.#over = again === undefined;
    return again ?? 'done';
  }

  /** The first of these that nobody works on, where the user allows another measurement. */
  #look(targets: readonly Target[], run: Run, taken: ReadonlySet<Candidate>): Ask | undefined {
    const target = targets.find(({ candidate }) => !taken.has(candidate));
    if (!target || this.#allowed(run) < 1) return undefined;
    const { candidate, point } = target;
    const again = recordsOf(run, target).length > 0;
    return { candidate, point, ...(again && { again: 'afresh' }), anew: true };
  }

  /** Measurements that the user allows beyond those that were made, and those that the search may still want. */
  #allowed(run: Run): number {
    const { plan } = this.#looking.space;
    const most = plan.search.maxMeasurements ?? plan.search.optuna?.maxTrials;
    if (most === undefined) return Number.POSITIVE_INFINITY;
    const made = run.trials
      .filter((trial) => loadedName(trial) === plan.name)
      .reduce((sum, { points }) => sum + points.filter(({ state }) => state !== 'skipped').length, 0);
    const left = most - made - this.#beside.inFlight.size - (this.#held ? 1 : 0);
    if (this.#isDone) return left;
    const looks =
      this.#targets.reduce((sum, target) => sum + recordsOf(run, target).length, 0) +
      [...this.#beside.inFlight].filter(({ anew }) => anew).length;
    return Math.min(left, roomIn(most, this.#targets) - looks);
  }

  /** The targets that can be measured, and that the user allows a configuration for. */
  #open(): Target[] {
    const { maxVariants = Number.POSITIVE_INFINITY } = this.#looking.space.plan.search;
    return this.#targets.filter(
      (target) =>
        (this.#failures.get(target) ?? 0) < MOST_FAILURES && (target.candidate.isDefault || maxVariants > 1),
    );
  }

  #targetOf({ candidate, point }: Ask): Target | undefined {
    return this.#targets.find((item) => item.candidate === candidate && isSamePoint(item.point, point));
  }

  tell(ask: Ask, outcome: Outcome): void {
    this.#beside.end(ask);
    const target = this.#targetOf(ask);
    if (!ask.anew) this.#search.tell(ask, this.#beside.forSearch(ask, outcome));
    if (outcome.state === 'withdrawn') {
      if (ask.anew && target) this.#late.delete(target);
      return;
    }
    this.#told++;
    if (!ask.anew || !target) return;
    this.#beside.lookStarted(ask);
    const counts = outcome.state === 'failed' ? this.#failures : this.#looks;
    counts.set(target, (counts.get(target) ?? 0) + 1);
    if (outcome.state === 'failed' && outcome.concernsAll) this.#failures.set(target, MOST_FAILURES);
  }
}

type Measured = Extract<PointRecord, { state: 'measured' }>;

/** What this run measured of a point for its own sake. */
function recordsOf({ trials }: Run, { candidate, point }: Target): Measured[] {
  return trials
    .filter((trial) => isOf(trial, candidate))
    .flatMap(({ points }) => points.filter(isOwn))
    .filter(({ measurement }) => isSamePoint(measurement.point, point));
}

const isOf = (trial: Trial, candidate: Candidate): boolean =>
  trial.name === candidate.name && loadedName(trial) === candidate.models[0].name;

const isOwn = (record: PointRecord): record is Measured =>
  record.state === 'measured' && record.measurement.takenOver !== true && record.sentinel !== true;

/** Whether a point was measured twice, and the last time after everything that is no target. */
function isLate(run: Run, target: Target, targets: readonly Target[]): boolean {
  const own = recordsOf(run, target);
  if (own.length < USUAL) return false;
  const ofModel = run.trials.filter((trial) => loadedName(trial) === target.candidate.models[0].name);
  const others = ofModel.flatMap((trial) =>
    trial.points
      .filter(isOwn)
      .filter(
        ({ measurement }) =>
          !targets.some(
            ({ candidate, point }) => isOf(trial, candidate) && isSamePoint(measurement.point, point),
          ),
      ),
  );
  return newestOf(own) > newestOf(others);
}

const newestOf = (records: readonly Measured[]): string =>
  records
    .map(({ measurement }) => measurement.startedAt)
    .sort()
    .at(-1) ?? '';
