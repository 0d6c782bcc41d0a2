import { maxBatchSize } from '../model-config/config.ts';
import { batchSizeOf, type LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import type { Account, Answer, Ask, Outcome, Search, Standing } from './search.ts';

/** What is known of a candidate. */
interface Entry {
  points: LoadPoint[];
  /** Some load can be put on it. */
  readonly legal: boolean;
  failed: boolean;
  /** Of the client batch size at hand, loads upwards. */
  throughputs: number[];
  /** The best of each client batch size that is done. */
  bests: number[];
  /** The best of all; below 0 before the first. */
  best: number;
}

/** Candidates of which each follows from what became of the one before. */
type Walk = Generator<Candidate, void, Entry | undefined>;

/**
 * Model Analyzer's brute search: the default first, then each candidate with its client batch sizes and, inside, its
 * loads upwards. A failed point ends its candidate; with `stopAtPlateau` a batch size ends when throughput stops
 * growing over the loads, and a candidate when it stops growing over the batch sizes. Where nothing is listed, and
 * with `earlyExit`, max_batch_size is raised only while that makes a configuration better.
 */
export function bruteSearch(space: Space): Search {
  return new BruteSearch(space);
}

/** A walk, and where it stands. */
interface Progress {
  readonly walk: Walk;
  current: Candidate | undefined;
  done: boolean;
}

class BruteSearch implements Search {
  readonly name = 'brute';
  readonly #space: Space;
  readonly #entries = new Map<Candidate, Entry>();
  readonly #walks: readonly Progress[];
  /** What is not told yet. */
  readonly #inFlight = new Map<Candidate, Ask>();
  /** Something was left out because throughput did not grow. */
  #leftOut = false;

  constructor(space: Space) {
    this.#space = space;
    const onFlat = (): void => {
      this.#leftOut = true;
    };
    this.#walks = walksOf(space, onFlat).map((walk) => ({ walk, current: undefined, done: false }));
  }

  ask({ on, busy }: Standing): Answer {
    const isMine = ({ current }: Progress): boolean => current !== undefined && current === on;
    const mine = this.#walks.filter(isMine);
    // A slot stays with the configuration that its server runs, as long as that has points.
    for (const item of [...mine, ...this.#walks]) {
      const ask = this.#askOf(item, busy);
      if (!ask) continue;
      this.#inFlight.set(ask.candidate, ask);
      return ask;
    }
    return this.#walks.every(({ done }) => done) ? 'done' : 'wait';
  }

  /** The next point of a walk, unless another slot works on its candidate. */
  #askOf(item: Progress, busy: ReadonlySet<Candidate>): Ask | undefined {
    if (!item.current && !item.done) this.#step(item);
    for (let candidate = item.current; candidate; candidate = item.current) {
      if (busy.has(candidate) || this.#inFlight.has(candidate)) return undefined;
      const entry = this.#entryOf(candidate);
      if (entry.points[0]) return { candidate, point: entry.points[0] };
      this.#step(item, entry);
    }
    return undefined;
  }

  /** Steps on; an automatic search makes the next candidate only then, as its number is that of its turn. */
  #step(item: Progress, entry?: Entry): void {
    const { value, done } = item.walk.next(entry);
    item.current = value ?? undefined;
    item.done = done === true;
  }

  tell({ candidate, point }: Ask, outcome: Outcome): void {
    this.#inFlight.delete(candidate);
    if (outcome.state === 'withdrawn') return;
    const entry = this.#entryOf(candidate);
    entry.points = entry.points.filter((other) => other !== point);
    if (outcome.state === 'failed') {
      entry.failed = true;
      entry.points = [];
      return;
    }
    const throughput = outcome.values['perf_throughput'] ?? 0;
    entry.throughputs.push(throughput);
    entry.best = Math.max(entry.best, throughput);
    if (this.#space.plan.stopAtPlateau) this.#endAtPlateau(entry, point);
    else this.#endBatchSize(entry, point);
  }

  #endAtPlateau(entry: Entry, point: LoadPoint): void {
    if (!stillGrowing(entry.throughputs)) {
      this.#keep(
        entry,
        entry.points.filter((other) => batchSizeOf(other) !== batchSizeOf(point)),
      );
    }
    if (this.#endBatchSize(entry, point) && !stillGrowing(entry.bests)) this.#keep(entry, []);
  }

  /** Whether no load of this client batch size is left. */
  #endBatchSize(entry: Entry, { streams: [{ batchSize }] }: LoadPoint): boolean {
    if (entry.points[0]?.streams[0].batchSize === batchSize) return false;
    entry.bests.push(Math.max(...entry.throughputs));
    entry.throughputs = [];
    return true;
  }

  #keep(entry: Entry, kept: LoadPoint[]): void {
    this.#leftOut ||= kept.length < entry.points.length;
    entry.points = kept;
  }

  drop(candidate: Candidate): readonly LoadPoint[] {
    const entry = this.#entryOf(candidate);
    const inFlight = this.#inFlight.get(candidate)?.point;
    const points = entry.points.filter((point) => point !== inFlight);
    entry.points = [];
    entry.failed = true;
    return points;
  }

  remaining(): number {
    const { automatic, candidates, most, loads } = this.#space;
    const known = candidates.reduce((sum, candidate) => sum + this.#entryOf(candidate).points.length, 0);
    if (!automatic) return known;
    const open = this.#walks.some(({ done }) => !done);
    return known + (open ? (most - candidates.length) * loads.length : 0);
  }

  account(): Account {
    return { why: this.#leftOut ? 'throughput no longer grew' : '', importance: [], remarks: [] };
  }

  #entryOf(candidate: Candidate): Entry {
    const known = this.#entries.get(candidate);
    if (known) return known;
    const points = [...this.#space.pointsOf(candidate)];
    const entry = {
      points,
      legal: points.length > 0,
      failed: false,
      throughputs: [],
      bests: [],
      best: Number.NEGATIVE_INFINITY,
    };
    this.#entries.set(candidate, entry);
    return entry;
  }
}

/** A candidate to come: its number is that of its turn. */
interface Step {
  readonly batchSize: number;
  make(): Candidate;
}

/** The default, then what is listed or tried: whatever does not depend on each other is a walk of its own. */
function walksOf({ plan, candidates, groups, automatic }: Space, onFlat: () => void): Walk[] {
  const known = (candidate: Candidate): Step => ({
    batchSize: maxBatchSize(candidate.models[0].config),
    make: () => candidate,
  });
  const listed = plan.earlyExit
    ? groups.map((group) => climb(group.map(known), onFlat))
    : groups.flat().map((candidate) => climb([known(candidate)]));
  const proposed = (automatic?.instanceCounts ?? []).map((count) => {
    const { batchSizes, propose } = automatic!;
    const sizes = batchSizes.length > 0 ? batchSizes : [undefined];
    const steps = sizes.map((size) => ({ batchSize: size ?? 0, make: () => propose(count, size) }));
    return climb(steps, onFlat);
  });
  return [climb([known(candidates[0]!)]), ...listed, ...proposed];
}

/**
 * One candidate after the other, as long as each beats all before. One that no load can be put on is passed over, and after
 * one that failed those with a smaller batch get their turn all the same.
 * @param onFlat called when it ends before its last step because one was not better.
 */
function* climb(steps: readonly Step[], onFlat: () => void = () => {}): Walk {
  let best = Number.NEGATIVE_INFINITY;
  let failed = Number.POSITIVE_INFINITY;
  for (const [index, { batchSize, make }] of steps.entries()) {
    if (batchSize >= failed) continue;
    const entry = yield make();
    if (!entry) return;
    if (!entry.legal) continue;
    if (entry.failed) failed = batchSize;
    else if (!(entry.best > best)) {
      if (index + 1 < steps.length) onFlat();
      return;
    }
    best = Math.max(best, entry.best);
  }
}

/** Model Analyzer's plateau rule: over the last four loads the best must beat the first by more than 5 %. */
export function stillGrowing(throughputs: readonly number[]): boolean {
  const last = throughputs.slice(-4);
  const [first] = last;
  if (last.length < 4 || first === undefined) return true;
  return (Math.max(...last) - first) / first > 0.05;
}
