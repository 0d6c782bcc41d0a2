import type { Constraint, Objective } from '../../src/record/goal.ts';
import type { Row } from './grid.ts';
import { landscapeOf } from './landscape.ts';

/** No limit, then four, the tighter the later: shares of the p99 latency at the unlimited optimum; where nothing is that quick, a little above the least. */
export function limitsOf(rows: readonly Row[], objectives: readonly Objective[]): Constraint[][] {
  const free = landscapeOf(rows, { objectives, constraints: [] });
  const most = free.optimum!.values['perf_latency_p99']!;
  const least = Math.min(...rows.flatMap(({ values }) => values['perf_latency_p99'] ?? []));
  const limit = (share: number): Constraint[] => [
    { tag: 'perf_latency_p99', bound: 'max', value: Math.max(share * most, 1.3 * least) },
  ];
  return [[], ...[0.8, 0.6, 0.4, 0.25].map(limit)];
}
