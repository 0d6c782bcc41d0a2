import type { Candidate, LoadPoint, Space } from '../space/space.ts';
import type { Ask, Outcome, Search } from './search.ts';

/**
 * Everything that is listed, in Model Analyzer's order: the default first, then each candidate with its client
 * batch sizes and, inside, its concurrencies upwards. A failed point ends its candidate; with `stopAtPlateau`
 * a batch size ends when throughput stops growing.
 */
export function gridSearch(space: Space): Search {
  const queue = space.candidates.map((candidate) => ({
    candidate,
    points: [...(space.points.get(candidate) ?? [])],
  }));
  let throughputs: number[] = [];

  const drop = (candidate: Candidate, unwanted: (point: LoadPoint) => boolean): void => {
    const entry = queue.find((item) => item.candidate === candidate);
    if (entry) entry.points = entry.points.filter((point) => !unwanted(point));
  };
  return {
    name: 'grid',
    ask(): Ask | undefined {
      while (queue[0] && queue[0].points.length === 0) queue.shift();
      const [first] = queue;
      return first && { candidate: first.candidate, point: first.points[0]! };
    },
    tell({ candidate, point }: Ask, outcome: Outcome): void {
      drop(candidate, (other) => other === point);
      if (outcome.state === 'failed') {
        drop(candidate, () => true);
        throughputs = [];
        return;
      }
      throughputs.push(outcome.values['perf_throughput'] ?? 0);
      const climbing = !space.plan.stopAtPlateau || stillGrowing(throughputs);
      if (!climbing) drop(candidate, (other) => other.batchSize === point.batchSize);
      const next = queue.find((item) => item.candidate === candidate)?.points[0];
      if (next?.batchSize !== point.batchSize) throughputs = [];
    },
    remaining: () => queue.reduce((sum, entry) => sum + entry.points.length, 0),
  };
}

/** Model Analyzer's plateau rule: over the last four loads the best must beat the first by more than 5 %. */
export function stillGrowing(throughputs: readonly number[]): boolean {
  const last = throughputs.slice(-4);
  const [first] = last;
  if (last.length < 4 || first === undefined) return true;
  return (Math.max(...last) - first) / first > 0.05;
}
