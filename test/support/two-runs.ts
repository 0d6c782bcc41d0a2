import type { ComparedRun } from '../../src/record/comparison.ts';
import type { Goal } from '../../src/record/goal.ts';
import type { Measurement } from '../../src/record/measurement.ts';
import type { Run, Trial } from '../../src/record/run.ts';
import { randomSource, standardNormal } from '../../src/statistics/random-source.ts';
import { measurement, run, trial } from './run.ts';

export const GOAL: Goal = {
  models: ['m'],
  objectives: [{ tag: 'perf_throughput', weight: 1 }],
  constraints: [{ tag: 'perf_latency_p99', bound: 'max', value: 100 }],
};

/** A run to compare. */
export const side = (recorded: Run, goals: readonly Goal[] = [GOAL]): ComparedRun => ({
  run: { ...recorded, searches: recorded.searches.length > 0 ? recorded.searches : [DONE] },
  goals,
  side: {
    path: 'checkpoints',
    kind: 'journal',
    session: recorded.sessions.at(-1)?.id ?? null,
    startedAt: recorded.sessions.at(-1)?.startedAt ?? null,
    environment: recorded.sessions.at(-1)?.environment ?? null,
    server: 'triton 2.51.0',
  },
});

/** A search that came to its end. */
const DONE = {
  models: ['m'],
  search: 'manual',
  why: 'everything was measured',
  points: { all: 1, seen: 1 },
  configurations: { all: 1, seen: 1 },
  measurements: 1,
  importance: [],
  skipped: [],
  remarks: [],
} as const;

/** What one night is to be like. */
export interface Night {
  readonly seed: number;
  readonly configurations?: number;
  readonly loads?: number;
  /** How much slower the server is than it was; of one configuration, by its number, too. */
  readonly slower?: number | ((configuration: number) => number);
  readonly changes?: Partial<Measurement>;
  /** Standard deviation of a look and of a start. */
  readonly scatter?: number;
}

/** The trials of a night on a simulated machine: the default is number 0. */
export function night({
  seed,
  configurations = 9,
  loads = 3,
  slower = 1,
  changes = {},
  scatter = 0.03,
}: Night): Trial[] {
  const random = randomSource(seed);
  const off = (): number => Math.exp(scatter * standardNormal(random));
  return Array.from({ length: configurations }, (_, index) => {
    const start = off();
    const factor = typeof slower === 'number' ? slower : slower(index);
    const points = Array.from({ length: loads }, (_load, load) => {
      const throughput = ((100 + 10 * index) / factor) * start * off();
      return measurement(
        { perf_throughput: throughput, perf_latency_p99: ((20 + load) * factor * off()) / start },
        2 ** load,
        {
          startedAt: `2026-01-0${1 + (seed % 8)}T00:00:${String(index).padStart(2, '0')}.${load}00Z`,
          ...changes,
        },
      );
    });
    return configuration(index, points);
  });
}

/** Configuration number so many, which its `max_batch_size` tells apart; the default is number 0. */
export const configuration = (
  index: number,
  points: readonly Measurement[],
  changes: Parameters<typeof trial>[2] = {},
): Trial =>
  trial(index === 0 ? 'm_config_default' : `m_config_${index - 1}`, points, {
    config: { name: 'm', max_batch_size: index + 1 },
    configText: `name: "m"\nmax_batch_size: ${index + 1}\n`,
    ...changes,
  });

export const runOf = (trials: readonly Trial[], changes: Partial<Run> = {}): Run => ({
  ...run(...trials),
  ...changes,
});
