import type { PlotSettings } from '../config/plot-settings.ts';
import type { ConstraintVerdict } from '../goal/score.ts';
import { findMetric } from '../ground/metric.ts';
import { counted } from '../ground/wording.ts';
import type { Ranking } from '../rank/rank.ts';
import type { RankedEntry } from '../rank/standings.ts';
import { measurementsOf, type Trial } from '../record/run.ts';
import { anchorOf } from './anchor.ts';
import { inBothWidths } from './figures/draw.ts';
import { loadLadderData, loadLadderSvg } from './figures/load-ladder.ts';
import { paretoData, paretoSvg } from './figures/pareto-chart.ts';
import { STAGES, timeBreakdownData, timeBreakdownSvg } from './figures/time-breakdown.ts';
import { plotFigures } from './plots.ts';

/** More configurations than this in a figure of loads, beside the default, make it unreadable. */
const CURVES = 3;

export const legend = STAGES.map(({ name, color }) => ({ name, color }));

/**
 * The figures of the summary page.
 * @param shown what was decided for, or where nothing was the leader.
 * @param isAsked whether the plots are those that the user asked for.
 */
export function figuresView(
  ranking: Ranking,
  shown: RankedEntry | undefined,
  plots: readonly PlotSettings[],
  isAsked: boolean,
) {
  const { winner, goal, entries, model } = ranking;
  const curves = entries.slice(0, CURVES);
  if (ranking.default && !curves.includes(ranking.default)) curves.push(ranking.default);
  const figures = plotFigures(plots, model, curves, { winner, constraints: goal.constraints });
  return {
    pareto: paretoView(ranking),
    ladder: curves.length > 0 ? loadLadderSvg(loadLadderData(curves, winner)) : '',
    curves: `${counted(curves.length, 'configuration')} of ${entries.length}: the best and the default`,
    breakdown: shown ? timeBreakdownSvg(timeBreakdownData(measurementsOf(shown.trial))) : '',
    breakdownOf: shown?.trial.name ?? '',
    legend,
    figures,
    // The first of the usual ones is the large figure above them, which shows more.
    plots: isAsked ? figures : figures.filter(({ name }) => name !== 'throughput_v_latency'),
  };
}

/** What of the figure of all points its words say. */
function paretoView(ranking: Ranking) {
  const data = paretoData(ranking);
  if (!data) return undefined;
  const has = (verdict: ConstraintVerdict): boolean => data.points.some((point) => point.verdict === verdict);
  const hasFailed = (trial: Trial): boolean => trial.state === 'failed';
  const failed = [...ranking.entries.map(({ trial }) => trial), ...ranking.unmeasured].filter(hasFailed);
  return {
    svg: inBothWidths((width) => paretoSvg(data, width)),
    heading: `${findMetric(data.y.tag)!.label} against ${findMetric(data.x.tag)!.label}`,
    hasWinner: data.points.some(({ role }) => role === 'winner'),
    hasDefault: data.points.some(({ role }) => role === 'default'),
    missed: has('missed'),
    unknown: has('unknown'),
    limits: data.x.limits.length + data.y.limits.length > 0,
    front: data.isFrontAllowed
      ? ranking.goal.constraints.length > 0
        ? 'points within the limits that no other beats in both'
        : 'points that no other beats in both'
      : 'points that no other beats in both; none keeps the limits',
    leftOut: data.leftOut > 0 ? counted(data.leftOut, 'point') : '',
    failed: failed.map(({ name }) => ({ name, anchor: anchorOf(name) })),
    failedCount: counted(failed.length, 'configuration'),
  };
}
