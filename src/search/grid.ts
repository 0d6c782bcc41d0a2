import type { LoadPoint } from '../space/load-point.ts';
import type { Candidate, Space } from '../space/space.ts';
import type { Ask, Outcome, Search } from './search.ts';

interface Entry {
  readonly candidate: Candidate;
  points: LoadPoint[];
  /** Of the client batch size at hand, loads upwards. */
  throughputs: number[];
}

/**
 * Everything that is listed, in Model Analyzer's order: the default first, then each candidate with its client
 * batch sizes and, inside, its concurrencies upwards. A failed point ends its candidate; with `stopAtPlateau`
 * a batch size ends when throughput stops growing.
 */
export function gridSearch(space: Space): Search {
  const entries = new Map(
    space.candidates.map((candidate): [Candidate, Entry] => [
      candidate,
      { candidate, points: [...(space.points.get(candidate) ?? [])], throughputs: [] },
    ]),
  );

  return {
    name: 'grid',
    ask(others = new Set()): Ask | undefined {
      for (const { candidate, points } of entries.values()) {
        if (points[0] && !others.has(candidate)) return { candidate, point: points[0] };
      }
      return undefined;
    },
    tell({ candidate, point }: Ask, outcome: Outcome): void {
      const entry = entries.get(candidate)!;
      entry.points = entry.points.filter((other) => other !== point);
      if (outcome.state === 'failed') {
        entry.points = [];
        return;
      }
      entry.throughputs.push(outcome.values['perf_throughput'] ?? 0);
      const climbing = !space.plan.stopAtPlateau || stillGrowing(entry.throughputs);
      if (!climbing) entry.points = entry.points.filter((other) => other.batchSize !== point.batchSize);
      if (entry.points[0]?.batchSize !== point.batchSize) entry.throughputs = [];
    },
    drop(candidate) {
      const entry = entries.get(candidate)!;
      const { points } = entry;
      entry.points = [];
      return points;
    },
    remaining: () => [...entries.values()].reduce((sum, { points }) => sum + points.length, 0),
  };
}

/** Model Analyzer's plateau rule: over the last four loads the best must beat the first by more than 5 %. */
export function stillGrowing(throughputs: readonly number[]): boolean {
  const last = throughputs.slice(-4);
  const [first] = last;
  if (last.length < 4 || first === undefined) return true;
  return (Math.max(...last) - first) / first > 0.05;
}
