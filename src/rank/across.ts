import type { ReportSettings } from '../config/experiment.ts';
import type { Criteria, Goal } from '../record/goal.ts';
import { loadedName, type Run } from '../record/run.ts';
import { type MissingMetric, missingMetrics } from './missing-metric.ts';
import { differenceOf, type HalfWidth, type Noise, overStarts } from './noise.ts';
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
  /** Those that differ from the first by less than the noise of both. */
  readonly ties: readonly RankedEntry[];
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
    ties: tiedWithFirst(kept.length > 0 ? kept : entries, rankings, goal),
    missing: missingMetrics(
      run,
      goal,
      entries.map(({ best }) => best.measurement),
    ),
    noise: Object.fromEntries(rankings.map(({ model, noise }) => [model, noise])),
    decided: rankings.flatMap(({ winner }) => winner ?? []),
  };
}

/** @param entries of several models, best first. */
function tiedWithFirst(
  [first, ...others]: readonly RankedEntry[],
  rankings: readonly Ranking[],
  { objectives }: Criteria,
): RankedEntry[] {
  if (!first) return [];
  const noiseOfModel = ({ trial }: RankedEntry): Noise =>
    rankings.find(({ model }) => model === loadedName(trial))!.noise;
  const [top, ofFirst] = [first.best.measurement, overStarts(noiseOfModel(first))];
  return others.filter((entry) => {
    if (entry.best.verdict !== first.best.verdict) return false;
    const ofOther = overStarts(noiseOfModel(entry));
    const half: HalfWidth = (measurement, tag) => (measurement === top ? ofFirst : ofOther)(measurement, tag);
    const { score, noise } = differenceOf(top, entry.best.measurement, objectives, half);
    return Math.abs(score) <= noise;
  });
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
