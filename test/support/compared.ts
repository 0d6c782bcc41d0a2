import { compareRuns } from '../../src/rank/comparison/compare-runs.ts';
import { readCondition } from '../../src/rank/comparison/gates.ts';
import type { Comparison } from '../../src/record/comparison.ts';
import { measurement } from './run.ts';
import { configuration, night, runOf, side } from './two-runs.ts';

/**
 * A comparison with something of everything: a model that is slower, a configuration of it that is much slower, one that has
 * another name now, another winner, another driver, conditions of every outcome.
 */
export function comparedNights(): Comparison {
  const session = runOf([]).sessions[0]!;
  const at = (day: string, driver: string) => ({
    sessions: [
      {
        ...session,
        id: day,
        startedAt: day,
        environment: { ...session.environment, gpus: ['a GPU'], driver },
      },
    ],
  });
  const base = night({ seed: 1, configurations: 12 });
  const then = night({ seed: 2, configurations: 12, slower: (index) => (index === 3 ? 2 : 1.14) }).map(
    (trial) => (trial.name === 'm_config_5' ? { ...trial, name: 'm_config_<new>' } : trial),
  );
  const point = measurement({}, 64);
  return compareRuns(
    side(runOf([...base, configuration(30, [point])], at('2026-11-25T02:00:00.000Z', '570.1'))),
    side(runOf(then, at('2026-11-26T02:00:00.000Z', '580.2'))),
    {
      conditions: ['perf_latency_p99 > 5%', 'winner perf_throughput < 3%', 'perf_latency_p99 > 90%'].map(
        readCondition,
      ),
    },
  );
}
