import { maxBatchSize } from '../model-config/config.ts';
import type { LoadPoint } from '../record/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import type { Ask, Outcome, Search } from './search.ts';

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
  const { plan } = space;
  const entries = new Map<Candidate, Entry>();
  const entryOf = (candidate: Candidate): Entry => {
    const known = entries.get(candidate);
    if (known) return known;
    const points = [...space.pointsOf(candidate)];
    const legal = points.length > 0;
    const entry = {
      points,
      legal,
      failed: false,
      throughputs: [],
      bests: [],
      best: Number.NEGATIVE_INFINITY,
    };
    entries.set(candidate, entry);
    return entry;
  };
  /** Something was left out because throughput did not grow. */
  let leftOut = false;
  const onFlat = (): void => {
    leftOut = true;
  };
  const walks = walksOf(space, onFlat).map((walk) => ({
    walk,
    current: undefined as Candidate | undefined,
    done: false,
  }));
  /** Steps on; an automatic search makes the next candidate only then, as its number is that of its turn. */
  const step = (item: (typeof walks)[number], entry?: Entry): void => {
    const { value, done } = item.walk.next(entry);
    item.current = value ?? undefined;
    item.done = done === true;
  };

  return {
    name: 'brute',
    ask(others = new Set()): Ask | undefined {
      for (const item of walks) {
        if (!item.current && !item.done) step(item);
        for (let candidate = item.current; candidate && !others.has(candidate); candidate = item.current) {
          const entry = entryOf(candidate);
          if (entry.points[0]) return { candidate, point: entry.points[0] };
          step(item, entry);
        }
      }
      return undefined;
    },
    tell({ candidate, point }: Ask, outcome: Outcome): void {
      const entry = entryOf(candidate);
      entry.points = entry.points.filter((other) => other !== point);
      if (outcome.state === 'failed') {
        entry.failed = true;
        entry.points = [];
        return;
      }
      const throughput = outcome.values['perf_throughput'] ?? 0;
      entry.throughputs.push(throughput);
      entry.best = Math.max(entry.best, throughput);
      if (plan.stopAtPlateau && !stillGrowing(entry.throughputs)) {
        const kept = entry.points.filter((other) => other.batchSize !== point.batchSize);
        leftOut ||= kept.length < entry.points.length;
        entry.points = kept;
      }
      if (entry.points[0]?.batchSize === point.batchSize) return;
      entry.bests.push(Math.max(...entry.throughputs));
      entry.throughputs = [];
      if (!plan.stopAtPlateau || stillGrowing(entry.bests)) return;
      leftOut ||= entry.points.length > 0;
      entry.points = [];
    },
    drop(candidate) {
      const entry = entryOf(candidate);
      const { points } = entry;
      entry.points = [];
      entry.failed = true;
      return points;
    },
    remaining() {
      const known = space.candidates.reduce((sum, candidate) => sum + entryOf(candidate).points.length, 0);
      if (!space.automatic) return known;
      const open = walks.some(({ done }) => !done);
      const untried = space.most - space.candidates.length;
      return known + (open ? untried * space.loads.length : 0);
    },
    account() {
      return { why: leftOut ? 'throughput no longer grew' : '', importance: [], remarks: [] };
    },
  };
}

/** A candidate to come: its number is that of its turn. */
interface Step {
  readonly batchSize: number;
  make(): Candidate;
}

/** The default, then what is listed or tried: whatever does not depend on each other is a walk of its own. */
function walksOf({ plan, candidates, groups, automatic }: Space, onFlat: () => void): Walk[] {
  const known = (candidate: Candidate): Step => ({
    batchSize: maxBatchSize(candidate.config),
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
