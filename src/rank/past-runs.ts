import type { Goal } from '../record/goal.ts';
import { nameOfModels } from '../record/goal.ts';
import { loadedName, type Run } from '../record/run.ts';
import type { Interval } from '../statistics/intervals.ts';
import type { Decision } from './decision.ts';
import { intervalsOf } from './noise.ts';
import { rank } from './rank.ts';
import { settingsText } from './settings-words.ts';

/** So many runs are told of. */
const MOST = 30;

/** What one run came to for a model. */
export interface PastRun {
  readonly model: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly decision: Decision['kind'];
  /** The configuration that was decided for, else the first of the ranking. */
  readonly variant: string;
  readonly settings: string;
  /** The first objective's metric there, with its 95 % interval. */
  readonly tag: string;
  readonly value: number;
  readonly interval: Interval;
}

/**
 * What each of these runs came to for the models of these goals, judged by the goals, the oldest first; runs that measured
 * nothing of a model are left out.
 * @param runs the newest first, as `History.runs` gives them.
 */
export function pastRuns(runs: Iterable<Run>, goals: readonly Goal[]): PastRun[] {
  const found: PastRun[] = [];
  let seen = 0;
  for (const run of runs) {
    if (++seen > MOST) break;
    const startedAt = run.sessions.at(-1)?.startedAt;
    if (startedAt === undefined) continue;
    for (const goal of goals) {
      const model = nameOfModels(goal.models);
      if (!run.trials.some((trial) => loadedName(trial) === model)) continue;
      const { winner, leader, decision, noise } = rank(run, goal);
      const entry = winner ?? leader;
      const tag = goal.objectives[0]?.tag ?? 'perf_throughput';
      const value = entry?.best.measurement.whole.values[tag];
      if (!entry || value === undefined || entry.best.measurement.takenOver) continue;
      found.push({
        ...{ model, startedAt, tag, value, decision: decision.kind },
        variant: entry.trial.name,
        settings: settingsText(entry.trial),
        interval: intervalsOf(entry.best.measurement, noise)[tag] ?? [null, null],
      });
    }
  }
  return found.reverse();
}
