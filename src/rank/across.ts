import type { ReportSettings } from '../config/experiment.ts';
import type { Criteria, Goal } from '../record/goal.ts';
import type { Run } from '../record/run.ts';
import { type MissingMetric, missingMetrics } from './missing-metric.ts';
import type { Noise } from './noise.ts';
import { comparePoints, type Ranking, rank } from './rank.ts';
import type { RankedEntry } from './standings.ts';

/** Configurations of several models, by one goal. */
export interface AcrossModels {
  readonly goal: Criteria;
  /** Best first; where some break no limit, only those. */
  readonly entries: readonly RankedEntry[];
  /** Those that are decided for by this goal, each for its model. */
  readonly decided: readonly RankedEntry[];
  /** What they are judged by and was not measured for every one. */
  readonly missing: readonly MissingMetric[];
  /** By model: how sure its figures are. */
  readonly noise: Readonly<Record<string, Noise>>;
}

/** The best configurations of these models together: a model may have several among them, or none. */
export function rankAcross(
  run: Run,
  goals: readonly Goal['models'][],
  goal: Criteria,
  most: number,
): AcrossModels {
  const rankings = goals.map((models) => rank(run, { models, ...goal }));
  const entries = rankings
    .flatMap((ranking) => ranking.entries)
    .sort((a, b) => comparePoints(a.best, b.best, goal));
  const kept = entries.filter(({ best }) => best.verdict !== 'missed');
  return {
    goal,
    entries: (kept.length > 0 ? kept : entries).slice(0, most),
    missing: missingMetrics(
      run,
      goal,
      entries.map(({ best }) => best.measurement),
    ),
    noise: Object.fromEntries(rankings.map(({ model, noise }) => [model, noise])),
    decided: rankings.flatMap(({ winner }) => winner ?? []),
  };
}

/** The best of all models as the settings of the report ask for it; undefined where they do not. */
export const acrossModels = (
  run: Run,
  rankings: readonly Ranking[],
  { acrossModels: { most, goal } }: Pick<ReportSettings, 'acrossModels'>,
): AcrossModels | undefined =>
  most === 0
    ? undefined
    : rankAcross(
        run,
        rankings.map((ranking) => ranking.goal.models),
        goal,
        most,
      );
